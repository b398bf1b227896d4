package lambdahttp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/lambdahttp"
)

func recorded(t testing.TB, name string) events.APIGatewayV2HTTPRequest {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// seen is what a handler sees of a request.
type seen struct {
	Method, Path, Query, Host, Remote, URI, Body string
	Header                                       http.Header
	Claims                                       map[string]string
	Scopes                                       []string
	ID, IP, Domain                               string
}

func see(t testing.TB, e events.APIGatewayV2HTTPRequest) (got seen, out events.APIGatewayV2HTTPResponse) {
	t.Helper()
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		ctx := r.Context()
		got = seen{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Remote: r.RemoteAddr, URI: r.RequestURI,
			Body: string(body), Header: r.Header, ID: lambdahttp.RequestID(ctx), IP: lambdahttp.SourceIP(ctx), Domain: lambdahttp.DomainName(ctx),
		}
		got.Claims, got.Scopes, _ = lambdahttp.Claims(ctx)
		if int64(len(body)) != r.ContentLength {
			t.Errorf("length %d of %d", r.ContentLength, len(body))
		}
	})
	out, err := lambdahttp.New(h, quiet())(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return got, out
}

func TestRecordedEvents(t *testing.T) {
	t.Parallel()
	const domain = "abc123.execute-api.eu-central-1.amazonaws.com"
	get, _ := see(t, recorded(t, "get.json"))
	want := seen{
		Method: "GET", Path: "/v1/records/companies/42", Query: "limit=2&after=a%2Bb&x=%C3%BC", Host: domain,
		Remote: "192.0.2.7:0", URI: "/v1/records/companies/42?limit=2&after=a%2Bb&x=%C3%BC",
		Header: http.Header{
			"Accept": {"application/json"}, "Accept-Encoding": {"gzip, deflate, br"}, "Authorization": {"Bearer x.y.z"},
			"Content-Length": {"0"}, "X-Amzn-Trace-Id": {"Root=1-5fff599f-6fca6ee66e37fe5e518eb45b"},
			"X-Forwarded-For": {"192.0.2.7"}, "X-Forwarded-Port": {"443"}, "X-Forwarded-Proto": {"https"},
			"X-Several": {"one,two"}, "Cookie": {"a=1; b=2; c"},
		},
		Claims: map[string]string{"account": "msp-1", "aud": "psabridge", "exp": "1790000000", "kind": "partner", "roles": "[admin member]", "sub": "p-1"},
		Scopes: []string{"openid"}, ID: "KaB1cjXJliAEJVA=", IP: "192.0.2.7", Domain: domain,
	}
	if diff := cmp.Diff(want, get); diff != "" {
		t.Error(diff)
	}
	put, _ := see(t, recorded(t, "put.json"))
	if put.Path != "/v1/connection" || put.Body != `{"companyId":"acme","ü":1}` || put.Remote != "[2001:db8::7]:0" ||
		put.Header.Get("If-Match") != `"c1-d0"` || put.Claims != nil {
		t.Errorf("%+v", put)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ stage, raw, path, uri string }{
		{"$default", "/", "/", "/"},
		{"", "/x", "/x", "/x"},
		{"prod", "/prod", "/", "/"},
		{"prod", "/prod/", "/", "/"},
		{"prod", "/prod/prod/x", "/prod/x", "/prod/x"},
		{"prod", "/production/x", "/production/x", "/production/x"},
		{"prod", "/v1/x", "/v1/x", "/v1/x"}, // a custom domain leaves the stage out
		{"$default", "/a b/ü", "/a b/ü", "/a%20b/%C3%BC"},
		{"$default", "/100%", "/100%", "/100%25"},
		{"$default", "/%2e%2e/x", "/%2e%2e/x", "/%252e%252e/x"}, // decoded once already
		{"$default", "/a?b#c", "/a?b#c", "/a%3Fb%23c"},
		{"$default", "//evil.example/x", "//evil.example/x", "//evil.example/x"},
	} {
		e := recorded(t, "get.json")
		e.RequestContext.Stage, e.RawPath, e.RawQueryString = tc.stage, tc.raw, ""
		got, _ := see(t, e)
		if got.Path != tc.path || got.URI != tc.uri {
			t.Errorf("%s %s: path %q uri %q", tc.stage, tc.raw, got.Path, got.URI)
		}
	}
}

