package cwsim

import (
	"slices"
	"sort"
)

// table holds the rows of one entity in the order of their ids, so that "id > n" is a binary search.
type table struct {
	entity *entity
	rows   []*row
	next   int // id of the next new record
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
	i := t.after(r.id - 1)
	if i < len(t.rows) && t.rows[i].id == r.id {
		t.rows[i] = r
		return
	}
	t.rows = slices.Insert(t.rows, i, r)
	t.next = max(t.next, r.id+1)
}

func (t *table) remove(id int) {
	if i := t.after(id) - 1; i >= 0 && t.rows[i].id == id {
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
}

func newState() *state {
	st := &state{tables: map[string]*table{}, typed: map[int][]int{}, merged: map[int]int{}}
	for name, e := range entities() {
		st.tables[name] = &table{entity: e, next: 1}
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
	t.put(r)
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
