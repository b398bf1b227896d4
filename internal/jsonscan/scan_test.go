package jsonscan_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/jsonscan"
)

func seeds() []string {
	return []string{
		`[]`, ` [ 1 , "a" , {} ] `, `[1,]`, `[1 2]`, `[`, `]`, `null`, ``, `{"a":1}`, `[{"a":[1,{"b":null}]},true,false]`,
		`{"a":1,"a":2}`, `{"\u0061":1}`, `{"a\"b":"c\\"}`, `{a:1}`, `{"a"1}`, `{"a":1,}`, `{"a":}`, "{\"a\":\"\x01\"}",
		`["\ud800"]`, "[\"\xff\xfe\"]", `["öüä long text that is longer than eight bytes"]`, `["12345678\"90"]`, `["1234567\n"]`,
		`[0,-0,1.5,-1e9,1E+2,01,1.,.5,-,1e]`, `[0]`, `[-0.0e-0]`, `[tru]`, `[nulll]`, `["\x"]`, `["\u12g4"]`, "[\"a\tb\"]", "\ufeff[]",
		`[` + strings.Repeat(`[`, 150) + strings.Repeat(`]`, 150) + `]`, "[\"aaaaaaa\x1f\"]", "[\"\x80\x80\x80\x80\x80\x80\x80\x80\\\"\"]",
	}
}

// check compares with encoding/json.
func check(t *testing.T, text []byte) {
	t.Helper()
	var want []json.RawMessage
	wantOK := json.Unmarshal(text, &want) == nil && want != nil
	var got []json.RawMessage
	gotOK := jsonscan.Array(text, func(e []byte) bool {
		got = append(got, e)
		return true
	})
	if gotOK != wantOK && !deep(text) {
		t.Fatalf("Array(%q) = %v, want %v", text, gotOK, wantOK)
	}
	if gotOK && len(want) > 0 && !cmp.Equal(want, got) {
		t.Fatalf("Array(%q) = %q, want %q", text, got, want)
	}
	checkObject(t, text)
}

func checkObject(t *testing.T, text []byte) {
	t.Helper()
	var want map[string]json.RawMessage
	wantOK := json.Unmarshal(text, &want) == nil && want != nil
	got := map[string]json.RawMessage{}
	gotOK := jsonscan.Object(text, func(name, value []byte) bool {
		s, ok := jsonscan.Text(append(append([]byte{'"'}, quoted(name)...), '"'))
		got[s] = value
		return ok
	})
	if gotOK != wantOK && !deep(text) {
		t.Fatalf("Object(%q) = %v, want %v", text, gotOK, wantOK)
	}
	if gotOK && !cmp.Equal(want, got) {
		t.Fatalf("Object(%q) = %q, want %q", text, got, want)
	}
}

// quoted writes a name as it would stand between quotes.
func quoted(name []byte) []byte {
	raw, err := json.Marshal(string(name))
	if err != nil {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// deep texts are refused, which encoding/json does at 10,000.
func deep(text []byte) bool {
	return strings.Count(string(text), "[")+strings.Count(string(text), "{") > jsonscan.MaxDepth
}

func TestAsEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, text := range seeds() {
		check(t, []byte(text))
		for i := range text { // with every byte lost, and with every byte another
			check(t, []byte(text[:i]+text[i+1:]))
			check(t, []byte(text[:i]+`"`+text[i+1:]))
			check(t, []byte(text[:i]+"\x1f"+text[i+1:]))
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`[`, jsonscan.MaxDepth+1) + strings.Repeat(`]`, jsonscan.MaxDepth+1)
	if jsonscan.Array([]byte(text), func([]byte) bool { return true }) {
		t.Error("a text that is nested too deep is accepted")
	}
}

// A cursor takes what is inside as it is asked to, and no text that is none.
func TestCursor(t *testing.T) {
	t.Parallel()
	sum := func(text string) (names string, total int, ok bool) {
		c := jsonscan.Read([]byte(text))
		ok = c.Members(func(name []byte) bool {
			names += string(name)
			return c.Elements(func() bool {
				v, ok := c.Value()
				n, err := strconv.Atoi(string(v))
				total += n
				return ok && err == nil
			})
		})
		return names, total, ok && c.End()
	}
	if names, total, ok := sum(` { "a" : [1, 2] , "\u0062":[], "c":[3] } `); names != "abc" || total != 6 || !ok {
		t.Errorf("%s, %d, %v", names, total, ok)
	}
	for _, text := range []string{``, `[]`, `{"a":[1}`, `{"a":[1]`, `{"a":[1]}}`, `{"a":[1],}`, `{"a":[1,]}`, `{"a":1}`, `{"a":["x"]}`, `{"a" [1]}`, `null`} {
		if names, total, ok := sum(text); ok {
			t.Errorf("%s: %s, %d", text, names, total)
		}
	}
	deep := strings.Repeat(`[`, jsonscan.MaxDepth) + strings.Repeat(`]`, jsonscan.MaxDepth)
	c := jsonscan.Read([]byte(`{"a":` + deep + `}`))
	if c.Members(func([]byte) bool { _, ok := c.Value(); return ok }) {
		t.Error("a text that is nested too deep is accepted")
	}
}

func TestYieldEndsIt(t *testing.T) {
	t.Parallel()
	n := 0
	if jsonscan.Array([]byte(`[1,2,3]`), func([]byte) bool { n++; return n < 2 }) || n != 2 {
		t.Errorf("%d elements after the second was to be the last", n)
	}
}

func FuzzAsEncodingJSON(f *testing.F) {
	for _, text := range seeds() {
		f.Add([]byte(text))
	}
	f.Fuzz(check)
}
