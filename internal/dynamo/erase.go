package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Eraser removes what was stored for a scope. It follows the directories: a
// partition is emptied before the entry that names it goes, so that what one
// call leaves over the next one finds.
type Eraser struct{ db *table }

var _ setup.Eraser = (*Eraser)(nil)

// erasePage is how many keys are read, and then removed, at a time.
const erasePage = 1000

// Erase implements setup.Eraser. What expired and was not removed yet goes as
// well.
func (e *Eraser) Erase(ctx context.Context, scope psa.Scope, d time.Duration) (done bool, err error) {
	job := erasure{db: e.db, until: e.db.now().Add(d)}
	for _, step := range []func(context.Context, psa.Scope) (bool, error){job.records, job.runs, job.rest} {
		if done, err = step(ctx, scope); err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

// erasure is one call's work. Each step reports whether it is through.
type erasure struct {
	db    *table
	until time.Time
}

func (e erasure) over() bool { return !e.db.now().Before(e.until) }

func (e erasure) records(ctx context.Context, scope psa.Scope) (bool, error) {
	for _, t := range syncer.Types() {
		done, err := e.each(ctx, bucketsPK(scope, t.Name), func(sk string) ([]string, error) {
			bucket, err := strconv.ParseInt(sk, 10, 64)
			return []string{bucketPK(scope, t.Name, bucket)}, err
		})
		if err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

func (e erasure) runs(ctx context.Context, scope psa.Scope) (bool, error) {
	return e.each(ctx, runKey(scope, "").PK, func(id string) ([]string, error) {
		return []string{shardsPK(scope, id), skipsPK(scope, id), missingPK(scope, id)}, nil
	})
}

// rest is what has no directory.
func (e erasure) rest(ctx context.Context, scope psa.Scope) (bool, error) {
	pks := []string{
		logPK(scope), limitsPK(scope), mappingsPK(scope), productsKey(scope).PK, changeKey(scope, "").PK, namesPK(scope),
		usageKey(scope).PK, routesPK(scope), seriesPK(scope), postedPK(scope), plansPK(scope),
	}
	var states []key
	for _, t := range syncer.Types() {
		pks = append(pks, runNameKey(scope, t.Name, "").PK, openSkipsPK(scope, t.Name), lotPK(scope, t.Name))
		states = append(states, typeKey(scope, t.Name))
	}
	if done, err := e.partitions(ctx, pks); err != nil || !done {
		return false, err
	}
	return true, e.db.deleteAll(ctx, states)
}

// each empties the partitions that a directory's entries name, and removes the
// entries.
func (e erasure) each(ctx context.Context, directory string, named func(sk string) ([]string, error)) (bool, error) {
	for {
		if e.over() {
			return false, nil
		}
		keys, err := e.page(ctx, directory)
		if err != nil || len(keys) == 0 {
			return err == nil, err
		}
		for _, k := range keys {
			pks, err := named(k.SK)
			if err != nil {
				return false, fmt.Errorf("directory entry %q: %w", k.SK, psa.ErrInvalid)
			}
			if done, err := e.partitions(ctx, pks); err != nil || !done {
				return false, err
			}
			if err := e.db.delete(ctx, k, "", nil); err != nil {
				return false, err
			}
		}
	}
}

func (e erasure) partitions(ctx context.Context, pks []string) (bool, error) {
	for _, pk := range pks {
		if done, err := e.partition(ctx, pk); err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

// partition empties a partition.
func (e erasure) partition(ctx context.Context, pk string) (bool, error) {
	for {
		if e.over() {
			return false, nil
		}
		keys, err := e.page(ctx, pk)
		if err != nil || len(keys) == 0 {
			return err == nil, err
		}
		if err := e.db.deleteAll(ctx, keys); err != nil {
			return false, err
		}
	}
}

// page is the first keys of a partition, none once it is empty.
func (e erasure) page(ctx context.Context, pk string) ([]key, error) {
	var start item
	for {
		items, last, err := e.db.once(ctx, query{pk: pk, attrs: "#pk, #sk"}, erasePage, start)
		if err != nil {
			return nil, err
		}
		if len(items) > 0 || len(last) == 0 {
			return unmarshalAll[key](items)
		}
		start = last
	}
}
