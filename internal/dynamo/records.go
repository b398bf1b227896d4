package dynamo

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

const (
	// writeParallel bounds the writes of one page at a time.
	writeParallel = 16
	// writeTimeout bounds a whole Write. It is shorter than the ten seconds
	// that Changed stays behind, so that no write arrives behind a reader.
	writeTimeout = 8 * time.Second
	// denseLookup is how many ids of one partition make one query cheaper
	// than reading them by key.
	denseLookup = 48
)

// Records keeps rows.
type Records struct {
	db    *table
	codec codec
	known buckets
	// batchBytes is how large a batch was lately.
	batchBytes atomic.Int64
}

var _ syncer.RecordStore = (*Records)(nil)

func newRecords(db *table) *Records { return &Records{db: db} }

// Write implements syncer.RecordStore. Row.ChangedAt should be the time of the
// call: Changed relies on it. Data longer than syncer.MaxDataBytes is psa.ErrInvalid,
// and nothing is stored.
func (r *Records) Write(ctx context.Context, scope psa.Scope, rows []syncer.Row) ([]psa.RecordID, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := r.prepare(ctx, scope, rows); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var refused []psa.RecordID
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writeParallel)
	for _, row := range rows {
		group.Go(func() error {
			stored, err := r.writeOne(ctx, scope, row)
			if err == nil && !stored {
				mu.Lock()
				defer mu.Unlock()
				refused = append(refused, row.ID)
			}
			return err
		})
	}
	return refused, group.Wait()
}

// prepare checks rows that are to be written, and makes sure that they can be
// found.
func (r *Records) prepare(ctx context.Context, scope psa.Scope, rows []syncer.Row) error {
	for _, row := range rows {
		if len(row.Data) > syncer.MaxDataBytes {
			return fmt.Errorf("write %s %d: data of %d bytes: %w", row.Type, row.ID, len(row.Data), psa.ErrInvalid)
		}
	}
	if err := r.ensureBuckets(ctx, scope, rows); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// WriteFirst implements syncer.RecordStore. No two rows may have the same id.
func (r *Records) WriteFirst(ctx context.Context, scope psa.Scope, rows []syncer.Row) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := r.prepare(ctx, scope, rows); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchParallel)
	for chunk := range slices.Chunk(rows, batchWrites) {
		group.Go(func() error { return r.putRows(ctx, scope, chunk) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("write first: %w", err)
	}
	return nil
}

func (r *Records) writeOne(ctx context.Context, scope psa.Scope, row syncer.Row) (stored bool, err error) {
	it, err := r.codec.item(scope, row)
	if err != nil {
		return false, fmt.Errorf("write %s %d: %w", row.Type, row.ID, err)
	}
	cond, w := r.supersedes(row)
	err = r.db.put(ctx, it, cond, w)
	if _, older := isRefused(err); older {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write %s %d: %w", row.Type, row.ID, err)
	}
	return true, nil
}

// supersedes is syncer.Row.Supersedes as a condition. What has expired is
// superseded by anything.
func (r *Records) supersedes(row syncer.Row) (string, with) {
	w := with{"read": nanos(row.ReadAt), "second": r.db.now().Unix()}
	later := "#read <= :read"
	if row.Removed != syncer.Deleted && row.Removed != syncer.Merged {
		later = "(#rm IN (:deleted, :merged) AND #read <= :read) OR " +
			"(NOT #rm IN (:deleted, :merged) AND (#upd < :upd OR (#upd = :upd AND #read <= :read)))"
		w["deleted"], w["merged"], w["upd"] = syncer.Deleted, syncer.Merged, millis(row.LastUpdated)
	}
	if row.Fence != 0 {
		later = "#fence <= :fence AND (" + later + ")"
		w["fence"] = row.Fence
	}
	return "attribute_not_exists(#pk) OR #expiresAt <= :second OR (" + later + ")", w
}

// Get implements syncer.RecordStore.
func (r *Records) Get(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID) (syncer.Row, error) {
	it, err := r.db.get(ctx, recordKey(scope, typ, id))
	if err != nil {
		return syncer.Row{}, fmt.Errorf("get %s %d: %w", typ, id, err)
	}
	rows, err := r.codec.rows(typ, []item{it})
	if err != nil {
		return syncer.Row{}, err
	}
	return rows[0], nil
}

// Lookup implements syncer.RecordStore.
func (r *Records) Lookup(ctx context.Context, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (map[psa.RecordID]syncer.Row, error) {
	dense, keys := splitIDs(scope, typ, ids)
	var mu sync.Mutex
	found := make(map[psa.RecordID]syncer.Row, len(ids))
	keep := func(rows []syncer.Row, wanted map[psa.RecordID]bool) {
		mu.Lock()
		defer mu.Unlock()
		for _, row := range rows {
			if wanted == nil || wanted[row.ID] {
				found[row.ID] = row
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchParallel)
	for bucket, wanted := range dense {
		group.Go(func() error {
			rows, _, err := r.inPartition(ctx, typ, query{pk: bucketPK(scope, typ, bucket), attrs: withoutData}, 0)
			keep(rows, wanted)
			return err
		})
	}
	group.Go(func() error {
		items, err := r.db.getAll(ctx, keys, read{attrs: withoutData, consistent: true})
		if err != nil {
			return err
		}
		rows, err := r.codec.rows(typ, items)
		keep(rows, nil)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("look up %s: %w", typ, err)
	}
	return found, nil
}

// splitIDs tells ids of which a partition holds many, and which are read by
// one query, from those that are read by their keys.
func splitIDs(scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (map[int64]map[psa.RecordID]bool, []key) {
	byBucket := map[int64]map[psa.RecordID]bool{}
	for _, id := range ids {
		b := bucketOf(id)
		if byBucket[b] == nil {
			byBucket[b] = map[psa.RecordID]bool{}
		}
		byBucket[b][id] = true
	}
	var keys []key
	for b, wanted := range byBucket {
		if len(wanted) >= denseLookup {
			continue
		}
		for id := range wanted {
			keys = append(keys, recordKey(scope, typ, id))
		}
		delete(byBucket, b)
	}
	return byBucket, keys
}
