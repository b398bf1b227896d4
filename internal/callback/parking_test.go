package callback_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// shards holds back the slices of runs.
func shards(m syncer.Message) bool { return m.Kind == syncer.KindShard }

// reading is a world in which the companies' first run is planned.
func reading(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	must(t, w.engine.StartInitial(t.Context(), w.scope, []psa.DataType{psa.Companies}, "ann"))
	w.drain(shards)
	w.sim.ResetRequests()
	return w
}

func (w *world) lot() callback.LotKey {
	return callback.LotKey{Scope: w.scope, Type: psa.Companies}
}

// parked lists what is parked of the companies.
func (w *world) parked() []callback.Parked {
	w.t.Helper()
	list, err := w.store.Callbacks().Parked(w.t.Context(), w.lot(), false, 1000)
	must(w.t, err)
	return list
}

// ended does the rest of the run, and what its end wakes.
func (w *world) ended() {
	w.t.Helper()
	w.drain(nil)
	must(w.t, w.Wake(w.t.Context(), syncer.ParkedMessage(w.scope, psa.Companies), 0))
	w.drain(nil)
}

// While a type is read for the first time, nothing else is read or written of
// it: what changes is parked, once for each record, and read afterwards.
func TestCallbacksAreParkedDuringAFirstRun(t *testing.T) {
	t.Parallel()
	w := reading(t)
	ids := w.sim.IDs(cwsim.Companies)
	for i := range 3 {
		w.rename(ids[1], fmt.Sprint("Name ", i))
		w.pass(time.Second)
		w.work(w.deliveries())
	}
	w.sim.Delete(cwsim.Companies, ids[2])
	w.work(w.deliveries())
	list := w.parked()
	if len(list) != 2 || list[0].ID != psa.RecordID(ids[1]) || list[1].ID != psa.RecordID(ids[2]) {
		t.Fatalf("parked %+v", list)
	}
	if n := w.asked("/company/companies/"); n != 0 {
		t.Errorf("%d records were read during the first run: %v", n, w.sim.Requests())
	}
	w.pass(time.Minute) // the tick looks, and leaves it
	must(t, w.worker.Tick(t.Context()))
	w.drain(shards)
	if n := len(w.parked()); n != 2 {
		t.Errorf("%d parked after a tick", n)
	}
	w.ended()
	if got := w.row(ids[1]); got.Name != "Name 2" {
		t.Errorf("after the run: %q", got.Name)
	}
	if n := len(w.parked()); n != 0 {
		t.Errorf("%d still parked", n)
	}
	if due, err := w.store.Callbacks().DueLots(t.Context(), w.now().Add(time.Hour), 10); err != nil || len(due) > 0 {
		t.Errorf("the tick still looks at %v, %v", due, err)
	}
}

// halfRead is a world in which the companies' first run has read the first
// company, and goes on.
func halfRead(t *testing.T) *world {
	t.Helper()
	w := reading(t)
	w.drain(func(m syncer.Message) bool {
		_, err := w.store.Records().Get(t.Context(), w.scope, psa.Companies, psa.RecordID(w.company()))
		return shards(m) && err == nil
	})
	state, err := w.store.Runs().TypeState(t.Context(), w.scope, psa.Companies)
	if err != nil || !state.FirstRun() {
		t.Fatalf("the run is over: %+v, %v", state, err)
	}
	return w
}

// A deletion during the first run, after the page that has the record.
func TestADeletionDuringAFirstRun(t *testing.T) {
	t.Parallel()
	w := halfRead(t)
	id := w.company()
	w.sim.Delete(cwsim.Companies, id)
	w.work(w.deliveries())
	w.ended()
	if got := w.row(id); got.Removed != syncer.Deleted {
		t.Errorf("%d is %q", id, got.Removed)
	}
}

// racer ends the run between a worker's first look at it and its second.
type racer struct {
	callback.Types

	once sync.Once
	then func()
}

func (r *racer) TypeState(ctx context.Context, scope psa.Scope, typ psa.DataType) (syncer.TypeState, error) {
	state, err := r.Types.TypeState(ctx, scope, typ)
	r.once.Do(r.then)
	return state, err
}

// The run ends, and is swept, just before the record is parked: it is read at
// once.
func TestTheRunEndsWhileItIsParked(t *testing.T) {
	t.Parallel()
	w := reading(t)
	deps := w.worker.WorkerDeps
	deps.Types = &racer{Types: w.store.Runs(), then: w.ended}
	late := callback.NewWorker(deps)
	must(t, w.sim.SetDeliveryFaults(cwsim.DeliveryFault{Kind: cwsim.DeliveryHeld}))
	w.rename(w.company(), "Before")
	w.sim.ReleaseCallbacks(false)
	all := w.deliveries()
	w.pass(-time.Hour) // what is read then is older than the delivery
	must(t, late.Handle(t.Context(), all[0]))
	if w.reads(w.company()) != 1 || len(w.parked()) != 0 {
		t.Errorf("%d reads, %v parked", w.reads(w.company()), w.parked())
	}
}

