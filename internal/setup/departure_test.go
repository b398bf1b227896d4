package setup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

// wantGone fails unless nothing of a connection is left but the memory of it.
func wantGone(t *testing.T, w *setuptest.World, state setup.DepartureState) {
	t.Helper()
	st, err := w.Service(t, nil).Status(t.Context(), account)
	if err != nil || st.State != setup.StateNone || st.Former == nil || st.Former.State != state || st.Former.Warning != nil {
		t.Fatalf("status %+v %v", st, err)
	}
	if got := w.Vault.Names(); len(got) != 0 {
		t.Errorf("secrets %v", got)
	}
	if got := w.Table.Notes(); len(got) != 0 {
		t.Errorf("notes %v", got)
	}
	if got := w.CW.Callbacks(); len(got) != 0 {
		t.Errorf("callbacks %v", got)
	}
	if got := w.Runner.Cancelled(); !slices.Contains(got, "msp-1/g1") {
		t.Errorf("cancelled %v", got)
	}
	store := &setuptest.Store{Table: w.Table}
	if _, err := store.CallbackEndpoint(t.Context(), st.Former.Connection.ID); !errors.Is(err, psa.ErrNotFound) {
		t.Errorf("deliveries are still taken: %v", err)
	}
	if _, err := store.Claim(t.Context(), st.Former.Connection.Endpoint.Identity); !errors.Is(err, psa.ErrNotFound) {
		t.Errorf("the identity is still claimed: %v", err)
	}
	if due, err := store.DueSchedules(t.Context(), w.Now().Add(time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("schedules %v %v", due, err)
	}
}

func disconnect(t *testing.T, w *setuptest.World, keep bool) setup.Disconnected {
	t.Helper()
	out, err := w.Service(t, nil).Disconnect(t.Context(), account, "bob", keep)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ticks lets the minutes pass, with sweeps.
func ticks(t *testing.T, w *setuptest.World, minutes int) {
	t.Helper()
	for range minutes {
		w.Pass(time.Minute)
		tick(t, w)
		if err := w.Sweeper(nil).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDisconnectKeepingData(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	for range 2 {
		if out := disconnect(t, w, true); len(out.Warnings) != 0 {
			t.Errorf("warnings %+v", out.Warnings)
		}
		wantGone(t, w, setup.Kept)
	}
	ticks(t, w, 30)
	wantGone(t, w, setup.Kept)
	if got := w.Eraser.Erased(); len(got) != 0 {
		t.Errorf("erased %v", got)
	}
	if got := w.Runner.Due(); len(got) != 0 {
		t.Errorf("runs of a connection that has gone: %v", got)
	}
	// Asking again may erase what was kept.
	disconnect(t, w, false)
	wantGone(t, w, setup.Erasing)
	ticks(t, w, 10)
	wantGone(t, w, setup.Erased)
	disconnect(t, w, false)
	wantGone(t, w, setup.Erased)
	if got := w.Eraser.Erased(); len(got) != 1 || got[0].Generation != 1 {
		t.Errorf("erased %v", got)
	}
}

// Nothing is erased while a worker may still write.
func TestErasingWaitsForWorkers(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	disconnect(t, w, true)
	disconnect(t, w, false) // of what was kept a moment ago
	for range 10 {
		w.Pass(10 * time.Second)
		tick(t, w)
	}
	wantGone(t, w, setup.Erasing)
	if got := w.Eraser.Erased(); len(got) != 0 {
		t.Errorf("erased %v", got)
	}
	ticks(t, w, 5)
	wantGone(t, w, setup.Erased)
}

func TestNothingToDisconnect(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	if _, err := s.Disconnect(t.Context(), account, "bob", true); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("got %v", err)
	}
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Disconnect(t.Context(), account, "bob", true); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("a draft alone: %v", err)
	}
}

// A draft beside the connection goes along, with its keys.
func TestDisconnectTakesTheDraftAlong(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	other := input()
	other.ServerURL = "https://eu.example.net"
	if _, err := s.Save(t.Context(), account, "ann", other); err != nil {
		t.Fatal(err)
	}
	disconnect(t, w, true)
	ticks(t, w, 1)
	wantGone(t, w, setup.Kept)
}

// What ConnectWise refuses is said, and stops nothing.
func TestDisconnectWithoutConnectWise(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]int{"registrations": 2, "remove": 2} {
		w := setuptest.NewWorld()
		enabled(t, w)
		failAt(w, call, problem.New(problem.CredentialsRefused, "ConnectWise does not accept the keys.", "Check the keys."))
		out := disconnect(t, w, true)
		former := out.Status.Former
		if len(out.Warnings) != 1 || len(former.Remaining) != want || former.State != setup.Kept || out.Status.Connection != nil {
			t.Errorf("%s: %+v", call, out)
			continue
		}
		if warn := out.Warnings[0]; warn.Code != problem.CredentialsRefused || !strings.Contains(warn.Remedy, setup.CallbackPath(former.Connection.ID)) {
			t.Errorf("%s: %+v", call, warn)
		}
		if got := w.Vault.Names(); len(got) != 0 {
			t.Errorf("%s: secrets %v", call, got)
		}
	}
}

// A process dies at every call of disconnecting, before it and after it.
// Nobody presses again: the tick completes it.
func TestDyingWhileDisconnecting(t *testing.T) {
	t.Parallel()
	leave := func(t *testing.T, f *setuptest.Faults) *setuptest.World {
		w := setuptest.NewWorld()
		enabled(t, w)
		_, err := w.Service(t, f).Disconnect(t.Context(), account, "bob", false)
		if err != nil && !errors.Is(err, setuptest.ErrDied) {
			t.Fatal(err)
		}
		return w
	}
	var whole setuptest.Faults
	leave(t, &whole)
	if whole.Calls() < 12 {
		t.Fatalf("only %d calls", whole.Calls())
	}
	for at := 1; at <= whole.Calls(); at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := leave(t, &setuptest.Faults{At: at, After: after})
				if st, _ := w.Service(t, nil).Status(t.Context(), account); st.Connection != nil {
					wantOnce(t, w) // it died before anything was done
					return
				}
				for i := range 40 { // ticks and sweeps die on the way as well
					w.Pass(time.Minute)
					f := &setuptest.Faults{At: i%12 + 1, After: i%2 == 0}
					if err := w.Ticker(t, f).Tick(t.Context()); err != nil && !errors.Is(err, setuptest.ErrDied) {
						t.Fatal(err)
					}
				}
				ticks(t, w, 10)
				wantGone(t, w, setup.Erased)
			})
		}
	}
}

