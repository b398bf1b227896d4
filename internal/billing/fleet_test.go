package billing_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/psabridge/psabridge/internal/billing"
)

// fleet is a year of forty tenants on chosen profiles.
func fleet(seed uint64, days int) *script {
	s := &script{days: days, zone: "America/New_York"}
	f := &profiles{script: s, rng: rand.New(rand.NewPCG(seed, 40))}
	for n := range 40 {
		f.tenant(n)
	}
	f.extras()
	s.daily()
	return s
}

// profiles builds a fleet.
type profiles struct {
	*script

	rng *rand.Rand
}

func cycles() [][2]int {
	return [][2]int{{1, 0}, {2, 0}, {3, 0}, {1, 0}, {6, 0}, {12, 0}, {0, 7}, {1, 0}, {0, 14}}
}

// terms of the nth tenant's agreement: every cycle, starts on the 1st, within
// the month and on its last day, by the calendar, in arrears, prorated.
func (f *profiles) terms(n int) billing.Agreement {
	length := cycles()[n%9]
	start := []billing.Day{
		billing.DayOf(2025, 1, 1), billing.DayOf(2025, 3, 15), billing.DayOf(2025, 5, 31), billing.DayOf(2024, 2, 1), begin(), begin() + 45,
		billing.DayOf(2025, 8, 1+f.rng.IntN(28)),
	}[n%7]
	a := billing.Agreement{
		Months: length[0], Days: length[1], Start: start, Prorate: n%4 == 3, Calendar: length[0] > 0 && n%5 == 4,
		Arrears: n%6 == 5, Marked: n%6 == 5,
	}
	a.Next = f.firstFrom(a, begin())
	return a
}

// firstFrom is the first boundary on or after a day.
func (f *profiles) firstFrom(a billing.Agreement, day billing.Day) billing.Day {
	for _, d := range a.Boundaries(day + 800) {
		if d >= day {
			return d
		}
	}
	return 0
}

// habit is when an MSP invoices: days after the date that is due.
func (f *profiles) habit(n int) func() int {
	switch n % 5 {
	case 1: // early
		return func() int { return -1 - f.rng.IntN(12) }
	case 2: // late
		return func() int { return 1 + f.rng.IntN(40) }
	case 3: // as it comes
		return func() int { return f.rng.IntN(60) - 15 }
	default:
		return func() int { return f.rng.IntN(2) }
	}
}

func (f *profiles) tenant(n int) {
	name := fmt.Sprintf("t%02d", n)
	a := f.agree(f.terms(n))
	if n%13 != 7 { // some are never invoiced
		f.invoice(a, f.habit(n))
	}
	key := billing.Key{Agreement: a, Product: n % 3}
	start := begin() + billing.Day(f.rng.IntN(5))
	if n%8 == 6 { // a customer of the spring
		start += 100 + billing.Day(f.rng.IntN(30))
	}
	f.sign(name, start, a, map[string]int{"core": key.Product, "ato": 5})
	until := f.end()
	if n%10 == 9 { // silent from the summer on
		until = begin() + 180
	}
	f.use(f.rng, name, begin()-3, until, "core", "ato")
	f.story(n, name, key, start+20)
}

// story is what people do to a tenant in the course of the year.
func (f *profiles) story(n int, name string, k billing.Key, from billing.Day) {
	day := func() billing.Day { return from + billing.Day(f.rng.IntN(int(f.end()-from)-20)) }
	d := day()
	switch n {
	case 0, 10, 20: // other quantities by hand, again and again
		for range 12 {
			x := day()
			f.add(x, people, billing.Edited{Key: k, On: x, What: "quantity", Quantity: f.rng.IntN(50)})
		}
	case 1, 11: // deleted, and left so
		f.add(d, people, billing.Edited{Key: k, On: d, What: "delete"})
	case 2, 12, 22: // deleted by mistake, and resumed
		f.add(d, people, billing.Edited{Key: k, On: d, What: "delete"})
		f.add(d+5, deciding, billing.Decided{Key: k, What: billing.Resume})
	case 9, 19, 29: // ended by hand, and resumed
		f.add(d, people, billing.Edited{Key: k, On: d, What: "end", Through: d + 3})
		f.add(d+10, deciding, billing.Decided{Key: k, What: billing.Resume})
	case 3, 13: // mapped to another product
		f.sign(name, d, k.Agreement, map[string]int{"core": 4, "ato": 5})
	case 4, 14, 24: // mapped to another agreement
		f.sign(name, d, f.other(n), map[string]int{"core": k.Product, "ato": 5})
	case 5, 15, 25:
		f.add(d, people, billing.Switched{Tenant: name, How: []string{"end", "zero", "leave"}[n/10]})
		if n == 15 {
			f.add(d+40, people, billing.Switched{Tenant: name, How: "on"})
		}
	case 6, 16, 26:
		f.add(d, people, billing.Removed{Tenant: name, On: d})
	case 7, 17, 27:
		f.add(d, deciding, billing.Decided{Key: k, What: billing.Hold})
		f.add(d+30, deciding, billing.Decided{Key: k, What: billing.Release})
	case 8, 18, 28:
		f.add(d, people, billing.Over{Agreement: k.Agreement, Last: d + 20})
	}
}

