package setup_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

func TestDraftsAreSwept(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	for _, in := range []setup.Input{input(), rotation()} { // the second replaces the first
		if _, err := s.Save(t.Context(), account, "ann", in); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		later time.Duration
		left  int
	}{{0, 2}, {61 * time.Minute, 1}, {29 * 24 * time.Hour, 1}, {24 * time.Hour, 0}} {
		w.Pass(step.later)
		if err := w.Sweeper(nil).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.Vault.Names(); len(n) != step.left {
			t.Errorf("after %v: %v, want %d", step.later, n, step.left)
		}
	}
	if st, _ := s.Status(t.Context(), account); st.State != setup.StateNone || len(w.Table.Notes()) != 0 {
		t.Errorf("state %s, notes %v", st.State, w.Table.Notes())
	}
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Errorf("a new draft after the old one: %v", err)
	}
	if err := s.Discard(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(t.Context(), account); err != nil {
		t.Errorf("discarding twice: %v", err)
	}
	w.Pass(2 * time.Hour)
	if err := w.Sweeper(nil).Sweep(t.Context()); err != nil || len(w.Vault.Names()) != 0 {
		t.Errorf("%v; discarded keys are still there", err)
	}
}

// An expired draft that is not swept yet is as good as none.
func TestExpiredDraftCanBeReplaced(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	w.Pass(31 * 24 * time.Hour)
	if _, err := s.Enable(t.Context(), account, "ann", false); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("enabled: %v", err)
	}
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Error(err)
	}
}
