package syncertest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Shards implements syncer.RunStore.
func (s *Store) Shards(ctx context.Context, scope psa.Scope, runID string) (shards []syncer.Shard, err error) {
	err = s.do(ctx, "shards", func(t *Table) error {
		r, err := t.run(scope, runID)
		if err != nil {
			shards = []syncer.Shard{}
			return nil //nolint:nilerr // a run that nobody knows has none
		}
		shards = make([]syncer.Shard, len(r.shards))
		for i, sh := range r.shards {
			shards[i] = sh.Shard
		}
		return nil
	})
	return shards, err
}

func (t *Table) shard(scope psa.Scope, runID string, no int) (*shard, error) {
	r, err := t.run(scope, runID)
	if err != nil || no < 0 || no >= len(r.shards) {
		return nil, fmt.Errorf("shard %d of run %s: %w", no, runID, psa.ErrNotFound)
	}
	return &r.shards[no], nil
}

// Claim implements syncer.RunStore.
func (s *Store) Claim(
	ctx context.Context, scope psa.Scope, runID string, no int, owner string, now, until time.Time,
) (claimed syncer.Shard, err error) {
	err = s.do(ctx, "claim", func(t *Table) error {
		sh, err := t.shard(scope, runID, no)
		switch {
		case err != nil:
			return err
		case sh.Done || sh.stopped:
			return psa.ErrConflict
		case sh.Owner != owner && sh.Held(now):
			return psa.ErrBusy
		}
		sh.Owner, sh.LeaseUntil = owner, until
		sh.Fence++
		sh.Failures++
		claimed = sh.Shard
		return nil
	})
	return claimed, err
}

// Advance implements syncer.RunStore.
func (s *Store) Advance(ctx context.Context, scope psa.Scope, before, after syncer.Shard) error {
	return s.do(ctx, "advance", func(t *Table) error {
		sh, err := t.shard(scope, before.RunID, before.No)
		switch {
		case err != nil:
			return err
		case sh.Fence != before.Fence, sh.Cursor != before.Cursor, sh.Done != before.Done, sh.stopped:
			return psa.ErrConflict
		}
		if t.OnAdvance != nil {
			t.OnAdvance(sh.Shard, after)
		}
		sh.Cursor, sh.Done, sh.Counts, sh.Fence = after.Cursor, after.Done, after.Counts, after.Fence
		sh.Owner, sh.LeaseUntil, sh.WokenAt = after.Owner, after.LeaseUntil, after.WokenAt
		sh.Failures, sh.Waiting = after.Failures, after.Waiting
		return nil
	})
}

// PutMissing implements syncer.RunStore. Each is a call of its own.
func (s *Store) PutMissing(ctx context.Context, scope psa.Scope, runID string, ids []psa.RecordID) error {
	k := syncer.RunKey{Scope: scope, RunID: runID}
	for _, id := range ids {
		err := s.do(ctx, "put missing", func(t *Table) error {
			t.missing[k] = sorted(t.missing[k], id, cmp.Compare)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Missing implements syncer.RunStore.
func (s *Store) Missing(ctx context.Context, scope psa.Scope, runID string, after psa.RecordID, limit int) (ids []psa.RecordID, err error) {
	err = s.do(ctx, "missing", func(t *Table) error {
		list := t.missing[syncer.RunKey{Scope: scope, RunID: runID}]
		i, _ := slices.BinarySearch(list, after+1)
		ids = slices.Clone(list[i:min(len(list), i+limit)])
		return nil
	})
	return ids, err
}

// skipKey sorts skips as they are listed: records by id, parents after them.
func skipKey(s syncer.Skip) string {
	if s.Under != 0 {
		return "under" + padded(int64(s.Under))
	}
	return padded(int64(s.ID))
}

func compareSkips(a, b syncer.Skip) int { return cmp.Compare(skipKey(a), skipKey(b)) }

func openList(scope psa.Scope, typ psa.DataType) string {
	return scope.String() + " type " + string(typ)
}

func runList(scope psa.Scope, runID string) string { return scope.String() + " run " + runID }

// PutSkips implements syncer.RunStore. Each list is a call of its own.
func (s *Store) PutSkips(ctx context.Context, scope psa.Scope, skips []syncer.Skip) error {
	for _, skip := range skips {
		lists := []string{openList(scope, skip.Type)}
		if skip.RunID != "" {
			lists = append(lists, runList(scope, skip.RunID))
		}
		for _, list := range lists {
			err := s.do(ctx, "put skip", func(t *Table) error {
				t.skips[list] = sorted(t.skips[list], skip, compareSkips)
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Skips implements syncer.RunStore.
func (s *Store) Skips(ctx context.Context, scope psa.Scope, runID string, p syncer.Page) ([]syncer.Skip, string, error) {
	return s.listed(ctx, runList(scope, runID), p)
}

// OpenSkips implements syncer.RunStore.
func (s *Store) OpenSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Skip, string, error) {
	return s.listed(ctx, openList(scope, typ), p)
}

func (s *Store) listed(ctx context.Context, list string, p syncer.Page) (skips []syncer.Skip, next string, err error) {
	err = s.do(ctx, "skips", func(t *Table) (err error) {
		skips, next, err = page(t.skips[list], p, skipKey)
		return err
	})
	return skips, next, err
}

// DropSkips implements syncer.RunStore.
func (s *Store) DropSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, skips []syncer.Skip, before time.Time) error {
	list := openList(scope, typ)
	for _, skip := range skips {
		err := s.do(ctx, "drop skip "+strconv.Itoa(int(skip.ID)), func(t *Table) error {
			i, found := slices.BinarySearchFunc(t.skips[list], skip, compareSkips)
			if found && !t.skips[list][i].At.After(before) {
				t.skips[list] = slices.Delete(t.skips[list], i, i+1)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
