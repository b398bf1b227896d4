package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Runs keeps runs, shards, leases and logs.
type Runs struct{ db *table }

var _ syncer.RunStore = (*Runs)(nil)

// raceTries bounds how often a step that lost a race looks and tries again.
const raceTries = 5

// CreateRun implements syncer.RunStore. A run that CreateRun has stored before
// is returned as it is, and is not joined.
func (r *Runs) CreateRun(ctx context.Context, run syncer.Run, leaseUntil time.Time, entry syncer.LogEntry) (syncer.Run, bool, error) {
	for range raceTries {
		state, last, err := r.lastOf(ctx, run.Scope, run.Type)
		if err != nil {
			return syncer.Run{}, false, fmt.Errorf("create run: %w", err)
		}
		active := last != nil && last.ID == state.ActiveRun && last.holds()
		if active && (last.ID == run.ID || last.Lease > nanos(r.db.now())) {
			return last.run(run.Scope), last.ID != run.ID, nil
		}
		if run.Mode == syncer.Initial && state.Watermark != 0 && last != nil {
			return last.run(run.Scope), last.ID != run.ID, nil
		}
		run.State, run.Fence = syncer.Queued, state.Fence+1
		err = r.create(ctx, run, leaseUntil, entry, state, last)
		if err == nil {
			return run, false, nil
		}
		if !errors.Is(err, psa.ErrConflict) {
			return syncer.Run{}, false, fmt.Errorf("create run: %w", err)
		}
	}
	return syncer.Run{}, false, fmt.Errorf("create run of %s: too many at once: %w", run.Type, psa.ErrConflict)
}

// lastOf reads a type's state and its newest run, nil if there is none.
func (r *Runs) lastOf(ctx context.Context, scope psa.Scope, typ psa.DataType) (typeItem, *runItem, error) {
	state, err := getAs[typeItem](ctx, r.db, typeKey(scope, typ))
	if errors.Is(err, psa.ErrNotFound) {
		return typeItem{}, nil, nil
	}
	if err != nil || state.LastRun == "" {
		return state, nil, err
	}
	last, err := getAs[runItem](ctx, r.db, runKey(scope, state.LastRun))
	if errors.Is(err, psa.ErrNotFound) {
		return state, nil, nil
	}
	return state, &last, err
}

// create stores the run if the type is still as read.
func (r *Runs) create(ctx context.Context, run syncer.Run, lease time.Time, entry syncer.LogEntry, state typeItem, last *runItem) error {
	it := newRunItem(run)
	it.Lease = nanos(lease)
	it.DPK, it.DSK = duePK(dueRuns, it.key), paddedTime(run.RequestedAt)
	tx := r.db.begin()
	tx.update(takeType(run, state))
	tx.put(it, "attribute_not_exists(#pk)", nil)
	tx.put(runNameItem{key: runNameKey(run.Scope, run.Type, run.ID), V: version}, "", nil)
	tx.put(newLogItem(run.Scope, entry), "", nil)
	if last != nil {
		if err := r.retire(ctx, tx, run.Scope, *last, state); err != nil {
			return err
		}
	}
	return tx.commit(ctx)
}

// takeType gives a type to a run.
func takeType(run syncer.Run, state typeItem) update {
	u := update{
		key:  typeKey(run.Scope, run.Type),
		set:  with{"v": version, "lastRun": run.ID, "activeRun": run.ID, "fence": run.Fence},
		cond: "#fence = :old", with: with{"old": state.Fence},
	}
	if state.Fence == 0 {
		u.cond, u.with = "attribute_not_exists(#pk)", nil
		return u
	}
	if state.ActiveRun == "" {
		u.cond += " AND attribute_not_exists(#activeRun)"
	} else {
		u.cond += " AND #activeRun = :holder"
		u.with["holder"] = state.ActiveRun
	}
	return u
}

