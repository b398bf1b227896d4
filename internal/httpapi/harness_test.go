package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
	"github.com/psabridge/psabridge/internal/usage"
)

type claimsKey struct{}

// token is a set of claims as API Gateway hands them over.
type token map[string]string

func person(account, role string) token {
	return token{"sub": "person-" + role, "name": "Pat", "account": account, "kind": "partner", "roles": "[" + role + "]"}
}

func admin() token  { return person("msp-1", "admin") }
func member() token { return person("msp-1", "member") }
func customer() token {
	return token{"sub": "c", "account": "msp-1", "kind": "customer", "roles": "[admin]"}
}

// server is the API over a world, an engine and stores in memory.
type server struct {
	t       *testing.T
	world   *setuptest.World
	engine  *engine
	jobs    *jobs
	names   *names
	books   *books
	cashier *cashier
	handler http.Handler

	mu       sync.Mutex
	captured bytes.Buffer // every answer and log line
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, world: setuptest.NewWorld(), engine: &engine{}, jobs: &jobs{}, names: &names{}, books: newBooks(), cashier: newCashier()}
	s.world.Log, s.books.Now = s, s.world.Now
	h, err := httpapi.New(httpapi.Config{
		Setup: s.world.Service(t, nil), Engine: s.engine, Runs: s.engine, Records: s.engine, Jobs: s.jobs.service(s.world.Now),
		People: s.names, Mapping: s.books, Intake: usage.Intake{Store: s.books, Now: s.world.Now},
		Postings: s.cashier.service(s.world.Now), PostingRuns: s.cashier, PostingLedger: ledger{s.cashier},
		Statements: usage.Statements{Mappings: s.cashier.product, Kept: s.cashier, Reports: s.cashier.product, Now: s.world.Now},
		Claims: func(ctx context.Context) (map[string]string, []string, bool) {
			c, ok := ctx.Value(claimsKey{}).(token)
			return c, nil, ok && c != nil
		},
		RequestID:  func(context.Context) string { return "req-1" },
		ClaimNames: httpapi.ClaimNames{Account: "account", Roles: "roles", Kind: "kind"},
		Product:    "Acme Shield", Installation: "acme", Now: s.world.Now, Log: slog.New(slog.NewJSONHandler(s, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = h
	return s
}

// Write captures log lines.
func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.captured.Write(b)
}

type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// do sends a request; body "" is none, and headers are name, value pairs.
func (s *server) do(who token, method, target, body string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequestWithContext(context.WithValue(s.t.Context(), claimsKey{}, who), method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	_, _ = fmt.Fprintln(s, w.Header(), w.Body.String())
	return answer{s.t, w.Code, w.Header(), w.Body.String()}
}

// want fails the test unless the status is as said, and for errors the code
// too and the shape of a problem document.
func (a answer) want(status int, code string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if status < 400 {
		return a
	}
	var p httpapi.Problem
	a.into(&p)
	if a.header.Get("Content-Type") != "application/problem+json" || p.Status != status || p.Type != "about:blank" ||
		p.Title == "" || p.Detail == "" || p.RequestID != "req-1" {
		a.t.Errorf("not a problem document: %s %s", a.header, a.body)
	}
	if p.Code != code {
		a.t.Errorf("code %q, want %q: %s", p.Code, code, a.body)
	}
	return a
}

// has fails the test unless text is in the answer.
func (a answer) has(text string) answer {
	a.t.Helper()
	if !strings.Contains(a.body, text) {
		a.t.Errorf("no %s in %s", text, a.body)
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
}

func connectionBody() string { return bodyWith(setuptest.Keys()) }

func bodyWith(k psa.Credentials) string {
	b, _ := json.Marshal(map[string]any{
		"serverUrl": "na.example.net/", "companyId": "acme", "publicKey": k.PublicKey, "privateKey": k.PrivateKey,
	})
	return string(b)
}

// connected is a server whose msp-1 is enabled.
func connected(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	s.do(admin(), "PUT", "/v1/connection", connectionBody()).want(200, "")
	s.do(admin(), "POST", "/v1/connection/enable", "").want(200, "")
	return s
}
