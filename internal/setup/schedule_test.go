package setup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

func tick(t *testing.T, w *setuptest.World) {
	t.Helper()
	if err := w.Ticker(t, nil).Tick(t.Context()); err != nil {
		t.Fatalf("tick: %v", err)
	}
}

func callbacksOf(t *testing.T, w *setuptest.World) setup.Callbacks {
	t.Helper()
	st, err := w.Service(t, nil).Status(t.Context(), account)
	if err != nil || st.Connection == nil {
		t.Fatalf("no connection: %v", err)
	}
	return st.Connection.Callbacks
}

// Every type is due every 15 minutes, whoever and however many look.
func TestRunsAreDueEveryQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	tick(t, w)
	if got := w.Runner.Due(); len(got) != 0 {
		t.Errorf("before anything is due: %v", got)
	}
	for range 62 { // a minute each: looks after 2, 17, 32, 47 and 62 minutes
		w.Pass(time.Minute)
		var wg sync.WaitGroup
		for range 3 {
			s := w.Ticker(t, nil)
			wg.Go(func() {
				if err := s.Tick(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	var want []string
	for _, at := range []string{"09:00:00", "09:17:00", "09:32:00", "09:47:00", "10:02:00"} {
		want = append(want, "msp-1/g1 companies "+at, "msp-1/g1 contacts "+at)
	}
	if got := w.Runner.Due(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if since := w.Now().Sub(w.Runner.Night()); since < 0 || since > 24*time.Hour {
		t.Errorf("the last night was %v ago", since)
	}
}

// A tick that dies anywhere is completed by the next; what was due is asked
// for once.
func TestATickDiesAnywhere(t *testing.T) {
	t.Parallel()
	failing := func(t *testing.T) *setuptest.World {
		w := setuptest.NewWorld()
		s := w.Service(t, nil)
		if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
			t.Fatal(err)
		}
		failAt(w, "register", problem.New(problem.ConnectWiseDown, "ConnectWise is down.", ""))
		if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
			t.Fatal(err)
		}
		w.CW.Fail = nil
		w.Pass(20 * time.Minute)
		return w
	}
	var whole setuptest.Faults
	if err := failing(t).Ticker(t, &whole).Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if whole.Calls() < 10 {
		t.Fatalf("only %d calls", whole.Calls())
	}
	for at := 1; at <= whole.Calls(); at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := failing(t)
				err := w.Ticker(t, &setuptest.Faults{At: at, After: after}).Tick(t.Context())
				if err != nil && !errors.Is(err, setuptest.ErrDied) {
					t.Fatal(err)
				}
				for range 12 {
					w.Pass(time.Minute)
					tick(t, w)
				}
				if got := w.Runner.Due(); len(got) != 2 {
					t.Errorf("asked for %v", got)
				}
				wantOnce(t, w)
			})
		}
	}
}

// Callbacks that were refused are tried again, ever more rarely, and at once
// by a person.
func TestFailedCallbacksAreTriedAgain(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	failAt(w, "register", problem.New(problem.PermissionMissing, "The API member may not do this.", "Add the permission."))
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	for range 24 * 60 {
		w.Pass(time.Minute)
		tick(t, w)
	}
	got := callbacksOf(t, w)
	if got.Failures < 6 || got.Failures > 9 { // after 0.25, 0.5, 1, 2, 4, 6, 6 and 6 hours, a quarter of an hour late at most
		t.Errorf("%d tries in a day", got.Failures)
	}
	if got.Warning == nil || len(got.Broken()) != 2 {
		t.Errorf("in the end: %+v", got)
	}
	w.CW.Fail = nil
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	if got := callbacksOf(t, w); got.State != setup.CallbacksRegistered || got.Failures != 0 {
		t.Errorf("after the repair: %+v", got)
	}
	wantOnce(t, w)
}

// Enabling that died before it registered is completed by the tick, under the
// address that the person's request came to; where none is known, nobody is
// told a wrong one.
func TestTheTickRegistersUnderTheKnownAddress(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	failAt(w, "registrations", problem.New(problem.ConnectWiseDown, "ConnectWise is down.", ""))
	enabled(t, w)
	w.CW.Fail = nil
	w.Pass(20 * time.Minute)
	tick(t, w)
	for _, cb := range w.CW.Callbacks() {
		if !strings.Contains(cb, " https://bridge.example.com/callbacks/") {
			t.Errorf("registered %s", cb)
		}
	}
	wantOnce(t, w)

	w = setuptest.NewWorld()
	quiet := w.Ticker(t, nil)
	if _, err := quiet.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	failAt(w, "registrations", problem.New(problem.ConnectWiseDown, "ConnectWise is down.", ""))
	if _, err := quiet.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	w.CW.Fail = nil
	w.Pass(20 * time.Minute)
	tick(t, w)
	if got := w.CW.Callbacks(); len(got) != 0 {
		t.Errorf("registered %v", got)
	}
}

// Hashes of tokens that no registration uses go; the newest and those in use
// stay.
func TestTokenHashesArePruned(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	store := &setuptest.Store{Table: w.Table}
	st, _ := s.Status(t.Context(), account)
	e, err := store.CallbackEndpoint(t.Context(), st.Connection.ID)
	if err != nil {
		t.Fatal(err)
	}
	inUse := e.TokenHashes[0]
	e.TokenHashes = []string{"left", inUse, "over", "newest"}
	if err := store.PutCallbackEndpoint(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	e, _ = store.CallbackEndpoint(t.Context(), st.Connection.ID)
	if want := []string{inUse, "newest"}; !slices.Equal(e.TokenHashes, want) {
		t.Errorf("hashes %v, want %v", e.TokenHashes, want)
	}
	wantOnce(t, w)
}

// One connection's trouble does not hold up the others, and one of another
// generation is left alone.
func TestTicksAreIndependent(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	w.Pass(3 * time.Minute)
	tick(t, w)
	other := input()
	other.CompanyID = "acme2"
	w.CW.CompanyID = "acme2"
	s := w.Service(t, nil)
	if _, err := s.Save(t.Context(), account, "ann", other); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	w.Pass(20 * time.Minute)
	tick(t, w)
	for _, due := range w.Runner.Due()[2:] {
		if !strings.HasPrefix(due, "msp-1/g2 ") {
			t.Errorf("asked for %s", due)
		}
	}
}

// A tick with little time tends what it can, and leaves the rest due.
func TestATickWithLittleTime(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]int{time.Second: 2, time.Nanosecond: 0} {
		w := setuptest.NewWorld()
		enabled(t, w)
		w.Pass(20 * time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), left)
		defer cancel()
		if err := w.Ticker(t, nil).Tick(ctx); err != nil {
			t.Error(err)
		}
		if got := w.Runner.Due(); len(got) != want {
			t.Errorf("with %v: %v", left, got)
		}
		tick(t, w)
		if got := w.Runner.Due(); len(got) != 2 {
			t.Errorf("at the next tick: %v", got)
		}
	}
}
