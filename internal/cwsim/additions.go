package cwsim

import "math"

// cents rounds an amount of money.
func cents(v float64) float64 { return math.Round(v*100) / 100 }

func (r *row) number(i int) float64 {
	n, _ := toFloat(r.get(i))
	return n
}

// derivations are the fields that ConnectWise computes when a record is read.
func derivations(e *entity) map[string]func(*state, *row) any {
	if e.name == Agreements {
		return map[string]func(*state, *row) any{"agreementStatus": (*state).status}
	}
	if e.name != Additions {
		return nil
	}
	at := e.index
	times := func(price string, fraction func(*state, *row) float64) func(*state, *row) any {
		return func(st *state, r *row) any { return cents(r.number(at[price]) * fraction(st, r)) }
	}
	quantity := func(_ *state, r *row) float64 { return r.number(at["quantity"]) }
	return map[string]func(*state, *row) any{
		"agreementId": func(_ *state, r *row) any { return r.ref(at["agreement"]) },
		"agreementStatus": func(st *state, r *row) any {
			if a := st.tables[Agreements].get(r.ref(at["agreement"])); a != nil {
				return st.status(a)
			}
			return nil
		},
		"extPrice": times("unitPrice", quantity), "extCost": times("unitCost", quantity),
		"margin": func(_ *state, r *row) any {
			return cents(r.number(at["quantity"]) * (r.number(at["unitPrice"]) - r.number(at["unitCost"])))
		},
		"proratePrice": times("unitPrice", (*state).firstFraction), "prorateCost": times("unitCost", (*state).firstFraction),
		"extendedProratePrice": times("unitPrice", func(st *state, r *row) float64 { return st.firstFraction(r) * quantity(st, r) }),
		"extendedProrateCost":  times("unitCost", func(st *state, r *row) float64 { return st.firstFraction(r) * quantity(st, r) }),
	}
}

// firstFraction is the part of its first period that an addition is there for, 1 where nothing is prorated.
func (st *state) firstFraction(r *row) float64 {
	a := st.tables[Agreements].get(r.ref(st.tables[Additions].entity.index["agreement"]))
	if a == nil {
		return 1
	}
	t, live := st.terms(a), st.lives(r)
	if !t.cycle.recurs() || live.from == 0 {
		return 1
	}
	from := t.cycle.begin(live.from)
	period := span{from, t.cycle.following(from).add(-1)}
	if !st.prorates(t, r, period) {
		return 1
	}
	return float64(period.common(live).days()) / float64(period.days())
}

// lives is the span of days for which an addition is to be billed.
func (st *state) lives(r *row) span {
	at := st.tables[Additions].entity.index
	from, _ := r.get(at["effectiveDate"]).(stamp)
	last, ok := r.get(at["cancelledDate"]).(stamp)
	switch {
	case !ok:
		last = forever
	case st.sw.point(CancelledDate, "exclusive"):
		last = last.add(-1)
	}
	return span{from, last}
}

// prorates says whether an addition is billed by the day in a period.
func (st *state) prorates(t terms, r *row, period span) bool {
	at := st.tables[Additions].entity.index
	flag, set := r.get(at["prorateCurrentPeriodFlag"]).(bool)
	from := st.lives(r).from
	if set && flag != t.prorate && from >= period.from && from <= period.through && st.sw.point(ProrateCurrentPeriod, "yes") {
		return flag
	}
	return t.prorate
}

// defaultAddition completes a new addition from its product.
func (st *state) defaultAddition(r *row) {
	at := st.tables[Additions].entity.index
	products := st.tables[Catalog]
	of := products.entity.index
	values := map[string]any{
		"quantity": 1.0, "lessIncluded": 0.0, "effectiveDate": st.today(), "billedQuantity": 0.0, "taxableFlag": false,
		"sequenceNumber": float64(len(st.tables[Additions].below[r.ref(at["agreement"])]) + 1),
	}
	if p := products.get(r.ref(at["product"])); p != nil {
		values["unitPrice"], values["unitCost"] = p.number(of["price"]), p.number(of["cost"])
		values["description"], values["invoiceDescription"] = p.str(of["description"]), p.str(of["customerDescription"])
		values["taxableFlag"] = p.bool(of["taxableFlag"])
	}
	for name, v := range values {
		if r.get(at[name]) == nil {
			r.set(at[name], v)
		}
	}
}

