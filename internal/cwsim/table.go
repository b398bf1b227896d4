package cwsim

import (
	"slices"
	"sort"
	"time"
)

// table holds the rows of one entity in the order of their ids, so that "id > n" is a binary search.
type table struct {
	entity *entity
	rows   []*row
	next   int // id of the next new record
	// below lists the ids of the rows that refer to a record by the field at position parent, ascending; nil without such a field.
	below  map[int][]int
	parent int
	// writes counts all, under those to the rows that refer to a record by parent.
	writes int
	under  map[int]int
}

func newTable(e *entity) *table {
	t := &table{entity: e, next: 1}
	for _, name := range []string{"agreement", "company"} {
		if i, f := e.field(name); f != nil && f.kind == kindRef && (name == "company" || f.hidden) {
			t.parent, t.below, t.under = i, map[int][]int{}, map[int]int{}
			break
		}
	}
	return t
}

// after is the position of the first row whose id is greater than id.
func (t *table) after(id int) int {
	return sort.Search(len(t.rows), func(i int) bool { return t.rows[i].id > id })
}

func (t *table) get(id int) *row {
	if t == nil {
		return nil
	}
	i := t.after(id) - 1
	if i < 0 || t.rows[i].id != id {
		return nil
	}
	return t.rows[i]
}

// put stores a row in the place of the one with its id, if there is one.
func (t *table) put(r *row) {
	t.written(r)
	i := t.after(r.id - 1)
	if i < len(t.rows) && t.rows[i].id == r.id {
		t.written(t.rows[i])
		if t.below != nil && t.rows[i].ref(t.parent) != r.ref(t.parent) {
			t.orphan(t.rows[i])
			t.adopt(r)
		}
		t.rows[i] = r
		return
	}
	t.rows = slices.Insert(t.rows, i, r)
	t.next = max(t.next, r.id+1)
	t.adopt(r)
}

func (t *table) written(r *row) {
	t.writes++
	if t.under != nil {
		t.under[r.ref(t.parent)]++
	}
}

func (t *table) adopt(r *row) {
	of := r.ref(t.parent)
	if t.below == nil || of == 0 {
		return
	}
	ids := t.below[of]
	i, _ := slices.BinarySearch(ids, r.id)
	t.below[of] = slices.Insert(ids, i, r.id)
}

func (t *table) orphan(r *row) {
	of := r.ref(t.parent)
	if t.below == nil || of == 0 {
		return
	}
	ids := slices.Clone(t.below[of])
	t.below[of] = slices.DeleteFunc(ids, func(id int) bool { return id == r.id })
}

// of lists the rows that refer to a record by the field at a position.
func (t *table) of(field, id int) []*row {
	var out []*row
	if t.below != nil && t.parent == field {
		for _, child := range t.below[id] {
			out = append(out, t.get(child))
		}
		return out
	}
	for _, r := range t.rows {
		if r.ref(field) == id {
			out = append(out, r)
		}
	}
	return out
}

func (t *table) remove(id int) {
	if i := t.after(id) - 1; i >= 0 && t.rows[i].id == id {
		t.written(t.rows[i])
		t.orphan(t.rows[i])
		t.rows = slices.Delete(t.rows, i, i+1)
	}
}

// state is all that the simulated installation stores. Its methods expect the caller to hold the simulator's lock.
type state struct {
	tables map[string]*table
	// typed lists the type associations of each company, in order of creation.
	typed map[int][]int
	// merged says into which company one that is gone was merged.
	merged map[int]int

	sw       *Switches         // those in force
	clock    func() time.Time  // the simulated clock
	arrears  map[int]bool      // by agreement: billed for the period before
	children map[int][]int     // by agreement: those that are or were below it
	covered  map[int][]span    // by agreement: the periods that were invoiced
	billed   map[int][]billing // by addition: the periods it was billed for
	owed     map[int][]owed    // by addition: what the next invoice charges besides
	invoices []Invoice
}

// today is the simulated clock's day.
func (st *state) today() stamp { return day(st.clock()) }

func newState() *state {
	st := &state{
		tables: map[string]*table{}, typed: map[int][]int{}, merged: map[int]int{}, sw: &Switches{}, clock: time.Now,
		arrears: map[int]bool{}, children: map[int][]int{}, covered: map[int][]span{}, billed: map[int][]billing{}, owed: map[int][]owed{},
	}
	for name, e := range entities() {
		st.tables[name] = newTable(e)
	}
	return st
}

// put stores a row and keeps what is derived from it.
func (st *state) put(t *table, r *row) {
	if t.entity.name == TypeAssociations {
		st.unlink(t.get(r.id))
		t.put(r)
		st.link(r)
		return
	}
	switch t.entity.name {
	case Agreements:
		st.seedInvoicing(t, r)
	case Additions:
		at := t.entity.index
		if id, ok := r.get(at["agreementId"]).(int); ok { // as tests may give it
			r.set(at["agreement"], refID(id))
			r.unset(at["agreementId"])
		}
	}
	t.put(r)
}

// seedInvoicing gives a new agreement its first next invoice date, and takes that of children away: they have none.
func (st *state) seedInvoicing(t *table, r *row) {
	at := t.entity.index
	next := at["nextInvoiceDate"]
	if parent := r.ref(at["parentAgreement"]); parent != 0 {
		r.unset(next)
		if !slices.Contains(st.children[parent], r.id) {
			st.children[parent] = append(st.children[parent], r.id)
		}
		return
	}
	if _, given := r.lookup(next); given || t.get(r.id) != nil || r.get(at["billStartDate"]) == nil || r.get(at["billingCycle"]) == nil {
		return
	}
	r.set(next, r.get(at["billStartDate"]))
}

func (st *state) remove(t *table, id int) {
	if t.entity.name == TypeAssociations {
		st.unlink(t.get(id))
	}
	if t.entity.name == Companies {
		st.untype(id)
	}
	t.remove(id)
}

// untype removes a company's type associations.
func (st *state) untype(company int) {
	for _, id := range slices.Clone(st.typed[company]) {
		st.remove(st.tables[TypeAssociations], id)
	}
}

func (st *state) link(assoc *row) {
	company, _ := st.association(assoc)
	st.typed[company] = append(st.typed[company], assoc.id)
	st.retype(company)
}

func (st *state) unlink(assoc *row) {
	if assoc == nil {
		return
	}
	company, _ := st.association(assoc)
	st.typed[company] = slices.DeleteFunc(st.typed[company], func(id int) bool { return id == assoc.id })
	st.retype(company)
}

// association reads which company and which type an association joins.
func (st *state) association(r *row) (company, kind int) {
	e := st.tables[TypeAssociations].entity
	return r.ref(e.index["company"]), r.ref(e.index["type"])
}

// retype rewrites the types that a company shows. It leaves lastUpdated alone, as ConnectWise does.
func (st *state) retype(company int) {
	t := st.tables[Companies]
	old := t.get(company)
	if old == nil {
		return
	}
	types := make([]any, 0, len(st.typed[company]))
	for _, id := range st.typed[company] {
		if a := st.tables[TypeAssociations].get(id); a != nil {
			_, kind := st.association(a)
			types = append(types, refID(kind))
		}
	}
	r := old.clone()
	r.set(t.entity.index["types"], types)
	t.put(r)
}

// name is what a reference to the row shows as name.
func (t *table) name(r *row) any {
	if t.entity.name == Contacts || t.entity.name == Members {
		first, last := r.str(t.entity.index["firstName"]), r.str(t.entity.index["lastName"])
		if last == "" {
			return first
		}
		return first + " " + last
	}
	return r.get(t.entity.nameField())
}
