package connectwise

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/psa"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 13, 4, 5, 999e6, time.FixedZone("", 3600))
	tests := []struct {
		cond Cond
		want string
	}{
		{Cond{}, ``},
		{And(), ``},
		{And(Cond{}, Or()), ``},
		{Eq("name", "Wayne"), `name = "Wayne"`},
		{Eq("name", ""), `name = ""`},
		{Eq("name", `5" pipes`), `name = '5" pipes'`},
		{Eq("name", `O'Neill`), `name = "O'Neill"`},
		{Eq("name", `a"b'c`), `name like "a%b'c"`},
		{Eq("name", `a\b`), `name like "a[\\]b"`},
		{Eq("name", `50% [off]*_`), `name like "50[%] [[]off][*][_]"`},
		{Eq("deletedFlag", false), `deletedFlag = false`},
		{Eq("company/id", psa.RecordID(250)), `company/id = 250`},
		{Ge("lastUpdated", at), `lastUpdated >= [2026-03-01T12:04:05Z]`},
		{Lt("amount", 0.1), `amount < 0.1`},
		{Gt("amount", 1e21), `amount > 1000000000000000000000`},
		{Le("id", 5), `id <= 5`},
		{IsNull("market"), `market = null`},
		{In("board/id", 3, 2, 4), `board/id in (3,2,4)`},
		{In[int]("id"), `id < 0`},
		{Not(Eq("a", 1)), `not (a = 1)`},
		{Not(Cond{}), ``},
		{Contains("name", "a%"), `name like "%a[%]%"`},
		{StartsWith("name", "a"), `name like "a%"`},
		{And(Eq("a", 1), Cond{}, Eq("b", 2)), `a = 1 and b = 2`},
		{And(Or(Eq("a", 1), Eq("b", 2)), Eq("c", 3)), `(a = 1 or b = 2) and c = 3`},
		{And(And(Eq("a", 1), Eq("b", 2)), Eq("c", 3)), `a = 1 and b = 2 and c = 3`},
		{Or(And(Eq("a", 1)), And(Eq("b", 2), Eq("c", 3))), `a = 1 or (b = 2 and c = 3)`},
	}
	for _, tt := range tests {
		if tt.cond.String() != tt.want {
			t.Errorf("got %s, want %s", tt.cond, tt.want)
		}
	}
}

// Every id is in exactly one part, in order, and each part fits into a URL.
func TestSplitIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 2000).Draw(rt, "n")
		fixed := rapid.IntRange(0, maxURL).Draw(rt, "fixed")
		ids := make([]psa.RecordID, n)
		for i := range ids {
			ids[i] = psa.RecordID(rapid.Int64Range(1, 1<<40).Draw(rt, "id"))
		}
		parts := SplitIDs(ids, fixed)
		if got := slices.Concat(parts...); !slices.Equal(got, ids) {
			rt.Fatalf("parts hold %d of %d ids", len(got), n)
		}
		for _, p := range parts {
			v := RangeQuery{}.values(In("id", p...))
			v.Del("pageSize")
			if length := fixed + 1 + len(encode(v)); length > maxURL && len(p) > 1 {
				rt.Fatalf("a part of %d ids makes a URL of %d characters", len(p), length)
			}
		}
	})
	if parts := SplitIDs(nil, 0); len(parts) != 0 {
		t.Errorf("no ids make %d parts", len(parts))
	}
}

// Whatever a text holds, it does not end its quotes early.
func FuzzQuotes(f *testing.F) {
	for _, s := range []string{"a", `"`, `'`, `"'`, `\`, `\"`, "\x00", "%*_[]", `a" or id > 0 or name = "`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []Cond{Eq("n", s), Contains("n", s), StartsWith("n", s)} {
			_, lit, _ := strings.Cut(strings.Replace(c.String(), " = ", " like ", 1), " like ")
			inner := lit[1 : len(lit)-1]
			if lit[0] != lit[len(lit)-1] || strings.IndexByte(inner, lit[0]) >= 0 {
				t.Fatalf("%q: %s", s, c)
			}
			// A backslash that escapes must not reach the closing quote.
			if strings.HasSuffix(inner, `\`) {
				t.Fatalf("%q: %s", s, c)
			}
		}
	})
}
