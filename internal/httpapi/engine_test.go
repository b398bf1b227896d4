package httpapi_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

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
	// outcome is what SyncRecord says beside the row.
	outcome syncer.Outcome
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
	out := e.outcome
	for i, r := range e.rows {
		if r.scope == scope && r.v.Type == typ && r.v.ID == id {
			e.rows[i].v.Name += " (read again)"
			out.Row = e.rows[i].v
		}
	}
	return out, nil
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

func (e *engine) OpenSkips(_ context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Skip, string, error) {
	return paged(e.skips, scope, p, func(s syncer.Skip) bool { return s.Type == typ })
}

func (e *engine) FindLogs(_ context.Context, scope psa.Scope, q syncer.LogQuery) ([]syncer.LogEntry, string, error) {
	return paged(e.logs, scope, q.Page, func(l syncer.LogEntry) bool {
		return (q.Type == "" || l.Type == q.Type) && (q.RunID == "" || l.RunID == q.RunID) && (q.Event == "" || l.Event == q.Event) &&
			(q.Who == "" || l.Who == q.Who) && !l.At.Before(q.From) && (q.To.IsZero() || l.At.Before(q.To))
	})
}

func (e *engine) DecideRemoval(_ context.Context, scope psa.Scope, id string, confirm bool, by string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	i, err := e.find(scope, id)
	if err != nil {
		return err
	}
	p := e.runs[i].Proposal
	if p == nil || p.State != syncer.ProposalOpen {
		return problem.New(problem.Conflict, "This run proposes no removal.", "")
	}
	p.State, p.DecidedBy, p.DecidedAt = syncer.ProposalDismissed, by, time.Unix(500, 0)
	if confirm {
		p.State = syncer.ProposalConfirmed
	}
	return nil
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

func (e *engine) ListUnder(_ context.Context, scope psa.Scope, typ psa.DataType, parent psa.RecordID, p syncer.Page) ([]syncer.Row, string, error) {
	return paged(e.rows, scope, p, func(r syncer.Row) bool { return r.Type == typ && r.Removed == "" && r.Parent == parent })
}

// names are what people are called, in memory.
type names struct {
	mu    sync.Mutex
	notes []string // "account subject name" of every note
	err   error
}

func (n *names) Remember(_ context.Context, account psa.AccountID, subject, name string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil {
		n.notes = append(n.notes, string(account)+" "+subject+" "+name)
	}
	return n.err
}

func (n *names) All(_ context.Context, account psa.AccountID) (map[string]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := map[string]string{}
	for _, note := range n.notes {
		if parts := strings.SplitN(note, " ", 3); parts[0] == string(account) {
			out[parts[1]] = parts[2]
		}
	}
	return out, n.err
}
