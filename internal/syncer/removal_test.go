package syncer_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// run starts a run of one type in a mode and sees it to its end.
func (w *world) run(p *process, typ psa.DataType, mode syncer.Mode) syncer.Run {
	w.t.Helper()
	started, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{typ}, mode, "tester")
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle(p)
	run, err := w.watch.store.Runs().Run(context.Background(), w.scope, started[len(started)-1].Run.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

func (w *world) remove(entity string, ids ...psa.RecordID) {
	w.t.Helper()
	for _, id := range ids {
		if !w.sim.Delete(entity, int(id)) {
			w.t.Fatalf("%s %d was not there", entity, id)
		}
	}
}

// row is what is stored of a company.
func (w *world) row(id psa.RecordID) syncer.Row {
	w.t.Helper()
	row, err := w.watch.store.Records().Get(context.Background(), w.scope, psa.Companies, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return row
}

func checkRun(t *testing.T, got syncer.Run, want outcome) {
	t.Helper()
	if diff := cmp.Diff(want, outcome{got.State, got.Mode, got.Totals}); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
}

// What a run that enumerates does not see is asked for again, and removed; what
// comes back is kept again.
func TestWhatIsMissingIsRemoved(t *testing.T) {
	t.Parallel()
	for _, mode := range []syncer.Mode{syncer.Full, syncer.Reconcile} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			ids := w.fill(12)
			p := w.process(&mortal{})
			w.run(p, psa.Companies, "")
			w.remove(cwsim.Companies, ids[0], ids[5], ids[11])
			w.sim.Advance(time.Minute)
			before := w.state(psa.Companies)
			checkRun(t, w.run(p, psa.Companies, mode), outcome{
				syncer.Succeeded, mode, syncer.Counts{Read: 9, Unchanged: 9, Missing: 3, Removed: 3},
			})
			after := w.state(psa.Companies)
			if moved := !after.Watermark.Equal(before.Watermark); moved != (mode == syncer.Full) {
				t.Errorf("watermark moved: %v", moved)
			}
			if !after.Compared.After(before.Compared) {
				t.Errorf("compared %v, before %v", after.Compared, before.Compared)
			}
			for _, id := range []psa.RecordID{ids[0], ids[5], ids[11]} {
				row := w.row(id)
				if row.Removed != syncer.Deleted || row.RemovedAt.IsZero() || row.ScopeAt.IsZero() || row.Name == "" || string(row.Data) != "{}" {
					t.Errorf("row %+v", row)
				}
			}
			if got := len(w.stored(psa.Companies)); got != 9 {
				t.Errorf("%d companies, want 9", got)
			}
			// A tombstone is not missing, and goes when the record is back.
			w.company(map[string]any{"id": int64(ids[5]), "name": "Back", "identifier": "back"})
			w.company(map[string]any{"name": "New", "identifier": "new"})
			checkRun(t, w.run(p, psa.Companies, mode), outcome{
				syncer.Succeeded, mode, syncer.Counts{Read: 11, Created: 2, Unchanged: 9},
			})
			if got := field(t, w.stored(psa.Companies)[ids[5]], "name"); got != "Back" {
				t.Errorf("name %v", got)
			}
		})
	}
}

func (w *world) state(typ psa.DataType) syncer.TypeState {
	w.t.Helper()
	state, err := w.watch.store.Runs().TypeState(context.Background(), w.scope, typ)
	if err != nil {
		w.t.Fatal(err)
	}
	return state
}

