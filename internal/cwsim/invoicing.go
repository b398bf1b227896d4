package cwsim

import (
	"fmt"
	"slices"
	"time"
)

// Invoice is what an agreement was billed. It never changes. Days are written as 2026-01-31.
type Invoice struct {
	ID        int    `json:"id"`
	Number    string `json:"number"`
	Agreement int    `json:"agreement"`
	Company   int    `json:"company"`
	// Date is the day on which it was made, From and Through the period that it covers: both are in it.
	Date    string        `json:"date"`
	From    string        `json:"from"`
	Through string        `json:"through"`
	Lines   []InvoiceLine `json:"lines"`
	Total   float64       `json:"total"`
}

// The reasons of invoice lines.
const (
	LinePeriod  = "period"  // the period of the invoice
	LineCatchUp = "catchUp" // the prorated rest of a period that was invoiced before the addition was made
	LineRaised  = "raised"  // a quantity that was raised after its period was billed
)

// InvoiceLine is one addition on an invoice.
type InvoiceLine struct {
	Addition  int     `json:"addition"`
	Agreement int     `json:"agreement"` // the child's, if it is one
	Product   int     `json:"product"`
	Item      string  `json:"item"` // the product's identifier
	Quantity  float64 `json:"quantity"`
	UnitPrice float64 `json:"unitPrice"`
	Amount    float64 `json:"amount"`
	// From and Through are the days of the period on which the addition was there.
	From     string `json:"from"`
	Through  string `json:"through"`
	Prorated bool   `json:"prorated"`
	Reason   string `json:"reason"`
}

// billing is a period that an addition was billed for, and the quantity that it had.
type billing struct {
	span

	quantity float64
}

// owed is what the next invoice charges besides.
type owed struct {
	quantity float64
	of, days span
	prorated bool
}

// SetArrears says that an agreement is billed for the period before each invoice instead of the one ahead. That is no field of
// ConnectWise's: clients have to find out.
func (s *Simulator) SetArrears(agreement int, arrears bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.arrears[agreement] = arrears
}

// InvoiceAgreement makes the next invoice of an agreement, on whatever day that happens: early, on time or late. It bills what
// stands there now, and moves the next invoice date on by one period. Children are on their parent's invoice.
func (s *Simulator) InvoiceAgreement(agreement int, on time.Time) (Invoice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.st.tables[Agreements].get(agreement)
	if r == nil {
		return Invoice{}, fmt.Errorf("invoice: there is no agreement %d", agreement)
	}
	t := s.st.terms(r)
	period, ok := t.covered()
	switch {
	case t.payer != r:
		return Invoice{}, fmt.Errorf("invoice agreement %d: it is billed with its parent, agreement %d", agreement, t.payer.id)
	case t.next == 0:
		return Invoice{}, fmt.Errorf("invoice agreement %d: it has no next invoice date", agreement)
	case ok && t.over != 0 && t.over < period.from:
		return Invoice{}, fmt.Errorf("invoice agreement %d: it ended before the period", agreement)
	}
	var lines []InvoiceLine
	if ok {
		lines = s.st.bill(t, period)
		s.st.covered[r.id] = append(s.st.covered[r.id], period)
	}
	return s.issue(t, day(on), period, lines), nil
}

// issue writes the invoice and moves the next invoice date.
func (s *Simulator) issue(t terms, on stamp, period span, lines []InvoiceLine) Invoice {
	out := s.st.write(t, on, period, lines)
	agreements := s.st.tables[Agreements]
	next := agreements.get(t.payer.id).clone()
	next.updated, next.by = stampOf(s.nowLocked()), "demo"
	if after := t.after(); after != 0 {
		next.set(agreements.entity.index["nextInvoiceDate"], after)
	} else {
		next.unset(agreements.entity.index["nextInvoiceDate"])
	}
	s.st.put(agreements, next)
	s.announce("updated", agreements, next, Member{Identifier: next.by})
	s.announce("added", s.st.tables[Invoices], s.st.tables[Invoices].get(out.ID), Member{Identifier: next.by})
	return out
}

