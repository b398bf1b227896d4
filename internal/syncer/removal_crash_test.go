package syncer_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// asked makes a request as a client would: again, until there is an answer.
func (w *world) asked(p *process, request func(p *process) error) *process {
	w.t.Helper()
	for range 3 {
		err := request(p)
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

// compared asks for a run of companies in a mode and sees it to its end.
func (w *world) compared(p *process, mode syncer.Mode) *process {
	w.t.Helper()
	return w.settle(w.asked(p, func(p *process) error {
		_, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{psa.Companies}, mode, "tester")
		return err
	}))
}

// Killing the process at every remote call of a run that removes, or that
// proposes and is confirmed, changes nothing in what is left and counted.
func TestEveryCrashPointOfARemoval(t *testing.T) {
	t.Parallel()
	for name, scenario := range map[string]func(w *world, ids []psa.RecordID, life *mortal){
		"removed": func(w *world, ids []psa.RecordID, life *mortal) {
			w.remove(cwsim.Companies, ids[1], ids[2])
			w.company(map[string]any{"id": int64(ids[0]), "name": "Renamed"})
			w.compared(w.process(life), syncer.Full)
		},
		"confirmed": func(w *world, ids []psa.RecordID, life *mortal) {
			w.remove(cwsim.Companies, ids...)
			p := w.compared(w.process(life), syncer.Reconcile)
			run := w.runs()[0]
			p = w.asked(p, func(p *process) error {
				return p.engine.DecideRemoval(context.Background(), w.scope, run.ID, true, "ann")
			})
			w.settle(p)
			if w.state(psa.Companies).Confirmed != "" { // the message was lost with the process: the schedule sees to it
				w.asked(w.process(&mortal{}), func(p *process) error {
					return p.engine.StartDue(context.Background(), w.scope, []psa.DataType{psa.Companies}, w.now(), w.night)
				})
				w.settle(w.process(&mortal{}))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := func(t *testing.T, life *mortal) final {
				t.Helper()
				w := newWorld(t, cwsim.Config{})
				ids := w.fill(6)
				w.settle(w.request(w.process(&mortal{})))
				scenario(w, ids, life)
				return w.final()
			}
			life := &mortal{}
			want := after(t, life)
			t.Logf("%d remote calls", life.calls)
			if life.calls < 15 || want.Runs[psa.Companies][0].Totals.Removed == 0 {
				t.Fatalf("%d remote calls, runs %+v", life.calls, want.Runs)
			}
			for at := 1; at <= life.calls; at++ {
				for _, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d/after=%v", at, late), func(t *testing.T) {
						t.Parallel()
						if diff := cmp.Diff(want, after(t, &mortal{at: at, after: late})); diff != "" {
							t.Errorf("(-undisturbed +killed):\n%s", diff)
						}
					})
				}
			}
		})
	}
}
