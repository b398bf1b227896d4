package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// PlanRun implements syncer.RunStore. It takes up to 98 shards.
func (r *Runs) PlanRun(ctx context.Context, run syncer.Run, shards []syncer.Shard, entry syncer.LogEntry) error {
	tx := r.db.begin()
	tx.update(update{
		key: runKey(run.Scope, run.ID),
		set: with{
			"state": syncer.Running, "mode": run.Mode, "started": nanos(run.StartedAt), "since": nanos(run.Since),
			"serverTime": nanos(run.ServerStart), "expected": run.Expected, "maxId": run.MaxID, "shards": len(shards),
			"filter": run.Filter,
		},
		cond: "#state = :queued AND #fence = :held AND attribute_not_exists(#lost)",
		with: with{"queued": syncer.Queued, "held": run.Fence},
	})
	tx.put(newLogItem(run.Scope, entry), "", nil)
	for _, s := range shards {
		it := newShardItem(run.Scope, run.ID, s)
		it.Expires = expiry(r.db.now(), keepShards)
		tx.put(it, "", nil)
	}
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("plan run %s: %w", run.ID, err)
	}
	return nil
}

// Mark implements syncer.RunStore.
func (r *Runs) Mark(ctx context.Context, run syncer.Run, from, to syncer.State, entry syncer.LogEntry) error {
	if !from.Active() || !to.Active() {
		return fmt.Errorf("mark run from %s to %s: %w", from, to, psa.ErrInvalid)
	}
	tx := r.db.begin()
	tx.update(update{
		key: runKey(run.Scope, run.ID), set: with{"state": to},
		cond: "#state = :from AND attribute_not_exists(#lost)", with: with{"from": from},
	})
	tx.put(newLogItem(run.Scope, entry), "", nil)
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("mark run %s: %w", run.ID, err)
	}
	return nil
}

// EndRun implements syncer.RunStore. If the run is planned between the look at
// its shards and the write, it looks again.
func (r *Runs) EndRun(ctx context.Context, run syncer.Run, watermark time.Time, entry syncer.LogEntry) error {
	if run.State.Active() {
		return fmt.Errorf("end run %s as %s: %w", run.ID, run.State, psa.ErrInvalid)
	}
	for range raceTries {
		stored, err := getAs[runItem](ctx, r.db, runKey(run.Scope, run.ID))
		if err != nil {
			return fmt.Errorf("end run: %w", err)
		}
		if !stored.holds() || stored.Fence != run.Fence {
			break
		}
		err = r.end(ctx, run, stored, watermark, entry)
		if !errors.Is(err, psa.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("end run %s: %w", run.ID, psa.ErrConflict)
}

func (r *Runs) end(ctx context.Context, run syncer.Run, stored runItem, watermark time.Time, entry syncer.LogEntry) error {
	tx := r.db.begin()
	tx.update(finalRun(run, stored))
	typ := freeType(run, watermark)
	if err := r.settle(ctx, tx, run, &typ); err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	tx.update(typ)
	tx.put(newLogItem(run.Scope, entry), "", nil)
	if err := r.stopShards(ctx, tx, run.Scope, stored); err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("end run %s: %w", run.ID, err)
	}
	return nil
}

// finalRun makes a run final if it has the shards that it was seen with. It
// does not expire before the type has a newer run (see retire).
func finalRun(run syncer.Run, seen runItem) update {
	u := update{
		key:    seen.key,
		set:    with{"state": run.State, "totals": run.Totals, "finished": nanos(run.FinishedAt)},
		remove: []string{"dpk", "dsk"},
		cond:   "#fence = :held AND #shards = :seen AND " + stillActive,
		with:   activeStates(with{"held": run.Fence, "seen": seen.Shards}),
	}
	if run.Failure != nil {
		u.set["failure"] = run.Failure
	}
	if run.Proposal != nil {
		u.set["proposal"], u.set["decision"] = run.Proposal, run.Proposal.State
	}
	return u
}

// freeType ends the run's lease on its type and moves the watermark.
func freeType(run syncer.Run, watermark time.Time) update {
	u := update{
		key: typeKey(run.Scope, run.Type), set: with{"v": version}, remove: []string{"activeRun"},
		cond: "#activeRun = :run AND #fence = :held", with: with{"run": run.ID, "held": run.Fence},
	}
	if !watermark.IsZero() {
		u.set["watermark"], u.set["lastSuccess"] = nanos(watermark), nanos(run.FinishedAt)
		u.set["planned"] = nanos(run.StartedAt)
		if run.Mode != syncer.Incremental { // which decides only what changed
			u.set["filter"] = run.Filter
		}
	}
	return u
}

// Postpone implements syncer.RunStore.
func (r *Runs) Postpone(ctx context.Context, k syncer.RunKey, dueAt, leaseUntil time.Time) error {
	run := runKey(k.Scope, k.RunID)
	_, err := r.db.update(ctx, update{
		key:  run,
		set:  with{"dpk": duePK(dueRuns, run), "dsk": paddedTime(dueAt), "lease": nanos(leaseUntil)},
		cond: stillActive, with: activeStates(nil),
	})
	if err != nil {
		return fmt.Errorf("postpone run %s: %w", k.RunID, missing(err))
	}
	return nil
}

// missing turns a refusal for want of an item into psa.ErrNotFound.
func missing(err error) error {
	if old, ok := isRefused(err); ok && len(old) == 0 {
		return psa.ErrNotFound
	}
	return err
}

// Due implements syncer.RunStore.
func (r *Runs) Due(ctx context.Context, now time.Time, limit int) ([]syncer.RunKey, error) {
	due, err := r.db.due(ctx, dueRuns, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due runs: %w", err)
	}
	keys := make([]syncer.RunKey, len(due))
	for i, d := range due {
		scope, err := parseScopePK(d.PK)
		if err != nil {
			return nil, fmt.Errorf("due runs: %w", err)
		}
		keys[i] = syncer.RunKey{Scope: scope, RunID: d.SK}
	}
	return keys, nil
}