// InvoiceDue invoices every agreement whose next invoice date has come, as often as it has, and returns the invoices.
func (s *Simulator) InvoiceDue(on time.Time) []Invoice {
	var out []Invoice
	for _, id := range s.IDs(Agreements) {
		for s.due(id, day(on)) {
			invoice, err := s.InvoiceAgreement(id, on)
			if err != nil {
				break // it is a child, or over
			}
			out = append(out, invoice)
		}
	}
	return out
}

func (s *Simulator) due(agreement int, on stamp) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := s.st.tables[Agreements].get(agreement)
	if r == nil {
		return false
	}
	t := s.st.terms(r)
	return t.payer == r && t.next != 0 && t.next <= on
}

// Invoices returns the invoices of an agreement, or of all with 0, oldest first.
func (s *Simulator) Invoices(agreement int) []Invoice {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := []Invoice{}
	for _, v := range s.st.invoices {
		if agreement == 0 || v.Agreement == agreement {
			v.Lines = slices.Clone(v.Lines)
			out = append(out, v)
		}
	}
	return out
}

// bill makes the lines of a period, and of what is owed from earlier ones, and notes what was billed.
func (st *state) bill(t terms, period span) []InvoiceLine {
	out := []InvoiceLine{}
	additions := st.tables[Additions]
	for _, id := range st.family(t.payer.id) {
		own := st.terms(st.tables[Agreements].get(id))
		for _, r := range additions.of(additions.entity.index["agreement"], id) {
			out = append(out, st.catchUp(own, r)...)
			out = append(out, st.owes(own, r)...)
			line, ok := st.line(own, r, period, LinePeriod)
			if !ok {
				continue
			}
			st.note(r, period, line.Quantity)
			out = append(out, line)
		}
	}
	return slices.DeleteFunc(out, func(l InvoiceLine) bool { return l.Quantity == 0 && !st.billsZero(l.Agreement) })
}

func (st *state) billsZero(agreement int) bool {
	t := st.tables[Agreements]
	r := t.get(agreement)
	return r != nil && r.bool(t.entity.index["billZeroAmountFlag"])
}

// family is an agreement and its children.
func (st *state) family(payer int) []int {
	t := st.tables[Agreements]
	parent := t.entity.index["parentAgreement"]
	out := []int{payer}
	for _, id := range st.children[payer] {
		if r := t.get(id); r != nil && r.ref(parent) == payer {
			out = append(out, id)
		}
	}
	return out
}

// line bills an addition for a period, if it is there in it and to be billed.
func (st *state) line(t terms, r *row, period span, reason string) (InvoiceLine, bool) {
	at := st.tables[Additions].entity.index
	live := st.lives(r)
	if t.over != 0 {
		live.through = min(live.through, t.over)
	}
	days := period.common(live)
	if days.from > days.through || r.str(at["billCustomer"]) == "DoNotBill" {
		return InvoiceLine{}, false
	}
	fraction := 1.0
	if t.cycle.recurs() && st.prorates(t, r, period) {
		fraction = float64(days.days()) / float64(period.days())
	}
	return st.charge(t, r, st.billable(r), days, fraction, reason), true
}

// billable is the quantity of an addition that is billed.
func (st *state) billable(r *row) float64 {
	at := st.tables[Additions].entity.index
	n := r.number(at["quantity"])
	if included := r.number(at["lessIncluded"]); included != 0 && !st.sw.point(LessIncluded, "ignored") {
		n -= included
	}
	return max(n, 0)
}

func (st *state) charge(t terms, r *row, quantity float64, days span, fraction float64, reason string) InvoiceLine {
	at, products := st.tables[Additions].entity.index, st.tables[Catalog]
	price := r.number(at["unitPrice"])
	if r.str(at["billCustomer"]) == "NoCharge" {
		price = 0
	}
	out := InvoiceLine{
		Addition: r.id, Agreement: t.agreement.id, Product: r.ref(at["product"]), Quantity: quantity, UnitPrice: price,
		Amount: cents(quantity * price * fraction), From: days.from.day(), Through: days.through.day(), Prorated: fraction != 1, Reason: reason,
	}
	if p := products.get(out.Product); p != nil {
		out.Item = p.str(products.entity.index["identifier"])
	}
	return out
}

