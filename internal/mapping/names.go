package mapping

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normal is a name as names are compared: without accents, case, punctuation
// and legal forms at its end, which people write in different ways. Nothing
// else is taken away, since a guess may bill the wrong company.
func Normal(name string) string { return string(appendNormal(nil, name)) }

// appendNormal is Normal for many names: into room that is used again.
func appendNormal(to []byte, name string) []byte {
	if isASCII(name) {
		for i := range len(name) {
			to = appendASCII(to, name[i])
		}
	} else {
		to = appendUnicode(to, norm.NFKD.String(strings.ToLower(name)))
	}
	to = bytes.TrimSuffix(to, []byte{' '})
	for {
		last := bytes.LastIndexByte(to, ' ')
		if last < 0 || !legalForm(to[last+1:]) {
			return to
		}
		to = to[:last]
	}
}

func appendASCII(to []byte, c byte) []byte {
	switch c = lower(c); {
	case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		return append(to, c)
	case c == '&':
		return append(space(to), "and "...)
	case c == '\'' || c == '.':
		return to
	}
	return space(to)
}

func appendUnicode(to []byte, name string) []byte {
	for _, r := range name {
		switch {
		case r < utf8.RuneSelf:
			to = appendASCII(to, byte(r)) //nolint:gosec // ASCII
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			to = utf8.AppendRune(to, r)
		case r == '’' || unicode.Is(unicode.Mn, r):
		default:
			to = space(to)
		}
	}
	return to
}

// space begins a new word.
func space(to []byte) []byte {
	if len(to) == 0 || to[len(to)-1] == ' ' {
		return to
	}
	return append(to, ' ')
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func legalForm(word []byte) bool {
	switch string(word) {
	case "inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "plc", "gmbh", "ag", "bv", "nv", "sa", "srl",
		"pty", "llp", "lp":
		return true
	}
	return false
}

// Search returns the names that have text in them, those that begin with it
// first and those in which a word does next, else in the order of names, at
// most limit. An empty text finds the first names there are.
func Search(names []Ref, text string, limit int) []Ref {
	text = strings.ToLower(strings.TrimSpace(text))
	want := appendNormal(nil, text)
	if len(want) == 0 {
		want = []byte(text)
	}
	var ranks [3][]Ref
	var room room
	for _, n := range names {
		if rank := room.rank(n.Name, want, text); rank < len(ranks) && len(ranks[rank]) < limit {
			ranks[rank] = append(ranks[rank], n)
		}
		if len(ranks[0]) == limit {
			break // nothing that follows is better
		}
	}
	out := make([]Ref, 0, limit)
	for _, rank := range ranks {
		out = append(out, rank[:min(limit-len(out), len(rank))]...)
	}
	return out
}

// room is what a search works in: it makes nothing for each of many names.
type room struct{ normal, written []byte }

// rank says how well a name fits: 3 is not at all.
func (r *room) rank(name string, want []byte, text string) int {
	r.normal = appendNormal(r.normal[:0], name)
	switch at := bytes.Index(r.normal, want); {
	case at == 0:
		return 0
	case at > 0 && r.normal[at-1] == ' ':
		return 1
	case at > 0 || r.has(name, text):
		return 2
	}
	return 3
}

// has reports whether name, as it is written, has text in it, which is in lower
// case.
func (r *room) has(name, text string) bool {
	if !isASCII(name) {
		return strings.Contains(strings.ToLower(name), text)
	}
	r.written = r.written[:0]
	for i := range len(name) {
		r.written = append(r.written, lower(name[i]))
	}
	return bytes.Contains(r.written, []byte(text))
}
