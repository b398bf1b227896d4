package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Shards implements syncer.RunStore.
func (r *Runs) Shards(ctx context.Context, scope psa.Scope, runID string) ([]syncer.Shard, error) {
	items, err := r.shards(ctx, scope, runID)
	if err != nil {
		return nil, err
	}
	shards := make([]syncer.Shard, len(items))
	for i, it := range items {
		shards[i] = it.shard(runID)
	}
	return shards, nil
}

func (r *Runs) shards(ctx context.Context, scope psa.Scope, runID string) ([]shardItem, error) {
	items, err := r.db.all(ctx, query{pk: shardsPK(scope, runID)})
	if err != nil {
		return nil, fmt.Errorf("shards of run %s: %w", runID, err)
	}
	return unmarshalAll[shardItem](items)
}

// Claim implements syncer.RunStore. The holder may claim again, and raises the
// fence and the failures by it.
func (r *Runs) Claim(ctx context.Context, scope psa.Scope, runID string, no int, owner string, now, until time.Time) (syncer.Shard, error) {
	it, err := r.db.update(ctx, update{
		key: shardKey(scope, runID, no),
		set: with{"owner": owner, "lease": nanos(until)}, inc: []string{"fence", "failures"},
		cond: "attribute_exists(#pk) AND #done = :no AND attribute_not_exists(#stopped) AND " +
			"(#owner = :nobody OR #owner = :owner OR #lease <= :now)",
		with: with{"no": false, "nobody": "", "now": nanos(now)},
	})
	if err != nil {
		return syncer.Shard{}, fmt.Errorf("claim shard %d of run %s: %w", no, runID, claimError(err))
	}
	s, err := unmarshal[shardItem](it)
	if err != nil {
		return syncer.Shard{}, err
	}
	return s.shard(runID), nil
}

// claimError says why a shard could not be claimed.
func claimError(err error) error {
	old, ok := isRefused(err)
	if !ok || len(old) == 0 {
		return missing(err)
	}
	s, bad := unmarshal[shardItem](old)
	switch {
	case bad != nil:
		return bad
	case s.Done || s.Stopped:
		return psa.ErrConflict
	default:
		return psa.ErrBusy
	}
}

// Advance implements syncer.RunStore.
func (r *Runs) Advance(ctx context.Context, scope psa.Scope, before, after syncer.Shard) error {
	u := update{
		key: shardKey(scope, before.RunID, before.No),
		set: with{
			"cursor": after.Cursor, "done": after.Done, "counts": after.Counts, "fence": after.Fence, "owner": after.Owner,
			"lease": nanos(after.LeaseUntil), "woken": nanos(after.WokenAt), "failures": after.Failures,
		},
		cond: "#fence = :oldFence AND #cursor = :oldCursor AND #done = :oldDone AND attribute_not_exists(#stopped)",
		with: with{"oldFence": before.Fence, "oldCursor": before.Cursor, "oldDone": before.Done},
	}
	if after.Waiting != nil {
		u.set["waiting"] = after.Waiting
	} else {
		u.remove = []string{"waiting"}
	}
	if _, err := r.db.update(ctx, u); err != nil {
		return fmt.Errorf("advance shard %d of run %s: %w", before.No, before.RunID, missing(err))
	}
	return nil
}
