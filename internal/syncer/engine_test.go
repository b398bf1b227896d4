package syncer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// outcome is what a user sees of the newest run of a type.
type outcome struct {
	State  syncer.State
	Mode   syncer.Mode
	Totals syncer.Counts
}

func (w *world) outcome(typ psa.DataType) outcome {
	w.t.Helper()
	for _, r := range w.runs() {
		if r.Type == typ {
			return outcome{r.State, r.Mode, r.Totals}
		}
	}
	w.t.Fatalf("no run of %s", typ)
	return outcome{}
}

func (w *world) check(typ psa.DataType, want outcome) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.outcome(typ)); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", typ, diff)
	}
}

func TestInitialThenIncremental(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	companies := w.fill(10)
	p := w.process(&mortal{})
	// Contacts alone: their parent type was never read, and goes first.
	if got := w.start(p, psa.Contacts); len(got) != 2 || got[0].Run.Type != psa.Companies || got[1].Run.After != got[0].Run.ID {
		t.Fatalf("started %+v", got)
	}
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 10, Created: 10}})
	w.check(psa.Contacts, outcome{syncer.Partial, syncer.Initial, syncer.Counts{Read: 10, Created: 8, Skipped: 2}})
	if got := len(w.stored(psa.Contacts)); got != 8 {
		t.Errorf("%d contacts stored, want 8", got)
	}

	w.company(map[string]any{"id": int64(companies[3]), "name": "Renamed"})
	w.company(map[string]any{"name": "New", "identifier": "new"})
	w.start(p, psa.Companies)
	w.settle(p)
	// All were changed within the overlap, so all are read again.
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 11, Created: 1, Updated: 1, Unchanged: 9}})
	if got := field(t, w.stored(psa.Companies)[companies[3]], "name"); got != "Renamed" {
		t.Errorf("name %v", got)
	}
}

// The pitfall: everything changed in the same second, more of it than a page
// holds, on a server that caps pages lower than asked and one that has no
// forward-only paging.
func TestEqualTimestampsAndLowPageCaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.sim.SetSwitches(func(s *cwsim.Switches) {
		s.MaxPageSize = 2
		s.NoForwardOnly = map[string]string{"/company/companies": ""}
	})
	w.fill(15)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	w.settle(p)
	w.start(p, psa.Companies)
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 15, Unchanged: 15}})
}

// A run that fails on its second page leaves the watermark where it was: the
// next reads what the first one missed.
func TestAFailedRunDoesNotMoveTheWatermark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.opt.MaxFailures = 1
	w.fill(10)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	w.settle(p)
	before, err := p.store.Runs().TypeState(context.Background(), w.scope, psa.Companies)
	if err != nil {
		t.Fatal(err)
	}

	w.fill(10)
	w.fault(cwsim.Fault{Method: "GET", Path: "/company/companies", Nth: 3, Kind: cwsim.FaultStatus, Status: 403})
	w.start(p, psa.Companies)
	w.settle(p)
	run := w.runs()[0]
	if run.State != syncer.Failed || run.Failure == nil || run.Failure.Code != problem.PermissionMissing || run.Failure.Remedy == "" {
		t.Fatalf("run %+v, failure %+v", run, run.Failure)
	}
	after, err := p.store.Runs().TypeState(context.Background(), w.scope, psa.Companies)
	if err != nil || !after.Watermark.Equal(before.Watermark) {
		t.Errorf("watermark moved from %s to %s (%v)", before.Watermark, after.Watermark, err)
	}
	w.noFaults()
	w.start(p, psa.Companies)
	w.settle(p)
	if got := len(w.stored(psa.Companies)); got != 20 {
		t.Errorf("%d companies stored, want 20", got)
	}
}

func (w *world) fault(f ...cwsim.Fault) {
	w.t.Helper()
	if err := w.sim.SetFaults(f...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) noFaults() { w.fault() }

// What passes is waited out, what ConnectWise asks for is obeyed to the
// second, and neither loses or doubles anything.
func TestTroubleThatPasses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault cwsim.Fault
		delay time.Duration // exact, if set
	}{
		{"429", cwsim.Fault{Kind: cwsim.FaultThrottle, RetryAfter: 37}, 37 * time.Second},
		{"500", cwsim.Fault{Kind: cwsim.FaultStatus, Status: 500}, 0},
		{"HTML with 200", cwsim.Fault{Kind: cwsim.FaultHTML}, 0},
		{"truncated", cwsim.Fault{Kind: cwsim.FaultTruncate}, 0},
		{"cut", cwsim.Fault{Kind: cwsim.FaultCutAfter}, 0},
		{"null", cwsim.Fault{Kind: cwsim.FaultNull}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.fill(7)
			p := w.process(&mortal{})
			w.start(p, psa.Companies)
			m, _ := w.take(nil)
			if err := p.handle(m); err != nil { // planned
				t.Fatal(err)
			}
			tt.fault.Method, tt.fault.Path, tt.fault.Times = "GET", "/company/companies", 8 // more than two lanes' tries
			w.fault(tt.fault)
			w.settle(p)
			w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 7, Created: 7}})
			if len(w.delay) == 0 || tt.delay != 0 && w.delay[0] != tt.delay {
				t.Errorf("waited %v, want %v", w.delay, tt.delay)
			}
		})
	}
}

