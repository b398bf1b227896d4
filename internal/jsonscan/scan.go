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
	c := Read(text)
	return c.Elements(func() bool {
		start := c.i
		var value []byte
		ok := c.Members(func(member []byte) bool {
			v, ok := c.Value()
			if string(member) == name {
				value = v
			}
			return ok
		})
		return ok && yield(c.b[start:c.i:c.i], value)
	}) && c.End()
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
	if inside := raw[1 : len(raw)-1]; asIs(inside) {
		return string(inside), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// failed is where a text ended that is no JSON.
const failed = -1

// source is JSON text. Its methods take where something begins and return where
// it ended, or failed, and from failed on nothing but failed: variables cost
// less than a field would, and one look at the end is enough.
type source []byte

// at is the byte there, 0 where there is none.
func (b source) at(i int) byte {
	if uint(i) < uint(len(b)) { //nolint:gosec // which failed is not, either
		return b[i]
	}
	return 0
}

// space skips it.
func (b source) space(i int) int {
	for {
		switch b.at(i) {
		case ' ', '\n', '\r', '\t':
			i++
		default:
			return i
		}
	}
}

// next takes what follows a value: a comma and the space behind it (more is
// true), or the end.
func (b source) next(i int, end byte) (to int, more bool) {
	i = b.space(i)
	switch b.at(i) {
	case ',':
		return b.space(i + 1), true
	case end:
		return i + 1, false
	}
	return failed, false
}

// colon takes what follows a name.
func (b source) colon(i int) int {
	if i = b.space(i); b.at(i) != ':' {
		return failed
	}
	return b.space(i + 1)
}

func (b source) value(i, depth int) int {
	switch b.at(i) {
	case '"':
		i, _ = b.text(i)
		return i
	case '{':
		return b.object(i, depth+1)
	case '[':
		return b.array(i, depth+1)
	case 't':
		return b.word(i, "true")
	case 'f':
		return b.word(i, "false")
	case 'n':
		return b.word(i, "null")
	default:
		return b.number(i)
	}
}

func (b source) object(i, depth int) int {
	if depth > MaxDepth {
		return failed
	}
	if i = b.space(i + 1); b.at(i) == '}' {
		return i + 1
	}
	for more := true; more; {
		i, _ = b.text(i)
		i, more = b.next(b.value(b.colon(i), depth), '}')
	}
	return i
}

func (b source) array(i, depth int) int {
	if depth > MaxDepth {
		return failed
	}
	if i = b.space(i + 1); b.at(i) == ']' {
		return i + 1
	}
	for more := true; more; {
		i, more = b.next(b.value(i, depth), ']')
	}
	return i
}

// text takes a string, and says whether there is an escape in it.
func (b source) text(i int) (end int, escaped bool) {
	if b.at(i) != '"' {
		return failed, false
	}
	for i++; ; {
		if i = b.plain(i); i >= len(b) {
			return failed, escaped
		}
		c := b[i]
		i++
		switch {
		case c == '"':
			return i, escaped
		case c < ' ':
			return failed, escaped
		case c == '\\':
			if escaped, i = true, b.escape(i); i == failed {
				return failed, escaped
			}
		}
	}
}

// unquoted is what the string b[from:to] stands for; false if to is failed.
func (b source) unquoted(from, to int, escaped bool) ([]byte, bool) {
	switch {
	case to == failed:
		return nil, false
	case !escaped:
		return b[from+1 : to-1], true
	}
	s, ok := Text(b[from:to])
	return []byte(s), ok
}

// plain moves on, eight bytes at a time, to the next that ends a string, or
// may not stand in one as it is; or to less than eight bytes before the end.
func (b source) plain(i int) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, escape := w^(low*'"'), w^(low*'\\')
		// The highest bit of a byte is set where the byte is below ' ', a
		// quote or a backslash. A byte behind such a one may be wrong.
		found := ((w-low*' ')&^w | (quote-low)&^quote | (escape-low)&^escape) & high
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
		i += 8
	}
	return i
}

// escape takes what is behind a backslash.
func (b source) escape(i int) int {
	c := b.at(i)
	i++
	if c != 'u' {
		if c == 0 || strings.IndexByte(`"\/bfnrt`, c) < 0 {
			return failed
		}
		return i
	}
	for range 4 {
		if !isHex(b.at(i)) {
			return failed
		}
		i++
	}
	return i
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (b source) word(i int, w string) int {
	if len(b)-i < len(w) || string(b[i:i+len(w)]) != w {
		return failed
	}
	return i + len(w)
}

func (b source) number(i int) int {
	if b.at(i) == '-' {
		i++
	}
	if b.at(i) == '0' {
		i++
	} else {
		i = b.digits(i)
	}
	if b.at(i) == '.' {
		i = b.digits(i + 1)
	}
	if c := b.at(i); c != 'e' && c != 'E' {
		return i
	}
	if i++; b.at(i) == '+' || b.at(i) == '-' {
		i++
	}
	return b.digits(i)
}

// digits takes one or more.
func (b source) digits(i int) int {
	start := i
	for c := b.at(i); '0' <= c && c <= '9'; c = b.at(i) {
		i++
	}
	if i == start {
		return failed
	}
	return i
}
