package cwsim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// renderer appends records as JSON. It writes by hand because a page of 1,000 records of 70 fields is what the
// simulator does most.
type renderer struct {
	st   *state
	base string // where links point: https://host/codebase/apis/3.0
}

// record appends one record, all fields or those of the projection.
func (w *renderer) record(b []byte, e *entity, r *row, p *projection) []byte {
	b = append(b, '{')
	cells := r.cells // in the order of the fields, as is the loop
	for i := range e.fields {
		for len(cells) > 0 && cells[0].field < i {
			cells = cells[1:]
		}
		sub, wanted := p.of(i)
		if !wanted || e.fields[i].hidden {
			continue
		}
		b = w.member(b, e, r, i, cells, sub)
	}
	if p == nil {
		b = w.extra(b, r)
	}
	return closeObject(b)
}

// member appends one field, whose value is that of the first cell or missing.
func (w *renderer) member(b []byte, e *entity, r *row, i int, cells []cell, sub *projection) []byte {
	f := &e.fields[i]
	switch {
	case f.name == "id":
		if r.id == 0 {
			return b
		}
		b = strconv.AppendInt(key(b, "id"), int64(r.id), 10)
	case f.kind == kindInfo:
		b = w.info(key(b, "_info"), e, r, sub)
	default:
		var v any
		if set := len(cells) > 0 && cells[0].field == i; set {
			v = cells[0].value
		} else if v = w.derive(e, r, i); v == nil {
			return b
		}
		b = w.value(key(b, f.name), f, v, sub)
	}
	return append(b, ',')
}

func (w *renderer) derive(e *entity, r *row, i int) any {
	if of := e.derived[i]; of != nil {
		return of(w.st, r)
	}
	return nil
}

// lookup tells an explicit null from a field that was never set.
func (r *row) lookup(i int) (any, bool) {
	for _, c := range r.cells {
		if c.field == i {
			return c.value, true
		}
	}
	return nil, false
}

func (w *renderer) extra(b []byte, r *row) []byte {
	names := make([]string, 0, len(r.extra))
	for name := range r.extra {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b = append(appendAny(key(b, name), r.extra[name]), ',')
	}
	return b
}

func (w *renderer) value(b []byte, f *field, v any, sub *projection) []byte {
	switch v := v.(type) {
	case refID:
		return w.reference(b, f.ref, int(v), sub)
	case []*row:
		b = append(b, '[')
		for _, r := range v {
			b = append(w.record(b, f.sub, r, sub), ',')
		}
		return closeWith(b, ']')
	case []any:
		b = append(b, '[')
		for _, v := range v {
			b = append(w.value(b, f, v, sub), ',')
		}
		return closeWith(b, ']')
	case stamp:
		if f.kind == kindDay {
			return appendString(b, v.text(w.st.sw.answer(dayPoint(f))))
		}
		return appendAny(b, v)
	default:
		return appendAny(b, v)
	}
}

// dayPoint is the point that decides how a day is written.
func dayPoint(f *field) string {
	if f.name == "nextInvoiceDate" {
		return NextInvoiceFormat
	}
	return DateFormat
}

// reference appends {id, name, ...}; a record that is gone leaves only its id.
func (w *renderer) reference(b []byte, to refType, id int, p *projection) []byte {
	t := w.st.tables[to.table]
	r := t.get(id)
	b = append(b, '{')
	for n, name := range to.fields {
		if _, wanted := p.of(n); !wanted {
			continue
		}
		if name == "id" {
			b = append(strconv.AppendInt(key(b, "id"), int64(id), 10), ',')
		} else if v := w.refValue(t, r, name); v != nil {
			b = append(appendAny(key(b, name), v), ',')
		}
	}
	if _, wanted := p.of(len(to.fields)); wanted {
		b = w.link(append(key(b, "_info"), '{'), to.href, t.entity.path+"/", id)
		b = append(b, `"},`...)
	}
	return closeObject(b)
}

func (w *renderer) refValue(t *table, r *row, name string) any {
	if r == nil {
		return nil
	}
	return w.st.refField(t, r, name)
}

// infoKeys are the members of _info that are not links, in the order of infoValue.
func infoKeys() [4]string { return [...]string{"lastUpdated", "updatedBy", "dateEntered", "enteredBy"} }

func (w *renderer) info(b []byte, e *entity, r *row, p *projection) []byte {
	b = append(b, '{')
	names := infoKeys()
	for i, name := range names {
		if _, wanted := p.of(i); wanted {
			b = append(appendAny(key(b, name), r.infoValue(i)), ',')
		}
	}
	for i, l := range e.links {
		if _, wanted := p.of(len(names) + i); wanted {
			before, after, _ := strings.Cut(l.target, "%d")
			b = append(w.link(b, l.name, before, r.id), after...)
			b = append(b, `",`...)
		}
	}
	return closeObject(b)
}

// infoValue is the value of the key at the same place of infoKeys.
func (r *row) infoValue(i int) any {
	switch i {
	case 0:
		return r.updated
	case 2:
		return r.entered
	default:
		return r.by
	}
}

// link begins a link that names a record; the caller ends it.
func (w *renderer) link(b []byte, name, target string, id int) []byte {
	b = append(append(append(b, '"'), name...), `_href":"`...)
	b = append(append(b, w.base...), target...)
	return strconv.AppendInt(b, int64(id), 10)
}

func key(b []byte, name string) []byte { return append(appendString(b, name), ':') }

func closeObject(b []byte) []byte { return closeWith(b, '}') }

// closeWith replaces the last comma, if there is one.
func closeWith(b []byte, end byte) []byte {
	if b[len(b)-1] == ',' {
		b[len(b)-1] = end
		return b
	}
	return append(b, end)
}

func appendAny(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case bool:
		return strconv.AppendBool(b, v)
	case stamp:
		b = time.Unix(int64(v), 0).UTC().AppendFormat(append(b, '"'), time.RFC3339)
		return append(b, '"')
	}
	out, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, out...)
}

// appendString quotes as ConnectWise's serialiser does: what JSON requires and no more, so that & and < stay bare.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c < ' ':
				b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			default:
				b = append(b, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += size
	}
	return append(b, '"')
}