// The guard: what is too much for a run to remove by itself is proposed, and
// its upserts are kept all the same.
func TestTheGuardProposes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		have, removed   int
		mapped, propose bool
	}{
		{name: "five of ten", have: 10, removed: 5},
		{name: "six of ten", have: 10, removed: 6, propose: true},
		{name: "six of 120 are 5 %", have: 120, removed: 6},
		{name: "seven of 120", have: 120, removed: 7, propose: true},
		{name: "everything", have: 3, removed: 3, propose: true},
		{name: "one that is mapped", have: 10, removed: 1, mapped: true, propose: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.opt.PageSize = 50
			ids := w.fill(tt.have)
			w.opt.Mapped = func(_ context.Context, _ psa.Scope, typ psa.DataType, asked []psa.RecordID) (bool, error) {
				return tt.mapped && typ == psa.Companies && len(asked) == tt.removed, nil
			}
			p := w.process(&mortal{})
			w.run(p, psa.Companies, "")
			w.remove(cwsim.Companies, ids[:tt.removed]...)
			left := tt.have - tt.removed
			if left > 0 {
				w.company(map[string]any{"id": int64(ids[tt.have-1]), "name": "Renamed"})
			}
			run := w.run(p, psa.Companies, syncer.Full)
			want := tt.have - tt.removed
			if tt.propose {
				want = tt.have
				if run.State != syncer.Partial || run.Proposal == nil || run.Proposal.State != syncer.ProposalOpen ||
					run.Proposal.Missing != tt.removed || run.Proposal.Stored != tt.have || run.Proposal.Reason == "" {
					t.Fatalf("run %+v, proposal %+v", run, run.Proposal)
				}
			} else if run.State != syncer.Succeeded || run.Proposal != nil || run.Totals.Removed != tt.removed {
				t.Fatalf("run %+v, proposal %+v", run, run.Proposal)
			}
			stored := w.stored(psa.Companies)
			if len(stored) != want {
				t.Errorf("%d stored, want %d", len(stored), want)
			}
			if left > 0 && field(t, stored[ids[tt.have-1]], "name") != "Renamed" {
				t.Error("the upserts are lost")
			}
			if !tt.propose {
				return
			}
			if err := p.engine.DecideRemoval(context.Background(), w.scope, run.ID, true, "ann"); err != nil {
				t.Fatal(err)
			}
			w.settle(p)
			removal := w.runs()[0]
			checkRun(t, removal, outcome{syncer.Succeeded, syncer.Removal, syncer.Counts{Removed: tt.removed}})
			if removal.From != run.ID || removal.RequestedBy != "ann" || removal.Expected != tt.removed {
				t.Errorf("removal %+v", removal)
			}
			if got := len(w.stored(psa.Companies)); got != left {
				t.Errorf("%d stored after the removal, want %d", got, left)
			}
			if state := w.state(psa.Companies); state.Confirmed != "" || state.Proposal != "" {
				t.Errorf("type %+v", state)
			}
		})
	}
}

// A proposal is decided once, and only the newest one.
func TestProposalsAreDecidedOnceAndOutdated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(10)
	p := w.process(&mortal{})
	w.run(p, psa.Companies, "")
	w.remove(cwsim.Companies, ids[:6]...)
	first := w.run(p, psa.Companies, syncer.Reconcile)
	second := w.run(p, psa.Companies, syncer.Reconcile)
	decide := func(run syncer.Run, confirm bool) problem.Code {
		return problem.CodeOf(p.engine.DecideRemoval(context.Background(), w.scope, run.ID, confirm, "ann"))
	}
	if got := decide(first, true); got != problem.Conflict {
		t.Errorf("an outdated proposal was confirmed: %q", got)
	}
	if got := decide(second, false); got != "" {
		t.Errorf("dismiss: %q", got)
	}
	if got := decide(second, true); got != problem.Conflict {
		t.Errorf("a dismissed proposal was confirmed: %q", got)
	}
	w.settle(p)
	if got := len(w.stored(psa.Companies)); got != 10 {
		t.Errorf("%d stored, want 10", got)
	}
	third := w.run(p, psa.Companies, syncer.Reconcile)
	// Another run is active: the removal waits for its end.
	w.start(p, psa.Companies)
	for range 2 {
		if got := decide(third, true); got != "" {
			t.Errorf("confirm: %q", got)
		}
	}
	w.settle(p)
	if got := len(w.stored(psa.Companies)); got != 4 {
		t.Errorf("%d stored, want 4", got)
	}
	if got := decide(third, false); got != problem.Conflict {
		t.Errorf("a confirmed removal was dismissed: %q", got)
	}
	if got := decide(syncer.Run{ID: "nope"}, true); got == "" {
		t.Error("a run that is not there was decided about")
	}
}

