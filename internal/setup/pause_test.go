package setup_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

func setPause(t *testing.T, w *setuptest.World, sync bool) setup.Status {
	t.Helper()
	st, err := w.Service(t, nil).SetPause(t.Context(), account, "bob", sync)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func endpointPaused(t *testing.T, w *setuptest.World, st setup.Status) bool {
	t.Helper()
	e, err := (&setuptest.Store{Table: w.Table}).CallbackEndpoint(t.Context(), st.Connection.ID)
	if err != nil {
		t.Fatal(err)
	}
	return e.Paused
}

// Nothing is asked for during a pause, and everything when it ends, once.
func TestPause(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	for range 2 {
		st := setPause(t, w, true)
		if p := st.Connection.Pause; !p.Sync || p.By != "bob" || !p.At.Equal(w.Now()) || !endpointPaused(t, w, st) {
			t.Errorf("paused: %+v", p)
		}
	}
	ticks(t, w, 60)
	if got := append(w.Runner.Due(), w.Runner.All()...); len(got) != 0 {
		t.Errorf("asked for %v", got)
	}
	at := w.Now()
	for range 2 {
		if st := setPause(t, w, false); st.Connection.Pause.Sync || endpointPaused(t, w, st) {
			t.Error("still paused")
		}
	}
	if got := w.Runner.All(); len(got) != 2 {
		t.Errorf("started %v, want one of each type", got)
	}
	tick(t, w) // the schedule looks at once, and finds runs asked for since it was due
	want := fmt.Sprintf("msp-1/g1 companies %s", at.Format(time.TimeOnly))
	if got := w.Runner.Due(); !slices.Contains(got, want) {
		t.Errorf("due %v, want %s", got, want)
	}
}

// New tokens, keys and presses of enabling leave a pause as it is.
func TestAPauseStays(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	setPause(t, w, true)
	if _, err := s.Save(t.Context(), account, "ann", rotation()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	st, _ := s.Status(t.Context(), account)
	if !st.Connection.Pause.Sync || !endpointPaused(t, w, st) {
		t.Errorf("the pause has gone: %+v", st.Connection.Pause)
	}
}

// A process dies at every call of resuming: if the pause is over, its runs
// are asked for without anybody pressing again.
func TestDyingWhileResuming(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 8; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := setuptest.NewWorld()
				s := enabled(t, w)
				setPause(t, w, true)
				w.Pass(time.Hour)
				_, err := w.Service(t, &setuptest.Faults{At: at, After: after}).SetPause(t.Context(), account, "bob", false)
				if err != nil && !errors.Is(err, setuptest.ErrDied) {
					t.Fatal(err)
				}
				st, _ := s.Status(t.Context(), account)
				ticks(t, w, 3)
				if got := w.Runner.Due(); (len(got) == 2) == st.Connection.Pause.Sync {
					t.Errorf("paused %v, due %v", st.Connection.Pause.Sync, got)
				}
			})
		}
	}
}

func TestPausingMeanwhile(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	enabled(t, w)
	var wg sync.WaitGroup
	for range 6 {
		s := w.Service(t, nil)
		wg.Go(func() {
			if _, err := s.SetPause(t.Context(), account, "bob", true); err != nil {
				t.Errorf("pause: %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := w.Service(t, nil).SetPause(t.Context(), "msp-2", "bob", true); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("nothing to pause: %v", err)
	}
}
