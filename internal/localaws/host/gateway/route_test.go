package gateway

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	var routes []route
	for _, r := range [][2]string{
		{"ANY", "/v1/{proxy+}"},
		{"GET", "/v1/openapi.json"},
		{"GET", "/"},
		{"GET", "/{proxy+}"},
		{"POST", "/callbacks/{id}/{token}"},
		{"ANY", "/pets/dog/{id}"},
		{"GET", "/pets/{kind}/1"},
		{"GET", "/pets/dog/{name}"},
	} {
		routes = append(routes, parseRoute(template.Route{Method: r[0], Path: r[1]}))
	}
	for _, c := range []struct {
		method, path, want string
		params             map[string]string
	}{
		{"GET", "/", "GET /", map[string]string{}},
		{"POST", "/", "", nil},
		{"GET", "/v1/openapi.json", "GET /v1/openapi.json", map[string]string{}},
		{"POST", "/v1/openapi.json", "ANY /v1/{proxy+}", map[string]string{"proxy": "openapi.json"}},
		{"PATCH", "/v1/a/b", "ANY /v1/{proxy+}", map[string]string{"proxy": "a/b"}},
		{"GET", "/v1", "GET /{proxy+}", map[string]string{"proxy": "v1"}},
		{"POST", "/v1", "", nil},
		{"GET", "/assets/a%20b.js", "GET /{proxy+}", map[string]string{"proxy": "assets/a b.js"}},
		{"HEAD", "/assets/a.js", "", nil},
		{"POST", "/callbacks/a/b%2Fc", "POST /callbacks/{id}/{token}", map[string]string{"id": "a", "token": "b/c"}},
		{"POST", "/callbacks/a", "", nil},
		{"POST", "/callbacks/a/b/c", "", nil},
		{"POST", "/callbacks//b", "", nil},
		{"GET", "/pets/dog/1", "GET /pets/dog/{name}", map[string]string{"name": "1"}},
		{"PUT", "/pets/dog/1", "ANY /pets/dog/{id}", map[string]string{"id": "1"}},
		{"GET", "/pets/cat/1", "GET /pets/{kind}/1", map[string]string{"kind": "cat"}},
	} {
		r, params, ok := match(routes, c.method, c.path)
		got := ""
		if ok {
			got = r.Method + " " + r.Path
		}
		if got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.want)
			continue
		}
		if diff := cmp.Diff(c.params, params); ok && diff != "" {
			t.Errorf("%s %s: parameters (-want +got):\n%s", c.method, c.path, diff)
		}
	}
}

func TestParseResponse(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]struct {
		status      int
		body, ctype string
		bad         bool
	}{
		`{"a":1}`:            {200, `{"a":1}`, "application/json", false},
		`"text"`:             {200, `text`, "application/json", false},
		`[1]`:                {200, `[1]`, "application/json", false},
		`null`:               {200, `null`, "application/json", false},
		`{"statusCode":204}`: {204, ``, "", false},
		`{"statusCode":200,"body":"x","headers":{"Content-Type":"text/html"}}`: {200, `x`, "text/html", false},
		`{"statusCode":200,"body":"eA==","isBase64Encoded":true}`:              {200, `x`, "", false},
		`{"statusCode":200,"body":"!","isBase64Encoded":true}`:                 {0, ``, "", true},
		`{"statusCode":"no"}`:                   {0, ``, "", true},
		`{"statusCode":99}`:                     {0, ``, "", true},
		`{"statusCode":200,"body":{"a":1}}`:     {0, ``, "", true},
		`{"statusCode":200,"headers":{"a":[]}}`: {0, ``, "", true},
		`nonsense`:                              {0, ``, "", true},
	} {
		r, err := parseResponse([]byte(answer))
		ctype := r.headers["content-type"] + r.headers["Content-Type"]
		if (err != nil) != want.bad || err == nil && (r.status != want.status || string(r.body) != want.body || ctype != want.ctype) {
			t.Errorf("%s: %d %q %q %v", answer, r.status, r.body, ctype, err)
		}
	}
}
