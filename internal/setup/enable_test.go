package setup_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

// wantOnce fails unless the account is enabled with nothing doubled or left
// over.
func wantOnce(t *testing.T, w *setuptest.World) {
	t.Helper()
	if got := w.Table.Activated(); len(got) != 1 || got[0].Generation != 1 {
		t.Errorf("generations %v, want one", got)
	}
	if got := w.Runner.Runs(); len(got) != 2 {
		t.Errorf("runs %v, want one per type", got)
	}
	if got := w.CW.Callbacks(); len(got) != 2 {
		t.Errorf("callbacks %v, want one per type", got)
	}
	if got := w.Vault.Names(); len(got) != 1 {
		t.Errorf("secrets %v, want one", got)
	}
	st, err := w.Service(t, nil).Status(t.Context(), account)
	if err != nil || st.State != setup.StateEnabled || st.Draft != nil || st.Connection.Callbacks.State != setup.CallbacksRegistered {
		t.Errorf("status %+v %v", st, err)
	}
}

// A token is told to ConnectWise once and kept as a hash.
func TestCallbackURLs(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	st, err := s.Status(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	e, err := (&setuptest.Store{Table: w.Table}).CallbackEndpoint(t.Context(), st.Connection.ID)
	if err != nil || len(e.TokenHashes) != 1 || e.Scope != st.Connection.Scope() || e.CompanyID != "acme" {
		t.Fatalf("endpoint %+v %v", e, err)
	}
	for _, cb := range w.CW.Callbacks() {
		_, url, _ := strings.Cut(cb, " ")
		token, ok := strings.CutPrefix(url, "https://bridge.example.com/callbacks/"+st.Connection.ID+"/")
		token, ended := strings.CutSuffix(token, "?recordId=")
		if !ok || !ended || len(token) != 43 {
			t.Errorf("url %q", url)
		}
		if sum := sha256.Sum256([]byte(token)); hex.EncodeToString(sum[:]) != e.TokenHashes[0] {
			t.Error("the stored hash is not the token's")
		}
	}
}

func TestEnablingTwiceDoublesNothing(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	out, err := s.Enable(t.Context(), account, "bob", false)
	if err != nil || !out.Already || len(out.Warnings) != 0 {
		t.Errorf("second press: %+v %v", out, err)
	}
	wantOnce(t, w)
}

func TestEnablingSideBySideDoublesNothing(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	if _, err := w.Service(t, nil).Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		s := w.Service(t, nil)
		wg.Go(func() {
			if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
				t.Errorf("enable: %v", err)
			}
		})
	}
	wg.Wait()
	wantOnce(t, w)
}

// Somebody else presses at every possible moment of a press.
func TestEnablingMeanwhileDoublesNothing(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 12; at++ {
		t.Run(fmt.Sprintf("before call %d", at), func(t *testing.T) {
			t.Parallel()
			w := setuptest.NewWorld()
			if _, err := w.Service(t, nil).Save(t.Context(), account, "ann", input()); err != nil {
				t.Fatal(err)
			}
			other := w.Service(t, nil)
			f := &setuptest.Faults{At: at, Meanwhile: func() {
				if _, err := other.Enable(t.Context(), account, "bob", false); err != nil {
					t.Errorf("the other: %v", err)
				}
			}}
			if _, err := w.Service(t, f).Enable(t.Context(), account, "ann", false); err != nil {
				t.Errorf("the one: %v", err)
			}
			if f.Calls() < at-3 {
				t.Errorf("only %d calls", f.Calls())
			}
			wantOnce(t, w)
		})
	}
}

func TestNothingToEnable(t *testing.T) {
	t.Parallel()
	_, err := setuptest.NewWorld().Service(t, nil).Enable(t.Context(), account, "ann", false)
	if problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("got %v", err)
	}
}

