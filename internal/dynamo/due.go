package dynamo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// dueItem is what the due index says of an item: its key, and when to look.
type dueItem struct {
	key
	DSK string `dynamodbav:"dsk"`
}

// dueAs is due with the items themselves, read consistently: the index may
// say what was true a moment ago.
func dueAs[T any](ctx context.Context, t *table, kind string, now time.Time, limit int) ([]T, error) {
	due, err := t.due(ctx, kind, now, limit)
	if err != nil {
		return nil, err
	}
	keys := make([]key, len(due))
	for i, d := range due {
		keys[i] = d.key
	}
	found, err := t.getAll(ctx, keys, read{consistent: true})
	if err != nil {
		return nil, err
	}
	return unmarshalAll[T](found)
}

// due returns the items of a kind that are due at or before now, oldest first
// and at most limit. The partitions are read side by side.
func (t *table) due(ctx context.Context, kind string, now time.Time, limit int) ([]dueItem, error) {
	var found [dueShards][]dueItem
	group, ctx := errgroup.WithContext(ctx)
	for shard := range found {
		group.Go(func() error {
			items, _, err := t.page(ctx, query{
				index: dueIndex, pk: dueShardPK(kind, shard),
				cond: "#dsk <= :now", with: with{"now": paddedTime(now)},
			}, limit)
			if err != nil {
				return err
			}
			found[shard], err = unmarshalAll[dueItem](items)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(found[:]...)
	slices.SortFunc(all, func(a, b dueItem) int { return cmp.Compare(a.DSK, b.DSK) })
	return all[:min(len(all), limit)], nil
}
