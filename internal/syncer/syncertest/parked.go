package syncertest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/psa"
)

// lot says when the tick looks at what is parked; lookAt is zero until that is
// said first.
type lot struct {
	rev    string
	lookAt time.Time
}

// limitKey names a counter of a minute.
type limitKey struct {
	scope  psa.Scope
	what   string
	minute time.Time
}

// compareParked puts the verified first.
func compareParked(a, b callback.Parked) int {
	after := func(p callback.Parked) int {
		if p.Unverified {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(after(a), after(b)), cmp.Compare(a.ID, b.ID))
}

// Park implements callback.Lot: the record first, then the lot, then when it is
// to be looked at.
func (s *Store) Park(ctx context.Context, k callback.LotKey, p callback.Parked, lookAt time.Time) error {
	err := s.do(ctx, "park", func(t *Table) error {
		kept := p
		if i, found := slices.BinarySearchFunc(t.parked[k], p, compareParked); found {
			old := t.parked[k][i]
			kept.Merged = p.Merged || old.Merged
			if old.AsOf.After(p.AsOf) {
				kept.AsOf = old.AsOf
			}
		}
		t.parked[k] = sorted(t.parked[k], kept, compareParked)
		return nil
	})
	if err != nil {
		return err
	}
	looked := false
	err = s.do(ctx, "lot", func(t *Table) error {
		if t.lots[k] == nil {
			t.lots[k] = &lot{}
		}
		t.lots[k].rev = t.nextRev()
		looked = !t.lots[k].lookAt.IsZero()
		return nil
	})
	if err != nil || looked {
		return err
	}
	return s.do(ctx, "look", func(t *Table) error {
		if t.lots[k] != nil {
			t.lots[k].lookAt = lookAt
		}
		return nil
	})
}

// Parked implements callback.Lot.
func (s *Store) Parked(ctx context.Context, k callback.LotKey, unverified bool, limit int) (list []callback.Parked, err error) {
	err = s.do(ctx, "parked", func(t *Table) error {
		list = []callback.Parked{}
		for _, p := range t.parked[k] {
			if p.Unverified == unverified && len(list) < limit {
				list = append(list, p)
			}
		}
		return nil
	})
	return list, err
}

// Unpark implements callback.Lot.
func (s *Store) Unpark(ctx context.Context, k callback.LotKey, p callback.Parked) error {
	return s.do(ctx, fmt.Sprint("unpark ", p.ID), func(t *Table) error {
		i, found := slices.BinarySearchFunc(t.parked[k], p, compareParked)
		if !found {
			return nil
		}
		if old := t.parked[k][i]; !old.AsOf.After(p.AsOf) && (p.Merged || !old.Merged) {
			t.parked[k] = slices.Delete(t.parked[k], i, i+1)
		}
		return nil
	})
}

// Look implements callback.Lot.
func (s *Store) Look(ctx context.Context, k callback.LotKey, at time.Time) (rev string, err error) {
	err = s.do(ctx, "look", func(t *Table) error {
		if t.lots[k] == nil {
			return fmt.Errorf("look at what is parked: %w", psa.ErrNotFound)
		}
		t.lots[k].lookAt, rev = at, t.lots[k].rev
		return nil
	})
	return rev, err
}

// Close implements callback.Lot.
func (s *Store) Close(ctx context.Context, k callback.LotKey, rev string) error {
	return s.do(ctx, "close", func(t *Table) error {
		if l := t.lots[k]; l != nil && l.rev != rev {
			return fmt.Errorf("close what was parked: %w", psa.ErrConflict)
		}
		delete(t.lots, k)
		return nil
	})
}

// DueLots implements callback.Lot.
func (s *Store) DueLots(ctx context.Context, now time.Time, limit int) (due []callback.LotKey, err error) {
	err = s.do(ctx, "due lots", func(t *Table) error {
		for k, l := range t.lots {
			if !l.lookAt.IsZero() && !l.lookAt.After(now) {
				due = append(due, k)
			}
		}
		slices.SortFunc(due, func(a, b callback.LotKey) int {
			return cmp.Or(t.lots[a].lookAt.Compare(t.lots[b].lookAt), cmp.Compare(a.Scope.String(), b.Scope.String()), cmp.Compare(a.Type, b.Type))
		})
		due = due[:min(len(due), limit)]
		return nil
	})
	return due, err
}

// Allow implements callback.Limits.
func (s *Store) Allow(ctx context.Context, scope psa.Scope, what string, now time.Time, limit int) (ok bool, err error) {
	err = s.do(ctx, "allow", func(t *Table) error {
		k := limitKey{scope, what, now.UTC().Truncate(time.Minute)}
		if ok = t.limits[k] < limit; ok {
			t.limits[k]++
		}
		return nil
	})
	return ok, err
}
