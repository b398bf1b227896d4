package billing

import (
	"math"
	"slices"
)

// Invoice of an agreement and its children.
type Invoice struct {
	Agreement int
	On        Day
	// From and Through are its period; 0 if it has none.
	From, Through Day
	Lines         []Charge
}

// Charge is a line of an invoice.
type Charge struct {
	Key           Key
	Quantity      int
	Amount        float64
	From, Through Day
	// CatchUp is for a period that was invoiced before.
	CatchUp bool
}

// Unbilled is a difference between what was used in a period and what its
// invoice bills.
type Unbilled struct {
	Key      Key
	Period   Day
	Used     int
	Billed   int
	Why      Why
	Explains bool
}

// invoice bills what stands there.
func (b *Books) invoice(e Invoiced) {
	a := b.accounts[e.Agreement]
	period, ok := a.nextPeriod()
	if a.Parent != 0 || a.Next == 0 || ok && a.Ends != 0 && a.Ends < period.from {
		return
	}
	out := Invoice{Agreement: a.ID, On: e.On}
	if ok {
		out.From, out.Through = period.from, period.through
		for _, k := range b.Keys() {
			if b.payer(k.Agreement) == a {
				out.Lines = append(out.Lines, b.charges(b.series[k], a, period)...)
				b.compare(b.series[k], period)
			}
		}
		a.invoiced = append(a.invoiced, period)
	}
	b.invoices = append(b.invoices, out)
	a.advance()
}

// charges are a series' part of an invoice.
func (b *Books) charges(s *series, payer *account, period span) []Charge {
	var out []Charge
	for _, l := range s.lines {
		if l.deleted {
			continue
		}
		for _, p := range payer.invoiced {
			if slices.Contains(l.billed, p) || !b.prorates(s, l, p) {
				continue
			}
			if c, ok := b.charge(s, l, p); ok {
				c.CatchUp, l.billed = true, append(l.billed, p)
				out = append(out, c)
			}
		}
		if c, ok := b.charge(s, l, period); ok {
			l.billed = append(l.billed, period)
			out = append(out, c)
		}
	}
	return slices.DeleteFunc(out, func(c Charge) bool { return c.Quantity == 0 })
}

func (b *Books) charge(s *series, l *line, period span) (Charge, bool) {
	a := b.accounts[s.key.Agreement]
	through := l.through
	if through != Forever && b.answers(EndExclusive) {
		through--
	}
	if a.Ends != 0 {
		through = min(through, a.Ends)
	}
	days := span{max(l.from, period.from), min(through, period.through)}
	if days.from > days.through {
		return Charge{}, false
	}
	n := l.quantity
	if l.included != 0 && !b.answers(IncludedBilled) {
		n = max(0, n-l.included)
	}
	fraction := 1.0
	if a.Months+a.Days > 0 && b.prorates(s, l, period) {
		fraction = float64(days.days()) / float64(period.days())
	}
	return Charge{
		Key: s.key, Quantity: n, Amount: math.Round(float64(n)*l.price*fraction*100) / 100, From: days.from, Through: days.through,
	}, true
}

// compare notes what the period was used for and not billed.
func (b *Books) compare(s *series, period span) {
	n := need{why: NotPosted}
	day := Day(0)
	for d, w := range s.wanted {
		if d <= period.from && d > day {
			day, n = d, w
		}
	}
	billed, touched, gone := 0, false, false
	for _, l := range s.lines {
		if l.ours {
			touched = touched || l.touched
			gone = gone || l.accepted || l.deleted || l.through != l.set
		}
		if l.ours && !l.deleted && l.from <= period.through && l.through >= period.from {
			billed += l.quantity
		}
	}
	if n.quantity == billed {
		return
	}
	if n.why == "" && touched {
		n.why = ByHand
	}
	b.unbilled = append(b.unbilled, Unbilled{Key: s.key, Period: period.from, Used: n.quantity, Billed: billed, Why: n.why, Explains: gone})
}
