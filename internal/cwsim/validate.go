package cwsim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// validate checks a record against its schema and returns all that is wrong.
func (st *state) validate(t *table, r *row) []validation {
	var out []validation
	for i := range t.entity.fields {
		f := &t.entity.fields[i]
		v := r.get(i)
		if f.required && (v == nil || v == "") {
			out = append(out, validation{Code: "MissingRequiredField", Message: "The " + f.name + " field is required.", Field: f.name})
			continue
		}
		out = append(out, st.checkValue(f, v)...)
	}
	if t.entity.unique != "" {
		out = append(out, checkUnique(t, r)...)
	}
	if t.entity.name == Companies {
		out = append(out, checkAddress(t.entity, r)...)
	}
	return out
}

func (st *state) checkValue(f *field, v any) []validation {
	switch v := v.(type) {
	case string:
		return checkString(f, v)
	case int:
		if f.top != 0 && (v < f.low || v > f.top) {
			message := fmt.Sprintf("The %s field must be between %d and %d.", f.name, f.low, f.top)
			return []validation{{Code: "OutOfRange", Message: message, Field: f.name}}
		}
	case refID, map[string]any:
		return st.checkRef(f, v)
	case []any:
		var out []validation
		for _, v := range v {
			if f.kind == kindRefs {
				out = append(out, st.checkRef(f, v)...)
			}
		}
		return out
	case []*row:
		return st.checkObjects(f, v)
	}
	return nil
}

func checkString(f *field, v string) []validation {
	if n := utf8.RuneCountInString(v); f.max > 0 && n > f.max {
		message := fmt.Sprintf("The %s field has a maximum length of %d.", f.name, f.max)
		return []validation{{Code: "MaxLengthField", Message: message, Field: f.name}}
	}
	if f.enum != nil && !slices.Contains(f.enum, v) || f.kind == kindGUID && !isGUID(v) {
		return []validation{{Code: "InvalidField", Message: "The value of the " + f.name + " field is not valid.", Field: f.name}}
	}
	return nil
}

// checkRef refuses references to what does not exist, or was never stored.
func (st *state) checkRef(f *field, v any) []validation {
	t := st.tables[f.ref.table]
	if id, ok := v.(refID); ok {
		if t.get(int(id)) != nil {
			return nil
		}
		return []validation{{Code: "NotFound", Message: fmt.Sprintf("%s %d not found", t.entity.label, int(id)), Field: f.name + "/id"}}
	}
	return []validation{{Code: "NotFound", Message: t.entity.label + " not found", Field: f.name}}
}

func (st *state) checkObjects(f *field, rows []*row) []validation {
	var out []validation
	for _, r := range rows {
		for _, c := range r.cells {
			for _, v := range st.checkValue(&f.sub.fields[c.field], c.value) {
				v.Field = f.name + "/" + v.Field
				out = append(out, v)
			}
		}
	}
	return out
}

func checkUnique(t *table, r *row) []validation {
	i := t.entity.index[t.entity.unique]
	want := r.str(i)
	if old := t.get(r.id); want == "" || old != nil && strings.EqualFold(old.str(i), want) {
		return nil
	}
	for _, other := range t.rows {
		if other.id != r.id && strings.EqualFold(other.str(i), want) {
			return []validation{{Code: "ObjectExists", Message: "The " + t.entity.unique + " already exists.", Field: t.entity.unique}}
		}
	}
	return nil
}

// checkAddress wants at least one address field on a company.
func checkAddress(e *entity, r *row) []validation {
	for _, name := range []string{"addressLine1", "addressLine2", "city", "state", "zip", "country"} {
		if v := r.get(e.index[name]); v != nil && v != "" {
			return nil
		}
	}
	return []validation{{Code: "MissingRequiredField", Message: "At least one address field is required.", Field: "addressLine1"}}
}

// checkStatus refuses a status of another board.
func (st *state) checkStatus(t *table, r *row) []validation {
	board, status := r.ref(t.entity.index["board"]), r.ref(t.entity.index["status"])
	statuses := st.tables[TicketStatuses]
	s := statuses.get(status)
	if board == 0 || s == nil || s.ref(statuses.entity.index["board"]) == board {
		return nil
	}
	message := fmt.Sprintf("Service Status %d not found for Service Board %d", status, board)
	return []validation{{Code: "NotFound", Message: message, Field: "status/id"}}
}

// checkAssociation refuses to give a company the same type twice.
func (st *state) checkAssociation(t *table, r *row) []validation {
	company, kind := st.association(r)
	for _, id := range st.typed[company] {
		if _, other := st.association(t.get(id)); other == kind && id != r.id {
			return []validation{{Code: "ObjectExists", Message: "The company already has this type.", Field: "type"}}
		}
	}
	return nil
}
