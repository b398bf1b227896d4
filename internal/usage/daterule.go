package usage

// Opening is what the date rule says of an agreement on a day: the period
// whose line is open, from Date to the day before Next.
type Opening struct {
	Date, Next Date
	// Why is the sentence of the rule that decided.
	Why DateReason
	// Invoiced is the first day that no invoice covers yet, by the next
	// invoice date.
	Invoiced Date

	periods periods
}

// DateReason says why a date was chosen.
type DateReason string

// The reasons, in the order in which the rule asks.
const (
	DateThisPeriod   DateReason = "not_invoiced"    // the next invoice date is today or earlier
	DateNextPeriod   DateReason = "invoiced"        // it is later: the present period is invoiced
	DateLaterInvoice DateReason = "invoiced_ahead"  // it is later than the next period's start
	DateBillStart    DateReason = "billing_start"   // billing has not begun by then
	DateArrears      DateReason = "arrears"         // the period that the next invoice covers
	DateRefused      DateReason = "period_refused"  // ConnectWise refused the periods before
	DateOwnPeriods   DateReason = "mapping_changed" // the date on which a changed mapping takes effect
)

// Open is the date rule (spec 5.4). parent is the agreement's parent, nil if
// it has none. The second result is nil, or says why nothing can be posted.
//
// The guides' rule: with the next invoice date (NID) today or earlier the
// present period is not invoiced, and its first day is the date; with a later
// NID it is, and the date is the first day of the next one, or of the first one
// that begins on or after the NID, where that is further ahead. Never before
// the billing start. Billing in arrears, the next invoice covers the period
// that ends before it, and that one is open.
func Open(a Agreement, parent *Agreement, arrears bool, today Date) (Opening, *Attention) {
	a = inherit(a, parent)
	if len(a.Unreadable) > 0 {
		return Opening{}, attention(DatesUnreadable)
	}
	if a.NID == "" {
		return Opening{}, attention(NoNextInvoice)
	}
	p, why := periodsOf(a)
	if why != nil {
		return Opening{}, why
	}
	o := open(p, a.NID, arrears, today)
	o.Invoiced = a.NID
	if arrears {
		o.Invoiced = p.before(a.NID)
	}
	if o.Date < p.first {
		o.Date, o.Why = p.first, DateBillStart
	}
	o.Next, o.periods = p.next(o.Date), p
	if ended(a, o.Date, today) {
		return Opening{}, attention(AgreementEnded)
	}
	return o, nil
}

func open(p periods, nid Date, arrears bool, today Date) Opening {
	ahead := p.onOrAfter(nid)
	switch {
	case arrears:
		return Opening{Date: p.before(nid), Why: DateArrears}
	case nid <= today:
		return Opening{Date: p.at(today), Why: DateThisPeriod}
	case ahead > p.next(today):
		return Opening{Date: ahead, Why: DateLaterInvoice}
	}
	return Opening{Date: p.next(today), Why: DateNextPeriod}
}

// inherit gives a child what its parent has and it has not.
func inherit(a Agreement, parent *Agreement) Agreement {
	if parent == nil {
		return a
	}
	if a.NID == "" {
		a.NID = parent.NID
	}
	if a.Cycle == "" {
		a.Cycle, a.Basis = parent.Cycle, parent.Basis
	}
	if a.BillStart == "" {
		a.BillStart = parent.BillStart
	}
	return a
}

// periodsOf finds the boundaries by billing start and cycle, and checks them
// against the NID. Where ConnectWise does not say whether periods follow the
// calendar, the NID decides. On months that begin on the 1st, billing start
// included, an NID may be any day: the guides' rule asks only whether it passed.
func periodsOf(a Agreement) (periods, *Attention) {
	months, days, ok := cycleOf(a.Cycle)
	if !ok {
		return periods{}, attention(NotRecurring)
	}
	start := a.BillStart
	if start == "" {
		start = a.Start
	}
	contract := periods{months: months, days: days, anchor: start, first: start}
	calendar := periods{months: months, days: days, anchor: calendarAnchor, first: start}
	var fits []periods
	for _, p := range []periods{contract, calendar} {
		if p.possible(a.Basis) && (p.onFirsts() || p.onOrAfter(a.NID) == a.NID) {
			fits = append(fits, p)
		}
	}
	if len(fits) == 0 {
		return periods{}, attention(PeriodsDisagree)
	}
	return fits[0], nil
}

// possible: the periods have an anchor, and are what the invoicing cycle says.
// Weeks follow the billing start whatever that is.
func (p periods) possible(basis string) bool {
	calendar := p.anchor == calendarAnchor
	if p.days > 0 {
		return p.anchor != "" && !calendar
	}
	return p.anchor != "" && (basis == "" || calendar == (basis == basisCalendar))
}

// ended: the agreement is over before the date, or does not say when and is
// not active. One that has yet to begin is not over.
func ended(a Agreement, date, today Date) bool {
	last := a.Cancelled
	if last == "" || a.End != "" && a.End < last {
		last = a.End
	}
	if last == "" {
		ahead := a.Status == "Inactive" && a.Start > today
		return a.Status != "" && a.Status != "Active" && !ahead
	}
	return last < date
}

// looksInArrears proposes to mark an agreement as billed in arrears: its lines
// are billed, but those of the period before the next invoice date are not yet.
// It is only ever a proposal.
func looksInArrears(o Opening, a Agreement, listed []Addition) bool {
	if o.periods == (periods{}) || a.NID == "" {
		return false
	}
	period := o.periods.before(a.NID)
	billed, unbilled := false, false
	for _, l := range listed {
		last := l.Start >= period && l.Start < a.NID && l.Quantity > 0
		billed = billed || !last && l.Billed > 0
		unbilled = unbilled || last && l.Billed == 0
		if last && l.Billed > 0 {
			return false
		}
	}
	return billed && unbilled
}
