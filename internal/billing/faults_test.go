package billing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/billing"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/usage"
)

// faults are what can go wrong with one call.
func faults() []cwsim.Fault {
	return []cwsim.Fault{
		{Kind: cwsim.FaultCutBefore},
		{Kind: cwsim.FaultCutAfter},
		{Kind: cwsim.FaultCommitLater, AfterRequests: 1},
		{Kind: cwsim.FaultCommitLater, AfterRequests: 3},
		{Kind: cwsim.FaultCommitLater, DelayMS: int((4 * time.Minute).Milliseconds())},
		{Kind: cwsim.FaultStatus, Status: 500},
		{Kind: cwsim.FaultHTML, Status: 503},
		{Kind: cwsim.FaultHTML},
		{Kind: cwsim.FaultThrottle, RetryAfter: 20},
		{Kind: cwsim.FaultTruncate},
		{Kind: cwsim.FaultNull},
		{Kind: cwsim.FaultEmptyList},
	}
}

// turn is a few days in which everything happens that is told to ConnectWise:
// first lines, other quantities, a period's change, an early invoice, a line
// that is taken over, and the invoices of it all.
func turn() *script {
	s := &script{days: 36}
	first := billing.DayOf(2026, 2, 1)
	ahead := s.agree(billing.Agreement{Months: 1, Start: billing.DayOf(2025, 1, 1), Next: first - 31})
	arrears := s.agree(billing.Agreement{Months: 1, Start: billing.DayOf(2025, 1, 1), Next: first, Arrears: true, Marked: true, Prorate: true})
	taken := billing.Key{Agreement: arrears, Product: 1}
	s.add(first-3, 1, billing.Placed{Key: taken, Quantity: 4, Price: 3, From: first - 62})
	for i, name := range []string{"ahead", "arrears"} {
		s.add(first-3, 1, billing.Mapped{Tenant: name, Agreement: i + 1, Products: map[string]int{"core": 0, "ato": 1}})
		s.add(first-3, 1, billing.Approved{Tenant: name})
		for d := range billing.Day(5) {
			s.add(first-3+d, reporting, billing.Reported{Tenant: name, Day: first - 3 + d, Counts: map[string]int{"core": 5 + int(d), "ato": 7}})
			if i == 0 {
				s.add(first-3+d, posting, billing.Posted{Today: first - 3 + d})
			}
		}
	}
	s.add(first-3, deciding, billing.Decided{Key: taken, What: billing.TakeOver})
	s.add(first-2, atNoon, billing.Invoiced{Agreement: ahead, On: first - 2})
	s.add(first, atNoon, billing.Invoiced{Agreement: arrears, On: first})
	s.add(first+1, atNoon, billing.Invoiced{Agreement: ahead, On: first + 1})
	s.add(first+1, atNoon, billing.Invoiced{Agreement: arrears, On: first + 1})
	return s
}

// pairs are all pairs of answers to two of the finance points, each once: with
// the first answer to one of them, many are the same.
func pairs() []map[string]string {
	points := cwsim.FinancePoints()
	known := map[string]bool{}
	var out []map[string]string
	for i, p := range points {
		for _, q := range points[i+1:] {
			for _, v := range p.Values {
				for _, w := range q.Values {
					pair := complete(map[string]string{p.Name: v, q.Name: w})
					if name := fmt.Sprint(pair); !known[name] {
						known[name] = true
						out = append(out, pair)
					}
				}
			}
		}
	}
	return out
}

// under runs the turn with a fault at one of its calls.
func under(t *testing.T, points map[string]string, fault cwsim.Fault) *world {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Errorf("%+v, under %v", fault, points)
		}
	}()
	return turn().run(t, points, usage.Settings{Zone: "Europe/Berlin"}, func(w *world) {
		w.disturbed = true
		w.must(w.sim.SetFaults(fault))
	})
}

// Under pairs of answers, any single fault at any remote call leaves the
// invoices as they are without it, and no two lines of ours for one day.
func TestEveryFaultUnderPairs(t *testing.T) {
	t.Parallel()
	if *reach == "all" {
		allFaults(t)
		return
	}
	most := len(under(t, answers(0), cwsim.Fault{Kind: cwsim.FaultLatency}).sim.Requests()) // a delay of nothing
	list, kinds := pairs(), faults()
	chosen, began := sample(len(list)*len(kinds)*most, 600), time.Now()
	hit := 0
	for _, n := range chosen {
		fault := kinds[n%len(kinds)]
		fault.Nth = 1 + n/len(kinds)%most
		if w := under(t, list[n/len(kinds)/most], fault); len(w.sim.Requests()) >= fault.Nth {
			hit++
		}
	}
	t.Logf("%d cases of %d pairs of answers, %d faults, %d calls; %d were hit; in %s", len(chosen), len(list), len(kinds), most, hit,
		time.Since(began).Round(time.Millisecond))
	if hit < len(chosen)*9/10 {
		t.Error("most faults hit nothing")
	}
}

// allFaults goes through the calls of each pair until there are no more.
func allFaults(t *testing.T) {
	all := &tally{}
	began := time.Now()
	t.Cleanup(func() {
		t.Logf("%d cases: %s; in %s", all.covered, all, time.Since(began).Round(time.Millisecond))
	})
	for _, fault := range faults() {
		t.Run(fmt.Sprint(fault.Kind, fault.Status, fault.AfterRequests, fault.DelayMS), func(t *testing.T) {
			t.Parallel()
			mine := faultsOf(t, fault)
			t.Logf("%d cases: %s", mine.covered, mine)
			all.add(mine)
		})
	}
}

func faultsOf(t *testing.T, fault cwsim.Fault) *tally {
	t.Helper()
	out := &tally{}
	calls := map[int]*explored{}
	for _, points := range pairs() {
		for fault.Nth = 1; ; fault.Nth++ {
			if calls[fault.Nth] == nil {
				calls[fault.Nth] = &explored{}
			}
			hit := false
			at, err := out.one(calls[fault.Nth], points, func() *world {
				w := under(t, points, fault)
				hit = len(w.sim.Requests()) >= fault.Nth
				return w
			})
			if err != nil {
				t.Fatalf("%s at call %d, under %v: %v", fault.Kind, fault.Nth, points, err)
			}
			if at.hit = at.hit || hit; !at.hit {
				out.covered-- // there was no such call
				break
			}
		}
	}
	return out
}
