package cwsim

import (
	"slices"
	"strings"
)

// operand binds a path such as name, company/id or _info/lastUpdated. It refuses arrays: those are for childConditions.
func (st *state) operand(e *entity, path string) (operand, error) {
	head, rest, nested := strings.Cut(path, "/")
	if op, ok := infoOperand(path); ok && !e.plain {
		return op, nil
	}
	i, f := e.field(head)
	if f == nil || f.kind.array() || nested && f.kind != kindRef {
		return operand{}, unrecognized(path)
	}
	switch {
	case f.name == "id":
		return operand{ofID: true, kind: kindInt, get: func(r *row) any { return r.id }}, nil
	case nested:
		return st.refOperand(f, i, rest, path)
	}
	return operand{kind: f.kind, get: st.reader(e, i)}, nil
}

// reader reads a field as it is shown, computed ones included.
func (st *state) reader(e *entity, i int) func(*row) any {
	of := e.derived[i]
	if of == nil {
		return func(r *row) any { return r.get(i) }
	}
	return func(r *row) any {
		if v, set := r.lookup(i); set {
			return v
		}
		return of(st, r)
	}
}

func infoOperand(path string) (operand, bool) {
	switch path {
	case "lastUpdated", "_info/lastUpdated":
		return operand{kind: kindTime, get: func(r *row) any { return r.updated }}, true
	case "dateEntered", "_info/dateEntered":
		return operand{kind: kindTime, get: func(r *row) any { return r.entered }}, true
	case "_info/updatedBy":
		return operand{kind: kindString, get: func(r *row) any { return r.by }}, true
	}
	return operand{}, false
}

func (st *state) refOperand(f *field, i int, name, path string) (operand, error) {
	if !f.ref.has(name) {
		return operand{}, unrecognized(path)
	}
	k := st.refKind(f.ref, name)
	return operand{kind: k, get: func(r *row) any { return st.refRead(f.ref, r.get(i), name) }}, nil
}

func (st *state) refKind(to refType, name string) kind {
	if name == "id" {
		return kindInt
	}
	if _, f := st.tables[to.table].entity.field(name); f != nil {
		return f.kind
	}
	return kindString
}

// refRead reads one field of what a stored reference points at.
func (st *state) refRead(to refType, v any, name string) any {
	switch v := v.(type) {
	case refID:
		if name == "id" {
			return int(v)
		}
		if r := st.tables[to.table].get(int(v)); r != nil {
			return st.refField(st.tables[to.table], r, name)
		}
	case map[string]any:
		return v[name]
	}
	return nil
}

// condition binds the conditions parameter.
func (st *state) condition(e *entity, text string, sw *Switches) (*expr, predicate, error) {
	parsed, err := parse(text, sw.BackslashEscapes)
	if err != nil {
		return nil, nil, err
	}
	b := &binder{st: st, wildcard: sw.EqualsWildcard, resolve: func(path string) (operand, error) { return st.operand(e, path) }}
	if sw.CompanyTypeConditions && e.name == Companies {
		b.element = func(path string) (int, operand, bool) { return st.typeOperand(e, path) }
	}
	p, err := b.bind(parsed)
	return parsed, p, err
}

// typeOperand reads type/id and type/name as conditions on one of the company's types.
func (st *state) typeOperand(e *entity, path string) (int, operand, bool) {
	rest, ok := strings.CutPrefix(path, "type/")
	if !ok {
		return 0, operand{}, false
	}
	i, f := e.field("types")
	op, err := st.elementOperand(f, rest, path)
	return i, op, err == nil
}

// childCondition binds childConditions: all comparisons must name the same array, and one element must satisfy them all.
func (st *state) childCondition(e *entity, text string, sw *Switches) (predicate, error) {
	parsed, err := parse(text, sw.BackslashEscapes)
	if err != nil {
		return nil, err
	}
	array := -1
	b := &binder{st: st, noIn: true, wildcard: sw.EqualsWildcard, resolve: func(path string) (operand, error) {
		head, rest, _ := strings.Cut(path, "/")
		i, f := e.field(head)
		if f == nil || rest == "" || array >= 0 && array != i {
			return operand{}, unrecognized(path)
		}
		array = i
		return st.elementOperand(f, rest, path)
	}}
	p, err := b.bind(parsed)
	if err != nil {
		return nil, err
	}
	return anyElement(array, p), nil
}

func (st *state) elementOperand(f *field, rest, path string) (operand, error) {
	switch f.kind {
	case kindObjects:
		op, err := st.operand(f.sub, rest)
		if err != nil {
			return operand{}, unrecognized(path)
		}
		return op, nil
	case kindRefs:
		return st.refOperand(f, 0, rest, path)
	default:
		return operand{}, unrecognized(path)
	}
}

// customCondition binds customFieldConditions, whose names are those of one custom field.
func (st *state) customCondition(e *entity, text string, sw *Switches) (predicate, error) {
	i, f := e.field("customFields")
	if f == nil {
		return nil, conditionError("Custom fields are not supported here.")
	}
	parsed, err := parse(text, sw.BackslashEscapes)
	if err != nil {
		return nil, err
	}
	b := &binder{st: st, noIn: true, wildcard: sw.EqualsWildcard, resolve: func(path string) (operand, error) {
		return st.operand(f.sub, path)
	}}
	p, err := b.bind(parsed)
	if err != nil {
		return nil, err
	}
	return anyElement(i, p), nil
}

// anyElement holds when one element of the array does. References are wrapped as rows, so that one evaluator serves all.
func anyElement(array int, p predicate) predicate {
	return func(r *row) bool {
		switch list := r.get(array).(type) {
		case []*row:
			return slices.ContainsFunc(list, p)
		case []any:
			return slices.ContainsFunc(list, func(v any) bool { return p(&row{cells: []cell{{0, v}}}) })
		}
		return false
	}
}
