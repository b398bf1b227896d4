package setuptest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Depart implements setup.Store.
func (s *Store) Depart(_ context.Context, d setup.Departure, draft *setup.Draft, notes []setup.SecretNote) (setup.Departure, error) {
	err := s.do(func(t *Table) error {
		c := d.Connection
		if t.conns[c.Account].Rev != c.Rev || draft != nil && t.drafts[draft.Account].Rev != draft.Rev {
			return psa.ErrConflict
		}
		delete(t.conns, c.Account)
		delete(t.endpoints, c.ID)
		delete(t.schedules, c.Account)
		if key := c.Endpoint.Identity.Key(); t.claims[key].Account == c.Account {
			delete(t.claims, key)
		}
		if draft != nil {
			delete(t.drafts, draft.Account)
		}
		for _, n := range notes {
			t.notes[noteKey(n)] = n
		}
		d.Rev = 1
		t.gone[c.Scope()] = d
		return nil
	})
	return d, err
}

// Departure implements setup.Store.
func (s *Store) Departure(_ context.Context, a psa.AccountID) (out setup.Departure, err error) {
	err = s.do(func(t *Table) error {
		for scope, d := range t.gone {
			if scope.Account == a && scope.Generation > out.Connection.Generation {
				out = d
			}
		}
		if out.Rev == 0 {
			return psa.ErrNotFound
		}
		return nil
	})
	return out, err
}

// UpdateDeparture implements setup.Store.
func (s *Store) UpdateDeparture(_ context.Context, d setup.Departure) (setup.Departure, error) {
	err := s.do(func(t *Table) error {
		if scope := d.Connection.Scope(); t.gone[scope].Rev != d.Rev || d.Rev == 0 {
			return psa.ErrConflict
		}
		d.Rev++
		t.gone[d.Connection.Scope()] = d
		return nil
	})
	return d, err
}

// DueDepartures implements setup.Store.
func (s *Store) DueDepartures(_ context.Context, now time.Time, limit int) (out []setup.Departure, err error) {
	err = s.do(func(t *Table) error {
		for _, d := range t.gone {
			if !d.LookAt.IsZero() && !d.LookAt.After(now) && len(out) < limit {
				out = append(out, d)
			}
		}
		return nil
	})
	return out, err
}

// Eraser remembers what it erased. It needs three calls for a scope.
type Eraser struct {
	mu     sync.Mutex
	slices map[psa.Scope]int
}

// Erased lists the scopes that were erased to the end.
func (e *Eraser) Erased() []psa.Scope {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []psa.Scope
	for scope, n := range e.slices {
		if n >= 3 {
			out = append(out, scope)
		}
	}
	slices.SortFunc(out, func(a, b psa.Scope) int { return int(a.Generation - b.Generation) })
	return out
}

// Process is the same store as a process that dies by f sees it.
func (e *Eraser) Process(f *Faults) setup.Eraser { return eraser{e, f} }

type eraser struct {
	*Eraser

	faults *Faults
}

// Erase implements setup.Eraser.
func (e eraser) Erase(_ context.Context, scope psa.Scope, _ time.Duration) (done bool, err error) {
	err = e.faults.around(func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.slices == nil {
			e.slices = map[psa.Scope]int{}
		}
		e.slices[scope]++
		done = e.slices[scope] >= 3
		return nil
	})
	return done, err
}

// StartAll implements setup.Runner: as asking once more.
func (r runner) StartAll(_ context.Context, scope psa.Scope, types []psa.DataType, _ string) error {
	for _, t := range types {
		err := r.note(&r.all, scope.String()+" "+string(t))
		if err != nil {
			return err
		}
	}
	return nil
}

// Refilter implements setup.Runner.
func (r runner) Refilter(_ context.Context, scope psa.Scope, _ []psa.DataType, _ string) error {
	return r.note(&r.refiltered, scope.String())
}

// CancelAll implements setup.Runner.
func (r runner) CancelAll(_ context.Context, scope psa.Scope, _ string) error {
	return r.note(&r.cancelled, scope.String())
}

func (r runner) note(list *[]string, what string) error {
	return r.faults.around(func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		*list = append(*list, what)
		return nil
	})
}

// All lists "scope type" of what StartAll was asked for.
func (r *Runner) All() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// Refiltered lists the scopes that were read again by a new filter.
func (r *Runner) Refiltered() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.refiltered)
}

// Cancelled lists the scopes whose runs were cancelled.
func (r *Runner) Cancelled() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.cancelled)
}
