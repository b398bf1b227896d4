package billing

// Agreement is what is known of an agreement from its beginning.
type Agreement struct {
	ID int
	// Parent pays for a child, and has the next invoice date; 0 for none.
	Parent int
	// Months or Days are the length of its periods; both 0 if it does not
	// recur. Calendar periods follow the calendar, others the billing start.
	Months, Days int
	Calendar     bool
	// Start is the billing start, Next the next invoice date, 0 for none.
	Start, Next Day
	// Ends is its last day, 0 for none.
	Ends Day
	// Arrears is whether invoices are for the period before; Marked is
	// whether the admin said so.
	Arrears, Marked bool
	Prorate         bool
}

// account is an agreement as the year goes on.
type account struct {
	Agreement

	// bounds are the first days of all periods, as far as anybody looks.
	bounds []Day
	// invoiced are the periods on invoices.
	invoiced []span
}

// span is a range of days, both in it.
type span struct{ from, through Day }

func (s span) days() int { return int(s.through - s.from + 1) }

// horizon is how many years of periods are laid out.
const horizon = 30

func newAccount(a Agreement) *account {
	return &account{Agreement: a, bounds: a.Boundaries(a.Start.months(12 * horizon))}
}

// Boundaries are the first days of an agreement's periods, up to a day.
func (a Agreement) Boundaries(through Day) []Day {
	out, anchor := []Day{a.Start}, a.Start
	if a.Calendar {
		anchor = DayOf(2000, 1, 1)
	}
	if a.Months+a.Days == 0 {
		return out
	}
	for n := 1; ; n++ {
		d := anchor.months(n*a.Months) + Day(n*a.Days)
		if d > through {
			return out
		}
		if d > a.Start {
			out = append(out, d)
		}
	}
}

// index is the number of the period that a day is in, 0 before all.
func (a *account) index(d Day) int {
	i := 0
	for i+1 < len(a.bounds) && a.bounds[i+1] <= d {
		i++
	}
	return i
}

// after is the first boundary after a day.
func (a *account) after(d Day) Day {
	for _, b := range a.bounds {
		if b > d {
			return b
		}
	}
	return Forever
}

// onOrAfter is the first boundary that is not before a day.
func (a *account) onOrAfter(d Day) Day { return a.after(d - 1) }

func (a *account) period(i int) span { return span{a.bounds[i], a.bounds[i+1] - 1} }

// nextPeriod is the period that the next invoice is for, if there is one.
func (a *account) nextPeriod() (span, bool) {
	if a.Months+a.Days == 0 {
		return span{a.Start, Forever}, true
	}
	i := a.index(a.Next)
	if a.Arrears {
		i--
	}
	if i < 0 {
		return span{}, false
	}
	return a.period(i), true
}

// advance moves the next invoice date behind an invoice.
func (a *account) advance() {
	switch {
	case a.Months+a.Days == 0:
		a.Next = 0
	case a.bounds[a.index(a.Next)] == a.Next:
		a.Next = a.after(a.Next)
	default:
		a.Next = a.Next.months(a.Months) + Day(a.Days)
	}
}

// firsts: its periods are months from the 1st, for which the next invoice date
// may be any day.
func (a *account) firsts() bool {
	_, _, day := a.Start.time().Date()
	return a.Months == 1 && day == 1
}

// opening is the first day of the period whose line is open today, by the
// guides' rule, or why there is none.
func (a *account) opening(payer *account, today Day) (Day, Why) {
	next := payer.Next
	switch {
	case next == 0:
		return 0, NoNextInvoice
	case a.Months+a.Days == 0:
		return 0, NotRecurring
	case !a.firsts() && a.onOrAfter(next) != next:
		return 0, PeriodsDisagree
	}
	var open Day
	switch {
	case a.Marked:
		open = a.bounds[max(0, a.index(next)-1)]
	case next <= today:
		open = a.bounds[a.index(today)]
	case today < a.Start:
		open = max(a.Start, a.onOrAfter(next))
	default:
		open = max(a.after(today), a.onOrAfter(next))
	}
	if a.Ends != 0 && a.Ends < open {
		return 0, AgreementEnded
	}
	return open, ""
}
