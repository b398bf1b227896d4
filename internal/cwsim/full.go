package cwsim

import (
	"fmt"
	"strings"
)

// PutFull stores a new record of which every field has a value, so that a client meets the whole of the vendor's schema. It
// returns the record's id.
func (s *Simulator) PutFull(entity string) (int, error) {
	s.mu.RLock()
	t := s.st.tables[entity]
	if t == nil {
		s.mu.RUnlock()
		return 0, fmt.Errorf("put full: there is no table %q", entity)
	}
	members := s.st.example(t.entity)
	s.mu.RUnlock()
	delete(members, "id")
	return s.Put(entity, members)
}

// example is an object with every member of an entity.
func (st *state) example(e *entity) map[string]any {
	out := make(map[string]any, len(e.fields))
	for i := range e.fields {
		if f := &e.fields[i]; f.kind != kindInfo {
			out[f.name] = st.exampleOf(f)
		}
	}
	return out
}

func (st *state) exampleOf(f *field) any {
	switch f.kind {
	case kindInt:
		return max(f.low, 7)
	case kindNumber:
		return 1234.25
	case kindBool:
		return true
	case kindTime:
		return "2024-02-29T12:34:56Z"
	case kindDay:
		return "2024-02-29T00:00:00Z"
	case kindGUID:
		return "2ddab73b-21b8-4e36-a4e3-efccf7093415"
	case kindRef:
		return st.exampleRef(f.ref)
	case kindRefs:
		return []any{st.exampleRef(f.ref)}
	case kindObjects:
		return []any{st.example(f.sub)}
	case kindStrings:
		return []any{"tag", "another tag"}
	case kindInts:
		return []any{1}
	default:
		return exampleText(f)
	}
}

// exampleRef points at the first record of a table, or names one that is not there.
func (st *state) exampleRef(to refType) any {
	if rows := st.tables[to.table].rows; len(rows) > 0 {
		return map[string]any{"id": rows[0].id}
	}
	return map[string]any{"id": 1, "name": "Not there"}
}

// exampleText is as long as the field allows, up to 60 characters.
func exampleText(f *field) string {
	if f.enum != nil {
		return f.enum[0]
	}
	n := f.max
	if n == 0 || n > 60 {
		n = 60
	}
	return string([]rune(strings.Repeat(f.name+" é ", 20))[:n])
}
