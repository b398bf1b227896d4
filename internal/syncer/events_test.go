package syncer_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// told is what the product was told of.
type told struct {
	mu     sync.Mutex
	events []string
}

// take returns what was told since it was called last, each once and sorted.
func (t *told) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.Compact(slices.Sorted(slices.Values(t.events)))
	t.events = nil
	return out
}

func (t *told) add(events ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, events...)
}

// teller is a process's way to tell.
type teller struct {
	life *mortal
	*told
}

// RecordsChanged implements syncer.Events.
func (t teller) RecordsChanged(_ context.Context, _ psa.Scope, changes []syncer.RecordChange) error {
	return t.life.call(func() error {
		for _, c := range changes {
			t.add(fmt.Sprintf("%s %d %s %s", c.Type, c.ID, c.Change, c.Reason))
		}
		return nil
	})
}

// SyncFinished implements syncer.Events.
func (t teller) SyncFinished(_ context.Context, run syncer.Run) error {
	return t.life.call(func() error {
		t.add(fmt.Sprintf("run of %s %s", run.Type, run.State))
		return nil
	})
}

func wantTold(t *testing.T, w *world, when string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, w.told.take(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +told):\n%s", when, diff)
	}
}

// toldWorld is a world whose five companies were read for the first time.
func toldWorld(t *testing.T) (*world, []psa.RecordID) {
	t.Helper()
	w := newWorld(t, cwsim.Config{})
	w.told = &told{}
	ids := w.fill(5)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	w.settle(p)
	wantTold(t, w, "first run", "run of companies succeeded")
	w.later(time.Hour)
	return w, ids
}

func TestWhatTheProductIsTold(t *testing.T) {
	t.Parallel()
	w, ids := toldWorld(t)
	p := w.process(&mortal{})
	// Nothing changed.
	w.start(p, psa.Companies)
	w.settle(p)
	wantTold(t, w, "nothing changed", "run of companies succeeded")
	// One edited, one new.
	w.company(map[string]any{"id": int64(ids[0]), "name": "Renamed"})
	added := w.company(map[string]any{"name": "New", "identifier": "new"})
	w.start(p, psa.Companies)
	w.settle(p)
	wantTold(t, w, "changes", fmt.Sprintf("companies %d updated ", ids[0]), fmt.Sprintf("companies %d created ", added), "run of companies succeeded")
	// One deleted, found by comparing; one by a callback, which comes twice.
	deleteCompany(t, w, ids[1])
	w.later(time.Hour)
	if _, err := p.engine.Start(t.Context(), w.scope, []psa.DataType{psa.Companies}, syncer.Reconcile, "tester"); err != nil {
		t.Fatal(err)
	}
	w.settle(p)
	wantTold(t, w, "removal", fmt.Sprintf("companies %d removed deleted", ids[1]), "run of companies succeeded")
	deleteCompany(t, w, ids[2])
	asOf := w.now()
	w.later(time.Second)
	for _, when := range []string{"callback", "the same callback again"} {
		if _, err := p.engine.Refresh(t.Context(), w.scope, psa.Companies, ids[2], asOf, "callback"); err != nil {
			t.Fatal(err)
		}
		wantTold(t, w, when, fmt.Sprintf("companies %d removed deleted", ids[2]))
	}
	// A later callback finds nothing new.
	w.later(time.Second)
	if _, err := p.engine.Refresh(t.Context(), w.scope, psa.Companies, ids[3], w.now(), "callback"); err != nil {
		t.Fatal(err)
	}
	wantTold(t, w, "an echo")
}

func deleteCompany(t *testing.T, w *world, id psa.RecordID) {
	t.Helper()
	if !w.sim.Delete(cwsim.Companies, int(id)) {
		t.Fatalf("company %d is not there", id)
	}
}

// A process dies at every remote call of a callback, an incremental run and a
// comparison: the product is told of everything all the same.
func TestEveryCrashPointOfTelling(t *testing.T) {
	t.Parallel()
	undisturbed := &mortal{}
	tellThrough(t, undisturbed)
	if undisturbed.calls < 40 {
		t.Fatalf("only %d remote calls: is everything mortal?", undisturbed.calls)
	}
	for at := 1; at <= undisturbed.calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/after=%v", at, after), func(t *testing.T) {
				t.Parallel()
				life := &mortal{at: at, after: after}
				tellThrough(t, life)
				life.mustHaveDied(t, undisturbed.calls)
			})
		}
	}
}

// tellThrough has a process of this life do what there is to tell of, and fails
// the test if something is not told.
func tellThrough(t *testing.T, life *mortal) {
	t.Helper()
	w, ids := toldWorld(t)
	w.company(map[string]any{"id": int64(ids[0]), "name": "Renamed"})
	deleteCompany(t, w, ids[1])
	w.company(map[string]any{"id": int64(ids[2]), "name": "Called"})
	asOf := w.now()
	w.later(time.Second)
	w.put(syncer.Message{
		Kind: syncer.KindRecord, Account: w.scope.Account, Generation: w.scope.Generation, Type: psa.Companies, ID: ids[2], AsOf: asOf, By: "callback",
	})
	p := w.settle(w.process(life))
	for _, mode := range []syncer.Mode{"", syncer.Reconcile} {
		for {
			if _, err := p.engine.Start(t.Context(), w.scope, []psa.DataType{psa.Companies}, mode, "tester"); err == nil {
				break
			} else if !p.dead {
				t.Fatal(err)
			}
			p = w.process(&mortal{}) // the person presses again
		}
		p = w.settle(p)
		w.later(time.Hour)
	}
	got := w.told.take()
	for _, want := range []string{
		fmt.Sprintf("companies %d updated ", ids[0]), fmt.Sprintf("companies %d removed deleted", ids[1]),
		fmt.Sprintf("companies %d updated ", ids[2]), "run of companies succeeded",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("not told: %q; told %q", want, got)
		}
	}
}
