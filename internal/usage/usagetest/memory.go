// Package usagetest keeps what postings need in memory: the stores, the
// mappings and the reports, with the same conditions as the real ones, so that
// tests can post for thousands of days in a second. Every value that goes in or
// out is a copy, as it would be through a table.
package usagetest

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Memory implements usage.Store, usage.Runs and usage.Ledger. It is safe for
// concurrent use; the zero value is empty.
type Memory struct {
	mu        sync.Mutex
	schedules map[psa.Scope]usage.Schedule
	settings  map[psa.Scope]revised[usage.Settings]
	routes    map[psa.Scope]map[usage.TenantID]revised[[]usage.Route]
	series    map[psa.Scope]map[usage.SeriesKey]revised[usage.Series]
	runs      map[usage.RunKey]revised[usage.Run]
	due       map[usage.RunKey]time.Time // of those that are running
	newest    map[string]usage.RunKey
	history   map[psa.Scope][]usage.Entry
	plans     map[usage.RunKey]map[psa.RecordID][]byte // as JSON: what is not public is not kept
	plain     map[reflect.Type]bool
	stopped   bool
	writes    int
}

var (
	_ usage.Store  = (*Memory)(nil)
	_ usage.Runs   = (*Memory)(nil)
	_ usage.Ledger = (*Memory)(nil)
)

// revised is a stored value with its revision.
type revised[T any] struct {
	value T
	rev   int64
}

func (r revised[T]) read(plain map[reflect.Type]bool) T { return copied(plain, r.value) }

// revise is v over what is stored, if that still has the revision seen.
func (r revised[T]) revise(seen int64, v T) (revised[T], error) {
	if r.rev != seen {
		return r, psa.ErrConflict
	}
	return revised[T]{value: stored(v), rev: seen + 1}, nil
}

// known are the types that are known to be plain.
func (m *Memory) known() map[reflect.Type]bool {
	if m.plain == nil {
		m.plain = map[reflect.Type]bool{}
	}
	return m.plain
}

// put stores a value in a map that may be nil.
func put[K comparable, V any](m *map[K]V, k K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[k] = v
}

// Writes is how many writes were made.
func (m *Memory) Writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// PutSchedule implements usage.Store.
func (m *Memory) PutSchedule(_ context.Context, s usage.Schedule) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	put(&m.schedules, s.Scope, s)
	return nil
}

// DueSchedules implements usage.Store.
func (m *Memory) DueSchedules(_ context.Context, now time.Time, limit int) ([]usage.Schedule, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []usage.Schedule
	for _, s := range m.schedules {
		if !s.NextAt.After(now) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b usage.Schedule) int {
		return cmp.Or(a.NextAt.Compare(b.NextAt), cmp.Compare(a.Scope.Account, b.Scope.Account))
	})
	return out[:min(len(out), limit)], nil
}

// DropSchedule implements usage.Store.
func (m *Memory) DropSchedule(_ context.Context, scope psa.Scope) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.schedules, scope)
	return nil
}

// StartRun implements usage.Runs.
func (m *Memory) StartRun(_ context.Context, run usage.Run, s *usage.Schedule, next time.Time) (usage.Run, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	head := run.Scope.String() + "/" + string(run.Mode)
	old, err := m.run(m.newest[head])
	switch {
	case err == nil && old.State == usage.Running:
		return old, true, nil
	case s != nil && !m.schedules[s.Scope].NextAt.Equal(s.NextAt):
		return usage.Run{}, false, psa.ErrConflict
	case err == nil && old.State == usage.NeedsWord:
		old.State, old.EndedAt = usage.Replaced, run.AskedAt
		if _, err := m.putRun(old); err != nil {
			return usage.Run{}, false, err
		}
	}
	if s != nil {
		moved := *s
		moved.NextAt = next
		m.schedules[s.Scope] = moved
	}
	run, err = m.putRun(run)
	put(&m.newest, head, usage.RunKey{Scope: run.Scope, ID: run.ID})
	return run, false, err
}

// Run implements usage.Runs.
func (m *Memory) Run(_ context.Context, scope psa.Scope, id string) (usage.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run(usage.RunKey{Scope: scope, ID: id})
}

// Newest is the latest run of a mode; psa.ErrNotFound if there is none.
func (m *Memory) Newest(_ context.Context, scope psa.Scope, mode usage.Mode) (usage.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run(m.newest[scope.String()+"/"+string(mode)])
}

func (m *Memory) run(k usage.RunKey) (usage.Run, error) {
	r, ok := m.runs[k]
	if !ok {
		return usage.Run{}, psa.ErrNotFound
	}
	run := r.read(m.known())
	run.Rev = r.rev
	return run, nil
}

// PutRun implements usage.Runs.
func (m *Memory) PutRun(_ context.Context, run usage.Run) (usage.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.putRun(run)
}

func (m *Memory) putRun(run usage.Run) (usage.Run, error) {
	k := usage.RunKey{Scope: run.Scope, ID: run.ID}
	r, err := m.runs[k].revise(run.Rev, run)
	if err != nil {
		return run, err
	}
	m.writes++
	put(&m.runs, k, r)
	if delete(m.due, k); run.State == usage.Running {
		put(&m.due, k, run.DueAt)
	}
	run.Rev = r.rev
	return run, nil
}

// DueRuns implements usage.Runs.
func (m *Memory) DueRuns(_ context.Context, now time.Time, limit int) ([]usage.RunKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []usage.RunKey
	for k, at := range m.due {
		if !at.After(now) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b usage.RunKey) int { return cmp.Compare(a.ID, b.ID) })
	return out[:min(len(out), limit)], nil
}
