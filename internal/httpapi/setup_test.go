package httpapi_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

func TestConnectionFromNothingToEnabled(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	get := func() (c httpapi.Connection, etag string) {
		a := s.do(member(), "GET", "/v1/connection", "").want(200, "")
		a.into(&c)
		return c, a.header.Get("ETag")
	}
	if c, etag := get(); c.State != "none" || c.Draft != nil || c.Enabled != nil || etag != `"c0-d0"` {
		t.Errorf("at first: %+v %s", c, etag)
	}
	var report httpapi.Report
	s.do(admin(), "POST", "/v1/connection/test", connectionBody()).want(200, "").into(&report)
	if !report.OK || len(report.Checks) != 7 || report.Endpoint == nil || report.Endpoint.ServerURL != "https://na.example.net" {
		t.Errorf("report %+v", report)
	}
	if c, _ := get(); c.State != "none" {
		t.Errorf("a test stored something: %+v", c)
	}
	var saved httpapi.SavedConnection
	a := s.do(admin(), "PUT", "/v1/connection", connectionBody(), "If-Match", `"c0-d0"`).want(200, "")
	a.into(&saved)
	if saved.Rotated || saved.Connection.State != "draft" || !saved.Report.OK {
		t.Errorf("saved %+v", saved)
	}
	if c, etag := get(); c.State != "draft" || c.Draft.SavedBy != "person-admin" || etag != a.header.Get("ETag") {
		t.Errorf("then: %+v %s", c, etag)
	}
	for _, body := range []string{"", `{"takeover":false}`} { // the second press doubles nothing
		var done httpapi.EnabledConnection
		s.do(admin(), "POST", "/v1/connection/enable", body).want(200, "").into(&done)
		if done.Connection.State != "enabled" || done.Already != (body != "") || done.Warnings == nil {
			t.Errorf("enabled %+v", done)
		}
	}
	c, _ := get()
	if c.Enabled == nil || c.Enabled.CompanyID != "acme" || c.Enabled.Version == "" || c.Enabled.Callbacks.State != "registered" || len(c.Enabled.Types) != 2 {
		t.Errorf("enabled %+v", c.Enabled)
	}
	if len(s.world.Runner.Runs()) != 2 || len(s.world.CW.Callbacks()) != 2 {
		t.Error("something was doubled")
	}
	// New keys for the same ConnectWise.
	s.do(admin(), "PUT", "/v1/connection", bodyWith(setuptest.NewKeys())).want(200, "").into(&saved)
	if !saved.Rotated || saved.Connection.State != "enabled" {
		t.Errorf("rotated %+v", saved)
	}
	s.do(admin(), "POST", "/v1/connection/test", "{}").want(200, "").into(&report)
	if !report.OK {
		t.Errorf("with the stored keys: %+v", report)
	}
}

func TestPutConnectionRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	wrong := setuptest.Keys()
	wrong.PrivateKey += "x"
	var p httpapi.Problem
	s.do(admin(), "PUT", "/v1/connection", bodyWith(wrong)).want(422, "test_failed").into(&p)
	if p.Report == nil || p.Report.OK || p.Remedy == "" {
		t.Errorf("the report is missing: %+v", p)
	}
	s.do(admin(), "PUT", "/v1/connection", connectionBody(), "If-Match", `"c7-d7"`).want(412, "stale")
	s.do(admin(), "PUT", "/v1/connection", connectionBody(), "If-Match", `*`).want(200, "")
	s.do(admin(), "PUT", "/v1/connection", `{"publicKey":"only"}`).want(400, "bad_request")
	s.do(admin(), "PUT", "/v1/connection", `{"serverUrl":"evil.example.org"}`).want(400, "bad_request")
	s.do(admin(), "DELETE", "/v1/connection/draft", "").want(204, "")
	s.do(admin(), "DELETE", "/v1/connection/draft", "").want(204, "")
	s.do(admin(), "POST", "/v1/connection/enable", "").want(409, "not_connected")

	s = connected(t)
	other := person("msp-2", "admin")
	s.do(other, "PUT", "/v1/connection", connectionBody()).want(200, "")
	s.do(other, "POST", "/v1/connection/enable", "").want(409, "identity_claimed")
	s.do(other, "POST", "/v1/connection/enable", `{"takeover":true}`).want(200, "")
}

func TestDataTypes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var got httpapi.DataTypes
	s.do(member(), "GET", "/v1/data-types", "").want(200, "").into(&got)
	if len(got.Items) < 2 || !got.Items[0].Enabled || got.Items[1].Parent != "companies" || got.Items[0].Permission.Level != "Inquire" {
		t.Errorf("without a connection: %+v", got)
	}
	s.do(admin(), "PUT", "/v1/data-types", `{"types":["companies"]}`).want(409, "not_connected")
	s = connected(t)
	a := s.do(admin(), "PUT", "/v1/data-types", `{"types":["companies"]}`).want(200, "")
	a.into(&got)
	if got.Items[1].Enabled || len(got.Added) != 0 {
		t.Errorf("companies only: %+v", got)
	}
	s.do(admin(), "PUT", "/v1/data-types", `{"types":["contacts"]}`, "If-Match", a.header.Get("ETag")).want(200, "").into(&got)
	if !got.Items[0].Enabled || !got.Items[1].Enabled || len(got.Added) != 1 || got.Added[0] != "companies" {
		t.Errorf("the parent does not come along: %+v", got)
	}
	s.do(admin(), "PUT", "/v1/data-types", `{"types":[]}`, "If-Match", a.header.Get("ETag")).want(412, "stale")
	s.do(admin(), "PUT", "/v1/data-types", `{"types":["ghosts"]}`).want(400, "bad_request")
	s.do(admin(), "PUT", "/v1/data-types", `{"types":null}`).want(400, "bad_request")
	s.do(admin(), "PUT", "/v1/data-types", `{}`).want(400, "bad_request")
	s.do(admin(), "POST", "/v1/data-types/ghosts/reset", "").want(404, "not_found")
}

