package connectwise

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// maxDepth bounds nesting; ConnectWise's records nest about five deep.
const maxDepth = 200

// splitList cuts a JSON array of objects into its elements and finds their
// ids, in one pass and without copying: a page of a thousand records costs
// encoding/json three passes. It accepts exactly what json.Valid accepts
// (nested up to maxDepth) and reports false for anything that is not an array
// of objects, each with a positive id.
func splitList(body []byte) (items []json.RawMessage, ids []psa.RecordID, ok bool) {
	s := scanner{b: trimBOM(body)}
	s.space()
	if !s.take('[') {
		return nil, nil, false
	}
	items, ids = []json.RawMessage{}, []psa.RecordID{}
	for more := !s.closes(']'); more; {
		start := s.i
		id, ok := s.record()
		if !ok {
			return nil, nil, false
		}
		items, ids = append(items, s.b[start:s.i:s.i]), append(ids, id)
		if more, ok = s.next(']'); !ok {
			return nil, nil, false
		}
	}
	return items, ids, s.atEnd()
}

// splitRecord checks that body is one object with a positive id.
func splitRecord(body []byte) (item json.RawMessage, id psa.RecordID, ok bool) {
	s := scanner{b: trimBOM(body)}
	s.space()
	start := s.i
	id, ok = s.record()
	item = s.b[start:s.i:s.i]
	return item, id, ok && s.atEnd()
}

func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) }

// scanner walks JSON text. Its methods move on and report false where the
// text is not JSON.
type scanner struct {
	b []byte
	i int
	// id is the span of the last member "id" seen at depth 1.
	id []byte
}

func (s *scanner) space() {
	for s.i < len(s.b) {
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
	if s.peek() != c || s.i >= len(s.b) {
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

// record takes an object and returns its id.
func (s *scanner) record() (psa.RecordID, bool) {
	s.id = nil
	if s.peek() != '{' || !s.object(1) {
		return 0, false
	}
	id, err := strconv.ParseInt(string(s.id), 10, 64)
	return psa.RecordID(id), err == nil && id > 0
}

func (s *scanner) value(depth int) bool {
	switch c := s.peek(); c {
	case '{':
		return s.object(depth + 1)
	case '[':
		return s.array(depth + 1)
	case '"':
		return s.text()
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
	if depth > maxDepth || !s.take('{') {
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
		isID := depth == 1 && string(s.b[start:s.i]) == `"id"`
		if s.space(); !s.take(':') {
			return false
		}
		s.space()
		start = s.i
		if !s.value(depth) {
			return false
		}
		if isID {
			s.id = s.b[start:s.i]
		}
		if more, ok := s.next('}'); !more {
			return ok
		}
	}
}

func (s *scanner) array(depth int) bool {
	if depth > maxDepth || !s.take('[') {
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
	for s.i < len(s.b) {
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
	return false
}

func (s *scanner) escape() bool {
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
	if !bytes.HasPrefix(s.b[s.i:], []byte(w)) {
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
