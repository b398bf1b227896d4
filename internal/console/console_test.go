package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func serveFrom(t *testing.T, files fstest.MapFS, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := newHandler(Config{Issuer: "https://login.example.com/tenant/v2"}, files)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func build() fstest.MapFS {
	return fstest.MapFS{
		"index.html":          {Data: []byte("<p>index")},
		"index.html.gz":       {Data: []byte("gz-index")},
		"favicon.svg":         {Data: []byte("<svg/>")},
		"assets/app-1a.js":    {Data: []byte("app()")},
		"assets/app-1a.js.gz": {Data: []byte("gz-app")},
		"assets/app-1a.js.br": {Data: []byte("br-app")},
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		target, accept       string
		status               int
		body, kind, encoding string
		immutable            bool
	}{
		{"/", "", 200, "<p>index", "text/html; charset=utf-8", "", false},
		{"/", "gzip, br", 200, "gz-index", "text/html; charset=utf-8", "gzip", false},
		{"/settings/data-sync", "", 200, "<p>index", "text/html; charset=utf-8", "", false},
		{"/index.html", "", 200, "<p>index", "text/html; charset=utf-8", "", false},
		{"/favicon.svg", "gzip", 200, "<svg/>", "image/svg+xml", "", false},
		{"/assets/app-1a.js", "br;q=1, GZIP;q=0.8", 200, "br-app", "text/javascript; charset=utf-8", "br", true},
		{"/assets/app-1a.js", "br;q=0, GZIP;q=0.8", 200, "gz-app", "text/javascript; charset=utf-8", "gzip", true},
		{"/assets/app-1a.js.br", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false},
		{"/assets/app-1a.js", "gzip;q=0", 200, "app()", "text/javascript; charset=utf-8", "", true},
		{"/assets/app-1a.js", "gzip; q=0.0", 200, "app()", "text/javascript; charset=utf-8", "", true},
		{"/assets/app-0b.js", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false},
		{"/assets/app-1a.js.gz", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "", false},
		{"/../../etc/passwd", "", 200, "<p>index", "text/html; charset=utf-8", "", false},
		{"/assets", "", 200, "<p>index", "text/html; charset=utf-8", "", false},
	} {
		w := serveFrom(t, build(), "GET", tc.target, "Accept-Encoding", tc.accept)
		h := w.Header()
		if w.Code != tc.status || w.Body.String() != tc.body || h.Get("Content-Type") != tc.kind || h.Get("Content-Encoding") != tc.encoding {
			t.Errorf("%s (%s): %d %q %v", tc.target, tc.accept, w.Code, w.Body, h)
		}
		if strings.Contains(h.Get("Cache-Control"), "immutable") != tc.immutable {
			t.Errorf("%s: %s", tc.target, h.Get("Cache-Control"))
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/", "/assets/app-1a.js", "/assets/gone.js"} {
		h := serveFrom(t, build(), "GET", target).Header()
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self' https://login.example.com;", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %q is not in %q", target, want, policy)
			}
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", target, h)
		}
	}
}

func TestMethodsAndRevalidation(t *testing.T) {
	t.Parallel()
	if w := serveFrom(t, build(), "POST", "/"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
	if w := serveFrom(t, build(), "HEAD", "/"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %q", w.Code, w.Body)
	}
	plain, zipped := serveFrom(t, build(), "GET", "/").Header().Get("ETag"), serveFrom(t, build(), "GET", "/", "Accept-Encoding", "gzip").Header().Get("ETag")
	if plain == "" || plain == zipped {
		t.Errorf("ETags %s %s", plain, zipped)
	}
	if w := serveFrom(t, build(), "GET", "/", "If-None-Match", plain); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("revalidation: %d", w.Code)
	}
	if w := serveFrom(t, build(), "GET", "/", "Range", "bytes=0-1"); w.Code != 200 || w.Body.String() != "<p>index" {
		t.Errorf("a part: %d %q", w.Code, w.Body)
	}
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	h, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if strings.Contains(w.Header().Get("Content-Security-Policy"), "'self' ;") {
		t.Error("an empty origin leaves a gap")
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"login.example.com", "javascript:x", "https://", "https://x y/", "https://a;script-src *"} {
		if _, err := New(Config{Issuer: issuer}); err == nil {
			t.Errorf("%q was taken", issuer)
		}
	}
	if _, err := newHandler(Config{}, fstest.MapFS{}); err == nil {
		t.Error("a build without index.html was taken")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	h, err := newHandler(Config{Product: "Acme", Issuer: "https://login.example.com/t", ClientID: "web", Audience: "api"}, build())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/config.json", nil))
	want := `{"audience":"api","clientId":"web","issuer":"https://login.example.com/t","product":"Acme"}`
	if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
}

func TestTheBuildComesBeforeThePlaceholder(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"index.html": {Data: []byte("placeholder")}}
	if _, err := built(files).Open("index.html"); err != nil {
		t.Errorf("without a build: %v", err)
	}
	files["app/index.html"] = &fstest.MapFile{Data: []byte("app")}
	files["app/icon.svg"] = &fstest.MapFile{Data: []byte("<svg/>")}
	if _, err := built(files).Open("icon.svg"); err != nil {
		t.Errorf("with a build: %v", err)
	}
}