// A first run begins while a record is read: pages that were read before may
// be written later, so it is read once more.
func TestAFirstRunBeginsWhileARecordIsRead(t *testing.T) {
	t.Parallel()
	w := reading(t)
	w.drain(nil)
	w = failedFirst(t)
	deps := w.worker.WorkerDeps
	deps.Types = &racer{Types: w.store.Runs(), then: func() {
		_, err := w.engine.Start(t.Context(), w.scope, []psa.DataType{psa.Companies}, "", "ann")
		must(t, err)
	}}
	w.rename(w.company(), "Renamed")
	must(t, callback.NewWorker(deps).Handle(t.Context(), w.deliveries()[0]))
	if w.reads(w.company()) != 1 || len(w.parked()) != 1 {
		t.Errorf("%d reads, %v parked", w.reads(w.company()), w.parked())
	}
}

// failedFirst is a world whose only run was cancelled.
func failedFirst(t *testing.T) *world {
	t.Helper()
	w := reading(t)
	must(t, w.engine.Reset(t.Context(), w.scope, psa.Companies, "ann"))
	w.drain(nil)
	w.sim.ResetRequests()
	return w
}

// A record that a person or an earlier callback asked for waits as well.
func TestRecordsWaitForAFirstRun(t *testing.T) {
	t.Parallel()
	w := reading(t)
	must(t, w.do(syncer.Message{
		V: 1, Kind: syncer.KindRecord, Account: w.scope.Account, Generation: w.scope.Generation, Type: psa.Companies, ID: psa.RecordID(w.company()), By: "ann",
	}))
	if w.reads(w.company()) != 0 || len(w.parked()) != 1 {
		t.Errorf("%d reads, %v parked", w.reads(w.company()), w.parked())
	}
}

// A worker dies at every call to the table while it parks and while it sweeps;
// what was parked is read, by the messages that come again and by the tick.
func TestParkingDiesAnywhere(t *testing.T) {
	t.Parallel()
	act := func(w *world, again bool) {
		all := w.deliveries()
		for _, raw := range all {
			if err := w.worker.Handle(t.Context(), raw); err != nil && again {
				w.mu.Lock()
				w.posted = append(w.posted, raw) // SQS gives it to the next worker
				w.mu.Unlock()
			}
		}
		_ = w.worker.Sweep(t.Context(), w.lot())
	}
	set := func(t *testing.T) *world {
		w := halfRead(t)
		w.rename(w.company(), "Parked")
		w.work(w.deliveries())
		if len(w.parked()) != 1 {
			t.Fatalf("parked %v", w.parked())
		}
		w.drain(nil)
		w.rename(w.sim.IDs(cwsim.Companies)[2], "Direct")
		w.sim.WaitForCallbacks()
		w.faults.Revive()
		return w
	}
	whole := set(t)
	act(whole, true)
	calls := len(whole.faults.Calls())
	if calls < 8 {
		t.Fatalf("only %d calls: %v %v", calls, whole.faults.Calls(), whole.parked())
	}
	for n := 1; n <= calls; n++ {
		for _, when := range []localawstest.When{localawstest.Before, localawstest.After} {
			t.Run(fmt.Sprintf("call %d, %v", n, when), func(t *testing.T) {
				t.Parallel()
				w := set(t)
				w.faults.KillAt(n, when)
				act(w, true)
				w.faults.Revive()
				w.process()
				w.work(w.deliveries())
				w.pass(10 * time.Minute)
				must(t, w.worker.Tick(t.Context()))
				w.drain(nil)
				ids := w.sim.IDs(cwsim.Companies)
				if a, b := w.row(ids[1]).Name, w.row(ids[2]).Name; a != "Parked" || b != "Direct" {
					t.Errorf("%q and %q", a, b)
				}
				if list := w.parked(); len(list) > 0 {
					t.Errorf("still parked: %v", list)
				}
			})
		}
	}
}

// A sweep does a part and wakes itself for the rest.
func TestASweepIsBounded(t *testing.T) {
	t.Parallel()
	w := synced(t)
	const n = 450
	for id := range n {
		must(t, w.store.Callbacks().Park(t.Context(), w.lot(), callback.Parked{ID: psa.RecordID(id + 1), AsOf: w.now()}, w.now()))
	}
	sweeps := 0
	for {
		must(t, w.worker.Sweep(t.Context(), w.lot()))
		sweeps++
		w.mu.Lock()
		again := 0
		for _, m := range w.woken {
			if m.Kind == syncer.KindParked {
				again++
			}
		}
		w.mu.Unlock()
		if again < sweeps {
			break
		}
	}
	if sweeps != 3 || len(w.parked()) != 0 {
		t.Errorf("%d sweeps, %d left", sweeps, len(w.parked()))
	}
	if got := len(w.woken); got != n+2 {
		t.Errorf("%d messages for %d records", got, n)
	}
}