func TestTroubleThatStaysFailsTheRunByName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault cwsim.Fault
		want  problem.Code
	}{
		{"401", cwsim.Fault{Kind: cwsim.FaultStatus, Status: 401}, problem.CredentialsRefused},
		{"403", cwsim.Fault{Kind: cwsim.FaultStatus, Status: 403}, problem.PermissionMissing},
		{"500 for ever", cwsim.Fault{Kind: cwsim.FaultStatus, Status: 500}, problem.ConnectWiseDown},
		{"HTML for ever", cwsim.Fault{Kind: cwsim.FaultHTML}, problem.ConnectWiseGarbled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.opt.MaxFailures = 2
			w.fill(7)
			p := w.process(&mortal{})
			w.start(p, psa.Contacts)
			m, _ := w.take(nil)
			if err := p.handle(m); err != nil {
				t.Fatal(err)
			}
			tt.fault.Method, tt.fault.Path = "GET", "/company/companies"
			w.fault(tt.fault)
			w.settle(p)
			var failures []problem.Code
			for _, r := range w.runs() {
				if r.State != syncer.Failed || r.Failure == nil || r.Failure.Message == "" {
					t.Errorf("run %+v", r)
					continue
				}
				failures = append(failures, r.Failure.Code)
			}
			if diff := cmp.Diff([]problem.Code{problem.ParentNotSynced, tt.want}, failures); diff != "" {
				t.Errorf("failures, newest first (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASecondRequestJoinsTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(5)
	p := w.process(&mortal{})
	first := w.start(p, psa.Companies)
	second := w.start(p, psa.Companies)
	if first[0].Joined || !second[0].Joined || first[0].Run.ID != second[0].Run.ID {
		t.Errorf("first %+v, second %+v", first, second)
	}
	w.settle(p)
	if got := len(w.runs()); got != 1 {
		t.Errorf("%d runs, want 1", got)
	}
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 5, Created: 5}})
}

func TestCancelStopsTheWorkersAndLetsTheNextRunStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(12)
	p := w.process(&mortal{})
	run := w.start(p, psa.Companies)[0].Run
	for range 2 { // plan, and one shard
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.engine.Cancel(context.Background(), w.scope, run.ID, "tester"); err != nil {
		t.Fatal(err)
	}
	if err := p.engine.Cancel(context.Background(), w.scope, run.ID, "tester"); err != nil {
		t.Errorf("cancelled twice: %v", err)
	}
	w.drain(p)
	got := w.runs()[0]
	if got.State != syncer.Cancelled || got.Totals.Read == 0 || got.Totals.Read == 12 {
		t.Errorf("run %+v", got)
	}
	w.start(p, psa.Companies)
	w.settle(p)
	kept := got.Totals.Read
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 12, Created: 12 - kept, Unchanged: kept}})
}

// All messages are lost; a tick finds the run, however far it had come.
func TestTheTickRevivesARunWhoseMessagesAreLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(10)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	for n := range 4 {
		for range n {
			m, ok := w.take(nil)
			if !ok {
				break
			}
			if err := p.handle(m); err != nil {
				t.Fatal(err)
			}
		}
		w.mu.Lock()
		w.queue = nil
		w.mu.Unlock()
		w.later(5 * time.Minute)
		if err := p.handle(syncer.Message{Kind: syncer.KindTick}); err != nil {
			t.Fatal(err)
		}
	}
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 10, Created: 10}})
}

