package syncer_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// startDue asks by schedule and returns the types that it started, newest
// first.
func (w *world) startDue(p *process, due time.Time) []psa.DataType {
	w.t.Helper()
	before := len(w.runs())
	err := p.engine.StartDue(context.Background(), w.scope, []psa.DataType{psa.Companies, psa.Contacts}, due, w.night)
	if err != nil {
		w.t.Fatal(err)
	}
	var types []psa.DataType
	for _, run := range w.runs()[:len(w.runs())-before] {
		if run.RequestedBy != "schedule" {
			w.t.Errorf("run asked for by %s", run.RequestedBy)
		}
		types = append(types, run.Type)
	}
	return types
}

func TestScheduledRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(5)
	p := w.process(&mortal{})
	both := []psa.DataType{psa.Contacts, psa.Companies}
	// Enabling died before it asked for the first runs.
	if got := w.startDue(p, w.now()); !slices.Equal(got, both) {
		t.Fatalf("at first: %v", got)
	}
	due := w.now()
	if got := w.startDue(p, due); len(got) != 0 {
		t.Errorf("beside active runs: %v", got)
	}
	p = w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 5, Created: 5}})

	w.later(15 * time.Minute)
	due = w.now()
	if got := w.startDue(p, due); !slices.Equal(got, both) {
		t.Fatalf("when due: %v", got)
	}
	p = w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, w.outcome(psa.Companies).Totals})
	if got := w.startDue(p, due); len(got) != 0 {
		t.Errorf("twice for the same time: %v", got)
	}
	if got := w.startDue(p, w.now()); !slices.Equal(got, both) {
		t.Errorf("when due again: %v", got)
	}
}

// A first run that fails is tried again ever more rarely, and its child with
// it; one that was cancelled is not.
func TestFailedFirstRunsAreTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(5)
	refused := cwsim.Fault{Path: "/company/companies/**", Kind: cwsim.FaultStatus, Status: 403}
	if err := w.sim.SetFaults(refused, cwsim.Fault{Path: "/company/companies", Kind: cwsim.FaultStatus, Status: 403}); err != nil {
		t.Fatal(err)
	}
	p := w.settle(w.request(w.process(&mortal{})))
	begin := w.now()
	var tries []time.Duration
	for range 24 * 4 {
		w.later(15 * time.Minute)
		got := w.startDue(p, w.now())
		if len(got) == 0 {
			continue
		}
		if !slices.Equal(got, []psa.DataType{psa.Contacts, psa.Companies}) {
			t.Errorf("tried %v: a child goes with its parent", got)
		}
		tries = append(tries, w.now().Sub(begin).Truncate(15*time.Minute))
		p = w.settle(p)
	}
	if len(tries) < 6 || len(tries) > 10 {
		t.Errorf("tried after %v", tries)
	}
	if err := w.sim.SetFaults(); err != nil {
		t.Fatal(err)
	}
	w.later(5 * time.Hour)
	w.startDue(p, w.now())
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 5, Created: 5}})
	w.check(psa.Contacts, outcome{syncer.Partial, syncer.Initial, syncer.Counts{Read: 5, Created: 4, Skipped: 1}})
}

func TestCancelledFirstRunsAreLeftToPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(2)
	p := w.process(&mortal{})
	for _, s := range w.start(p, psa.Contacts) {
		if err := p.engine.Cancel(context.Background(), w.scope, s.Run.ID, "ann"); err != nil {
			t.Fatal(err)
		}
	}
	p = w.settle(p)
	w.later(24 * time.Hour)
	if got := w.startDue(p, w.now()); len(got) != 0 {
		t.Errorf("started %v", got)
	}
}

// The first run that is due in the night compares: once, by ids where that is
// enough, and again after another run if it fails.
func TestTheNightlyComparison(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(40)
	p := w.settle(w.request(w.process(&mortal{})))
	w.later(15 * time.Minute)
	w.night = w.now().Add(-time.Hour) // before the first runs
	w.startDue(p, w.now())
	p = w.settle(p)
	if got := w.outcome(psa.Contacts).Mode; got != syncer.Incremental {
		t.Errorf("after a first run in the night: %s", got)
	}
	w.later(15 * time.Minute)
	w.night = w.now()
	w.remove(cwsim.Companies, ids[7])
	w.fault(cwsim.Fault{Path: "/company/contacts", Kind: cwsim.FaultStatus, Status: 403})
	var modes []syncer.Mode
	for i := range 4 {
		w.startDue(p, w.now())
		p = w.settle(p)
		modes = append(modes, w.outcome(psa.Companies).Mode, w.outcome(psa.Contacts).Mode)
		if i == 0 {
			w.noFaults()
		}
		w.later(15 * time.Minute)
	}
	want := []syncer.Mode{
		syncer.Full, syncer.Reconcile, syncer.Incremental, syncer.Incremental,
		syncer.Incremental, syncer.Reconcile, syncer.Incremental, syncer.Incremental,
	}
	if !slices.Equal(modes, want) {
		t.Errorf("modes %v, want %v", modes, want)
	}
	if got := w.row(ids[7]).Removed; got != syncer.Deleted {
		t.Errorf("removed: %q", got)
	}
}
