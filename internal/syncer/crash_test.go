package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// final is all that a sync leaves behind.
type final struct {
	Runs                map[psa.DataType][]outcome
	Companies, Contacts map[psa.RecordID]string
}

func (w *world) final() final {
	w.t.Helper()
	f := final{Runs: map[psa.DataType][]outcome{}, Companies: w.stored(psa.Companies), Contacts: w.stored(psa.Contacts)}
	for _, r := range w.runs() {
		f.Runs[r.Type] = append(f.Runs[r.Type], outcome{r.State, r.Mode, r.Totals})
	}
	return f
}

// request asks for a sync as a client would: again, until there is an answer.
func (w *world) request(p *process) *process {
	w.t.Helper()
	for range 3 {
		_, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{psa.Companies, psa.Contacts}, "", "tester")
		if err == nil {
			return p
		}
		if !p.dead {
			w.t.Fatal(err)
		}
		p = w.process(&mortal{})
	}
	w.t.Fatal("the request never succeeds")
	return nil
}

// Killing the process at every remote call, before it is made and after it
// was, changes nothing in the final records and counts.
func TestEveryCrashPoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(5)
	life := &mortal{}
	w.settle(w.request(w.process(life)))
	want, calls := w.final(), life.calls
	if calls < 40 {
		t.Fatalf("only %d remote calls: is everything mortal?", calls)
	}
	t.Logf("%d remote calls, %d crash points", calls, 2*calls)
	for at := 1; at <= calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/after=%v", at, after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, cwsim.Config{})
				w.fill(5)
				life := &mortal{at: at, after: after}
				w.settle(w.request(w.process(life)))
				life.mustHaveDied(t, calls)
				if diff := cmp.Diff(want, w.final()); diff != "" {
					t.Errorf("(-undisturbed +killed):\n%s", diff)
				}
			})
		}
	}
}

// mustHaveDied fails if nobody died at a call that there must have been. Which
// of two lanes is faster decides over a refused claim more or less, so that the
// last of an undisturbed life's calls may not come.
func (m *mortal) mustHaveDied(t *testing.T, undisturbed int) {
	t.Helper()
	if !m.dead && m.at <= undisturbed-undisturbed/20 {
		t.Errorf("nobody died: %d calls only, %d undisturbed", m.calls, undisturbed)
	}
}

// Messages come twice, in any order, while workers die at random: the counts
// are those of an undisturbed sync all the same.
func TestDoubledAndShuffledMessages(t *testing.T) {
	t.Parallel()
	want := func() final {
		w := newWorld(t, cwsim.Config{})
		w.fill(12)
		w.settle(w.request(w.process(&mortal{})))
		return w.final()
	}()
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			w := newWorld(t, cwsim.Config{})
			w.fill(12)
			p := w.request(w.process(&mortal{}))
			for range 400 {
				m, ok := w.take(rng)
				if !ok {
					break
				}
				if rng.IntN(3) == 0 {
					w.put(m) // delivered again
				}
				if rng.IntN(4) == 0 {
					p = w.process(&mortal{at: 1 + rng.IntN(25), after: rng.IntN(2) == 0})
				}
				if err := p.handle(m); p.dead {
					w.put(m)
					w.later(2 * time.Minute)
					p = w.process(&mortal{})
				} else if err != nil {
					t.Fatal(err)
				}
			}
			w.settle(w.process(&mortal{}))
			if diff := cmp.Diff(want, w.final()); diff != "" {
				t.Errorf("(-undisturbed +disturbed):\n%s", diff)
			}
		})
	}
}

// A worker dies with a shard and its message is lost as well: the tick marks
// the run interrupted, and it is resumed from its cursors.
func TestARunWhoseWorkerDiedIsInterruptedAndResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(9)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	for range 2 { // planned, and the first shard done
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
	}
	m, _ := w.take(nil)
	victim := w.process(&mortal{at: 6}) // a few calls after it has the shard
	if err := victim.handle(m); err == nil {
		t.Fatal("it lives")
	}
	w.mu.Lock()
	w.queue = nil
	w.mu.Unlock()
	w.later(3 * time.Minute)
	if err := p.handle(syncer.Message{Kind: syncer.KindTick}); err != nil {
		t.Fatal(err)
	}
	if got := w.runs()[0]; got.State != syncer.Interrupted {
		t.Errorf("state %s, want interrupted", got.State)
	}
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 9, Created: 9}})
	events := map[string]int{}
	entries, _, err := w.watch.store.Runs().Logs(context.Background(), w.scope, syncer.Page{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		events[e.Event]++
	}
	want := map[string]int{"run_queued": 1, "run_started": 1, "run_interrupted": 1, "run_resumed": 1, "run_succeeded": 1}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

// Two workers take the same shard: one works, the other leaves it alone; and a
// worker that was taken for dead can no longer move the cursor.
func TestAWorkerTakenForDeadIsFenced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(5)
	p := w.process(&mortal{})
	run := w.start(p, psa.Companies)[0].Run
	m, _ := w.take(nil)
	if err := p.handle(m); err != nil {
		t.Fatal(err)
	}
	ctx, store, now := context.Background(), p.store.Runs(), w.now()
	slow, err := store.Claim(ctx, w.scope, run.ID, 0, "slow", now, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Claim(ctx, w.scope, run.ID, 0, "other", now, now.Add(time.Minute)); !errors.Is(err, psa.ErrBusy) {
		t.Errorf("a held shard was claimed: %v", err)
	}
	later := now.Add(2 * time.Minute)
	if _, err := store.Claim(ctx, w.scope, run.ID, 0, "other", later, later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	moved := slow
	moved.Cursor, moved.Counts = 3, syncer.Counts{Read: 3, Created: 3}
	if err := store.Advance(ctx, w.scope, slow, moved); !errors.Is(err, psa.ErrConflict) {
		t.Errorf("a worker without the shard moved its cursor: %v", err)
	}
}