// retire starts the end of the type's last run: it expires from now on, since
// the type no longer names it. If it is active it has lost its lease: it is
// interrupted for good and its shards stop.
func (r *Runs) retire(ctx context.Context, tx *transaction, scope psa.Scope, last runItem, state typeItem) error {
	finished := fromNanos(last.Finished)
	u := update{key: runKey(scope, last.ID), set: with{}, cond: "attribute_exists(#pk)"}
	if last.ID == state.ActiveRun && last.holds() {
		finished = r.db.now()
		u.set = with{"lost": true, "state": syncer.Interrupted, "finished": nanos(finished)}
		u.remove = []string{"dpk", "dsk"}
		u.cond, u.with = "#lease = :seen AND attribute_not_exists(#lost)", with{"seen": last.Lease}
		if err := r.stopShards(ctx, tx, scope, last); err != nil {
			return err
		}
	}
	u.set["expiresAt"] = expiry(finished, keepFor)
	tx.update(u)
	tx.update(update{
		key: runNameKey(scope, last.Type, last.ID), set: with{"expiresAt": u.set["expiresAt"]}, cond: "attribute_exists(#pk)",
	})
	return nil
}

// stopShards stops the shards of a run that are not done.
func (r *Runs) stopShards(ctx context.Context, tx *transaction, scope psa.Scope, run runItem) error {
	if run.Shards == 0 {
		return nil
	}
	shards, err := r.shards(ctx, scope, run.ID)
	if err != nil {
		return err
	}
	for _, s := range shards {
		if !s.Done {
			tx.update(update{key: s.key, set: with{"stopped": true}, cond: "attribute_exists(#pk)"})
		}
	}
	return nil
}

// Run implements syncer.RunStore.
func (r *Runs) Run(ctx context.Context, scope psa.Scope, id string) (syncer.Run, error) {
	it, err := getAs[runItem](ctx, r.db, runKey(scope, id))
	if err != nil {
		return syncer.Run{}, fmt.Errorf("run: %w", err)
	}
	return it.run(scope), nil
}

// Runs implements syncer.RunStore.
func (r *Runs) Runs(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Run, string, error) {
	q := query{pk: runKey(scope, "").PK, backward: true}
	if typ != "" {
		q.pk = runNameKey(scope, typ, "").PK
	}
	if err := q.before(p.After); err != nil {
		return nil, "", err
	}
	items, next, err := pageAs[runItem](ctx, r.db, q, limitOf(p))
	if err == nil && typ != "" {
		items, err = r.named(ctx, scope, items)
	}
	if err != nil {
		return nil, "", fmt.Errorf("list runs: %w", err)
	}
	runs := make([]syncer.Run, len(items))
	for i, it := range items {
		runs[i] = it.run(scope)
	}
	return runs, next, nil
}

// named reads the runs that a type's list names, in its order.
func (r *Runs) named(ctx context.Context, scope psa.Scope, list []runItem) ([]runItem, error) {
	keys := make([]key, len(list))
	for i, it := range list {
		keys[i] = runKey(scope, it.SK)
	}
	found, err := r.db.getAll(ctx, keys, read{consistent: true})
	if err != nil {
		return nil, err
	}
	items, err := unmarshalAll[runItem](found)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]runItem, len(items))
	for _, it := range items {
		byID[it.ID] = it
	}
	runs := list[:0]
	for _, it := range list {
		if run, ok := byID[it.SK]; ok {
			runs = append(runs, run)
		}
	}
	return runs, nil
}

// TypeState implements syncer.RunStore.
func (r *Runs) TypeState(ctx context.Context, scope psa.Scope, typ psa.DataType) (syncer.TypeState, error) {
	it, err := getAs[typeItem](ctx, r.db, typeKey(scope, typ))
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return syncer.TypeState{}, fmt.Errorf("type state: %w", err)
	}
	return syncer.TypeState{
		Type: typ, Watermark: fromNanos(it.Watermark), LastRun: it.LastRun, ActiveRun: it.ActiveRun,
		LastSuccess: fromNanos(it.LastSuccess), PlannedAt: fromNanos(it.Planned), Filter: it.Filter, Fence: it.Fence,
		Compared: fromNanos(it.Compared), Proposal: it.Proposal, Confirmed: it.Confirmed,
	}, nil
}