func TestMalformedEvents(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*events.APIGatewayV2HTTPRequest){
		"base64":    func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.IsBase64Encoded = "%%%", true },
		"method":    func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.HTTP.Method = "GET /x" },
		"no path":   func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "" },
		"relative":  func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "v1" },
		"query":     func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "a=b HTTP/1.1\r\nX: y" },
		"fragment":  func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "a#b" },
		"del query": func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "a\x7f" },
	} {
		e := recorded(t, "get.json")
		change(&e)
		got, out := see(t, e)
		if out.StatusCode != 400 || got.Method != "" || !strings.Contains(out.Body, `"requestId":"KaB1cjXJliAEJVA="`) {
			t.Errorf("%s: %d %s", name, out.StatusCode, out.Body)
		}
	}
	e := recorded(t, "get.json")
	e.Version = "1.0"
	if _, err := lambdahttp.New(http.NotFoundHandler(), quiet())(t.Context(), e); err == nil {
		t.Error("another payload format is served")
	}
}

func respond(t testing.TB, method string, h http.HandlerFunc) events.APIGatewayV2HTTPResponse {
	t.Helper()
	e := recorded(t, "get.json")
	e.RequestContext.HTTP.Method = method
	out, err := lambdahttp.New(h, quiet())(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestResponses(t *testing.T) {
	t.Parallel()
	out := respond(t, "GET", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("content-type", "application/json")
		h.Set("Content-Length", "7")
		h.Add("Set-Cookie", "a=1")
		h.Add("Set-Cookie", "b=2, c")
		h.Add("Vary", "Accept")
		h.Add("Vary", "Origin")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot)
		h.Set("X-Late", "1")
		_, _ = io.WriteString(w, `{"ü"`)
		_, _ = io.WriteString(w, `:1}`)
	})
	want := events.APIGatewayV2HTTPResponse{
		StatusCode: 201, Body: `{"ü":1}`, Cookies: []string{"a=1", "b=2, c"},
		Headers: map[string]string{"Content-Type": "application/json", "Vary": "Accept, Origin"},
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if out := respond(t, "GET", func(http.ResponseWriter, *http.Request) {}); out.StatusCode != 200 || out.Body != "" || out.IsBase64Encoded {
		t.Errorf("silence: %+v", out)
	}
	if out := respond(t, "HEAD", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "text") }); out.Body != "" {
		t.Errorf("HEAD: %+v", out)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind, coding string
		body         []byte
		binary       bool
	}{
		"json":              {"application/problem+json; charset=utf-8", "", []byte(`{}`), false},
		"html":              {"text/html", "", []byte("<p>ü"), false},
		"svg":               {"image/svg+xml", "", []byte("<svg/>"), false},
		"script":            {"text/javascript", "", []byte("1"), false},
		"gzip script":       {"text/javascript", "gzip", []byte("\x1f\x8b\x08"), true},
		"gzip that is text": {"text/javascript", "gzip", []byte("abc"), true},
		"identity":          {"text/plain", "identity", []byte("abc"), false},
		"picture":           {"image/png", "", []byte("\x89PNG"), true},
		"no UTF-8":          {"text/plain", "", []byte("\xff\xfe"), true},
		"unknown":           {"x/y", "", []byte("abc"), true},
		"broken kind":       {"text/", "", []byte("abc"), true},
		"none, text":        {"", "", []byte("plain words"), false},
		"none, binary":      {"", "", []byte{0, 1, 2, 255}, true},
	} {
		out := respond(t, "GET", func(w http.ResponseWriter, _ *http.Request) {
			if tc.kind != "" {
				w.Header().Set("Content-Type", tc.kind)
			}
			if tc.coding != "" {
				w.Header().Set("Content-Encoding", tc.coding)
			}
			_, _ = w.Write(tc.body)
		})
		got := []byte(out.Body)
		if out.IsBase64Encoded {
			got, _ = base64.StdEncoding.DecodeString(out.Body)
		}
		if out.IsBase64Encoded != tc.binary || !bytes.Equal(got, tc.body) {
			t.Errorf("%s: base64 %v, body %q", name, out.IsBase64Encoded, got)
		}
	}
}