func TestDisconnectingSideBySide(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	var wg sync.WaitGroup
	for range 6 {
		s := w.Service(t, nil)
		wg.Go(func() {
			if _, err := s.Disconnect(t.Context(), account, "bob", true); err != nil {
				t.Errorf("disconnect: %v", err)
			}
		})
	}
	wg.Wait()
	wantGone(t, w, setup.Kept)
}

// The same ConnectWise comes back to data that was kept, and is brought up to
// date; what was erased, or another one, begins a new generation.
func TestComingBack(t *testing.T) {
	t.Parallel()
	elsewhere := input()
	elsewhere.ServerURL = "https://eu.example.net"
	for name, tc := range map[string]struct {
		keep       bool
		in         setup.Input
		generation psa.Generation
	}{
		"to kept data":       {true, input(), 1},
		"to erased data":     {false, input(), 2},
		"another identity":   {true, elsewhere, 2},
		"another and erased": {false, elsewhere, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setuptest.NewWorld()
			s := enabled(t, w)
			before, _ := s.Status(t.Context(), account)
			disconnect(t, w, tc.keep)
			if _, err := s.Save(t.Context(), account, "ann", tc.in); err != nil {
				t.Fatal(err)
			}
			out, err := s.Enable(t.Context(), account, "ann", false)
			if err != nil {
				t.Fatal(err)
			}
			c := out.Status.Connection
			if c.Generation != tc.generation || c.ID == before.Connection.ID {
				t.Errorf("generation %d, id %s after %s", c.Generation, c.ID, before.Connection.ID)
			}
			if got := len(w.CW.Callbacks()); got != 2 {
				t.Errorf("%d callbacks", got)
			}
			if got := len(w.Runner.All()); (got == 2) != (tc.generation == 1) {
				t.Errorf("brought up to date: %v", w.Runner.All())
			}
			ticks(t, w, 30)
			if got := w.Eraser.Erased(); (len(got) == 1 && got[0].Generation == 1) == tc.keep {
				t.Errorf("erased %v", got)
			}
			for _, due := range w.Runner.Due() {
				if !strings.HasPrefix(due, c.Scope().String()) {
					t.Errorf("due %s", due)
				}
			}
			// The memory goes on: leaving again and coming back counts on.
			disconnect(t, w, false)
			if _, err := s.Save(t.Context(), account, "ann", tc.in); err != nil {
				t.Fatal(err)
			}
			if out, err = s.Enable(t.Context(), account, "ann", false); err != nil || out.Status.Connection.Generation != tc.generation+1 {
				t.Errorf("the time after: %+v %v", out.Status.Connection, err)
			}
		})
	}
}

// While a connection is being taken down, its successor waits.
func TestEnablingWhileLeaving(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	for at := 1; ; at++ { // the first death that leaves a departure unfinished
		_, _ = w.Service(t, &setuptest.Faults{At: at, After: true}).Disconnect(t.Context(), account, "bob", true)
		if st, err := s.Status(t.Context(), account); err != nil || st.Connection == nil {
			break
		}
	}
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), account, "ann", false); problem.CodeOf(err) != problem.Busy {
		t.Errorf("got %v", err)
	}
	ticks(t, w, 3)
	out, err := s.Enable(t.Context(), account, "ann", false)
	if err != nil || out.Status.Connection.Generation != 1 {
		t.Errorf("%+v %v", out.Status.Connection, err)
	}
}

// Another account may connect what was let go of.
func TestTheClaimIsReleased(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	disconnect(t, w, true)
	if _, err := s.Save(t.Context(), "msp-2", "eve", input()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), "msp-2", "eve", false); err != nil {
		t.Error(err)
	}
}
