package jsonscan

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Canonical writes values so that equal ones are equal bytes: without space,
// members sorted by name, the last of those with the same name, and strings
// escaped only where they must be; what is no UTF-8 is replaced. Members that are
// null or are named Drop are left out. It may be used again, which spares memory.
//
// Most of a text is canonical as it stands. It is copied in runs, which end
// where something has to be left out or put in.
type Canonical struct {
	Drop string

	b   source
	out []byte
	// run is where the text begins that is yet to be copied.
	run int
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
	// what See or Take is to be called with.
	Pick(name []byte) (place, tag int)
	// See is given the value of a member that has a place, as it stands in
	// text.
	See(tag int, value []byte)
	// Take takes the value of a member that has none.
	Take(tag int, c *Cursor) bool
}

// Append appends the value that is the whole of text to dst. It reports false
// if text is no JSON; dst is as it was then.
func (w *Canonical) Append(dst, text []byte) ([]byte, bool) {
	w.begin(dst, text)
	i := w.write(w.run, 0)
	if i != failed {
		w.copy(i)
	}
	return w.done(dst, i)
}

// AppendObject is Append for an object of which p chooses members.
func (w *Canonical) AppendObject(dst, text []byte, p Picker) ([]byte, bool) {
	w.begin(dst, text)
	w.places, w.picker = w.places[:0], p
	return w.done(dst, w.writePicked(w.run))
}

func (w *Canonical) begin(dst, text []byte) {
	w.b, w.out, w.members = text, dst, w.members[:0]
	w.run = w.b.space(0)
}

// done is what was appended to dst, if it was all of the text.
func (w *Canonical) done(dst []byte, i int) ([]byte, bool) {
	if i == failed || w.b.space(i) != len(w.b) {
		return dst, false
	}
	if written := w.out[len(dst):]; !utf8.Valid(written) {
		return appendValid(dst, bytes.Clone(written)), true
	}
	return w.out, true
}

// copy copies the run up to there.
func (w *Canonical) copy(i int) {
	w.out = append(w.out, w.b[w.run:i]...)
	w.run = i
}

// length is how long out is once the run is copied up to there.
func (w *Canonical) length(i int) int { return len(w.out) + i - w.run }

// space leaves space out.
func (w *Canonical) space(i int) int {
	to := w.b.space(i)
	if to != i {
		w.copy(i)
		w.run = to
	}
	return to
}

func (w *Canonical) write(i, depth int) int {
	switch w.b.at(i) {
	case '"':
		end, escaped := w.b.text(i)
		return w.unescape(i, end, escaped)
	case '{':
		return w.writeObject(i, depth+1)
	case '[':
		return w.writeArray(i, depth+1)
	default:
		return w.b.value(i, depth)
	}
}

// unescape writes the string b[i:end] as it is to be, if it has an escape.
func (w *Canonical) unescape(i, end int, escaped bool) int {
	if !escaped || end == failed {
		return end
	}
	s, ok := Text(w.b[i:end])
	if !ok {
		return failed
	}
	w.copy(i)
	w.out, w.run = AppendText(w.out, []byte(s)), end
	return end
}

func (w *Canonical) writeArray(i, depth int) int {
	if depth > MaxDepth {
		return failed
	}
	if i = w.space(i + 1); w.b.at(i) == ']' {
		return i + 1
	}
	for more := true; more; {
		i, more = w.next(w.write(i, depth), ']')
	}
	return i
}

// next takes what follows a value that was written, as source.next does.
func (w *Canonical) next(i int, end byte) (to int, more bool) {
	i = w.space(i)
	switch w.b.at(i) {
	case ',':
		return w.space(i + 1), true
	case end:
		return i + 1, false
	}
	return failed, false
}

func (w *Canonical) writeObject(i, depth int) int {
	if depth > MaxDepth {
		return failed
	}
	if i = w.space(i + 1); w.b.at(i) == '}' {
		return i + 1
	}
	first := len(w.members)
	var kept bool
	for more := true; more; {
		if i, kept = w.writeMember(i, depth); kept {
			i, more = w.next(i, '}')
		} else {
			i, more = w.b.next(i, '}') // what was left out takes its comma with it
			w.run = i
		}
		if kept && more {
			w.members[len(w.members)-1].to = w.length(i)
		}
	}
	if i != failed {
		w.endObject(i, w.members[first:], kept)
	}
	w.members = w.members[:first]
	return i
}

