package syncertest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// changedLag is how far Changed stays behind the clock.
const changedLag = 10 * time.Second

func compareRows(a, b syncer.Row) int { return cmp.Compare(a.ID, b.ID) }

func withoutData(r syncer.Row) syncer.Row {
	r.Data = nil
	return r
}

// expired reports whether a row is a tombstone past its time.
func expired(r syncer.Row, now time.Time) bool {
	return r.Removed.Tombstone() && r.RemovedAt.Add(keepFor).Unix() <= now.Unix()
}

// row is a stored row, if there is one that has not expired.
func (t *Table) row(k typeKey, id psa.RecordID, now time.Time) (syncer.Row, bool) {
	i, found := slices.BinarySearchFunc(t.rows[k], syncer.Row{Record: psa.Record{ID: id}}, compareRows)
	if !found || expired(t.rows[k][i], now) {
		return syncer.Row{}, false
	}
	return t.rows[k][i], true
}

// between are the rows with after < id <= until (0: no bound) that have not
// expired.
func (t *Table) between(k typeKey, after, until psa.RecordID, now time.Time) (rows []syncer.Row) {
	for _, r := range t.rows[k] {
		if r.ID > after && (until == 0 || r.ID <= until) && !expired(r, now) {
			rows = append(rows, r)
		}
	}
	return rows
}

// Write implements syncer.RecordStore. Each row is a call of its own, so that
// some may be stored when it fails.
func (s *Store) Write(ctx context.Context, scope psa.Scope, rows []syncer.Row) (refused []psa.RecordID, err error) {
	err = s.write(ctx, scope, rows, func(stored bool, row, old syncer.Row) bool {
		ok := !stored || row.Supersedes(old)
		if !ok {
			refused = append(refused, row.ID)
		} else if stored && s.table.OnWrite != nil {
			s.table.OnWrite(scope, old, row)
		}
		return ok
	})
	return refused, err
}

// WriteFirst implements syncer.RecordStore.
func (s *Store) WriteFirst(ctx context.Context, scope psa.Scope, rows []syncer.Row) error {
	return s.write(ctx, scope, rows, func(bool, syncer.Row, syncer.Row) bool { return true })
}

func (s *Store) write(ctx context.Context, scope psa.Scope, rows []syncer.Row, may func(stored bool, row, old syncer.Row) bool) error {
	for _, row := range rows {
		if len(row.Data) > syncer.MaxDataBytes {
			return fmt.Errorf("write %s %d: data of %d bytes: %w", row.Type, row.ID, len(row.Data), psa.ErrInvalid)
		}
	}
	for _, row := range rows {
		k := typeKey{Scope: scope, Type: row.Type}
		err := s.do(ctx, "write", func(t *Table) error {
			if old, stored := t.row(k, row.ID, s.now()); may(stored, row, old) {
				row.Data = slices.Clone(row.Data)
				t.rows[k] = sorted(t.rows[k], row, compareRows)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Get implements syncer.RecordStore.
func (s *Store) Get(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID) (row syncer.Row, err error) {
	err = s.do(ctx, "get", func(t *Table) error {
		var ok bool
		if row, ok = t.row(typeKey{Scope: scope, Type: typ}, id, s.now()); !ok {
			return fmt.Errorf("get %s %d: %w", typ, id, psa.ErrNotFound)
		}
		return nil
	})
	return row, err
}

// Lookup implements syncer.RecordStore.
func (s *Store) Lookup(ctx context.Context, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (rows map[psa.RecordID]syncer.Row, err error) {
	rows = map[psa.RecordID]syncer.Row{}
	if len(ids) == 0 {
		return rows, nil
	}
	err = s.do(ctx, "lookup", func(t *Table) error {
		for _, id := range ids {
			if row, ok := t.row(typeKey{Scope: scope, Type: typ}, id, s.now()); ok {
				rows[id] = withoutData(row)
			}
		}
		return nil
	})
	return rows, err
}

// Range implements syncer.RecordStore.
func (s *Store) Range(ctx context.Context, scope psa.Scope, typ psa.DataType, after, until psa.RecordID, limit int) (rows []syncer.Row, err error) {
	if limit <= 0 {
		return nil, fmt.Errorf("range of %s with limit %d: %w", typ, limit, psa.ErrInvalid)
	}
	err = s.do(ctx, "range", func(t *Table) error {
		rows = t.between(typeKey{Scope: scope, Type: typ}, after, until, s.now())
		rows = rows[:min(len(rows), limit)]
		for i := range rows {
			rows[i] = withoutData(rows[i])
		}
		return nil
	})
	return rows, err
}

func rowKey(r syncer.Row) string { return padded(int64(r.ID)) }

// List implements syncer.RecordStore.
func (s *Store) List(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Row, string, error) {
	return s.list(ctx, scope, typ, p, func(syncer.Row) bool { return true })
}

// ListUnder implements syncer.RecordStore.
func (s *Store) ListUnder(ctx context.Context, scope psa.Scope, typ psa.DataType, parent psa.RecordID, p syncer.Page) ([]syncer.Row, string, error) {
	if parent == 0 {
		return nil, "", nil
	}
	return s.list(ctx, scope, typ, p, func(r syncer.Row) bool { return r.Parent == parent })
}

func (s *Store) list(
	ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page, wanted func(syncer.Row) bool,
) (rows []syncer.Row, next string, err error) {
	err = s.do(ctx, "list", func(t *Table) (err error) {
		all := t.between(typeKey{Scope: scope, Type: typ}, 0, 0, s.now())
		all = slices.DeleteFunc(all, func(r syncer.Row) bool { return r.Removed != "" || !wanted(r) })
		rows, next, err = page(all, p, rowKey)
		return err
	})
	return rows, next, err
}

// Changed implements syncer.RecordStore.
func (s *Store) Changed(
	ctx context.Context, scope psa.Scope, typ psa.DataType, since time.Time, p syncer.Page,
) (rows []syncer.Row, next string, err error) {
	err = s.do(ctx, "changed", func(t *Table) (err error) {
		until := s.now().Add(-changedLag)
		all := t.between(typeKey{Scope: scope, Type: typ}, 0, 0, s.now())
		all = slices.DeleteFunc(all, func(r syncer.Row) bool {
			told := r.Removed == "" || r.Removed.Tombstone() || !r.ScopeAt.IsZero()
			return !told || r.ChangedAt.Before(since) || r.ChangedAt.After(until)
		})
		slices.SortFunc(all, func(a, b syncer.Row) int { return cmp.Or(a.ChangedAt.Compare(b.ChangedAt), cmp.Compare(a.ID, b.ID)) })
		rows, next, err = page(all, p, func(r syncer.Row) string { return padded(r.ChangedAt.UnixNano()) + padded(int64(r.ID)) })
		return err
	})
	return rows, next, err
}
