package cwsim

import (
	"slices"
	"strings"
)

// fold makes text comparable the way a case-insensitive database collation does.
func fold(s string) string { return strings.ToLower(s) }

// like is a compiled pattern: * and % stand for any text, [abc] for one character of a set, so that [[] is a bracket.
type like struct{ parts []likePart }

type likePart struct {
	any     bool // any text
	set     []rune
	negated bool
}

func compileLike(pattern string, inside bool) like {
	var m like
	if inside {
		m.parts = append(m.parts, likePart{any: true})
	}
	text := []rune(fold(pattern))
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '*', '%':
			m.parts = append(m.parts, likePart{any: true})
		case '[':
			part, width := bracket(text[i:])
			m.parts = append(m.parts, part)
			i += width - 1
		default:
			m.parts = append(m.parts, likePart{set: text[i : i+1]})
		}
	}
	if inside {
		m.parts = append(m.parts, likePart{any: true})
	}
	return m
}

// bracket reads a set; an opening bracket that is never closed stands for itself.
func bracket(text []rune) (likePart, int) {
	for end := 2; end < len(text); end++ {
		if text[end] != ']' {
			continue
		}
		set := text[1:end]
		if len(set) > 1 && set[0] == '^' {
			return likePart{set: set[1:], negated: true}, end + 1
		}
		return likePart{set: set}, end + 1
	}
	return likePart{set: text[:1]}, 1
}

func (p likePart) one(r rune) bool {
	return slices.Contains(p.set, r) != p.negated
}

// match runs in time proportional to text times pattern: it goes back to the last wildcard only.
func (m like) match(s string) bool {
	text := []rune(fold(s))
	star, resume, p := -1, 0, 0
	for i := 0; i < len(text); {
		switch {
		case p < len(m.parts) && m.parts[p].any:
			star, resume = p, i
			p++
		case p < len(m.parts) && m.parts[p].one(text[i]):
			i++
			p++
		case star >= 0:
			resume++
			i, p = resume, star+1
		default:
			return false
		}
	}
	for p < len(m.parts) && m.parts[p].any {
		p++
	}
	return p == len(m.parts)
}
