package dynamo

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// skipItem is a record that was not kept, or a parent whose records could not
// be read. Under its run it expires; under its type it stays until it is
// dropped.
type skipItem struct {
	key
	V       int               `dynamodbav:"v"`
	Type    psa.DataType      `dynamodbav:"type"`
	ID      psa.RecordID      `dynamodbav:"id"`
	Under   psa.RecordID      `dynamodbav:"under,omitempty"`
	Name    string            `dynamodbav:"name,omitempty"`
	Reason  syncer.SkipReason `dynamodbav:"reason"`
	Detail  string            `dynamodbav:"detail,omitempty"`
	RunID   string            `dynamodbav:"run,omitempty"`
	At      int64             `dynamodbav:"at"`
	Expires int64             `dynamodbav:"expiresAt,omitempty"`
}

func newSkipItem(k key, s syncer.Skip) skipItem {
	return skipItem{
		key: k, V: version, Type: s.Type, ID: s.ID, Under: s.Under, Name: s.Name, Reason: s.Reason, Detail: s.Detail,
		RunID: s.RunID, At: nanos(s.At),
	}
}

func (it skipItem) skip() syncer.Skip {
	return syncer.Skip{
		Type: it.Type, ID: it.ID, Under: it.Under, Name: it.Name, Reason: it.Reason, Detail: it.Detail, RunID: it.RunID,
		At: fromNanos(it.At),
	}
}

// PutSkips implements syncer.RunStore. Of several skips of one record and run
// the last stays.
func (r *Runs) PutSkips(ctx context.Context, scope psa.Scope, skips []syncer.Skip) error {
	byKey := make(map[key]skipItem, 2*len(skips))
	for _, s := range skips {
		open := newSkipItem(openSkipKey(scope, s), s)
		byKey[open.key] = open
		if s.RunID != "" {
			of := newSkipItem(skipKey(scope, s), s)
			of.Expires = expiry(s.At, keepFor)
			byKey[of.key] = of
		}
	}
	items := make([]item, 0, len(byKey))
	for _, it := range byKey {
		m, err := marshal(it)
		if err != nil {
			return err
		}
		items = append(items, m)
	}
	if err := r.db.putAll(ctx, items); err != nil {
		return fmt.Errorf("put skips: %w", err)
	}
	return nil
}

// Skips implements syncer.RunStore.
func (r *Runs) Skips(ctx context.Context, scope psa.Scope, runID string, p syncer.Page) ([]syncer.Skip, string, error) {
	return r.skips(ctx, skipsPK(scope, runID), p)
}

// OpenSkips implements syncer.RunStore.
func (r *Runs) OpenSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Skip, string, error) {
	return r.skips(ctx, openSkipsPK(scope, typ), p)
}

func (r *Runs) skips(ctx context.Context, pk string, p syncer.Page) ([]syncer.Skip, string, error) {
	q := query{pk: pk}
	if err := q.after(p.After); err != nil {
		return nil, "", err
	}
	items, next, err := pageAs[skipItem](ctx, r.db, q, limitOf(p))
	if err != nil {
		return nil, "", fmt.Errorf("list skips: %w", err)
	}
	skips := make([]syncer.Skip, len(items))
	for i, it := range items {
		skips[i] = it.skip()
	}
	return skips, next, nil
}

// DropSkips implements syncer.RunStore.
func (r *Runs) DropSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, skips []syncer.Skip, before time.Time) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writeParallel)
	for _, s := range skips {
		s.Type = typ
		group.Go(func() error {
			err := r.db.delete(ctx, openSkipKey(scope, s), "attribute_not_exists(#pk) OR #at <= :before", with{"before": nanos(before)})
			if _, later := isRefused(err); later {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("drop skips: %w", err)
	}
	return nil
}
