package usage

// basisCalendar is the invoicing cycle (Agreement.Basis) by the calendar.
const basisCalendar = "CalendarYear"

// periods are an agreement's billing periods: an anchor, and a length in months
// or days. They begin with the billing start, if there is one, where the first
// may be cut short.
type periods struct {
	months, days int
	anchor       Date
	first        Date
}

// cycleOf is the length of ConnectWise's billing options; not ok for those
// that do not recur, and for unknown ones.
func cycleOf(option string) (months, days int, ok bool) {
	switch option {
	case "Monthly":
		return 1, 0, true
	case "BiMonthly":
		return 2, 0, true
	case "Quarterly":
		return 3, 0, true
	case "SemiAnnual":
		return 6, 0, true
	case "Yearly":
		return 12, 0, true
	case "Weekly":
		return 0, 7, true
	case "BiWeekly":
		return 0, 14, true
	}
	return 0, 0, false
}

// calendarAnchor is a first day of month, quarter and year.
const calendarAnchor Date = "2000-01-01"

// at is the first day of the period that d is in; before the billing start
// that is the billing start.
func (p periods) at(d Date) Date {
	if d < p.first {
		return p.first
	}
	return later(p.nth(p.index(d)), p.first)
}

// next is the first day of the period after d's.
func (p periods) next(d Date) Date {
	if d < p.first {
		return p.first
	}
	return p.nth(p.index(d) + 1)
}

// onOrAfter is the first boundary that is not before d.
func (p periods) onOrAfter(d Date) Date {
	if p.at(d) == d {
		return d
	}
	return p.next(d)
}

// before is the first day of the period that ends before d's begins; the
// billing start if there is none.
func (p periods) before(d Date) Date { return p.at(p.at(d).AddDays(-1)) }

func (p periods) nth(n int) Date {
	if p.days > 0 {
		return p.anchor.AddDays(n * p.days)
	}
	return p.anchor.AddMonths(n * p.months)
}

// index is the number of the period that d is in, counted from the anchor.
func (p periods) index(d Date) int {
	var n int
	if p.days > 0 {
		n = floorDiv(d.DaysSince(p.anchor), p.days)
	} else {
		y, m, _ := d.split()
		y0, m0, _ := p.anchor.split()
		n = floorDiv((y-y0)*12+int(m-m0), p.months)
	}
	for p.nth(n) > d { // the anchor's day of the month is still to come
		n--
	}
	return n
}

func floorDiv(a, b int) int {
	if q := a / b; a%b >= 0 {
		return q
	}
	return a/b - 1
}

// onFirsts: every period, the first one too, begins on the 1st of a month and
// is one month long, which is what the guides' rule is about.
func (p periods) onFirsts() bool {
	_, _, day := p.anchor.split()
	return p.months == 1 && day == 1 && p.first == p.first.FirstOfMonth()
}
