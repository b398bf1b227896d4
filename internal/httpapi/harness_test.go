package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
	"github.com/psabridge/psabridge/internal/syncer"
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
	handler http.Handler

	mu       sync.Mutex
	captured bytes.Buffer // every answer and log line
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, world: setuptest.NewWorld(), engine: &engine{}, jobs: &jobs{}}
	s.world.Log = s
	h, err := httpapi.New(httpapi.Config{
		Setup: s.world.Service(t, nil), Engine: s.engine, Runs: s.engine, Records: s.engine, Jobs: s.jobs.service(s.world.Now),
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

// engine is an engine and its stores in memory, small but true to scopes.
type engine struct {
	mu   sync.Mutex
	runs []syncer.Run
	rows []scoped[syncer.Row]
	// skips of every run, and the log.
	skips []scoped[syncer.Skip]
	logs  []scoped[syncer.LogEntry]
	// states are what is known of types beside their runs.
	states map[psa.DataType]syncer.TypeState
	// err, if set, is what the next call returns.
	err error
}

type scoped[T any] struct {
	scope psa.Scope
	v     T
}

func (e *engine) fail() error {
	err := e.err
	e.err = nil
	return err
}

func runID(n int) string { return fmt.Sprintf("01HZZZZZZZZZZZZZZZZZZZ%04d", n) }

func (e *engine) Start(_ context.Context, scope psa.Scope, types []psa.DataType, mode syncer.Mode, by string) ([]syncer.Started, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.fail(); err != nil {
		return nil, err
	}
	var out []syncer.Started
	for _, typ := range types {
		if _, ok := syncer.TypeNamed(typ); !ok {
			return nil, fmt.Errorf("start: %w", psa.ErrInvalid)
		}
		i := slices.IndexFunc(e.runs, func(r syncer.Run) bool { return r.Scope == scope && r.Type == typ && r.State.Active() })
		if i >= 0 {
			out = append(out, syncer.Started{Run: e.runs[i], Joined: true})
			continue
		}
		if mode == "" {
			mode = syncer.Initial
		}
		run := syncer.Run{ID: runID(len(e.runs)), Scope: scope, Type: typ, Mode: mode, State: syncer.Queued, RequestedBy: by, RequestedAt: time.Unix(1, 0)}
		e.runs = append(e.runs, run)
		out = append(out, syncer.Started{Run: run})
	}
	return out, nil
}

func (e *engine) find(scope psa.Scope, id string) (int, error) {
	i := slices.IndexFunc(e.runs, func(r syncer.Run) bool { return r.Scope == scope && r.ID == id })
	if i < 0 {
		return 0, fmt.Errorf("run: %w", psa.ErrNotFound)
	}
	return i, nil
}

func (e *engine) Progress(_ context.Context, scope psa.Scope, id string) (syncer.Progress, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i, err := e.find(scope, id)
	if err != nil {
		return syncer.Progress{}, err
	}
	return syncer.Progress{Run: e.runs[i], ShardsDone: 3}, e.fail()
}

func (e *engine) Cancel(_ context.Context, scope psa.Scope, id, _ string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	i, err := e.find(scope, id)
	if err == nil {
		e.runs[i].State = syncer.Cancelled
	}
	return err
}

func (e *engine) Reset(_ context.Context, scope psa.Scope, typ psa.DataType, _ string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, r := range e.runs {
		if r.Scope == scope && r.Type == typ && r.State.Active() {
			e.runs[i].State = syncer.Cancelled
		}
	}
	return nil
}

func (e *engine) SyncRecord(_ context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, _ string) (syncer.Outcome, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.fail(); err != nil {
		return syncer.Outcome{}, err
	}
	for i, r := range e.rows {
		if r.scope == scope && r.v.Type == typ && r.v.ID == id {
			e.rows[i].v.Name += " (read again)"
		}
	}
	return syncer.Outcome{}, nil
}

// paged cuts a page of what belongs to scope and is wanted.
func paged[T any](all []scoped[T], scope psa.Scope, p syncer.Page, wanted func(T) bool) ([]T, string, error) {
	start := 0
	if p.After != "" {
		n, err := strconv.Atoi(p.After)
		if err != nil {
			return nil, "", fmt.Errorf("cursor: %w", psa.ErrInvalid)
		}
		start = n
	}
	var out []T
	for i := start; i < len(all); i++ {
		if all[i].scope != scope || !wanted(all[i].v) {
			continue
		}
		if len(out) == p.Limit {
			return out, strconv.Itoa(i), nil
		}
		out = append(out, all[i].v)
	}
	return out, "", nil
}

func (e *engine) Runs(_ context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Run, string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []scoped[syncer.Run]
	for _, r := range e.runs {
		all = append(all, scoped[syncer.Run]{r.Scope, r})
	}
	return paged(all, scope, p, func(r syncer.Run) bool { return typ == "" || r.Type == typ })
}

func (e *engine) Skips(_ context.Context, scope psa.Scope, id string, p syncer.Page) ([]syncer.Skip, string, error) {
	return paged(e.skips, scope, p, func(s syncer.Skip) bool { return s.RunID == id })
}

func (e *engine) Logs(_ context.Context, scope psa.Scope, p syncer.Page) ([]syncer.LogEntry, string, error) {
	return paged(e.logs, scope, p, func(syncer.LogEntry) bool { return true })
}

func (e *engine) TypeState(_ context.Context, scope psa.Scope, typ psa.DataType) (syncer.TypeState, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := e.states[typ]
	st.Type = typ
	for _, r := range e.runs {
		if r.Scope == scope && r.Type == typ {
			st.LastRun = r.ID
		}
	}
	return st, nil
}

func (e *engine) Get(_ context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID) (syncer.Row, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.rows {
		if r.scope == scope && r.v.Type == typ && r.v.ID == id {
			return r.v, nil
		}
	}
	return syncer.Row{}, fmt.Errorf("record: %w", psa.ErrNotFound)
}

func (e *engine) List(_ context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Row, string, error) {
	return paged(e.rows, scope, p, func(r syncer.Row) bool { return r.Type == typ && r.Removed == "" })
}

func (e *engine) Changed(_ context.Context, scope psa.Scope, typ psa.DataType, since time.Time, p syncer.Page) ([]syncer.Row, string, error) {
	return paged(e.rows, scope, p, func(r syncer.Row) bool { return r.Type == typ && !r.ChangedAt.Before(since) })
}
