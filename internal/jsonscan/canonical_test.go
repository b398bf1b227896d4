package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/jsonscan"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	w := jsonscan.Canonical{Drop: "_info"}
	for _, tt := range []struct{ in, want string }{
		{` { "b" : 1 , "a" : [ 1 , {"z":1,"_info":{"h":"x"},"y":2} , null ] } `, `{"a":[1,{"y":2,"z":1},null],"b":1}`},
		{`{"a":1,"a":2}`, `{"a":2}`},
		{`{"a":1,"a":null}`, `{}`},
		{`{"a":null,"a":1,"_info":{}}`, `{"a":1}`},
		{`{"b":{"d":1,"c":{}},"a":[]}`, `{"a":[],"b":{"c":{},"d":1}}`},
		{`"\u0041\u00e9\u2028<&>\n\"\\"`, "\"Aé\u2028<&>\\n\\\"\\\\\""},
		{"\"A\xff\"", "\"A\uFFFD\""},
		{`"\ud800"`, "\"\uFFFD\""},
		{`{"\u0061":1,"b\"":2}`, `{"a":1,"b\"":2}`},
		{`-1.50e+3`, `-1.50e+3`},
		{`{"_info":1}`, `{}`},
		{`{"a":1,"_info":1}`, `{"a":1}`},
		{`{"_info":1,"a":1,"_info":2,"b":{"_info":3},"c":2}`, `{"a":1,"b":{},"c":2}`},
		{`{"b":[{"z":"\u0041","a":[ ]}],"a":{"d":1,"c":{"f":{},"e":null}},"_info":1}`, `{"a":{"c":{"f":{}},"d":1},"b":[{"a":[],"z":"A"}]}`},
		{`{"b":1,"c":2,"a":null}`, `{"b":1,"c":2}`},
		{"{\n\t\"a\" : 1,\r\n\t\"b\" :\t[ 1 ,\"x\" ] \n}", `{"a":1,"b":[1,"x"]}`},
		{`{"names alike but for their end":1,"names alike but for their begin":2}`, `{"names alike but for their begin":2,"names alike but for their end":1}`},
	} {
		got, ok := w.Append([]byte("x"), []byte(tt.in))
		if !ok || string(got) != "x"+tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.in, got, ok, tt.want)
		}
	}
	if got, ok := w.Append([]byte("x"), []byte(`{"a":1`)); ok || string(got) != "x" {
		t.Errorf("no JSON: %s, %v", got, ok)
	}
}

// picks are the places of members; each that is seen is noted.
type picks struct {
	places map[string]int
	seen   []string
}

func (p *picks) Pick(name []byte) (place, tag int) {
	place, ok := p.places[string(name)]
	if !ok {
		return -1, -1
	}
	return place, place
}

func (p *picks) See(tag int, value []byte) { p.seen = append(p.seen, fmt.Sprintf("%d %s", tag, value)) }

func (p *picks) Take(tag int, c *jsonscan.Cursor) bool {
	value, ok := c.Value()
	p.See(tag, value)
	return ok
}

func TestAppendObject(t *testing.T) {
	t.Parallel()
	w := jsonscan.Canonical{Drop: "_info"}
	for _, tt := range []struct{ in, want, seen string }{
		{`{}`, `{}`, ``},
		{` { "c" : {"z":1,"_info":{},"a":2} , "x":[1] , "a" : "s" } `, `{"a":"s","c":{"a":2,"z":1}}`, `2 {"z":1,"_info":{},"a":2}|-1 [1]|0 "s"`},
		{`{"b":1,"b":2}`, `{"b":2}`, `1 1|1 2`},
		{`{"b":1,"b":null}`, `{}`, `1 1|1 null`},
		{`{"\u0062":null,"b":3}`, `{"b":3}`, `1 null|1 3`},
		{`{"_info":{"b":1},"b":{"_info":1}}`, `{"b":{}}`, `-1 {"b":1}|1 {"_info":1}`},
		{"{\"b\":\"\xff\",\"x\":\"\xff\"}", "{\"b\":\"\uFFFD\"}", "1 \"\xff\"|-1 \"\xff\""},
	} {
		p := &picks{places: map[string]int{"a": 0, "b": 1, "c": 2}}
		got, ok := w.AppendObject([]byte("x"), []byte(tt.in), p)
		if seen := strings.Join(p.seen, "|"); !ok || string(got) != "x"+tt.want || seen != tt.seen {
			t.Errorf("%s: %s, %v, want %s; seen %s, want %s", tt.in, got, ok, tt.want, seen, tt.seen)
		}
	}
	for _, in := range []string{``, `[]`, `null`, `{"a":1`, `{"a":1,}`, `{"a":}`, `{"a":1}1`, `{"x":tru}`, `{a:1}`} {
		if got, ok := w.AppendObject([]byte("x"), []byte(in), &picks{}); ok || string(got) != "x" {
			t.Errorf("%s: %s, %v", in, got, ok)
		}
	}
}

// plain drops what Canonical drops, by way of maps.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil || k == "_info" {
				delete(v, k)
				continue
			}
			v[k] = plain(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plain(e)
		}
	}
	return v
}

// marshal writes without escapes that need not be.
func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	text := bytes.TrimSpace(out.Bytes())
	for _, r := range []string{"\u2028", "\u2029"} {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		text = unescaped(text, raw[1:len(raw)-1], r)
	}
	return text
}

// unescaped writes an escape out, but not where it is itself escaped.
func unescaped(text, escape []byte, r string) []byte {
	var out []byte
	for i := 0; i < len(text); i++ {
		switch {
		case bytes.HasPrefix(text[i:], escape):
			out = append(out, r...)
			i += len(escape) - 1
		case text[i] == '\\':
			out = append(out, text[i], text[i+1])
			i++
		default:
			out = append(out, text[i])
		}
	}
	return out
}

func FuzzCanonical(f *testing.F) {
	for _, text := range seeds() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if !json.Valid(text) || dec.Decode(&v) != nil {
			v = nil
		}
		got, ok := (&jsonscan.Canonical{Drop: "_info"}).Append(nil, text)
		if ok != json.Valid(text) && !deep(text) {
			t.Fatalf("Canonical(%q) = %v", text, ok)
		}
		if want := marshal(t, plain(v)); ok && !bytes.Equal(want, got) {
			t.Fatalf("Canonical(%q): %s", text, cmp.Diff(string(want), string(got)))
		}
	})
}
