package connectwise

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/problem"
)

const cloudInfo = `{"CompanyName":"Cobalt","Codebase":"v2025_1/","VersionCode":"v2025.1","VersionNumber":"v4.6.1","CompanyID":"cobalt","IsCloud":"True"}`

func TestDiscover(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/login/companyinfo/Cobalt%20&%20Co%22" {
			t.Errorf("path %s", r.URL.EscapedPath())
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials were sent to companyinfo")
		}
		w.Write([]byte(`{"CompanyName":"Cobalt","Codebase":"v2025_1","VersionNumber":"v4.6.1","IsCloud":true,"SiteUrl":"evil.example.com","Extra":[1]}`))
	})
	d := Discoverer{HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true})}
	address := baseOf(t, s).Address
	got, err := d.Discover(t.Context(), address, `Cobalt & Co"`)
	if err != nil {
		t.Fatal(err)
	}
	want := Base{
		Address: address, CompanyID: `Cobalt & Co"`, Codebase: "v2025_1/", API: s.URL + "/v2025_1/apis/3.0/",
		CompanyName: "Cobalt", Version: "v4.6.1", Cloud: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("base (-want +got):\n%s", diff)
	}
}

func TestAPIHost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ host, codebase, want string }{
		{"na.myconnectwise.net", "v2025_1/", "api-na.myconnectwise.net"},
		{"na.myconnectwise.net", "v4_6_release/", "na.myconnectwise.net"},
		{"cw.example.com:8443", "v2025_1/", "api-cw.example.com:8443"},
		{"8.8.8.8", "v2025_1/", "8.8.8.8"},
		{"127.0.0.1:9000", "v2025_1/", "127.0.0.1:9000"},
		{"localhost:9000", "v2025_1/", "localhost:9000"},
		{"[2606:4700::1111]:8443", "v2025_1/", "[2606:4700::1111]:8443"},
	} {
		if got := apiHost(tt.host, tt.codebase); got != tt.want {
			t.Errorf("apiHost(%q, %q) = %q, want %q", tt.host, tt.codebase, got, tt.want)
		}
	}
}

func TestDiscoverFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		code   problem.Code
	}{
		{"null", text(200, "null"), problem.CompanyUnknown},
		{"not found", text(404, `{"code":"NotFound","message":"no"}`), problem.CompanyUnknown},
		{"HTML not found", text(404, "<html>"), problem.CompanyUnknown},
		{"HTML", text(200, "<html>log in</html>"), problem.ConnectWiseGarbled},
		{"list", text(200, "[]"), problem.ConnectWiseGarbled},
		{"empty", text(200, ""), problem.ConnectWiseGarbled},
		{"empty object", text(200, "{}"), problem.ConnectWiseGarbled},
		{"codebase with a host", text(200, `{"Codebase":"//evil.example.com/v1"}`), problem.ConnectWiseGarbled},
		{"codebase upwards", text(200, `{"Codebase":"v../../x/"}`), problem.ConnectWiseGarbled},
		{"codebase with a query", text(200, `{"Codebase":"v1?x="}`), problem.ConnectWiseGarbled},
		{"too large", text(200, `{"Codebase":"v1/","x":"`+strings.Repeat("x", maxCompanyInfo)+`"}`), problem.ConnectWiseGarbled},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		}, problem.AddressInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := Discoverer{HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true})}
			_, err := d.Discover(t.Context(), baseOf(t, serve(t, tt.answer)).Address, "cobalt")
			if problem.CodeOf(err) != tt.code {
				t.Errorf("got %v, want code %s", err, tt.code)
			}
		})
	}
}

func TestDiscoverRefusesImpossibleCompanies(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	d := Discoverer{HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true})}
	for _, id := range []string{"", "..", ".", "a/b", `a\b`, "a:b", "a+b", "a?b", "a#b", "a\nb", strings.Repeat("a", 101)} {
		if _, err := d.Discover(t.Context(), baseOf(t, s).Address, id); problem.CodeOf(err) != problem.CompanyUnknown {
			t.Errorf("company %q: %v", id, err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the server was asked %d times", asked.Load())
	}
}

func text(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

// An upgrade of ConnectWise moves the API to another codebase.
func TestRediscoversAfterUpgrade(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/login/companyinfo/"):
			asked.Add(1)
			w.Write([]byte(cloudInfo))
		case r.URL.Path == "/v2025_1/apis/3.0/company/companies/count":
			w.Write([]byte(`{"count":7}`))
		default:
			w.WriteHeader(404)
			w.Write([]byte(`{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`))
		}
	})
	cfg := testConfig(t, s)
	var told []Base
	cfg.OnBase = func(b Base) { told = append(told, b) }
	c := newClient(t, cfg)
	if n, err := c.Count(t.Context(), "/company/companies", Cond{}); err != nil || n != 7 {
		t.Fatalf("Count = %d, %v", n, err)
	}
	if len(told) != 1 || told[0].API != s.URL+"/v2025_1/apis/3.0/" || c.Base() != told[0] {
		t.Errorf("told of %+v", told)
	}
	for range 3 {
		_, err := c.Count(t.Context(), "/company/nothing", Cond{})
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindNoEndpoint {
			t.Errorf("an unknown path: %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("companyinfo was read %d times", asked.Load())
	}
}

// A record that is not there says nothing about the codebase.
func TestMissingRecordIsNoUpgrade(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		if !isTestPath(r, "company/contacts/57919") {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(404)
		w.Write([]byte(`{"code":"NotFound","message":"Contact 57919 not found"}`))
	})
	if _, _, err := c.Get(t.Context(), "/company/contacts", 57919, nil); problem.CodeOf(err) != problem.ConnectWiseNotFound {
		t.Error(err)
	}
}

func FuzzCompanyInfo(f *testing.F) {
	for _, s := range []string{cloudInfo, "null", "{}", `{"Codebase":"v1/../"}`, `{"Codebase":5,"IsCloud":{}}`, "\ufeff{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		info, err := parseCompanyInfo("op", body)
		if err != nil {
			return
		}
		b := info.base(Address{Scheme: "https", Host: "na.myconnectwise.net"}, "cobalt")
		if !strings.HasPrefix(b.API, "https://api-na.myconnectwise.net/v") && !strings.HasPrefix(b.API, "https://na.myconnectwise.net/v4_6_release/") {
			t.Fatalf("base %q from %q", b.API, body)
		}
		if r := httptest.NewRequest(http.MethodGet, b.API, nil); strings.Count(r.URL.Path, "/") != 4 || r.URL.RawQuery != "" {
			t.Fatalf("base %q from %q", b.API, body)
		}
	})
}