// forms in which a secret could get out.
func forms(secret string) []string {
	j, _ := json.Marshal(secret)
	out := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(j), `"`), hex.EncodeToString([]byte(secret)),
	}
	for pad := range 3 {
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			e := enc.EncodeToString([]byte(strings.Repeat("x", pad) + secret))
			out = append(out, e[(pad*8+5)/6:len(e)-2])
		}
	}
	return out
}

// The private key is in no answer and no log line, whatever happens to it.
func TestThePrivateKeyNeverComesBack(t *testing.T) {
	t.Parallel()
	const secret = `p+r/v "k=ey&%4711\ü`
	s := newServer(t)
	body := func(change map[string]any) string {
		m := map[string]any{"serverUrl": "na.example.net", "companyId": "acme", "publicKey": "pub", "privateKey": secret}
		maps.Copy(m, change)
		b, _ := json.Marshal(m)
		return string(b)
	}
	k := setuptest.Keys()
	k.PrivateKey = strings.Join(strings.Fields(secret), "") // as cleaned
	s.world.CW.Keys = append(s.world.CW.Keys, k)
	good := body(map[string]any{"publicKey": k.PublicKey})
	s.do(admin(), "POST", "/v1/connection/test", good).want(200, "")
	s.do(admin(), "PUT", "/v1/connection", good).want(200, "")
	s.do(admin(), "POST", "/v1/connection/enable", "").want(200, "")
	s.do(admin(), "GET", "/v1/connection", "").want(200, "")
	for name, bad := range map[string]string{
		"refused keys":     body(map[string]any{"companyId": "acme"}),
		"number for text":  body(map[string]any{"companyId": 4711}),
		"unknown field":    body(map[string]any{secret: 1}),
		"secret elsewhere": body(map[string]any{"serverUrl": secret, "companyId": secret, "types": []string{secret}}),
		"too long":         body(map[string]any{"privateKey": strings.Repeat(secret, 100)}),
		"list":             body(map[string]any{"privateKey": []string{secret}}),
		"object":           body(map[string]any{"privateKey": map[string]string{secret: secret}}),
		"cut":              good[:len(good)-3],
		"text":             `"` + secret,
		"two":              good + good,
	} {
		for _, path := range []string{"/v1/connection/test", "/v1/connection"} {
			method := map[bool]string{true: "POST", false: "PUT"}[strings.HasSuffix(path, "test")]
			if a := s.do(admin(), method, path, bad); a.status == 500 {
				t.Errorf("%s: %s", name, a.body)
			}
		}
	}
	esc := url.QueryEscape(secret)
	s.do(admin(), "GET", "/v1/runs?privateKey="+esc, "").want(400, "bad_request")
	s.do(admin(), "GET", "/v1/runs?limit="+esc, "").want(400, "bad_request")
	s.do(admin(), "GET", "/v1/records/companies?changedSince="+esc, "").want(400, "bad_request")
	s.do(admin(), "GET", "/v1/runs/"+url.PathEscape(secret), "")
	s.world.CW.Fail = func(string) error { return problem.From(nil) }
	s.do(admin(), "POST", "/v1/connection/test", good).want(200, "")
	for _, want := range append(forms(secret), forms(k.PrivateKey)...) {
		if bytes.Contains(s.captured.Bytes(), []byte(want)) {
			t.Errorf("the private key came back as %q", want)
		}
	}
	if !bytes.Contains(s.captured.Bytes(), []byte("na.example.net")) || !bytes.Contains(s.captured.Bytes(), []byte(`"route"`)) {
		t.Error("answers or log lines are not searched")
	}
}

// huma repeats rejected values by default; a short private key is one.
func TestShortKeyIsNotEchoed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, body := range []string{
		`{"privateKey":"` + strings.Repeat("s3cr3t", 100) + `"}`, `{"privateKey":["s3cr3t"]}`, `{"s3cr3t":1}`, `{"privateKey":"s3cr3t"`,
	} {
		a := s.do(admin(), "POST", "/v1/connection/test", body).want(400, "bad_request")
		if strings.Contains(a.body, "s3cr3t") {
			t.Errorf("echoed: %s", a.body)
		}
	}
	var p httpapi.Problem
	s.do(admin(), "POST", "/v1/connection/test", `{"privateKey":7}`).want(400, "bad_request").into(&p)
	if len(p.Fields) != 1 || p.Fields[0] != (httpapi.Field{Location: "body.privateKey", Message: "expected string"}) {
		t.Errorf("the field is not named: %+v", p.Fields)
	}
}