// The refusals of dates, in ConnectWise's words.
const (
	beforeBilling = "effectiveDate cannot be less than the agreement billing start date"
	invoiced      = "Since this period has already been invoiced there will not be an invoice generated for additional products for this" +
		" period. Please prorate the agreement or update the start date to on or after the Next Invoice Date."
)

// checkAddition refuses what ConnectWise refuses of additions.
func (st *state) checkAddition(r *row) []validation {
	at := st.tables[Additions].entity.index
	old := st.tables[Additions].get(r.id)
	out := st.checkProduct(r)
	if date := r.get(at["effectiveDate"]); old == nil || old.get(at["effectiveDate"]) != date {
		out = append(out, st.checkEffective(r)...)
	}
	if old != nil && len(st.billed[r.id]) > 0 {
		out = append(out, st.checkBilled(old, r)...)
	}
	return out
}

func (st *state) checkProduct(r *row) []validation {
	products := st.tables[Catalog]
	p := products.get(r.ref(st.tables[Additions].entity.index["product"]))
	if p == nil || p.str(products.entity.index["productClass"]) != "Bundle" {
		return nil
	}
	return []validation{{Code: "InvalidField", Message: "A bundle cannot be added to an agreement.", Field: "product"}}
}

func (st *state) checkEffective(r *row) []validation {
	a := st.tables[Agreements].get(r.ref(st.tables[Additions].entity.index["agreement"]))
	if a == nil {
		return nil
	}
	t, from := st.terms(a), st.lives(r).from
	refused := func(message string) []validation {
		return []validation{{Code: "InvalidField", Message: message, Field: "effectiveDate"}}
	}
	switch {
	case from < t.cycle.first:
		return refused(beforeBilling)
	case from < t.open(st.sw) && !st.prorates(t, r, span{from, from}):
		return refused(invoiced)
	}
	return nil
}

// checkBilled refuses changes of a line that was billed, as far as a point forbids them.
func (st *state) checkBilled(old, r *row) []validation {
	e := st.tables[Additions].entity
	end := e.index["cancelledDate"]
	changed := func(i int) bool { return !sameValue(old.get(i), r.get(i)) }
	other := false
	for i := range e.fields {
		other = other || i != end && e.fields[i].kind != kindObjects && changed(i)
	}
	refused := func(message, field string) []validation {
		return []validation{{Code: "InvalidField", Message: message, Field: field}}
	}
	switch {
	case (other || changed(end)) && st.sw.point(BilledLineEdit, "nothing"), other && st.sw.point(BilledLineEdit, "endOnly"):
		return refused("An addition that has been billed cannot be changed.", "id")
	case st.raises(old, r) && st.sw.point(RaiseBilled, "refused"):
		return refused("The quantity of an addition cannot be raised in a period that has been billed.", "quantity")
	}
	return nil
}

func (st *state) raises(old, r *row) bool {
	by, _ := st.raisedBy(old, r)
	return by > 0
}

// sameValue compares the values of fields that hold no lists.
func sameValue(a, b any) bool {
	if _, isMap := a.(map[string]any); isMap {
		return true
	}
	return a == b
}

// raisedBy is by how much a change raises the quantity of a line above what its present period was billed with.
func (st *state) raisedBy(old, r *row) (float64, *billing) {
	i := st.tables[Additions].entity.index["quantity"]
	now := st.billedNow(r.id)
	if now == nil || r.number(i) <= old.number(i) {
		return 0, nil
	}
	return max(r.number(i)-now.quantity, 0), now
}

// billedNow is the billed period of a line that today is in, or that is ahead.
func (st *state) billedNow(id int) *billing {
	today := st.today()
	for i := range st.billed[id] {
		if b := &st.billed[id][i]; b.through >= today {
			return b
		}
	}
	return nil
}

// raise notes what is owed for a quantity raised after it was billed.
func (st *state) raise(old, r *row) {
	by, period := st.raisedBy(old, r)
	if by == 0 {
		return
	}
	charge := owed{quantity: by, of: period.span, days: period.span}
	switch {
	case st.sw.point(RaiseBilled, "prorated"):
		charge.days.from = max(period.from, st.today())
		charge.prorated = true
	case !st.sw.point(RaiseBilled, "billedNext"):
		return
	}
	period.quantity += by
	st.owed[r.id] = append(st.owed[r.id], charge)
}
