package cwsim

import (
	"fmt"
	"strings"
	"testing"
)

func show(e *expr) string {
	switch e.op {
	case "and", "or":
		return "(" + show(e.left) + " " + strings.ToUpper(e.op) + " " + show(e.right) + ")"
	case "not":
		return "NOT " + show(e.left)
	}
	texts := make([]string, len(e.literals))
	for i, l := range e.literals {
		texts[i] = l.text
	}
	return fmt.Sprintf("%s %s %s", e.path, e.op, strings.Join(texts, "|"))
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`id=1`, `id = 1`},
		{`a=1 and b=2 or c=3`, `((a = 1 AND b = 2) OR c = 3)`},
		{`a=1 OR b=2 AND c=3`, `(a = 1 OR (b = 2 AND c = 3))`},
		{`a=1 and (b=2 or c=3)`, `(a = 1 AND (b = 2 OR c = 3))`},
		{`name contains "x y" And deletedFlag = False`, `(name contains x y AND deletedFlag = False)`},
		{`board/id in (3, 2,4)`, `board/id in 3|2|4`},
		{`name not like '%a'`, `NOT name like %a`},
		{`id not in (1)`, `NOT id in 1`},
		{`not (a=1)`, `NOT a = 1`},
		{`lastUpdated>=[2016-08-20T18:04:26Z]`, `lastUpdated >= 2016-08-20T18:04:26Z`},
		{`name="it's"`, `name = it's`},
		{`name='say "hi"'`, `name = say "hi"`},
		{`name="back\slash\"`, `name = back\slash\`},
		{`x!=null`, `x != null`},
		{`x=-1.5`, `x = -1.5`},
		{`_info/lastUpdated < [2020-01-01]`, `_info/lastUpdated < 2020-01-01`},
	} {
		e, err := parse(c.text, false)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := show(e); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `id`, `id=`, `=1`, `id=1 and`, `id=1 id=2`, `(id=1`, `id=1)`, `id in 1`, `id in ()`, `id in (1`, `name="x`, `name='x`,
		`d>[2020-01-01`, `d>[yesterday]`, `d>[2020-01-01T00:00:00.123Z]`, `id ~ 1`, `id=1x`, `id=1.2.3`, `name=bare`, `id not = 1`,
		`name="a"b"`, `id == 1`, strings.Repeat("(", 1000) + `id=1` + strings.Repeat(")", 1000),
	} {
		if e, err := parse(text, false); err == nil {
			t.Errorf("%q was read as %s", text, show(e))
		}
	}
}

func TestBackslashEscapes(t *testing.T) {
	t.Parallel()
	e, err := parse(`name="a \"b\" \\ c"`, true)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(e), `name = a "b" \ c`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		inside, want  bool
	}{
		{"ACME*", "acme ltd", false, true},
		{"%ltd", "ACME LTD", false, true},
		{"a%c%e", "abcde", false, true},
		{"a%c%e", "abcd", false, false},
		{"cm", "acme", true, true},
		{"[[]x]", "a [x] b", true, true},
		{"[[]x]", "a x] b", true, false},
		{"[ab]c", "bc", false, true},
		{"[^ab]c", "bc", false, false},
		{"[x", "[x", false, true},
		{"", "anything", true, true},
		{"", "anything", false, false},
		{"é*", "École", false, true},
		{"*a*a*a*a*b", strings.Repeat("a", 5000), false, false},
	} {
		if got := compileLike(c.pattern, c.inside).match(c.text); got != c.want {
			t.Errorf("%q on %q: got %v", c.pattern, c.text, got)
		}
	}
}

// FuzzCondition looks for conditions that crash the parser, the binder or the evaluator.
func FuzzCondition(f *testing.F) {
	for _, text := range []string{
		`id=1`, `name contains "x" and (deletedFlag=false or id not in (1,2))`, `lastUpdated>[2020-01-01T00:00:00Z]`, `company/id=1`,
		`name like "[[]a%*"`, `not (not id=1)`, `territory=null`, `name = 'a\'`, `[`, `"`, `id in (`, `annualRevenue >= 1.5`, "name=\"\x00\xff\"",
	} {
		f.Add(text)
	}
	st := newState()
	newDemo(1, st).fill(30, 1)
	f.Fuzz(func(_ *testing.T, text string) {
		for _, name := range []string{Companies, Contacts} {
			_, p, err := st.condition(st.tables[name].entity, text, &Switches{})
			if err != nil {
				continue
			}
			for _, r := range st.tables[name].rows {
				p(r)
			}
		}
	})
}
