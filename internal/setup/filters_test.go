package setup_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

func chosen() filter.Filter { return filter.Filter{Types: []int64{1, 4}, Markets: []int64{9}} }

func setFilter(t *testing.T, s *setup.Service, of setup.FilterOf, f filter.Filter) setup.Filters {
	t.Helper()
	out, err := s.SetFilter(t.Context(), account, "ann", of, f, "")
	if err != nil {
		t.Fatal(err)
	}
	if out.Filter.Key() != f.Key() {
		t.Errorf("stored %+v, want %+v", out.Filter, f)
	}
	return out
}

func wantFilter(t *testing.T, s *setup.Service, of setup.FilterOf, want filter.Filter) {
	t.Helper()
	got, err := s.Filters(t.Context(), account, "")
	if err != nil || got.Of != of {
		t.Errorf("the filter of %q, want %q: %v", got.Of, of, err)
	}
	if diff := cmp.Diff(want, got.Filter); diff != "" {
		t.Errorf("filter of the %s: %s", of, diff)
	}
}

// What is chosen in the wizard goes with the draft, through further saves, to
// the connection, and stays there through rotations.
func TestTheDraftsFilterIsCarriedOver(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	if _, err := s.SetFilter(t.Context(), account, "ann", "", chosen(), ""); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("nothing to filter: %v", err)
	}
	save := func(in setup.Input) {
		if _, err := s.Save(t.Context(), account, "ann", in); err != nil {
			t.Fatal(err)
		}
	}
	save(input())
	setFilter(t, s, "", filter.Filter{Markets: []int64{9}, Types: []int64{4, 1, 4}})
	wantFilter(t, s, setup.OfDraft, chosen())
	save(rotation())
	wantFilter(t, s, setup.OfDraft, chosen())
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	wantFilter(t, s, setup.OfConnection, chosen())
	save(input())
	wantFilter(t, s, setup.OfConnection, chosen())
	if got := w.Runner.Refiltered(); len(got) != 0 {
		t.Errorf("read again: %v", got)
	}
	// Another ConnectWise has other ids, so its draft begins without.
	other := input()
	other.ServerURL = "eu.example.net"
	save(other)
	wantFilter(t, s, setup.OfDraft, filter.Filter{})
	setFilter(t, s, setup.OfConnection, filter.Filter{Statuses: []int64{2}})
	setFilter(t, s, setup.OfDraft, chosen())
	wantFilter(t, s, setup.OfDraft, chosen())
	if got, err := s.Filters(t.Context(), account, setup.OfConnection); err != nil || len(got.Filter.Statuses) != 1 {
		t.Errorf("the connection's: %+v %v", got, err)
	}
}

func TestSetFilter(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	before, err := s.Filters(t.Context(), account, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second press changes nothing
		setFilter(t, s, "", chosen())
		if got := w.Runner.Refiltered(); len(got) != 1 || got[0] != "msp-1/g1" {
			t.Errorf("read again: %v", got)
		}
	}
	log := w.Table.Filters()
	if len(log) != 1 || log[0].By != "ann" || log[0].String() != `every company -> {"types":[1,4],"markets":[9]}` {
		t.Errorf("logged %+v", log)
	}
	_, err = s.SetFilter(t.Context(), account, "bob", "", filter.Filter{}, before.Tag)
	if problem.CodeOf(err) != problem.Stale {
		t.Errorf("over another's change: %v", err)
	}
	if _, err := s.SetFilter(t.Context(), account, "bob", "", filter.Filter{Types: []int64{0}}, ""); problem.CodeOf(err) != problem.BadRequest {
		t.Errorf("no filter: %v", err)
	}
	wantFilter(t, s, setup.OfConnection, chosen())
	// During a pause nothing is asked for.
	setPause(t, w, true)
	setFilter(t, s, "", filter.Filter{})
	if got := w.Runner.Refiltered(); len(got) != 1 {
		t.Errorf("read during a pause: %v", got)
	}
}

// The tick changes the connection between a person's look and save.
func TestTheTickDoesNotMakeAFilterStale(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	seen, err := s.Filters(t.Context(), account, "")
	if err != nil {
		t.Fatal(err)
	}
	setPause(t, w, true)
	setPause(t, w, false)
	meanwhile := &setuptest.Faults{At: 4, Meanwhile: func() { setPause(t, w, true); setPause(t, w, false) }}
	if _, err := w.Service(t, meanwhile).SetFilter(t.Context(), account, "ann", "", chosen(), seen.Tag); err != nil {
		t.Error(err)
	}
	if meanwhile.Calls() < 5 {
		t.Error("nothing happened meanwhile")
	}
	wantFilter(t, s, setup.OfConnection, chosen())
}

// A process dies at every call of changing the filter: if it is stored, it was
// logged, and the schedule asks for what it means.
func TestDyingWhileChangingTheFilter(t *testing.T) {
	t.Parallel()
	for at := 1; at <= 6; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, after %v", at, after), func(t *testing.T) {
				t.Parallel()
				w := setuptest.NewWorld()
				s := enabled(t, w)
				tick(t, w)
				w.Pass(time.Second)
				asked := len(w.Runner.Due())
				_, err := w.Service(t, &setuptest.Faults{At: at, After: after}).SetFilter(t.Context(), account, "ann", "", chosen(), "")
				if err != nil && !errors.Is(err, setuptest.ErrDied) {
					t.Fatal(err)
				}
				got, err := s.Filters(t.Context(), account, "")
				if err != nil {
					t.Fatal(err)
				}
				stored := !got.Filter.All()
				if logged := len(w.Table.Filters()) == 1; logged != stored {
					t.Errorf("stored %v, logged %v", stored, logged)
				}
				tick(t, w)
				if due := len(w.Runner.Due()) > asked; due != stored {
					t.Errorf("stored %v, due %v", stored, due)
				}
			})
		}
	}
}
