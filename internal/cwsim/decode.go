package cwsim

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// decodeError says which member of a body has a value that its type forbids.
type decodeError struct {
	field string
	want  string
}

func (e *decodeError) Error() string { return fmt.Sprintf("%s: want %s", e.field, e.want) }

// decode turns a JSON value into what a row stores for the field.
func (st *state) decode(f *field, v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // null is stored as nil
	}
	switch f.kind {
	case kindRef:
		return st.decodeRef(f, v)
	case kindRefs, kindObjects, kindStrings, kindInts:
		return st.decodeList(f, v)
	default:
		return decodeScalar(f, v)
	}
}

func decodeScalar(f *field, v any) (any, error) {
	switch f.kind {
	case kindString, kindGUID:
		if s, ok := v.(string); ok {
			return s, nil
		}
		return nil, &decodeError{f.name, "a string"}
	case kindBool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, &decodeError{f.name, "a boolean"}
	case kindTime:
		return decodeTime(f, v)
	case kindDay:
		return decodeDay(f, v)
	case kindInt:
		return decodeInt(f, v)
	case kindNumber:
		if n, ok := toFloat(v); ok {
			return n, nil
		}
		return nil, &decodeError{f.name, "a number"}
	default:
		return v, nil
	}
}

func decodeTime(f *field, v any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, &decodeError{f.name, "a date"}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil, &decodeError{f.name, "a date"}
	}
	return stampOf(t), nil
}

// decodeDay takes the date that a text begins with: a bare date, or a moment whose time of day is dropped.
func decodeDay(f *field, v any) (any, error) {
	s, ok := v.(string)
	if !ok || len(s) < len(time.DateOnly) {
		return nil, &decodeError{f.name, "a date"}
	}
	if len(s) > len(time.DateOnly) {
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return nil, &decodeError{f.name, "a date"}
		}
	}
	t, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	if err != nil {
		return nil, &decodeError{f.name, "a date"}
	}
	return stampOf(t), nil
}

func decodeInt(f *field, v any) (any, error) {
	n, ok := toFloat(v)
	if !ok || n != math.Trunc(n) || math.Abs(n) > math.MaxInt32 {
		return nil, &decodeError{f.name, "an integer"}
	}
	return int(n), nil
}

func toFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

// decodeRef accepts {"id":5}, {"identifier":"X"} or {"name":"X"}. What points at nothing is kept as it is: callers that are
// strict refuse it, tests may want it.
func (st *state) decodeRef(f *field, v any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, &decodeError{f.name, "a reference object"}
	}
	if n, ok := toFloat(m["id"]); ok {
		if st.tables[f.ref.table].get(int(n)) != nil || len(m) == 1 {
			return refID(n), nil
		}
		return m, nil
	}
	for _, key := range []string{"identifier", "name"} {
		if s, ok := m[key].(string); ok {
			if id := st.lookup(f.ref, key, s); id != 0 {
				return refID(id), nil
			}
		}
	}
	return m, nil
}

// lookup finds the record that a reference names in words.
func (st *state) lookup(to refType, key, text string) int {
	t := st.tables[to.table]
	for _, r := range t.rows {
		if s, ok := st.refField(t, r, key).(string); ok && strings.EqualFold(s, text) {
			return r.id
		}
	}
	return 0
}

// refField is what a reference to the row shows under a name.
func (st *state) refField(t *table, r *row, name string) any {
	switch name {
	case "id":
		return r.id
	case "name":
		return t.name(r)
	}
	i, ok := t.entity.index[name]
	if !ok {
		return nil
	}
	if id, ok := r.get(i).(refID); ok { // what it refers to is shown by its name
		of := st.tables[t.entity.fields[i].ref.table]
		if named := of.get(int(id)); named != nil {
			return of.name(named)
		}
		return nil
	}
	return r.get(i)
}

func (st *state) decodeList(f *field, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, &decodeError{f.name, "an array"}
	}
	if f.kind == kindObjects {
		return st.decodeObjects(f, list)
	}
	element := field{name: f.name, kind: elementKind(f.kind), ref: f.ref}
	out := make([]any, len(list))
	for i, v := range list {
		var err error
		if out[i], err = st.decode(&element, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func elementKind(k kind) kind {
	switch k {
	case kindRefs:
		return kindRef
	case kindInts:
		return kindInt
	default:
		return kindString
	}
}

func (st *state) decodeObjects(f *field, list []any) (any, error) {
	out := make([]*row, 0, len(list))
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, &decodeError{f.name, "an object"}
		}
		r := &row{}
		if err := st.fill(f.sub, r, m); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// fill sets members of an object on a row. Members that the schema does not know are kept aside and rendered again.
func (st *state) fill(e *entity, r *row, members map[string]any) error {
	for name, v := range members {
		i, f := e.field(name)
		switch {
		case f == nil:
			if r.extra == nil {
				r.extra = map[string]any{}
			}
			r.extra[name] = v
		case name == "id":
			if n, ok := toFloat(v); ok {
				r.id = int(n)
			}
		case f.kind == kindInfo:
			r.setInfo(v)
		default:
			decoded, err := st.decode(f, v)
			if err != nil {
				return err
			}
			r.set(i, decoded)
		}
	}
	return nil
}

// setInfo takes over lastUpdated, updatedBy and dateEntered, which only tests can set.
func (r *row) setInfo(v any) {
	m, _ := v.(map[string]any)
	if s, ok := m["updatedBy"].(string); ok {
		r.by = s
	}
	for key, target := range map[string]*stamp{"lastUpdated": &r.updated, "dateEntered": &r.entered} {
		s, _ := m[key].(string)
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			*target = stampOf(t)
		}
	}
}
