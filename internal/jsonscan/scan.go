// Package jsonscan cuts JSON text into its parts, in one pass and without
// copying. It accepts exactly what json.Valid accepts, nested up to MaxDepth.
// Pages of thousands of records go through it: encoding/json costs several
// times as much where only some members are wanted.
package jsonscan

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strings"
)

// MaxDepth bounds nesting; ConnectWise's records nest about five deep.
const MaxDepth = 200

// Array calls yield with each element of the array that is the whole of text.
// It reports false if text is no array, and when yield does; elements may have
// been yielded by then.
func Array(text []byte, yield func(element []byte) bool) bool {
	c := Read(text)
	return c.Elements(func() bool {
		element, ok := c.Value()
		return ok && yield(element)
	}) && c.End()
}

// Objects is Array for an array of objects: it also yields the value of each
// one's last member of a name, as it stands in text, nil where there is none.
func Objects(text []byte, name string, yield func(object, value []byte) bool) bool {
	s := scanner{b: text, wanted: name}
	s.space()
	if !s.take('[') {
		return false
	}
	for more := !s.closes(']'); more; {
		start := s.i
		s.found = nil
		if s.peek() != '{' || !s.value(0) || !yield(s.b[start:s.i:s.i], s.found) {
			return false
		}
		var ok bool
		if more, ok = s.next(']'); !ok {
			return false
		}
	}
	return s.atEnd()
}

// Object calls yield with each member of the object that is the whole of text,
// its name unquoted. It reports false as Array does.
func Object(text []byte, yield func(name, value []byte) bool) bool {
	c := Read(text)
	return c.Members(func(name []byte) bool {
		value, ok := c.Value()
		return ok && yield(name, value)
	}) && c.End()
}

// Text is the string that a JSON string stands for; false if raw is none.
func Text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if plain(raw) {
		return string(raw[1 : len(raw)-1]), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// plain reports whether a JSON string stands for its own bytes.
func plain(raw []byte) bool {
	for _, c := range raw[1 : len(raw)-1] {
		if c == '\\' || c >= 0x80 {
			return false
		}
	}
	return true
}

// scanner walks JSON text. Its methods move on and report false where the
// text is not JSON.
type scanner struct {
	b []byte
	i int
	// found is the last value of the member wanted of an object at depth 1.
	wanted string
	found  []byte
	// escaped says that the text taken last has an escape.
	escaped bool
}

func (s *scanner) space() {
	for s.i < len(s.b) && s.b[s.i] <= ' ' {
		switch s.b[s.i] {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return
		}
	}
}

func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.i >= len(s.b) || s.b[s.i] != c {
		return false
	}
	s.i++
	return true
}

func (s *scanner) atEnd() bool {
	s.space()
	return s.i == len(s.b)
}

// closes takes the end of an empty array or object.
func (s *scanner) closes(end byte) bool {
	s.space()
	return s.take(end)
}

// next takes a comma (more is true) or the end.
func (s *scanner) next(end byte) (more, ok bool) {
	s.space()
	if s.take(',') {
		s.space()
		return true, true
	}
	return false, s.take(end)
}

// name takes a member's name and the colon.
func (s *scanner) name() ([]byte, bool) {
	start := s.i
	if !s.text() {
		return nil, false
	}
	raw := s.b[start:s.i]
	if s.space(); !s.take(':') {
		return nil, false
	}
	s.space()
	if !s.escaped {
		return raw[1 : len(raw)-1], true
	}
	name, ok := Text(raw)
	return []byte(name), ok
}

func (s *scanner) value(depth int) bool {
	switch c := s.peek(); c {
	case '"':
		return s.text()
	case '{':
		return s.object(depth + 1)
	case '[':
		return s.array(depth + 1)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) object(depth int) bool {
	if depth > MaxDepth || !s.take('{') {
		return false
	}
	if s.closes('}') {
		return true
	}
	for {
		start := s.i
		if !s.text() {
			return false
		}
		wanted := depth == 1 && s.wanted != "" && string(s.b[start+1:s.i-1]) == s.wanted
		if s.space(); !s.take(':') {
			return false
		}
		s.space()
		start = s.i
		if !s.value(depth) {
			return false
		}
		if wanted {
			s.found = s.b[start:s.i]
		}
		if more, ok := s.next('}'); !more {
			return ok
		}
	}
}

func (s *scanner) array(depth int) bool {
	if depth > MaxDepth || !s.take('[') {
		return false
	}
	if s.closes(']') {
		return true
	}
	for {
		if !s.value(depth) {
			return false
		}
		if more, ok := s.next(']'); !more {
			return ok
		}
	}
}

func (s *scanner) text() bool {
	if !s.take('"') {
		return false
	}
	s.escaped = false
	for {
		s.plain()
		if s.i >= len(s.b) {
			return false
		}
		c := s.b[s.i]
		s.i++
		switch {
		case c == '"':
			return true
		case c < ' ':
			return false
		case c == '\\' && !s.escape():
			return false
		}
	}
}

// plain moves on, eight bytes at a time, to the next that ends a string, or
// may not stand in one as it is.
func (s *scanner) plain() {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for s.i+8 <= len(s.b) {
		w := binary.LittleEndian.Uint64(s.b[s.i:])
		quote, escape := w^(low*'"'), w^(low*'\\')
		// The highest bit of a byte is set where the byte is below ' ', a
		// quote or a backslash. A byte behind such a one may be wrong.
		found := ((w-low*' ')&^w | (quote-low)&^quote | (escape-low)&^escape) & high
		if found != 0 {
			s.i += bits.TrailingZeros64(found) / 8
			return
		}
		s.i += 8
	}
}

func (s *scanner) escape() bool {
	s.escaped = true
	c := s.peek()
	s.i++
	if c != 'u' {
		return c != 0 && strings.IndexByte(`"\/bfnrt`, c) >= 0
	}
	for range 4 {
		if !isHex(s.peek()) {
			return false
		}
		s.i++
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > start
}
