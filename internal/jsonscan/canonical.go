package jsonscan

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Canonical writes values so that equal ones are equal bytes: without space,
// members sorted by name, the last of those with the same name, and strings
// escaped only where they must be. Members that are null or are named Drop are
// left out. It may be used again, which spares memory.
type Canonical struct {
	Drop string

	scanner
	out []byte
	// members of the objects that are open, the innermost last.
	members []member
	sorted  []byte
	// places are the members of the object that picker chooses from.
	places []member
	picker Picker
}

// Picker chooses members of an object, and their order.
type Picker interface {
	// Pick says which place a member takes, below 0 if it is left out, and
	// what See is to be called with.
	Pick(name []byte) (place, tag int)
	// See is given the member's value as it stands in text.
	See(tag int, value []byte)
}

// Append appends the value that is the whole of text to dst. It reports false
// if text is no JSON; dst is as it was then.
func (w *Canonical) Append(dst, text []byte) ([]byte, bool) {
	w.scanner, w.out, w.members = scanner{b: text}, dst, w.members[:0]
	w.space()
	if !w.write(0) || !w.atEnd() {
		return dst, false
	}
	return w.out, true
}

// AppendObject is Append for an object of which p chooses members.
func (w *Canonical) AppendObject(dst, text []byte, p Picker) ([]byte, bool) {
	w.scanner, w.out, w.members, w.places, w.picker = scanner{b: text}, dst, w.members[:0], w.places[:0], p
	w.space()
	if !w.writePicked() || !w.atEnd() {
		return dst, false
	}
	return w.out, true
}

// member is a member that is written at out[from:to], with a comma behind it.
type member struct {
	name     []byte
	from, to int
}

func (w *Canonical) write(depth int) bool {
	switch w.peek() {
	case '"':
		return w.writeText()
	case '{':
		return w.writeObject(depth + 1)
	case '[':
		return w.writeArray(depth + 1)
	}
	start := w.i
	if !w.value(depth) {
		return false
	}
	w.out = append(w.out, w.b[start:w.i]...)
	return true
}

func (w *Canonical) writeArray(depth int) bool {
	if depth > MaxDepth || !w.take('[') {
		return false
	}
	w.out = append(w.out, '[')
	for more := !w.closes(']'); more; {
		if !w.write(depth) {
			return false
		}
		var ok bool
		if more, ok = w.next(']'); !ok {
			return false
		}
		w.out = append(w.out, ',')
	}
	w.end(']')
	return true
}

func (w *Canonical) writeObject(depth int) bool {
	if depth > MaxDepth || !w.take('{') {
		return false
	}
	first := len(w.members)
	w.out = append(w.out, '{')
	from := len(w.out)
	for more := !w.closes('}'); more; {
		if !w.writeMember(depth) {
			return false
		}
		var ok bool
		if more, ok = w.next('}'); !ok {
			return false
		}
	}
	w.sort(w.members[first:], from)
	w.members = w.members[:first]
	w.end('}')
	return true
}

// writeMember writes a member, or notes one of no length where it is left out.
func (w *Canonical) writeMember(depth int) bool {
	name, ok := w.name()
	if !ok {
		return false
	}
	if string(name) == w.Drop {
		return w.value(depth)
	}
	m := member{name: name, from: len(w.out)}
	ok = w.writeNamed(depth, name)
	m.to = len(w.out)
	w.members = append(w.members, m)
	return ok
}

// writeNamed writes the member whose name was taken last, with a comma behind
// it, or nothing if it is null.
func (w *Canonical) writeNamed(depth int, name []byte) bool {
	if w.peek() == 'n' {
		return w.value(depth)
	}
	w.appendTaken(name)
	w.out = append(w.out, ':')
	ok := w.write(depth)
	w.out = append(w.out, ',')
	return ok
}

// writePicked writes the outermost object. Of members with the same name the
// last one takes the place.
func (w *Canonical) writePicked() bool {
	if !w.take('{') {
		return false
	}
	w.out = append(w.out, '{')
	from := len(w.out)
	for more := !w.closes('}'); more; {
		if !w.pick() {
			return false
		}
		var ok bool
		if more, ok = w.next('}'); !ok {
			return false
		}
	}
	w.sorted = append(w.sorted[:0], w.out[from:]...)
	w.out = w.out[:from]
	for _, m := range w.places {
		w.out = append(w.out, w.sorted[m.from-from:m.to-from]...)
	}
	w.end('}')
	return true
}

// pick takes a member of the outermost object.
func (w *Canonical) pick() bool {
	name, ok := w.name()
	if !ok {
		return false
	}
	place, tag := w.picker.Pick(name)
	start, from := w.i, len(w.out)
	if place < 0 {
		ok = w.value(1)
	} else if ok = w.writeNamed(1, name); ok {
		for place >= len(w.places) {
			w.places = append(w.places, member{from: from, to: from})
		}
		w.places[place] = member{from: from, to: len(w.out)}
	}
	if ok {
		w.picker.See(tag, w.b[start:w.i:w.i])
	}
	return ok
}

// sort puts the members of an object that was written from there into order.
func (w *Canonical) sort(members []member, from int) {
	ordered := true
	for i := 1; i < len(members) && ordered; i++ {
		ordered = bytes.Compare(members[i-1].name, members[i].name) < 0
	}
	if ordered {
		return
	}
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.name, b.name) })
	w.sorted = append(w.sorted[:0], w.out[from:]...)
	w.out = w.out[:from]
	for i, m := range members {
		if i+1 < len(members) && bytes.Equal(m.name, members[i+1].name) {
			continue
		}
		w.out = append(w.out, w.sorted[m.from-from:m.to-from]...)
	}
}

// end takes the place of a comma, if there is one.
func (w *Canonical) end(c byte) {
	if last := len(w.out) - 1; w.out[last] == ',' {
		w.out[last] = c
		return
	}
	w.out = append(w.out, c)
}

func (w *Canonical) writeText() bool {
	start := w.i
	if !w.text() {
		return false
	}
	raw := w.b[start:w.i]
	if !w.escaped {
		w.appendTaken(raw[1 : len(raw)-1])
		return true
	}
	s, ok := Text(raw)
	w.out = AppendText(w.out, []byte(s))
	return ok
}

// appendTaken is AppendText for the text that was taken last: only what has an
// escape, or is no UTF-8, must be looked at once more.
func (w *Canonical) appendTaken(s []byte) {
	if w.escaped || !utf8.Valid(s) {
		w.out = AppendText(w.out, s)
		return
	}
	w.out = append(append(append(w.out, '"'), s...), '"')
}

// AppendText appends s as a JSON string; what is no UTF-8 in it is replaced.
func AppendText(dst, s []byte) []byte {
	dst = append(dst, '"')
	if asIs(s) {
		return append(append(dst, s...), '"')
	}
	for _, r := range string(s) {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, control(byte(r))...) //nolint:gosec // below a space
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// asIs reports whether s may stand between quotes.
func asIs(s []byte) bool {
	ascii := true
	for _, c := range s {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.Valid(s)
}

// control is how a control character is written.
func control(c byte) string {
	const digits = "0123456789abcdef"
	switch c {
	case '\b':
		return `\b`
	case '\f':
		return `\f`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	return `\u00` + string([]byte{digits[c>>4], digits[c&15]})
}
