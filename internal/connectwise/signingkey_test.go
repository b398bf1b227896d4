package connectwise

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// cloud is where the checks' client logs in.
func cloud() Address { return Address{Scheme: "https", Host: "na.myconnectwise.net"} }

// What a message names is called only if it is a key of this company at this
// host, over TLS.
func TestKeyURLs(t *testing.T) {
	t.Parallel()
	const host, path, company = "https://na.myconnectwise.net", "/v2025_1//system/callbackkey/index.rails", "companyName=Cobalt&id=e17e6674"
	for name, tt := range map[string]struct {
		url  string
		want bool
	}{
		"as documented":           {host + path + "?" + company, true},
		"another case":            {"https://NA.MyConnectWise.net" + path + "?companyName=COBALT", true},
		"its own port":            {"https://na.myconnectwise.net:443" + path + "?" + company, true},
		"on premises' path":       {host + "/v4_6_release/services/system_io/callbackkey/x?" + company, true},
		"plain http":              {"http://na.myconnectwise.net" + path + "?" + company, false},
		"another scheme":          {"ftp://na.myconnectwise.net" + path + "?" + company, false},
		"no scheme":               {"//na.myconnectwise.net" + path + "?" + company, false},
		"a file":                  {"file:///system/callbackkey/etc?" + company, false},
		"another port":            {"https://na.myconnectwise.net:8443" + path + "?" + company, false},
		"another region":          {"https://eu.myconnectwise.net" + path + "?" + company, false},
		"the API's host":          {"https://api-na.myconnectwise.net" + path + "?" + company, false},
		"a host below":            {"https://x.na.myconnectwise.net" + path + "?" + company, false},
		"a host that begins so":   {"https://na.myconnectwise.net.evil.example" + path + "?" + company, false},
		"a user":                  {"https://na.myconnectwise.net@evil.example" + path + "?" + company, false},
		"a user of this host":     {"https://user:pass@na.myconnectwise.net" + path + "?" + company, false},
		"a backslash":             {"https://evil.example\\@na.myconnectwise.net" + path + "?" + company, false},
		"a tab":                   {"https://na.myconnectwise.net\t" + path + "?" + company, false},
		"a line":                  {host + path + "?" + company + "\r\nHost: evil.example", false},
		"a look-alike letter":     {"https://nа.myconnectwise.net" + path + "?" + company, false},
		"a dot at the end":        {"https://na.myconnectwise.net." + path + "?" + company, false},
		"the metadata service":    {"https://169.254.169.254" + path + "?" + company, false},
		"metadata in IPv6":        {"https://[fd00:ec2::254]" + path + "?" + company, false},
		"metadata through NAT64":  {"https://[64:ff9b::a9fe:a9fe]" + path + "?" + company, false},
		"metadata as a number":    {"https://2852039166" + path + "?" + company, false},
		"loopback":                {"https://127.0.0.1" + path + "?" + company, false},
		"loopback by name":        {"https://localhost" + path + "?" + company, false},
		"a private address":       {"https://10.0.0.1" + path + "?" + company, false},
		"another path":            {host + "/v2025_1/apis/3.0/company/companies?" + company, false},
		"a path out of it":        {host + "/system/callbackkey/../../admin?" + company, false},
		"an escaped path":         {host + "/system/callbackkey/%2e%2e/admin?" + company, false},
		"a fragment":              {host + path + "?" + company + "#x", false},
		"another company":         {host + path + "?companyName=Evil&id=1", false},
		"no company":              {host + path + "?id=1", false},
		"two companies":           {host + path + "?companyName=Cobalt&companyName=Evil", false},
		"two companies, two ways": {host + path + "?companyName=Cobalt&companyname=Evil", false},
		"a semicolon":             {host + path + "?companyName=Cobalt;companyName=Evil", false},
		"a company that ends so":  {host + path + "?companyName=NotCobalt", false},
		"too long":                {host + path + "?" + company + strings.Repeat("x", maxKeyURL), false},
		"empty":                   {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkKeyURL(tt.url, cloud(), "cobalt")
			if (err == nil) != tt.want || err != nil && !errors.Is(err, psa.ErrInvalid) {
				t.Errorf("%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "evil") {
				t.Errorf("the error quotes the message: %v", err)
			}
			if tt.want {
				return
			}
			c := newClient(t, Config{
				Base:        Base{Address: cloud(), CompanyID: "cobalt", API: "https://api-na.myconnectwise.net/v2025_1/apis/3.0/"},
				Credentials: psa.Credentials{PublicKey: testPublic, PrivateKey: testPrivate}, ClientID: testClientID,
				HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					t.Errorf("%s was called", r.URL.Host)
					return nil, io.ErrUnexpectedEOF
				})},
			})
			if _, err := c.SigningKey(t.Context(), tt.url); err == nil {
				t.Error("a key came of it")
			}
		})
	}
}

