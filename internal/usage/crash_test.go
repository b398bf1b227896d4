package usage_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// busy is a world in which a posting has everything to do: a period's change,
// a first line, and another quantity.
func busy(t testing.TB) (w *world, a, b psa.RecordID) {
	t.Helper()
	w = newWorld(t, nil)
	a, b = w.agreement("2026-11-01"), w.agreement("2026-11-01")
	core, addOn := w.items()
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": core})
	w.want("bolt", b, map[usage.SKU]psa.RecordID{"core": core})
	w.report("acme", map[usage.SKU]int64{"core": 12, "ato": 3})
	w.report("bolt", map[usage.SKU]int64{"core": 7})
	w.approve()
	w.post(w.process(&mortal{}))
	if _, err := w.sim.InvoiceAgreement(int(a), w.now()); err != nil {
		t.Fatal(err)
	}
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": core, "ato": addOn})
	w.later(24 * time.Hour)
	w.report("acme", map[usage.SKU]int64{"core": 13, "ato": 3})
	w.report("bolt", map[usage.SKU]int64{"core": 9})
	w.approve()
	return w, a, b
}

// final is all that a posting leaves behind.
type final struct {
	A, B    []string
	Ours    []string
	History []string
	State   usage.State
	Codes   []usage.Code
}

func (w *world) final(a, b psa.RecordID) final {
	w.t.Helper()
	f := final{A: w.lines(a), B: w.lines(b), State: w.run().State, Codes: append(w.codes(a), w.codes(b)...)}
	for k, s := range w.series(0) {
		for _, l := range s.Lines {
			f.Ours = append(f.Ours, fmt.Sprintf("%s %s to %s: %s void %v", k, l.Start, l.End, l.Quantity, l.Void))
		}
		if s.Intent != nil {
			f.Ours = append(f.Ours, "an intent of "+k.String())
		}
	}
	entries, _, err := w.watch.store.Postings(0).History(context.Background(), w.scope, usage.SeriesKey{}, "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		f.History = append(f.History, fmt.Sprintf("%s %s %s %s->%s %s->%s by %s", e.Key, e.Event, e.Date, e.Was, e.Then, e.EndWas, e.EndThen, e.By))
	}
	slices.Sort(f.Ours)
	slices.Sort(f.History)
	return f
}

// undisturbed is what is left where nothing goes wrong, and how many remote
// calls that takes.
func undisturbed(t *testing.T) (final, int) {
	t.Helper()
	w, a, b := busy(t)
	life := &mortal{}
	w.post(w.process(life))
	f := w.final(a, b)
	if len(f.A) != 3 || len(f.B) != 1 || f.State != usage.Done {
		t.Fatalf("undisturbed: %+v", f)
	}
	return f, life.calls
}

// Killing the process at every remote call, before it is made and after it
// was, changes nothing in the lines, in what we know of them, and in history.
func TestEveryCrashPoint(t *testing.T) {
	t.Parallel()
	want, calls := undisturbed(t)
	if calls < 25 {
		t.Fatalf("only %d remote calls: is everything mortal?", calls)
	}
	t.Logf("%d remote calls, %d crash points", calls, 2*calls)
	for at := 1; at <= calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/after=%v", at, after), func(t *testing.T) {
				t.Parallel()
				w, a, b := busy(t)
				life := &mortal{at: at, after: after}
				w.post(w.process(life))
				if !life.dead {
					t.Errorf("nobody died: %d calls only", life.calls)
				}
				if diff := cmp.Diff(want, w.final(a, b)); diff != "" {
					t.Errorf("(-undisturbed +killed):\n%s", diff)
				}
			})
		}
	}
}

// ConnectWise fails at any of its calls, in any way: not carried out, carried
// out and not answered, carried out minutes later, garbled, throttled.
func TestEveryFaultAtEveryCall(t *testing.T) {
	t.Parallel()
	want, _ := undisturbed(t)
	faults := map[string]cwsim.Fault{
		"cut before":        {Kind: cwsim.FaultCutBefore},
		"cut after":         {Kind: cwsim.FaultCutAfter},
		"late, by requests": {Kind: cwsim.FaultCommitLater, AfterRequests: 3},
		"late, by time":     {Kind: cwsim.FaultCommitLater, DelayMS: int((4 * time.Minute).Milliseconds())},
		"500":               {Kind: cwsim.FaultStatus, Status: 500},
		"503 page":          {Kind: cwsim.FaultHTML, Status: 503},
		"login page":        {Kind: cwsim.FaultHTML},
		"429":               {Kind: cwsim.FaultThrottle, RetryAfter: 20},
		"cut answer":        {Kind: cwsim.FaultTruncate},
		"null":              {Kind: cwsim.FaultNull},
		"empty list":        {Kind: cwsim.FaultEmptyList},
	}
	w, _, _ := busy(t)
	w.sim.ResetRequests()
	w.post(w.process(&mortal{}))
	counts := map[string]int{}
	for _, r := range w.sim.Requests() {
		counts[r.Method]++
	}
	t.Logf("requests: %v", counts)
	for name, fault := range faults {
		for method, n := range counts {
			for nth := 1; nth <= n; nth++ {
				fault.Method, fault.Nth = method, nth
				t.Run(fmt.Sprintf("%s/%s %d", name, method, nth), func(t *testing.T) {
					t.Parallel()
					w, a, b := busy(t)
					if err := w.sim.SetFaults(fault); err != nil {
						t.Fatal(err)
					}
					w.post(w.process(&mortal{}))
					w.sim.Settle()
					got := w.final(a, b)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-undisturbed +disturbed):\n%s", diff)
					}
				})
			}
		}
	}
}