// Callbacks that cannot be registered are a warning, and are tried again.
func TestCallbacksThatFail(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	failAt(w, "register", problem.New(problem.PermissionMissing, "The API member may not do this.", "Add the permission."))
	out, err := s.Enable(t.Context(), account, "ann", false)
	if err != nil || out.Status.State != setup.StateEnabled {
		t.Fatal(err)
	}
	if len(out.Warnings) != 1 || out.Warnings[0].Code != problem.PermissionMissing || out.Warnings[0].Remedy == "" {
		t.Errorf("warnings %+v", out.Warnings)
	}
	st, _ := s.Status(t.Context(), account)
	if st.Connection.Callbacks.State != setup.CallbacksFailed || st.Connection.Callbacks.Warning == nil {
		t.Errorf("state %+v", st.Connection.Callbacks)
	}
	w.CW.Fail = nil
	if out, err := s.Enable(t.Context(), account, "ann", false); err != nil || len(out.Warnings) != 0 {
		t.Errorf("after the repair: %+v %v", out.Warnings, err)
	}
	wantOnce(t, w)
}

// A process dies at every remote call of saving and enabling, before it and
// after it. Somebody presses again later; nothing is doubled, nothing is lost,
// and no secret is left over.
func TestDyingAnywhere(t *testing.T) {
	t.Parallel()
	var whole setuptest.Faults
	press(t, setuptest.NewWorld(), &whole)
	calls := whole.Calls()
	if calls < 15 {
		t.Fatalf("only %d calls: the faults do not see them", calls)
	}
	for at := 1; at <= calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := setuptest.NewWorld()
				if err := press(t, w, &setuptest.Faults{At: at, After: after}); err == nil && at < calls {
					t.Fatal("the process lived")
				}
				w.Pass(3 * time.Minute)
				if err := press(t, w, nil); err != nil {
					t.Fatalf("the second time: %v", err)
				}
				sweepThrough(t, w, 3*time.Hour)
				wantOnce(t, w)
			})
		}
	}
}

// press saves and enables as a person would who does not know how far the
// last time came.
func press(t *testing.T, w *setuptest.World, f *setuptest.Faults) error {
	t.Helper()
	s := w.Service(t, f)
	st, err := s.Status(t.Context(), account)
	if err != nil {
		return err
	}
	if st.State == setup.StateNone {
		if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
			return err
		}
	}
	out, err := s.Enable(t.Context(), account, "ann", false)
	if err == nil && len(out.Warnings) > 0 {
		return errors.New(out.Warnings[0].Message)
	}
	return err
}

// sweepThrough sweeps every ten minutes, with a process that dies once at
// each of its calls on the way.
func sweepThrough(t *testing.T, w *setuptest.World, d time.Duration) {
	t.Helper()
	for i := 0; d > 0; d, i = d-10*time.Minute, i+1 {
		w.Pass(10 * time.Minute)
		f := &setuptest.Faults{At: i%6 + 1, After: i%2 == 0}
		if err := w.Sweeper(f).Sweep(t.Context()); err != nil && !errors.Is(err, setuptest.ErrDied) {
			t.Fatal(err)
		}
	}
	if err := w.Sweeper(nil).Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The same for new keys: whatever dies, the connection works with one of the
// two, and the other is removed in the end.
func TestDyingWhileRotating(t *testing.T) {
	t.Parallel()
	for at := 1; at < 20; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := setuptest.NewWorld()
				enabled(t, w)
				w.Pass(time.Minute)
				_, _ = w.Service(t, &setuptest.Faults{At: at, After: after}).Save(t.Context(), account, "bob", rotation())
				w.Pass(3 * time.Minute)
				sweepThrough(t, w, 26*time.Hour)
				wantOnce(t, w)
				st, _ := w.Service(t, nil).Status(t.Context(), account)
				secrets := &setuptest.Secrets{Vault: w.Vault}
				if _, err := secrets.Get(t.Context(), st.Connection.SecretARN); err != nil {
					t.Errorf("the connection's keys are gone: %v", err)
				}
			})
		}
	}
}