// keyURLOf is a key's URL at c's server.
func keyURLOf(c *Client) string {
	return c.Base().Address.String() + "/v2025_1//system/callbackkey/index.rails?companyName=cobalt&id=1"
}

// With and without credentials, in every shape that was seen, and cut off
// where an answer is none.
func TestSigningKey(t *testing.T) {
	t.Parallel()
	const key = `{"signing_key":"k3y"}`
	members := func(w http.ResponseWriter, r *http.Request, refuse func()) {
		if _, _, ok := r.BasicAuth(); !ok || r.Header.Get("clientId") == "" {
			refuse()
			return
		}
		_, _ = io.WriteString(w, key)
	}
	for name, tt := range map[string]struct {
		serve http.HandlerFunc
		want  string
		calls int32
	}{
		"to anybody": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" || r.Header.Get("clientId") != "" {
				t.Error("credentials were sent before they were asked for")
			}
			_, _ = io.WriteString(w, key)
		}, "k3y", 1},
		"as a string":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `"{\"signing_key\":\"k3y\"}"`) }, "k3y", 1},
		"to members, by 401": {func(w http.ResponseWriter, r *http.Request) { members(w, r, func() { w.WriteHeader(401) }) }, "k3y", 2},
		"to members, by 404": {func(w http.ResponseWriter, r *http.Request) { members(w, r, func() { w.WriteHeader(404) }) }, "k3y", 2},
		"to members, by redirect": {func(w http.ResponseWriter, r *http.Request) {
			members(w, r, func() { http.Redirect(w, r, "/login", http.StatusFound) })
		}, "k3y", 2},
		"to members, by a page": {func(w http.ResponseWriter, r *http.Request) {
			members(w, r, func() { _, _ = io.WriteString(w, "<html>") })
		}, "k3y", 2},
		"a redirect to a key": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
		}, "", 2},
		"none":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }, "", 2},
		"no string": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"signing_key":{"a":1}}`) }, "", 2},
		"null":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `null`) }, "", 2},
		"down":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "", 1},
		"throttled": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, "", 1},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"signing_key":"`+strings.Repeat("x", 1<<20)+`"}`)
		}, "", 2},
		"a long key": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"signing_key":"`+strings.Repeat("x", maxKey+1)+`"}`)
		}, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			c := connect(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				tt.serve(w, r)
			})
			got, err := c.SigningKey(t.Context(), keyURLOf(c))
			if got != tt.want || (err == nil) != (tt.want != "") || calls.Load() != tt.calls {
				t.Errorf("%q after %d calls, want %d: %v", got, calls.Load(), tt.calls, err)
			}
			if err != nil && (holdsSecret(err.Error()) || strings.Contains(err.Error(), "id=1")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

// A server that is slow, or answers byte by byte, is cut.
func TestSlowKeysAreCut(t *testing.T) {
	t.Parallel()
	for allowed, want := range map[time.Duration]time.Duration{300 * time.Millisecond: 300 * time.Millisecond, time.Minute: keyTimeout} {
		synctest.Test(t, func(t *testing.T) {
			c := piped(t, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					_, _ = io.WriteString(w, " ")
					_ = http.NewResponseController(w).Flush()
					select {
					case <-r.Context().Done():
					case <-time.After(200 * time.Millisecond):
					}
				}
			}, 0)
			ctx, cancel := context.WithTimeout(t.Context(), allowed)
			defer cancel()
			began := time.Now()
			_, err := c.SigningKey(ctx, keyURLOf(c))
			if took := time.Since(began); err == nil || took < want*8/10 || took > want {
				t.Errorf("with %s, after %s: %v", allowed, took, err)
			}
		})
	}
}

// A key's call counts against the identity's budget.
func TestKeysTakeFromTheBudget(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"signing_key":"k3y"}`) })
	cfg := testConfig(t, s)
	cfg.Budget = l
	c := newClient(t, cfg)
	if _, err := c.SigningKey(t.Context(), keyURLOf(c)); err != nil || l.taken != 1 || l.released != 1 {
		t.Errorf("taken %d, released %d: %v", l.taken, l.released, err)
	}
}
