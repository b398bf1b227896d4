package syncer_test

import (
	"context"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// minute lets the messages at hand, and a tick, find the connection as it is.
func (w *world) minute(p *process) {
	w.t.Helper()
	for range len(w.queue) {
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			w.t.Fatalf("message %+v: %v", m, err)
		}
	}
	w.later(time.Minute)
	if err := p.handle(syncer.Message{Kind: syncer.KindTick}); err != nil {
		w.t.Fatalf("tick: %v", err)
	}
}

// A pause holds up runs that are queued and runs that are under way, however
// long it takes: no request leaves, no run fails, no messages pile up. What
// waited goes on where it stood.
func TestAPauseHoldsRunsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(10)
	w.opt.Slice = time.Nanosecond // a page, then the next worker
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	for range 3 { // planned, and a page or two read
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
	}
	w.start(p, psa.Contacts)
	before := w.outcome(psa.Companies).State
	w.refuse = problem.New(problem.Paused, "Paused.", "Resume.").After(5 * time.Minute)
	calls := len(w.sim.Requests())
	for range 120 {
		w.minute(p)
	}
	if before != syncer.Running || !w.active() || len(w.sim.Requests()) != calls {
		t.Fatalf("%s before, runs %+v after, %d requests during the pause", before, w.runs(), len(w.sim.Requests())-calls)
	}
	if n := len(w.queue); n > 10 {
		t.Errorf("%d messages piled up", n)
	}
	w.refuse = nil
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 10, Created: 10}})
	w.check(psa.Contacts, outcome{syncer.Partial, syncer.Initial, syncer.Counts{Read: 10, Created: 8, Skipped: 2}})
}

// A run that was asked for as the pause began is planned when it ends.
func TestAPauseHoldsPlanningUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(3)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	w.refuse = problem.New(problem.Paused, "Paused.", "Resume.").After(5 * time.Minute)
	for range 120 {
		w.minute(p)
	}
	if n := len(w.queue); !w.active() || n > 3 {
		t.Fatalf("runs %+v, %d messages", w.runs(), n)
	}
	w.refuse = nil
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 3, Created: 3}})
}

// A run that finds the budget used up by others is planned as soon as there is
// some again; what says nothing of when it passes is waited out for longer.
func TestPlanningWaitsAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]time.Duration{2 * time.Second: 2 * time.Second, 0: 30 * time.Second} {
		w := newWorld(t, cwsim.Config{})
		w.fill(3)
		p := w.process(&mortal{})
		w.start(p, psa.Companies)
		w.refuse = problem.New(problem.BudgetExhausted, "Used up.", "Wait.").After(after)
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
		w.refuse = nil
		w.settle(p)
		w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 3, Created: 3}})
		if len(w.delay) == 0 || w.delay[0] != want {
			t.Errorf("told to wait for %s it waited %v, want %s", after, w.delay, want)
		}
	}
}

// A deletion that was told during a pause is looked at when it ends; a record
// of a connection that has gone is let go of.
func TestRecordsWaitForTheEndOfAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(3)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	p = w.settle(p)
	w.sim.Delete(cwsim.Companies, int(ids[0]))
	w.refuse = problem.New(problem.Paused, "Paused.", "Resume.").After(5 * time.Minute)
	m := syncer.Message{
		V: syncer.MessageVersion, Kind: syncer.KindRecord, Account: w.scope.Account, Generation: w.scope.Generation,
		Type: psa.Companies, ID: ids[0], By: "callback",
	}
	for range 5 {
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
		m, _ = w.take(nil)
	}
	w.refuse = nil
	if err := p.handle(m); err != nil {
		t.Fatal(err)
	}
	row, err := p.store.Records().Get(context.Background(), w.scope, psa.Companies, ids[0])
	if err != nil || row.Removed != syncer.Deleted {
		t.Errorf("row %+v, %v", row, err)
	}
	m.Generation++
	if err := p.handle(m); err != nil || len(w.queue) != 0 {
		t.Errorf("of a connection that has gone: %v, %d messages", err, len(w.queue))
	}
}