// Pitfall P11: an empty answer with status 200 removes nothing, whether to the
// list or to the question whether what is missing is gone.
func TestAnEmptyAnswerRemovesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []syncer.Mode{syncer.Full, syncer.Reconcile} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.fill(4)
			p := w.process(&mortal{})
			w.run(p, psa.Companies, "")
			w.fault(cwsim.Fault{Method: "GET", Path: "/company/companies", Kind: cwsim.FaultEmptyList})
			run := w.run(p, psa.Companies, mode)
			if run.State != syncer.Partial || run.Proposal == nil || run.Totals.Removed != 0 {
				t.Errorf("run %+v", run)
			}
			if err := p.engine.DecideRemoval(context.Background(), w.scope, run.ID, true, "ann"); err != nil {
				t.Fatal(err)
			}
			w.noFaults()
			w.settle(p)
			if got := len(w.stored(psa.Companies)); got != 4 {
				t.Errorf("%d stored, want 4: they were asked for again", got)
			}
		})
	}
}

// A control record that does not come back proves that the answer is not to be
// trusted: the run waits, and fails in the end.
func TestWithoutControlNothingIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.opt.MaxFailures = 2
	ids := w.fill(20)
	p := w.process(&mortal{})
	w.run(p, psa.Companies, "")
	w.remove(cwsim.Companies, ids[3])
	w.later(time.Hour)
	started, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{psa.Companies}, syncer.Full, "tester")
	if err != nil {
		t.Fatal(err)
	}
	for w.progress(started[0].Run.ID).Run.Totals.Missing == 0 {
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
	}
	w.fault(cwsim.Fault{Method: "GET", Path: "/company/companies", Query: " in (", Kind: cwsim.FaultEmptyList})
	w.settle(p)
	run := w.runs()[0]
	if run.State != syncer.Failed || run.Failure.Code != problem.ConnectWiseGarbled || run.Totals.Removed != 0 {
		t.Errorf("run %+v, failure %+v", run, run.Failure)
	}
	if got := w.row(ids[3]).Removed; got != "" {
		t.Errorf("removed: %s", got)
	}
}

func (w *world) progress(id string) syncer.Progress {
	w.t.Helper()
	p, err := w.watch.engine.Progress(context.Background(), w.scope, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// Pitfall P10: what a callback stores while the page that does not have it yet
// is on its way is not missing.
func TestWhatACallbackStoresMeanwhileIsNotMissing(t *testing.T) {
	t.Parallel()
	for _, mode := range []syncer.Mode{syncer.Full, syncer.Reconcile} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.fill(6)
			p := w.settle(w.request(w.process(&mortal{})))
			worker := w.process(&mortal{})
			worker.read = func(*http.Request) {
				if len(w.sim.IDs(cwsim.Companies)) >= 60 {
					return
				}
				id := w.company(map[string]any{"name": "New", "identifier": "new"})
				if _, err := p.engine.Refresh(context.Background(), w.scope, psa.Companies, id, w.now(), "callback"); err != nil {
					t.Error(err)
				}
			}
			run := w.run(worker, psa.Companies, mode)
			if run.State != syncer.Succeeded || run.Totals.Missing != 0 || run.Proposal != nil {
				t.Errorf("run %+v", run)
			}
			if got, want := len(w.stored(psa.Companies)), len(w.sim.IDs(cwsim.Companies)); got != want || want == 60 {
				t.Errorf("%d companies, want %d", got, want)
			}
		})
	}
}