// endObject ends an object of which all but the end is written, and that if the
// last member was left out. It stays as it is if its members are in order.
func (w *Canonical) endObject(i int, members []member, kept bool) {
	ordered := inOrder(members)
	if kept && ordered {
		return
	}
	if kept {
		w.copy(i - 1)
		w.out = append(w.out, ',')
		members[len(members)-1].to = len(w.out)
	}
	if !ordered {
		w.sort(members)
	}
	w.end('}')
	w.run = i
}

// writeMember writes a member and notes it. kept says that it is written: one
// that is null is only noted, and one that is to be dropped is not.
func (w *Canonical) writeMember(i, depth int) (end int, kept bool) {
	to, escaped := w.b.text(i)
	name, ok := w.b.unquoted(i, to, escaped)
	if !ok {
		return failed, false
	}
	if string(name) == w.Drop {
		w.copy(i)
		return w.b.value(w.b.colon(to), depth), false
	}
	at := w.length(i)
	w.members = append(w.members, member{name, orderOf(name), at, at})
	return w.writeNamed(i, to, escaped, depth)
}

// writeNamed writes the member whose name is b[i:to], unless it is null.
func (w *Canonical) writeNamed(i, to int, escaped bool, depth int) (end int, kept bool) {
	value := w.b.colon(to)
	switch {
	case value == failed:
		return failed, false
	case w.b.at(value) == 'n':
		w.copy(i)
		return w.b.value(value, depth), false
	}
	if w.unescape(i, to, escaped); value != to+1 {
		w.copy(to)
		w.out, w.run = append(w.out, ':'), value
	}
	return w.write(value, depth), true
}

// writePicked writes the outermost object. Of members with the same name the
// last one takes the place.
func (w *Canonical) writePicked(i int) int {
	if w.b.at(i) != '{' {
		return failed
	}
	w.out = append(w.out, '{')
	from := len(w.out)
	i = w.b.space(i + 1)
	if w.b.at(i) == '}' {
		i++
	} else {
		for more := true; more; {
			w.run = i
			i, more = w.b.next(w.pick(i), '}')
		}
	}
	w.sorted = append(w.sorted[:0], w.out[from:]...)
	w.out = w.out[:from]
	for _, m := range w.places {
		w.out = append(w.out, w.sorted[m.from-from:m.to-from]...)
	}
	w.end('}')
	return i
}

// pick takes a member of the outermost object.
func (w *Canonical) pick(i int) int {
	to, escaped := w.b.text(i)
	name, ok := w.b.unquoted(i, to, escaped)
	value := w.b.colon(to)
	if !ok || value == failed {
		return failed
	}
	place, tag := w.picker.Pick(name)
	if place < 0 {
		c := Cursor{b: w.b, i: value, depth: 1}
		if !w.picker.Take(tag, &c) {
			return failed
		}
		return c.i
	}
	from := len(w.out)
	end, kept := w.writeNamed(i, to, escaped, 1)
	if end == failed {
		return failed
	}
	if kept {
		w.copy(end)
		w.out = append(w.out, ',')
	}
	for place >= len(w.places) {
		w.places = append(w.places, member{from: from, to: from})
	}
	w.places[place] = member{from: from, to: len(w.out)}
	w.picker.See(tag, w.b[value:end:end])
	return end
}

// member is one that is written at out[from:to], with a comma behind it.
type member struct {
	name []byte
	// order is the beginning of the name, which mostly tells names apart.
	order    uint64
	from, to int
}

func (m member) compare(o member) int {
	if m.order != o.order {
		return cmp.Compare(m.order, o.order)
	}
	return bytes.Compare(m.name, o.name)
}

func orderOf(name []byte) (n uint64) {
	if len(name) >= 8 {
		return binary.BigEndian.Uint64(name)
	}
	for i, c := range name {
		n |= uint64(c) << (56 - 8*i)
	}
	return n
}

// inOrder reports whether names ascend.
func inOrder(members []member) bool {
	for i := 1; i < len(members); i++ {
		if members[i-1].compare(members[i]) >= 0 {
			return false
		}
	}
	return true
}

// sort puts the members at the end of out into order.
func (w *Canonical) sort(members []member) {
	from := members[0].from
	slices.SortStableFunc(members, member.compare)
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
	for i := source(s).plain(0); i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(s)
}

// appendValid appends s; what is no UTF-8 in it is replaced.
func appendValid(dst, s []byte) []byte {
	for _, r := range string(s) {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
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