// What Lambda would drop becomes a problem; what it takes goes through.
func TestLargeResponses(t *testing.T) {
	t.Parallel()
	const limit = 6 << 20
	for name, tc := range map[string]struct {
		kind  string
		chunk string
		size  int
		fits  bool
	}{
		"text that fits":       {"text/plain", "a", 5 << 20, true},
		"binary that fits":     {"image/png", "a", 4 << 20, true},
		"text too large":       {"text/plain", "a", limit, false},
		"much too large":       {"text/plain", "a", 40 << 20, false},
		"binary as base64":     {"image/png", "a", 5 << 20, false},
		"text that is escaped": {"text/plain", "\x01", 2 << 20, false},
		"quotes":               {"text/plain", `"`, 2 << 20, true},
		"quotes too many":      {"text/plain", `"`, 4 << 20, false},
	} {
		out := respond(t, "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", tc.kind)
			for b := []byte(strings.Repeat(tc.chunk, 1<<20)); tc.size > 0; tc.size -= 1 << 20 {
				_, _ = w.Write(b)
			}
		})
		if (out.StatusCode == 200) != tc.fits {
			t.Errorf("%s: %d", name, out.StatusCode)
		}
		whole, err := json.Marshal(out)
		if err != nil || len(whole) > limit {
			t.Errorf("%s: %d bytes, %v", name, len(whole), err)
		}
		if !tc.fits && (out.StatusCode != 500 || !strings.Contains(out.Body, `"code":"internal"`) || out.Headers["Content-Type"] != "application/problem+json") {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "half=done")
		_, _ = io.WriteString(w, "half")
		panic("the key is s3cr3t")
	})
	out, err := lambdahttp.New(h, slog.New(slog.NewJSONHandler(&log, nil)))(t.Context(), recorded(t, "get.json"))
	if err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != 500 || !strings.Contains(out.Body, "KaB1cjXJliAEJVA=") || strings.Contains(out.Body, "half") || len(out.Cookies) > 0 {
		t.Errorf("%+v", out)
	}
	if line := log.String(); strings.Contains(line, "s3cr3t") || !strings.Contains(line, "TestPanics") || !strings.Contains(line, "KaB1cjXJliAEJVA=") {
		t.Errorf("log %s", line)
	}
}

func TestDeadlineLeavesTimeToAnswer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got, ok := r.Context().Deadline()
		if d := end.Sub(got); !ok || d < 100*time.Millisecond || d > 5*time.Second {
			t.Errorf("%v before the function's end", d)
		}
	})
	if _, err := lambdahttp.New(h, quiet())(ctx, recorded(t, "get.json")); err != nil {
		t.Fatal(err)
	}
}

func TestOutsideOfARequest(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if _, _, ok := lambdahttp.Claims(ctx); ok || lambdahttp.RequestID(ctx)+lambdahttp.SourceIP(ctx)+lambdahttp.DomainName(ctx) != "" {
		t.Error("there is no request")
	}
}

// Whatever the event, the handler gets a request that net/http could have
// made, and the answer can be encoded.
func FuzzEvent(f *testing.F) {
	for _, name := range []string{"get.json", "put.json"} {
		raw, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, []byte("body"))
	}
	f.Fuzz(func(t *testing.T, raw, body []byte) {
		var e events.APIGatewayV2HTTPRequest
		if json.Unmarshal(raw, &e) != nil {
			return
		}
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/") || strings.ContainsAny(r.RequestURI, " \r\n") || r.Method == "" {
				t.Errorf("%q %q %q", r.Method, r.URL.Path, r.RequestURI)
			}
			for name := range r.Header {
				w.Header()[name] = r.Header[name]
			}
			_, _ = w.Write(body)
		})
		out, err := lambdahttp.New(h, quiet())(t.Context(), e)
		if err != nil {
			return
		}
		if _, err := json.Marshal(out); err != nil || out.StatusCode < 200 {
			t.Errorf("%d %v", out.StatusCode, err)
		}
	})
}
