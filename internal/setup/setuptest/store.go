package setuptest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Table is what survives a process: the memory behind Stores.
type Table struct {
	mu        sync.Mutex
	conns     map[psa.AccountID]setup.Connection
	drafts    map[psa.AccountID]setup.Draft
	claims    map[string]setup.Claim
	notes     map[string]setup.SecretNote
	endpoints map[string]psa.CallbackEndpoint
	schedules map[psa.AccountID]setup.Schedule
	gone      map[psa.Scope]setup.Departure
	filters   []setup.FilterChange
	// Generations are all that ever were activated.
	generations []psa.Scope
}

// NewTable makes an empty one.
func NewTable() *Table {
	return &Table{
		conns: map[psa.AccountID]setup.Connection{}, drafts: map[psa.AccountID]setup.Draft{},
		claims: map[string]setup.Claim{}, notes: map[string]setup.SecretNote{},
		endpoints: map[string]psa.CallbackEndpoint{}, schedules: map[psa.AccountID]setup.Schedule{},
		gone: map[psa.Scope]setup.Departure{},
	}
}

// Notes lists the secret notes.
func (t *Table) Notes() []setup.SecretNote {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []setup.SecretNote
	for _, n := range t.notes {
		out = append(out, n)
	}
	return out
}

// Activated lists the scopes that ever became connections, in order.
func (t *Table) Activated() []psa.Scope {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]psa.Scope(nil), t.generations...)
}

// Store is one process's view of a Table.
type Store struct {
	Table  *Table
	Faults *Faults
}

// do runs f under the table's lock, once.
func (s *Store) do(f func(t *Table) error) error {
	return s.Faults.around(func() error {
		s.Table.mu.Lock()
		defer s.Table.mu.Unlock()
		return f(s.Table)
	})
}

func get[K comparable, V any](m map[K]V, k K, out *V) error {
	v, ok := m[k]
	if !ok {
		return psa.ErrNotFound
	}
	*out = v
	return nil
}

// Connection implements setup.Store.
func (s *Store) Connection(_ context.Context, a psa.AccountID) (out setup.Connection, err error) {
	err = s.do(func(t *Table) error { return get(t.conns, a, &out) })
	return out, err
}

// Draft implements setup.Store.
func (s *Store) Draft(_ context.Context, a psa.AccountID) (out setup.Draft, err error) {
	err = s.do(func(t *Table) error { return get(t.drafts, a, &out) })
	return out, err
}

// Claim implements setup.Store.
func (s *Store) Claim(_ context.Context, i psa.Identity) (out setup.Claim, err error) {
	err = s.do(func(t *Table) error { return get(t.claims, i.Key(), &out) })
	return out, err
}

// CallbackEndpoint implements setup.Store.
func (s *Store) CallbackEndpoint(_ context.Context, id string) (out psa.CallbackEndpoint, err error) {
	err = s.do(func(t *Table) error { return get(t.endpoints, id, &out) })
	return out, err
}

// PutDraft implements setup.Store.
func (s *Store) PutDraft(_ context.Context, d setup.Draft, drop setup.SecretNote) (setup.Draft, error) {
	err := s.do(func(t *Table) error {
		if t.drafts[d.Account].Rev != d.Rev {
			return psa.ErrConflict
		}
		d.Rev++
		t.drafts[d.Account] = d
		delete(t.notes, noteKey(drop))
		return nil
	})
	return d, err
}

// DeleteDraft implements setup.Store.
func (s *Store) DeleteDraft(_ context.Context, d setup.Draft, note setup.SecretNote) error {
	return s.do(func(t *Table) error {
		if t.drafts[d.Account].Rev != d.Rev {
			return psa.ErrConflict
		}
		delete(t.drafts, d.Account)
		t.notes[noteKey(note)] = note
		return nil
	})
}

// Activate implements setup.Store.
func (s *Store) Activate(_ context.Context, c setup.Connection, d setup.Draft, e psa.CallbackEndpoint, takeover bool) (setup.Connection, error) {
	err := s.do(func(t *Table) error {
		key := c.Endpoint.Identity.Key()
		if claim, ok := t.claims[key]; ok && claim.Account != c.Account && !takeover {
			return psa.ErrBusy
		}
		if t.conns[c.Account].Rev != c.Rev || t.drafts[d.Account].Rev != d.Rev || d.Rev == 0 {
			return psa.ErrConflict
		}
		if d, ok := t.gone[c.Scope()]; ok && d.State != setup.Kept {
			return psa.ErrConflict
		}
		delete(t.gone, c.Scope())
		c.Rev++
		t.conns[c.Account] = c
		t.claims[key] = setup.Claim{Identity: c.Endpoint.Identity, Account: c.Account, ClaimedBy: c.EnabledBy, ClaimedAt: c.EnabledAt}
		t.endpoints[e.ConnectionID] = e
		t.schedules[c.Account] = setup.FirstSchedule(c)
		t.generations = append(t.generations, c.Scope())
		delete(t.drafts, d.Account)
		return nil
	})
	return c, err
}

