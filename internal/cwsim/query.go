package cwsim

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query is a list request bound to a table.
type query struct {
	table   *table
	where   []predicate
	lo, hi  int   // only ids with lo < id <= hi can match
	ids     []int // only these can match, ascending; nil is no limit
	order   []sortKey
	fields  *projection
	size    int
	page    int
	forward bool
	pageID  int
}

type sortKey struct {
	operand

	desc bool
}

const (
	defaultPageSize = 25
	maxPageSize     = 1000
)

// query binds the parameters of a list or count request.
func (st *state) query(t *table, params url.Values, sw *Switches) (*query, error) {
	q := &query{table: t, lo: math.MinInt, hi: math.MaxInt}
	if text := params.Get("conditions"); strings.TrimSpace(text) != "" {
		parsed, p, err := st.condition(t.entity, text, sw)
		if err != nil {
			return nil, err
		}
		if !q.narrow(parsed) {
			q.where = append(q.where, p)
		}
	}
	for name, bind := range map[string]func(*entity, string, *Switches) (predicate, error){
		"childConditions": st.childCondition, "customFieldConditions": st.customCondition,
	} {
		if text := params.Get(name); strings.TrimSpace(text) != "" {
			p, err := bind(t.entity, text, sw)
			if err != nil {
				return nil, err
			}
			q.where = append(q.where, p)
		}
	}
	return q, nil
}

// narrow takes bounds on the id out of a condition, as far as they are joined by AND, and says whether they are all of it.
func (q *query) narrow(e *expr) bool {
	if e.op == "and" {
		left, right := q.narrow(e.left), q.narrow(e.right)
		return left && right
	}
	q.among(e)
	if e.path != "id" || e.op == "in" || e.op == "!=" || e.literals[0].kind != tokNumber {
		return false
	}
	q.bound(e.op, e.literals[0].number)
	return true
}

// among finds the few ids that a comparison leaves: id in (..), or records of certain parents. It is still tested.
func (q *query) among(e *expr) {
	name, rest, _ := strings.Cut(e.path, "/")
	i, _ := q.table.entity.field(name)
	ofParent := rest == "id" && q.table.below != nil && i == q.table.parent
	if e.op != "in" && e.op != "=" || e.path != "id" && !ofParent {
		return
	}
	ids := []int{}
	for _, l := range e.literals {
		if l.kind != tokNumber {
			return
		}
		if ofParent {
			ids = append(ids, q.table.below[int(l.number)]...)
		} else {
			ids = append(ids, int(l.number))
		}
	}
	q.only(ids)
}

func (q *query) only(ids []int) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if q.ids != nil {
		ids = slices.DeleteFunc(ids, func(id int) bool { _, in := slices.BinarySearch(q.ids, id); return !in })
	}
	q.ids = ids
}

func (q *query) bound(op string, n float64) {
	n = min(max(n, -1e9), 1e10)
	floor, ceil := int(math.Floor(n)), int(math.Ceil(n))
	switch op {
	case ">":
		q.lo = max(q.lo, floor)
	case ">=":
		q.lo = max(q.lo, ceil-1)
	case "<":
		q.hi = min(q.hi, ceil-1)
	case "<=":
		q.hi = min(q.hi, floor)
	case "=":
		q.lo, q.hi = max(q.lo, ceil-1), min(q.hi, floor)
	}
}

// list binds what concerns the order, the fields and the page.
func (st *state) list(q *query, params url.Values, forward bool, sw *Switches) (err error) {
	if q.fields, err = st.project(q.table.entity, params.Get("fields")); err != nil {
		return err
	}
	if q.order, err = st.order(q.table.entity, params.Get("orderBy")); err != nil {
		return err
	}
	if q.forward = forward; forward && q.order != nil {
		return refuse(http.StatusBadRequest, "ConnectWiseApi", "orderBy is not supported with forward-only pagination.")
	}
	for name, target := range map[string]*int{"pageSize": &q.size, "page": &q.page, "pageId": &q.pageID} {
		if *target, err = whole(params, name); err != nil {
			return err
		}
	}
	q.page = max(q.page, 1)
	q.size = pageSize(q.size, sw.MaxPageSize)
	if forward {
		q.lo = max(q.lo, q.pageID)
	}
	return nil
}

func pageSize(asked, limit int) int {
	if asked <= 0 {
		asked = defaultPageSize
	}
	if limit <= 0 || limit > maxPageSize {
		limit = maxPageSize
	}
	return min(asked, limit)
}

