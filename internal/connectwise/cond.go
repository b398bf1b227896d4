package connectwise

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/psabridge/psabridge/internal/psa"
)

// maxURL is how long a URL may be; beyond about 2,000 characters ConnectWise
// answers 414.
const maxURL = 1900

// Cond is a condition in ConnectWise's query language. The zero value is no
// condition. Field names are ours and stand as they are; values are quoted.
type Cond struct {
	text string
	// word joins the parts of a compound condition, which needs parentheses
	// between other words.
	word string
}

// String is the text of the conditions parameter, not yet URL-encoded.
func (c Cond) String() string { return c.text }

// Ordered is what fields can be compared with by size: numbers, and times,
// which are sent in whole seconds, UTC.
type Ordered interface {
	~int | ~int32 | ~int64 | ~float64 | time.Time
}

// Literal is what fields can be compared with.
type Literal interface {
	Ordered | ~string | ~bool
}

// Eq is field = v. ConnectWise compares text without regard to case, and text
// with unusual characters may find a little more: check what comes back.
func Eq[T Literal](field string, v T) Cond {
	if r := reflect.ValueOf(v); r.Kind() == reflect.String && !isPlain(r.String()) {
		return Cond{text: field + " like " + quotePattern(r.String(), "", "")}
	}
	return compare(field, " = ", v)
}

// Not is the opposite of c.
func Not(c Cond) Cond {
	if c.text == "" {
		return c
	}
	return Cond{text: "not (" + c.text + ")"}
}

// Gt is field > v.
func Gt[T Ordered](field string, v T) Cond { return compare(field, " > ", v) }

// Ge is field >= v.
func Ge[T Ordered](field string, v T) Cond { return compare(field, " >= ", v) }

// Lt is field < v.
func Lt[T Ordered](field string, v T) Cond { return compare(field, " < ", v) }

// Le is field <= v.
func Le[T Ordered](field string, v T) Cond { return compare(field, " <= ", v) }

// IsNull is field = null.
func IsNull(field string) Cond { return Cond{text: field + " = null"} }

// In is field in (…); of no ids it is a condition that nothing meets. See
// SplitIDs for long lists.
func In[T ~int | ~int32 | ~int64](field string, ids ...T) Cond {
	if len(ids) == 0 {
		return Cond{text: "id < 0"}
	}
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(int64(id), 10)
	}
	return Cond{text: field + " in (" + strings.Join(words, ",") + ")"}
}

// Contains finds s anywhere in field; every character stands for itself.
func Contains(field, s string) Cond {
	return Cond{text: field + " like " + quotePattern(s, "%", "%")}
}

// StartsWith finds fields that begin with s; every character stands for
// itself.
func StartsWith(field, s string) Cond {
	return Cond{text: field + " like " + quotePattern(s, "", "%")}
}

// And is all of cs; empty ones do not count.
func And(cs ...Cond) Cond { return join(" and ", cs) }

// Or is any of cs; empty ones do not count.
func Or(cs ...Cond) Cond { return join(" or ", cs) }

func join(word string, cs []Cond) Cond {
	cs = slices.DeleteFunc(slices.Clone(cs), func(c Cond) bool { return c.text == "" })
	if len(cs) == 1 {
		return cs[0]
	}
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = c.text
		if c.word != "" && c.word != word {
			parts[i] = "(" + c.text + ")"
		}
	}
	if len(cs) == 0 {
		return Cond{}
	}
	return Cond{text: strings.Join(parts, word), word: word}
}

func compare[T Literal](field, op string, v T) Cond { return Cond{text: field + op + literal(v)} }

func literal[T Literal](v T) string {
	if t, ok := any(v).(time.Time); ok {
		return "[" + t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05Z") + "]"
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return quote(r.String())
	case reflect.Float64:
		return strconv.FormatFloat(r.Float(), 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// isPlain: no character that ConnectWise might not take as it is between the
// quotes of =. Public material does not say whether a backslash escapes, nor
// whether = knows the wildcards, so text with those goes by pattern.
func isPlain(s string) bool {
	return !strings.ContainsAny(s, `\*%[`) && !bothQuotes(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func bothQuotes(s string) bool { return strings.Contains(s, `"`) && strings.Contains(s, `'`) }

// quote uses the kind of quotes that s does not have.
func quote(s string) string {
	if strings.Contains(s, `"`) {
		return "'" + s + "'"
	}
	return `"` + s + `"`
}

// quotePattern writes s as a pattern of like that matches s itself, between
// before and after. In brackets a wildcard stands for itself, and so does a
// backslash whether or not it escapes another. What no quotes can hold, and
// control characters, become wildcards.
func quotePattern(s, before, after string) string {
	var b strings.Builder
	both := bothQuotes(s)
	for _, r := range s {
		switch {
		case unicode.IsControl(r) || both && r == '"':
			b.WriteByte('%')
		case r == '\\':
			b.WriteString(`[\\]`)
		case strings.ContainsRune("[%_*", r):
			b.WriteString("[" + string(r) + "]")
		default:
			b.WriteRune(r)
		}
	}
	return quote(before + b.String() + after)
}

// SplitIDs cuts ids into parts that each fit into one condition In("id", …)
// beside fixed other characters of the URL.
func SplitIDs(ids []psa.RecordID, fixed int) [][]psa.RecordID {
	var parts [][]psa.RecordID
	start, room := 0, 0
	for i, id := range ids {
		n := len(strconv.FormatInt(int64(id), 10)) + len("%2C")
		if i == start || n > room {
			if i > start {
				parts = append(parts, ids[start:i:i])
			}
			start, room = i, maxURL-fixed-len("&conditions=id%20in%20%28%29")
		}
		room -= n
	}
	if start < len(ids) {
		parts = append(parts, ids[start:])
	}
	return parts
}