// other is an agreement to move to.
func (f *profiles) other(n int) int {
	a := f.terms(n * 7 % 40)
	a.Arrears, a.Marked = false, false
	id := f.agree(a)
	f.invoice(id, f.habit(0))
	return id
}

// extras are agreements on which more than one thing comes together.
func (f *profiles) extras() {
	f.summed()
	f.foreign()
	f.odd()
}

// summed: tenants on one line, of which one is there later, and two SKUs that
// are one product.
func (f *profiles) summed() {
	a := f.agree(billing.Agreement{Months: 1, Start: billing.DayOf(2025, 1, 1), Next: begin()})
	f.invoice(a, f.habit(0))
	for i, name := range []string{"sum-a", "sum-b", "sum-c"} {
		day := begin() + billing.Day(40*i)
		f.sign(name, day, a, map[string]int{"core": 0, "more": 0})
		f.use(f.rng, name, day+5, f.end(), "core", "more")
	}
	f.add(begin()+200, people, billing.Removed{Tenant: "sum-b", On: begin() + 200})
}

// foreign: lines that people made.
func (f *profiles) foreign() {
	for i, what := range []billing.Decision{billing.TakeOver, billing.Leave, billing.TakeOver, ""} {
		a := f.agree(billing.Agreement{Months: 1 + 2*(i%2), Start: billing.DayOf(2025, 1, 1), Next: begin(), Prorate: i == 2})
		f.invoice(a, f.habit(i))
		name, k := fmt.Sprint("foreign-", i), billing.Key{Agreement: a, Product: 1}
		f.sign(name, begin(), a, map[string]int{"core": 1})
		f.use(f.rng, name, begin(), f.end(), "core")
		p := billing.Placed{Key: k, Quantity: 7, Included: 2, Price: 12.5, From: begin() - 61}
		on := begin()
		if i == 3 { // it appears in summer, and ends by itself
			on = begin() + 170
			p.From, p.Through = on-20, on+40
		}
		f.add(on, people, p)
		if what != "" {
			f.add(on+5, deciding, billing.Decided{Key: k, What: what})
		}
	}
}

// odd: agreements on which nothing can be posted, a child, and tenants that
// nobody approved or that never report.
func (f *profiles) odd() {
	jan := billing.DayOf(2025, 1, 1)
	parent := f.agree(billing.Agreement{Months: 1, Start: jan, Next: begin()})
	f.invoice(parent, f.habit(2))
	child := f.agree(billing.Agreement{Months: 1, Start: jan, Parent: parent})
	for i, a := range []int{
		child, f.agree(billing.Agreement{Start: jan, Next: begin() + 30}), f.agree(billing.Agreement{Months: 1, Start: jan}),
		f.agree(billing.Agreement{Months: 3, Start: jan, Next: begin() + 10}),
	} {
		name := []string{"child", "once", "undated", "crooked"}[i]
		f.sign(name, begin(), a, map[string]int{"core": 2})
		f.use(f.rng, name, begin(), f.end(), "core")
	}
	waits := f.agree(billing.Agreement{Months: 1, Start: jan, Next: begin()})
	f.invoice(waits, f.habit(0))
	f.add(begin(), 1, billing.Mapped{Tenant: "unapproved", Agreement: waits, Products: map[string]int{"core": 0}})
	f.use(f.rng, "unapproved", begin(), f.end(), "core")
	f.sign("unheard", begin(), waits, map[string]int{"core": 1})
}
