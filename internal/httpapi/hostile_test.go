package httpapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/usage"
)

func TestHostileBodies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const path = "/v1/connection/test"
	for name, tc := range map[string]struct {
		body   string
		header []string
		status int
		code   string
	}{
		"large":         {`{"companyId":"` + strings.Repeat("x", 80<<10) + `"}`, nil, 413, "too_large"},
		"deep":          {strings.Repeat("[", 30000), nil, 400, "bad_request"},
		"deep object":   {`{"companyId":` + strings.Repeat(`{"a":`, 9000), nil, 400, "bad_request"},
		"form":          {"companyId=acme", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_media"},
		"xml":           {"<a/>", []string{"Content-Type", "text/xml"}, 415, "unsupported_media"},
		"plain":         {`{}`, []string{"Content-Type", "text/plain"}, 415, "unsupported_media"},
		"unknown field": {`{"companyId":"acme","isAdmin":true}`, nil, 400, "bad_request"},
		"null":          {`null`, nil, 400, "bad_request"},
		"list":          {`[]`, nil, 400, "bad_request"},
		"number":        {`7`, nil, 400, "bad_request"},
		"not JSON":      {`{"companyId":acme}`, nil, 400, "bad_request"},
		"empty":         {``, nil, 400, "bad_request"},
		"null bytes":    {"\x00\x00", nil, 400, "bad_request"},
		"not UTF-8":     {"{\"companyId\":\"\xff\xfe\"}", nil, 400, "bad_request"},
		"null field":    {`{"companyId":null}`, nil, 400, "bad_request"},
	} {
		a := s.do(admin(), "POST", path, tc.body, tc.header...)
		if a.status != tc.status {
			t.Errorf("%s: %d, want %d: %.200s", name, a.status, tc.status, a.body)
			continue
		}
		a.want(tc.status, tc.code)
	}
}

// Addresses that are not quite ours find nothing, redirect nowhere, and
// panic nowhere.
func TestHostilePaths(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	for _, path := range []string{
		"/v1", "/v1/", "/", "/v1/connection/", "//v1/connection", "/v1//connection", "/v1/./connection", "/v1/x/../connection",
		"/v1/records/../connection", "/v1/records/companies/..", "/v1/records/companies/%2e%2e", "/v1/records/companies/42%2fsync",
		"/v1/records/companies/42/..%2f..%2fconnection", "/v1/records/%00/42", "/v1/runs/" + runID(0) + "%00", "/V1/connection",
		"/v1/connection%20", "/v1/records/companies%2F42", "/v1/records/a%23b/42", "/v1/runs/" + strings.Repeat("A", 5000),
	} {
		a := s.do(admin(), "GET", path, "")
		if a.status != 404 && a.status != 400 || strings.Contains(a.body, "na.example") || strings.Contains(a.body, "Initech") {
			t.Errorf("%s: %d %.200s", path, a.status, a.body)
		}
	}
	for path, allow := range map[string]string{"/v1/connection": "GET, HEAD, PUT", "/v1/connection/enable": "POST"} {
		a := s.do(admin(), "PATCH", path, "").want(405, "method_not_allowed")
		if a.header.Get("Allow") != allow {
			t.Errorf("%s: Allow %q, want %q", path, a.header.Get("Allow"), allow)
		}
	}
}

// slow never answers by itself.
type slow struct{ httpapi.Setup }

func (slow) Status(ctx context.Context, _ psa.AccountID) (setup.Status, error) {
	<-ctx.Done()
	return setup.Status{}, ctx.Err()
}

func TestRequestsEndBeforeTheFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := httpapi.New(httpapi.Config{
			Setup: slow{}, Engine: &engine{}, Runs: &engine{}, Records: &engine{}, Jobs: new(jobs).service(time.Now), People: &names{},
			Mapping: newBooks(), Intake: usage.Intake{Store: newBooks(), Now: time.Now},
			Postings: newCashier().service(time.Now), PostingRuns: newCashier(), PostingLedger: ledger{newCashier()},
			Statements: usage.Statements{},
			Claims:     func(context.Context) (map[string]string, []string, bool) { return admin(), nil, true },
			RequestID:  func(context.Context) string { return "req-1" }, ClaimNames: httpapi.ClaimNames{Account: "account", Roles: "roles", Kind: "kind"},
		})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/v1/connection", nil))
		answer{t, w.Code, w.Header(), w.Body.String()}.want(503, "busy")
		if took := time.Since(start); took != 25*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A log line has the ids and the route, and nothing that the caller chose.
func TestRequestLog(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	s.captured.Reset()
	s.do(admin(), "GET", "/v1/records/companies/42?limit=secret", "")
	s.do(admin(), "GET", "/v1/unknown-secret", "")
	s.do(customer(), "GET", "/v1/connection", "")
	var lines []map[string]any
	for line := range strings.SplitSeq(s.captured.String(), "\n") {
		var m map[string]any
		if strings.Contains(line, `"msg"`) && json.Unmarshal([]byte(line), &m) == nil {
			lines = append(lines, m)
			if strings.Contains(line, "secret") || strings.Contains(line, "Pat") {
				t.Errorf("the line holds what it must not: %s", line)
			}
		}
	}
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), s.captured.String())
	}
	for i, want := range []map[string]any{
		{"route": "GET /v1/records/{type}/{id}", "status": 400.0, "code": "bad_request", "account": "msp-1", "method": "GET", "requestId": "req-1"},
		{"route": "", "status": 404.0, "code": "not_found", "account": "msp-1"},
		{"route": "GET /v1/connection", "status": 404.0, "code": "not_found", "account": ""},
	} {
		for k, v := range want {
			if lines[i][k] != v {
				t.Errorf("line %d: %s is %v, want %v", i, k, lines[i][k], v)
			}
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := httpapi.New(httpapi.Config{Log: slog.New(slog.DiscardHandler)})
	for _, name := range []string{"Setup", "Engine", "Runs", "Records", "Claims", "RequestID", "ClaimNames"} {
		if err == nil || !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
}

// Security headers stand on every answer.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, who := range []token{nil, admin(), customer()} {
		a := s.do(who, http.MethodGet, "/v1/connection", "")
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers %v", a.header)
		}
	}
}
