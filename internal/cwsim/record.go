package cwsim

import (
	"maps"
	"slices"
	"sort"
	"time"
)

// row is one stored record. Rows never change once stored: a change stores another row. Fields that were never set take
// no room, since a table can hold hundreds of thousands of rows of which most fields are empty.
type row struct {
	id      int
	updated stamp
	entered stamp
	by      string
	cells   []cell         // by field position
	extra   map[string]any // members that the schema does not know, as tests put them
}

type cell struct {
	field int
	value any // string, int, float64, bool, stamp, refID, []any, []*row, map[string]any, or nil for an explicit null
}

// stamp is a moment in whole seconds since 1970, UTC: ConnectWise keeps no fractions.
type stamp int64

// refID is a reference to the record with this id in the table that the field's schema names.
type refID int

func stampOf(t time.Time) stamp { return stamp(t.Unix()) }

// get returns the value at a field position; absent and null are both nil.
func (r *row) get(i int) any {
	for _, c := range r.cells {
		if c.field == i {
			return c.value
		}
		if c.field > i {
			return nil
		}
	}
	return nil
}

// set stores a value on a row that nobody else sees yet.
func (r *row) set(i int, v any) {
	at := sort.Search(len(r.cells), func(n int) bool { return r.cells[n].field >= i })
	if at < len(r.cells) && r.cells[at].field == i {
		r.cells[at].value = v
		return
	}
	r.cells = slices.Insert(r.cells, at, cell{i, v})
}

func (r *row) unset(i int) {
	r.cells = slices.DeleteFunc(r.cells, func(c cell) bool { return c.field == i })
}

// clone copies a row so that it can be changed and stored in the old one's place.
func (r *row) clone() *row {
	c := *r
	c.cells = slices.Clone(r.cells)
	c.extra = maps.Clone(r.extra)
	return &c
}

func (r *row) str(i int) string {
	s, _ := r.get(i).(string)
	return s
}

func (r *row) bool(i int) bool {
	b, _ := r.get(i).(bool)
	return b
}

// ref returns the id that a reference holds, 0 for none.
func (r *row) ref(i int) int {
	id, _ := r.get(i).(refID)
	return int(id)
}
