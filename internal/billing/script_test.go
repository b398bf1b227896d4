package billing_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/psabridge/psabridge/internal/billing"
	"github.com/psabridge/psabridge/internal/usage"
)

// script is what happens in a year, decided before it begins.
type script struct {
	agreements []billing.Agreement
	events     []timed
	days       int
	zone       string
}

type timed struct {
	day   billing.Day
	hour  int
	event billing.Event
}

// The hours of a day, by the account's clock.
const (
	atNight   = 2 // invoices that run before the day's posting
	reporting = 3
	posting   = 5
	people    = 10
	deciding  = 11
	atNoon    = 12 // invoices that run after it
)

func (s *script) add(day billing.Day, hour int, e billing.Event) {
	s.events = append(s.events, timed{day, hour, e})
}

func (s *script) end() billing.Day { return begin() + billing.Day(s.days) }

// agree makes an agreement; its id is given.
func (s *script) agree(a billing.Agreement) int {
	a.ID = len(s.agreements) + 1
	s.agreements = append(s.agreements, a)
	return a.ID
}

// sign maps tenants to products of an agreement, and approves that two days
// later.
func (s *script) sign(tenant string, day billing.Day, agreement int, products map[string]int) {
	s.add(day, 1, billing.Mapped{Tenant: tenant, Agreement: agreement, Products: products})
	s.add(day+2, deciding, billing.Approved{Tenant: tenant})
}

// use reports a tenant's counts every day, which change now and then.
func (s *script) use(rng *rand.Rand, tenant string, from, to billing.Day, skus ...string) {
	counts := map[string]int{}
	for _, sku := range skus {
		counts[sku] = 3 + rng.IntN(30)
	}
	for d := from; d < to; d++ {
		told := map[string]int{}
		for _, sku := range skus {
			if rng.IntN(6) == 0 {
				counts[sku] = max(0, counts[sku]+rng.IntN(9)-4)
			}
			if n := counts[sku]; n > 0 { // what is absent is zero
				told[sku] = n
			}
		}
		switch r := (billing.Reported{Tenant: tenant, Day: d, Seq: 2, Counts: told}); rng.IntN(20) {
		case 0: // it comes a day late
			s.add(d+1, reporting, r)
		case 1: // it is corrected, and the correction is overtaken
			wrong := r
			wrong.Seq, wrong.Counts = 1, map[string]int{skus[0]: 999}
			s.add(d, reporting, r)
			s.add(d, reporting, wrong)
		case 2: // nobody hears of that day
		default:
			s.add(d, reporting, r)
		}
	}
}

// invoice makes the invoices of an agreement, each some days after the date
// that it is due on.
func (s *script) invoice(a int, delay func() int) {
	agreement := s.agreements[a-1]
	last := begin() - 30
	for _, d := range agreement.Boundaries(s.end()) {
		if d < agreement.Next {
			continue
		}
		n := delay()
		last = max(last, d+billing.Day(n), begin()+1)
		hour := atNight
		if n%2 == 0 {
			hour = atNoon
		}
		if last < s.end() {
			s.add(last, hour, billing.Invoiced{Agreement: a, On: last})
		}
	}
}

// daily posts once a day.
func (s *script) daily() {
	for d := begin(); d < s.end(); d++ {
		s.add(d, posting, billing.Posted{Today: d})
	}
}

// run plays the script against the poster and the reference.
func (s *script) run(t *testing.T, points map[string]string, set usage.Settings, disturb func(*world)) (out *world) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, points, s.agreements, set)
		if disturb != nil {
			disturb(w)
		}
		slices.SortStableFunc(s.events, func(a, b timed) int { return cmp.Or(int(a.day-b.day), a.hour-b.hour) })
		for _, e := range s.events {
			w.until(clock(e.day, e.hour, w.zone))
			w.happens(e.event)
			if t.Failed() {
				t.Fatalf("after %s %02d:30 %T %+v", e.day, e.hour, e.event, e.event)
			}
		}
		for _, a := range s.agreements {
			w.overlaps(a.ID)
		}
		w.settled()
		w.explained()
		out = w
	})
	return out
}

// settled: no outcome is left unknown.
func (w *world) settled() {
	w.t.Helper()
	all, err := w.Series(context.Background(), w.scope, 0)
	w.must(err)
	for k, s := range all {
		if s.Intent != nil {
			w.t.Errorf("%s: an intent is left: %+v", k, s.Intent)
		}
	}
}

// explained: whatever was used and is not on its invoice has a reason.
func (w *world) explained() {
	w.t.Helper()
	for _, u := range w.books.Unbilled() {
		if u.Why == "" && !u.Explains {
			w.t.Errorf("%+v: nobody says why", u)
		}
	}
}

// summary counts what was billed, and what was not.
func (w *world) summary() string {
	lines, why := 0, map[billing.Why]int{}
	for _, i := range w.books.Invoices() {
		lines += len(i.Lines)
	}
	for _, u := range w.books.Unbilled() {
		why[u.Why]++
	}
	events := map[string]int{}
	for _, e := range w.History(w.scope) {
		events[e.Event]++
	}
	return fmt.Sprintf("%d invoices with %d lines; not billed as used: %v; posted: %v", len(w.books.Invoices()), lines, why, events)
}
