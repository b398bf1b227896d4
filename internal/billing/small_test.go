package billing_test

import (
	"math/rand/v2"

	"github.com/psabridge/psabridge/internal/billing"
)

// small is a fleet of three agreements that has every kind of event that an
// open point could matter to: in advance and in arrears, prorated and not,
// invoiced early and late, lines of others with included units, hand edits, a
// tenant that leaves.
func small(days int) *script {
	s := &script{days: days}
	rng := rand.New(rand.NewPCG(7, 7))
	early := s.agree(billing.Agreement{Months: 1, Start: billing.DayOf(2025, 1, 1), Next: begin()})
	arrears := s.agree(billing.Agreement{Months: 1, Start: billing.DayOf(2025, 6, 15), Next: begin() + 14, Arrears: true, Marked: true})
	prorated := s.agree(billing.Agreement{Months: 3, Start: billing.DayOf(2025, 1, 1), Next: begin(), Prorate: true})
	delays := []int{0, -9, 4, 33, 2}
	n := 0
	delay := func() int { n++; return delays[n%len(delays)] }
	for _, a := range []int{early, arrears, prorated} {
		s.invoice(a, delay)
	}
	for i, name := range []string{"early", "arrears", "prorated"} {
		s.sign(name, begin(), i+1, map[string]int{"core": i})
		s.use(rng, name, begin(), s.end(), "core")
	}
	s.sign("early, too", begin()+30, early, map[string]int{"core": 0, "more": 0}) // one line for both
	s.use(rng, "early, too", begin()+35, s.end(), "core", "more")
	hand := billing.Key{Agreement: prorated, Product: 2}
	s.add(begin(), people, billing.Placed{Key: hand, Quantity: 9, Included: 2, Price: 10, From: begin() - 62})
	s.add(begin()+6, deciding, billing.Decided{Key: hand, What: billing.TakeOver})
	for d := begin() + 40; d < s.end(); d += 50 {
		s.add(d, people, billing.Edited{Key: billing.Key{Agreement: early, Product: 0}, On: d, What: "quantity", Quantity: 77})
	}
	gone := begin() + billing.Day(days*3/4)
	s.add(gone, people, billing.Removed{Tenant: "arrears", On: gone})
	s.daily()
	return s
}

// flagged is half a year of two agreements with lines that people made in the
// middle of a period and that say whether it is prorated: one agreement says
// yes, the other no. One line appears after its period was invoiced.
func flagged(flag string) *script {
	s := &script{days: 150}
	for i, prorate := range []bool{true, false} {
		a := s.agree(billing.Agreement{Months: 1, Start: billing.DayOf(2025, 1, 1), Next: begin(), Prorate: prorate})
		s.invoice(a, func() int { return -3 })
		name := []string{"by the day", "in full"}[i]
		s.add(begin(), 1, billing.Mapped{Tenant: name, Agreement: a, Products: map[string]int{"core": 0, "ato": 1}})
		s.add(begin(), 1, billing.Approved{Tenant: name})
		for product := range 2 {
			k := billing.Key{Agreement: a, Product: product}
			s.add(begin()+3, people, billing.Placed{Key: k, Quantity: 4, Price: 31, From: begin() + 12 + billing.Day(product), Prorate: flag})
			s.add(begin()+13, deciding, billing.Decided{Key: k, What: billing.TakeOver})
		}
		for d := begin() + 8; d < s.end(); d++ {
			counts := map[string]int{"core": 3 + int(d-begin())/20, "ato": 7 * (int(d-begin()) / 40 % 2)}
			s.add(d, reporting, billing.Reported{Tenant: name, Day: d, Counts: counts})
		}
	}
	s.daily()
	return s
}