// catchUp bills an addition for periods that were invoiced without it, where additions are prorated.
func (st *state) catchUp(t terms, r *row) []InvoiceLine {
	var out []InvoiceLine
	for _, period := range st.covered[t.payer.id] {
		if !t.cycle.recurs() || !st.prorates(t, r, period) || st.wasBilled(r.id, period) {
			continue
		}
		if line, ok := st.line(t, r, period, LineCatchUp); ok {
			st.note(r, period, line.Quantity)
			out = append(out, line)
		}
	}
	return out
}

func (st *state) wasBilled(addition int, period span) bool {
	return slices.ContainsFunc(st.billed[addition], func(b billing) bool { return b.span == period })
}

// owes bills what was raised after its period was billed.
func (st *state) owes(t terms, r *row) []InvoiceLine {
	var out []InvoiceLine
	for _, o := range st.owed[r.id] {
		fraction := 1.0
		if o.prorated {
			fraction = float64(o.days.days()) / float64(o.of.days())
		}
		out = append(out, st.charge(t, r, o.quantity, o.days, fraction, LineRaised))
	}
	delete(st.owed, r.id)
	return out
}

// note remembers that an addition was billed for a period. A record's lastUpdated does not change by that.
func (st *state) note(r *row, period span, quantity float64) {
	t := st.tables[Additions]
	i := t.entity.index["billedQuantity"]
	billed := t.get(r.id).clone()
	if before := billed.number(i); before != 0 && st.sw.point(BilledQuantity, "total") {
		quantity += before
	}
	billed.set(i, quantity)
	st.put(t, billed)
	st.billed[r.id] = append(st.billed[r.id], billing{period, r.number(t.entity.index["quantity"])})
}

// write stores an invoice, in the list of invoices and as a record that clients can read.
func (st *state) write(t terms, on stamp, period span, lines []InvoiceLine) Invoice {
	table, agreements := st.tables[Invoices], st.tables[Agreements]
	out := Invoice{
		ID: table.next, Number: fmt.Sprintf("AG%06d", table.next), Agreement: t.payer.id, Date: on.day(), Lines: lines,
		Company: t.payer.ref(agreements.entity.index["company"]),
	}
	if period.from != 0 {
		out.From, out.Through = period.from.day(), period.through.day()
	}
	for _, l := range lines {
		out.Total = cents(out.Total + l.Amount)
	}
	now := stampOf(st.clock())
	r := &row{id: out.ID, updated: now, entered: now, by: "demo"}
	for name, v := range map[string]any{
		"invoiceNumber": out.Number, "type": "Agreement", "company": refID(out.Company), "agreement": refID(out.Agreement), "date": on,
		"applyToType": "Agreement", "applyToId": out.Agreement, "total": out.Total, "subtotal": out.Total, "agreementAmount": out.Total,
		"balance": out.Total, "customFields": []*row{},
	} {
		r.set(table.entity.index[name], v)
	}
	st.put(table, r)
	st.invoices = append(st.invoices, out)
	return out
}

// prorateAtOnce bills a new addition for the rest of an invoiced period at once, where the agreement and a point say so.
func (s *Simulator) prorateAtOnce(r *row) {
	agreements := s.st.tables[Agreements]
	a := agreements.get(r.ref(s.st.tables[Additions].entity.index["agreement"]))
	if a == nil || !a.bool(agreements.entity.index["invoiceProratedAdditionsFlag"]) || !s.sw.point(ProratedAdditions, "atOnce") {
		return
	}
	t := s.st.terms(a)
	if lines := s.st.catchUp(t, r); len(lines) > 0 {
		s.st.write(t, s.st.today(), span{}, lines)
	}
}