// UpdateConnection implements setup.Store.
func (s *Store) UpdateConnection(_ context.Context, c setup.Connection, drop, add setup.SecretNote) (setup.Connection, error) {
	err := s.do(func(t *Table) error {
		if t.conns[c.Account].Rev != c.Rev || c.Rev == 0 {
			return psa.ErrConflict
		}
		c.Rev++
		t.conns[c.Account] = c
		delete(t.notes, noteKey(drop))
		if add.Name != "" {
			t.notes[noteKey(add)] = add
		}
		return nil
	})
	return c, err
}

// NoteSecret implements setup.Store.
func (s *Store) NoteSecret(_ context.Context, n setup.SecretNote) error {
	return s.do(func(t *Table) error {
		t.notes[noteKey(n)] = n
		return nil
	})
}

// ForgetSecret implements setup.Store.
func (s *Store) ForgetSecret(_ context.Context, n setup.SecretNote) error {
	return s.do(func(t *Table) error {
		delete(t.notes, noteKey(n))
		return nil
	})
}

// DueSecrets implements setup.Store.
func (s *Store) DueSecrets(_ context.Context, now time.Time, limit int) (out []setup.SecretNote, err error) {
	err = s.do(func(t *Table) error {
		for _, n := range t.notes {
			if !n.SweepAt.After(now) && len(out) < limit {
				out = append(out, n)
			}
		}
		return nil
	})
	return out, err
}

// DueSchedules implements setup.Store.
func (s *Store) DueSchedules(_ context.Context, now time.Time, limit int) (out []setup.Schedule, err error) {
	err = s.do(func(t *Table) error {
		for _, sch := range t.schedules {
			if !sch.LookAt.After(now) && len(out) < limit {
				out = append(out, sch)
			}
		}
		return nil
	})
	return out, err
}

// MoveSchedule implements setup.Store.
func (s *Store) MoveSchedule(_ context.Context, before, after setup.Schedule) error {
	return s.do(func(t *Table) error {
		if t.schedules[before.Scope.Account] != before {
			return psa.ErrConflict
		}
		t.schedules[after.Scope.Account] = after
		return nil
	})
}

// PutCallbackEndpoint implements setup.Store.
func (s *Store) PutCallbackEndpoint(_ context.Context, e psa.CallbackEndpoint) error {
	return s.do(func(t *Table) error {
		if _, ok := t.endpoints[e.ConnectionID]; !ok {
			return psa.ErrNotFound
		}
		e.Paused = t.endpoints[e.ConnectionID].Paused
		t.endpoints[e.ConnectionID] = e
		return nil
	})
}

// SetPause implements setup.Store.
func (s *Store) SetPause(_ context.Context, c setup.Connection, due setup.Schedule) (setup.Connection, error) {
	err := s.do(func(t *Table) error {
		e, ok := t.endpoints[c.ID]
		if t.conns[c.Account].Rev != c.Rev || !ok {
			return psa.ErrConflict
		}
		c.Rev++
		e.Paused = c.Pause.Sync
		t.conns[c.Account], t.endpoints[c.ID] = c, e
		if !e.Paused {
			t.schedules[c.Account] = due
		}
		return nil
	})
	return c, err
}

// SetFilter implements setup.Store.
func (s *Store) SetFilter(_ context.Context, c setup.Connection, due setup.Schedule, change setup.FilterChange) (setup.Connection, error) {
	err := s.do(func(t *Table) error {
		if t.conns[c.Account].Rev != c.Rev || c.Rev == 0 {
			return psa.ErrConflict
		}
		c.Rev++
		t.conns[c.Account] = c
		t.filters = append(t.filters, change)
		if !c.Pause.Sync {
			t.schedules[c.Account] = due
		}
		return nil
	})
	return c, err
}

// Filters lists the changes of filters that were logged.
func (t *Table) Filters() []setup.FilterChange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.filters)
}

func noteKey(n setup.SecretNote) string { return string(n.Account) + "\x00" + n.Name }

// Touch changes the account's draft as another person's save would.
func (t *Table) Touch(a psa.AccountID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.drafts[a]
	d.Rev++
	t.drafts[a] = d
}

// Dump is everything in the table, for searching.
func (t *Table) Dump() []any {
	t.mu.Lock()
	defer t.mu.Unlock()
	return []any{
		maps.Clone(t.conns), maps.Clone(t.drafts), maps.Clone(t.claims), maps.Clone(t.notes), maps.Clone(t.endpoints),
		slices.Collect(maps.Values(t.gone)),
	}
}