//nolint:tparallel // the subtests share one ConnectWise, one after the other
func TestOneRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	companies := w.fill(6)
	p := w.process(&mortal{})
	w.start(p, psa.Companies, psa.Contacts)
	w.settle(p)
	ctx := context.Background()

	t.Run("changed", func(t *testing.T) {
		w.company(map[string]any{"id": int64(companies[0]), "name": "After"})
		if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, companies[0], "tester"); err != nil {
			t.Fatal(err)
		}
		if got := field(t, w.stored(psa.Companies)[companies[0]], "name"); got != "After" {
			t.Errorf("name %v", got)
		}
	})
	t.Run("read already after the callback came", func(t *testing.T) {
		asOf := w.now()
		before := w.requests()
		if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, companies[1], "tester"); err != nil {
			t.Fatal(err)
		}
		w.company(map[string]any{"id": int64(companies[1]), "name": "Later"})
		if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, companies[1], "tester"); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, err := p.engine.Refresh(ctx, w.scope, psa.Companies, companies[1], asOf, "callback"); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.requests() - before; got != 2 {
			t.Errorf("%d requests, want 2", got)
		}
	})
	t.Run("404 while nothing else works either", func(t *testing.T) {
		w.fault(cwsim.Fault{Method: "GET", Kind: cwsim.FaultStatus, Status: 404})
		defer w.noFaults()
		if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, companies[2], "tester"); err == nil {
			t.Error("no error")
		}
		if _, ok := w.stored(psa.Companies)[companies[2]]; !ok {
			t.Error("removed on the word of a server that answers 404 for everything")
		}
	})
	t.Run("404 while the list is empty or refused", func(t *testing.T) {
		w.sim.Delete(cwsim.Companies, int(companies[3]))
		for _, kind := range []cwsim.Fault{{Kind: cwsim.FaultEmptyList}, {Kind: cwsim.FaultStatus, Status: 403}} {
			kind.Method, kind.Path = "GET", "/company/companies"
			w.fault(kind)
			if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, companies[3], "tester"); err == nil {
				t.Errorf("%s: no error", kind.Kind)
			}
		}
		w.noFaults()
		if _, ok := w.stored(psa.Companies)[companies[3]]; !ok {
			t.Error("removed though the control read did not work")
		}
	})
	t.Run("deleted, and a page read before that comes late", func(t *testing.T) {
		w.sim.Delete(cwsim.Companies, int(companies[2]))
		if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, companies[2], "tester"); err != nil {
			t.Fatal(err)
		}
		row, err := p.store.Records().Get(ctx, w.scope, psa.Companies, companies[2])
		if err != nil || row.Removed != syncer.Deleted {
			t.Fatalf("row %+v, %v", row, err)
		}
		row.Removed, row.ReadAt, row.LastUpdated, row.Fence = "", row.ReadAt.Add(-time.Second), row.LastUpdated.Add(time.Hour), 99
		refused, err := p.store.Records().Write(ctx, w.scope, []syncer.Row{row})
		if err != nil || len(refused) != 1 {
			t.Errorf("the tombstone was written over: %v, %v", refused, err)
		}
	})
	t.Run("another generation", func(t *testing.T) {
		old := psa.Scope{Account: w.scope.Account, Generation: 99}
		_, err := p.engine.SyncRecord(ctx, old, psa.Companies, companies[0], "tester")
		if problem.CodeOf(err) != problem.NotConnected {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("an id that cannot be", func(t *testing.T) {
		if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, -1, "tester"); !errors.Is(err, psa.ErrInvalid) {
			t.Errorf("err = %v", err)
		}
	})
}

// A record is deleted before it was ever stored, while a page that still has
// it is on its way: the callback's 404 must be remembered, or the page would
// bring the record back for good.
func TestADeletionOvertakesThePageThatHasTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	companies := w.fill(4)
	p := w.process(&mortal{})
	ctx := context.Background()
	src, err := p.Connect(ctx, w.scope)
	if err != nil {
		t.Fatal(err)
	}
	typ, _ := syncer.TypeNamed(psa.Companies)
	page, err := src.Read(ctx, typ, syncer.Query{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	w.sim.Delete(cwsim.Companies, int(companies[1]))
	if _, err := p.engine.Refresh(ctx, w.scope, psa.Companies, companies[1], w.now(), "callback"); err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Reads {
		row := syncer.Row{Record: psa.Record{Type: psa.Companies, ID: r.ID, ReadAt: r.SentAt, LastUpdated: w.now(), Data: r.Raw}, Fence: 1, ChangedAt: w.now()}
		if _, err := p.store.Records().Write(ctx, w.scope, []syncer.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.stored(psa.Companies); len(got) != 3 || got[companies[1]] != "" {
		t.Errorf("%d companies stored, the deleted one among them: %v", len(got), got[companies[1]] != "")
	}
	// A person who asks for an id that never was leaves nothing behind.
	if _, err := p.engine.SyncRecord(ctx, w.scope, psa.Companies, 987654, "tester"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.store.Records().Get(ctx, w.scope, psa.Companies, 987654); !errors.Is(err, psa.ErrNotFound) {
		t.Errorf("a record that never was: %v", err)
	}
}

func (w *world) requests() int { return len(w.sim.Requests()) }
