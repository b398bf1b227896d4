package connectwise

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// maxURL is how long a URL may be; beyond about 2,000 characters ConnectWise
// answers 414.
const maxURL = 1900

// Cond is a condition in ConnectWise's query language. The zero value is no
// condition. Field names are ours and stand as they are; values are quoted.
type Cond struct {
	text string
	// compound conditions need parentheses inside others.
	compound bool
}

// String is the text of the conditions parameter, not yet URL-encoded.
func (c Cond) String() string { return c.text }

// Literal is what a field can be compared with: strings, whole numbers,
// decimals, booleans and times (sent in whole seconds, UTC).
type Literal interface {
	~string | ~bool | ~int | ~int32 | ~int64 | ~float64 | time.Time
}

// Eq is field = v.
func Eq[T Literal](field string, v T) Cond { return compare(field, " = ", v) }

// Ne is field != v.
func Ne[T Literal](field string, v T) Cond { return compare(field, " != ", v) }

// Gt is field > v.
func Gt[T Literal](field string, v T) Cond { return compare(field, " > ", v) }

// Ge is field >= v.
func Ge[T Literal](field string, v T) Cond { return compare(field, " >= ", v) }

// Lt is field < v.
func Lt[T Literal](field string, v T) Cond { return compare(field, " < ", v) }

// Le is field <= v.
func Le[T Literal](field string, v T) Cond { return compare(field, " <= ", v) }

// IsNull is field = null.
func IsNull(field string) Cond { return Cond{text: field + " = null"} }

// In is field in (…); none of nothing is a condition that nothing meets.
func In[T Literal](field string, vs ...T) Cond {
	if len(vs) == 0 {
		return Cond{text: "id < 0"}
	}
	words := make([]string, len(vs))
	for i, v := range vs {
		words[i] = literal(v)
	}
	return Cond{text: field + " in (" + strings.Join(words, ",") + ")"}
}

// Contains finds s anywhere in field, taking every character as it is.
func Contains(field, s string) Cond {
	return Cond{text: field + " contains " + quote(escapePattern(s))}
}

// StartsWith finds fields that begin with s, taking every character as it is.
func StartsWith(field, s string) Cond {
	return Cond{text: field + " like " + quote(escapePattern(s)+"%")}
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
		if c.compound {
			parts[i] = "(" + c.text + ")"
		}
	}
	return Cond{text: strings.Join(parts, word), compound: len(cs) > 1}
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

// quote writes a string literal. The quote and the backslash are escaped by a
// backslash; control characters cannot stand in a name and become spaces.
func quote(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// escapePattern takes the meaning from the wildcards of contains and like: a
// character in brackets stands for itself.
func escapePattern(s string) string {
	return strings.NewReplacer("[", "[[]", "%", "[%]", "_", "[_]", "*", "[*]").Replace(s)
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
