package cwsim

// terms are what an agreement says about its invoices, with what a child takes from its parent.
type terms struct {
	agreement *row
	payer     *row // the parent of a child, else the agreement itself: who has the next invoice date
	cycle     cycle
	next      stamp // 0 for none
	over      stamp // the last day of the agreement, 0 for none
	prorate   bool
	arrears   bool
}

// forever is later than any day that somebody means.
const forever = stamp(1 << 40)

// terms reads an agreement.
func (st *state) terms(r *row) terms {
	t := st.tables[Agreements]
	at := t.entity.index
	payer := r
	if parent := t.get(r.ref(at["parentAgreement"])); parent != nil {
		payer = parent
	}
	inherited := func(name string) any {
		if v := r.get(at[name]); v != nil {
			return v
		}
		return payer.get(at[name])
	}
	out := terms{agreement: r, payer: payer, over: st.lastDay(r), prorate: r.bool(at["prorateFlag"]), arrears: st.arrears[payer.id]}
	out.next, _ = payer.get(at["nextInvoiceDate"]).(stamp)
	cycles := st.tables[BillingCycles]
	if id, ok := inherited("billingCycle").(refID); ok {
		if c := cycles.get(int(id)); c != nil {
			out.cycle.months, out.cycle.days = cycleLength(c.str(cycles.entity.index["billingOptions"]))
		}
	}
	out.cycle.first, _ = inherited("billStartDate").(stamp)
	if out.cycle.first == 0 {
		out.cycle.first, _ = inherited("startDate").(stamp)
	}
	out.cycle.anchor = out.cycle.first
	if basis, _ := inherited("invoicingCycle").(string); basis == "CalendarYear" && out.cycle.months > 0 {
		out.cycle.anchor = calendarAnchor
	}
	return out
}

// lastDay of an agreement: its end, or the day it was cancelled; 0 for none.
func (st *state) lastDay(r *row) stamp {
	at := st.tables[Agreements].entity.index
	var last stamp
	if end, ok := r.get(at["endDate"]).(stamp); ok && !r.bool(at["noEndingDateFlag"]) {
		last = end
	}
	if r.bool(at["cancelledFlag"]) {
		cancelled, ok := r.get(at["dateCancelled"]).(stamp)
		if !ok {
			cancelled = st.today()
		}
		if last == 0 || cancelled < last {
			last = cancelled
		}
	}
	return last
}

// covered is the period that the next invoice is about. Billed in arrears that is the one before; there may be none yet.
func (t terms) covered() (span, bool) {
	if !t.cycle.recurs() {
		last := forever
		if t.over != 0 {
			last = t.over
		}
		return span{t.cycle.first, last}, t.next != 0
	}
	from := t.cycle.begin(t.next)
	if t.arrears {
		if from <= t.cycle.first {
			return span{}, false
		}
		from = t.cycle.begin(from.add(-1))
	}
	return span{from, t.cycle.following(from).add(-1)}, t.next != 0
}

// open is the first day that is on no invoice yet, 0 if everything is open.
func (t terms) open(sw *Switches) stamp {
	from := t.cycle.first
	if s, ok := t.covered(); ok {
		from = s.from
	}
	if t.next == 0 || from != t.next && sw.point(InvoicedPeriod, "beforeNextInvoice") {
		return t.next
	}
	return from
}

// after is the next invoice date once the present one was invoiced, 0 for none.
func (t terms) after() stamp {
	switch {
	case !t.cycle.recurs():
		return 0
	case t.next == t.cycle.begin(t.next):
		return t.cycle.following(t.next)
	case t.cycle.days > 0:
		return t.next.add(t.cycle.days)
	}
	return t.next.months(t.cycle.months)
}

// status is what an agreement's agreementStatus says today.
func (st *state) status(r *row) any {
	at := st.tables[Agreements].entity.index
	today := st.today()
	start, _ := r.get(at["startDate"]).(stamp)
	end, ends := r.get(at["endDate"]).(stamp)
	switch {
	case r.bool(at["cancelledFlag"]):
		return "Cancelled"
	case ends && !r.bool(at["noEndingDateFlag"]) && end < today:
		return "Expired"
	case start > today:
		return "Inactive"
	}
	return "Active"
}