func whole(params url.Values, name string) (int, error) {
	text := params.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, "ConnectWiseApi", "The value of %s is not a valid integer.", name)
	}
	return int(n), nil
}

// order binds "name asc, company/id desc".
func (st *state) order(e *entity, text string) ([]sortKey, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []sortKey
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 {
			return nil, conditionError("orderBy is not valid.")
		}
		o, err := st.operand(e, words[0])
		if err != nil {
			return nil, err
		}
		key := sortKey{operand: o}
		if len(words) == 2 {
			key.desc = strings.EqualFold(words[1], "desc")
			if !key.desc && !strings.EqualFold(words[1], "asc") {
				return nil, conditionError(words[1] + " is not a sort direction.")
			}
		}
		if o.kind == kindRef {
			key.get = func(r *row) any { return refNumber(o.get(r)) }
		}
		out = append(out, key)
	}
	return out, nil
}

func refNumber(v any) any {
	if id, ok := v.(refID); ok {
		return int(id)
	}
	return nil
}

// candidates are the rows whose ids are within the bounds, in the order of their ids.
func (q *query) candidates() []*row {
	if q.ids != nil {
		return q.few()
	}
	rows := q.table.rows
	from, to := 0, len(rows)
	if q.lo != math.MinInt {
		from = q.table.after(q.lo)
	}
	if q.hi != math.MaxInt {
		to = q.table.after(q.hi)
	}
	if from >= to {
		return nil
	}
	return rows[from:to]
}

func (q *query) few() []*row {
	var out []*row
	for _, id := range q.ids {
		if r := q.table.get(id); r != nil && id > q.lo && id <= q.hi {
			out = append(out, r)
		}
	}
	return out
}

func (q *query) matches(r *row) bool {
	for _, p := range q.where {
		if !p(r) {
			return false
		}
	}
	return true
}

func (q *query) count() int {
	n := 0
	for _, r := range q.candidates() {
		if q.matches(r) {
			n++
		}
	}
	return n
}

// rows returns the page. total is the number of all matches, or for forward-only paging one more than the page holds
// if there is more.
func (q *query) rows() (page []*row, total int) {
	if q.forward {
		return q.forwardRows()
	}
	skip := (q.page - 1) * q.size
	if q.order != nil && !q.byID() {
		all := q.sorted()
		return all[min(skip, len(all)):min(skip+q.size, len(all))], len(all)
	}
	for _, r := range q.candidates() {
		if !q.matches(r) {
			continue
		}
		if total >= skip && len(page) < q.size {
			page = append(page, r)
		}
		total++
	}
	return page, total
}

func (q *query) forwardRows() (page []*row, total int) {
	for _, r := range q.candidates() {
		if !q.matches(r) {
			continue
		}
		if total++; total > q.size {
			break
		}
		page = append(page, r)
	}
	return page, total
}

// byID says that the order asked for is the one rows are stored in.
func (q *query) byID() bool {
	k := q.order[0]
	return k.ofID && !k.desc
}

func (q *query) sorted() []*row {
	type keyed struct {
		row  *row
		keys []any
	}
	var all []keyed
	for _, r := range q.candidates() {
		if q.matches(r) {
			all = append(all, keyed{r, q.keys(r)})
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		for i, k := range q.order {
			if n := compareValues(a.keys[i], b.keys[i]); n != 0 {
				if k.desc {
					return -n
				}
				return n
			}
		}
		return 0
	})
	out := make([]*row, len(all))
	for i, k := range all {
		out[i] = k.row
	}
	return out
}

// keys are what a row is sorted by; text is folded once here rather than in every comparison.
func (q *query) keys(r *row) []any {
	out := make([]any, len(q.order))
	for i, k := range q.order {
		out[i] = k.get(r)
		if s, ok := out[i].(string); ok {
			out[i] = fold(s)
		}
	}
	return out
}

// compareValues orders two folded values of one field, nulls first.
func compareValues(a, b any) int {
	if a == nil || b == nil {
		return order(rank(a != nil), rank(b != nil))
	}
	switch a := a.(type) {
	case string:
		b, _ := b.(string)
		return strings.Compare(a, b)
	case stamp:
		b, _ := b.(stamp)
		return order(a, b)
	case bool:
		b, _ := b.(bool)
		return order(rank(a), rank(b))
	}
	x, _ := toFloat(a)
	y, _ := toFloat(b)
	return order(x, y)
}
