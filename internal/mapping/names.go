package mapping

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normal is a name as names are compared: without accents, case, punctuation
// and legal forms at its end, which people write in different ways. Nothing
// else is taken away, since a guess may bill the wrong company.
func Normal(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case r == '&':
			b.WriteString(" and ")
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == '.':
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	for len(words) > 1 && legalForm(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

func legalForm(word string) bool {
	switch word {
	case "inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "plc", "gmbh", "ag", "bv", "nv", "sa", "srl",
		"pty", "llp", "lp":
		return true
	}
	return false
}

// Search returns the names that have text in them, those that begin with it
// first, at most limit. An empty text finds the first names there are.
func Search(names []Ref, text string, limit int) []Ref {
	want := Normal(text)
	if want == "" {
		want = strings.ToLower(strings.TrimSpace(text))
	}
	type hit struct {
		Ref
		rank int
	}
	var hits []hit
	for _, n := range names {
		name := Normal(n.Name)
		switch at := strings.Index(name, want); {
		case at == 0:
			hits = append(hits, hit{n, 0})
		case at > 0 && name[at-1] == ' ':
			hits = append(hits, hit{n, 1})
		case at > 0 || strings.Contains(strings.ToLower(n.Name), strings.ToLower(strings.TrimSpace(text))):
			hits = append(hits, hit{n, 2})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	out := make([]Ref, 0, limit)
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, h.Ref)
	}
	return out
}
