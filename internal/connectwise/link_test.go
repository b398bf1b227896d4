package connectwise

import (
	"net/http"
	"testing"
)

func TestHasNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		values []string
		want   bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{`<https://x/?pageId=7>; rel="next"`}, true},
		{[]string{`<https://x/?page=1>; rel="first", <https://x/?page=2>; rel="next"`}, true},
		{[]string{`<https://x/?page=1>; rel="first"`, `<https://x/?page=2>; rel="next"`}, true},
		{[]string{`<https://x/?page=1>; rel="first", <https://x/?page=1>; rel="last"`}, false},
		{[]string{`<https://x/?conditions=id in (1,2),"next">; rel="prev"`}, false},
		{[]string{`<https://x/?a=;rel="next",b>; rel="prev"`}, false},
		{[]string{`<https://x/>; title="a, rel=next"; rel=last`}, false},
		{[]string{`<https://x/>; title="a, <b>; rel=next"; rel=last`}, false},
		{[]string{`<https://x/?a=1,<b;rel=next>; rel="prev"`}, false},
		{[]string{`<https://x/?a=1,2;b>; rel="next"`}, true},
		{[]string{`<https://x/>;REL=Next`}, true},
		{[]string{`<https://x/>; rel="prev next"`}, true},
		{[]string{`<https://x/>; rel="nextish"`}, false},
		{[]string{`rel="next"`}, false},
		{[]string{`<https://x/`}, false},
		{[]string{`,,,`}, false},
	}
	for _, tt := range tests {
		if got := hasNext(http.Header{"Link": tt.values}); got != tt.want {
			t.Errorf("hasNext(%q) = %v", tt.values, got)
		}
	}
}

func FuzzHasNext(f *testing.F) {
	f.Add(`<https://x/?page=2>; rel="next"`, "<a>;rel=b")
	f.Fuzz(func(t *testing.T, a, b string) {
		one := hasNext(http.Header{"Link": {a}})
		if two := hasNext(http.Header{"Link": {a, b}}); one && !two {
			t.Fatalf("%q has a next, with %q it has none", a, b)
		}
	})
}
