package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// missingItem is a record that a run missed.
type missingItem struct {
	key
	V       int          `dynamodbav:"v"`
	ID      psa.RecordID `dynamodbav:"id"`
	Expires int64        `dynamodbav:"expiresAt"`
}

// PutMissing implements syncer.RunStore.
func (r *Runs) PutMissing(ctx context.Context, scope psa.Scope, runID string, ids []psa.RecordID) error {
	items := make([]item, len(ids))
	for i, id := range ids {
		var err error
		items[i], err = marshal(missingItem{
			key: key{missingPK(scope, runID), paddedID(id)}, V: version, ID: id, Expires: expiry(r.db.now(), keepFor),
		})
		if err != nil {
			return err
		}
	}
	if err := r.db.putAll(ctx, items); err != nil {
		return fmt.Errorf("note what run %s missed: %w", runID, err)
	}
	return nil
}

// Missing implements syncer.RunStore.
func (r *Runs) Missing(ctx context.Context, scope psa.Scope, runID string, after psa.RecordID, limit int) ([]psa.RecordID, error) {
	items, _, err := r.db.page(ctx, query{
		pk: missingPK(scope, runID), cond: "#sk > :after", with: with{"after": paddedID(after)}, attrs: "#id, #expiresAt",
	}, limit)
	if err != nil {
		return nil, fmt.Errorf("what run %s missed: %w", runID, err)
	}
	found, err := unmarshalAll[missingItem](items)
	if err != nil {
		return nil, err
	}
	ids := make([]psa.RecordID, len(found))
	for i, it := range found {
		ids[i] = it.ID
	}
	return ids, nil
}

// Decide implements syncer.RunStore. A proposal can be decided only while its
// type names it as open.
func (r *Runs) Decide(ctx context.Context, run syncer.Run, from syncer.ProposalState, entry syncer.LogEntry) error {
	if run.Proposal == nil || run.Proposal.State == from {
		return fmt.Errorf("decide about run %s: %w", run.ID, psa.ErrInvalid)
	}
	tx := r.db.begin()
	tx.update(decided(run, from))
	named := update{
		key: typeKey(run.Scope, run.Type), set: with{"v": version}, remove: []string{"proposal"},
		cond: "#proposal = :run", with: with{"run": run.ID},
	}
	if run.Proposal.State == syncer.ProposalConfirmed {
		named.set["confirmed"] = run.ID
	}
	tx.update(named)
	tx.put(newLogItem(run.Scope, entry), "", nil)
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("decide about run %s: %w", run.ID, err)
	}
	return nil
}

// decided replaces the proposal of a run if its state still is from.
func decided(run syncer.Run, from syncer.ProposalState) update {
	return update{
		key: runKey(run.Scope, run.ID), set: with{"proposal": run.Proposal, "decision": run.Proposal.State},
		cond: "#decision = :from", with: with{"from": from},
	}
}

// settle takes down in the type what a run that ends has compared or removed.
func (r *Runs) settle(ctx context.Context, tx *transaction, run syncer.Run, typ *update) error {
	removed := run.Mode == syncer.Removal && run.State != syncer.Failed && run.Failure == nil
	if !run.Compares() && !removed {
		return nil
	}
	state, err := getAs[typeItem](ctx, r.db, typ.key)
	if err != nil {
		return err
	}
	if removed {
		if state.Confirmed == run.From {
			typ.remove = append(typ.remove, "confirmed")
			typ.cond += " AND #confirmed = :from"
			typ.with["from"] = run.From
		}
		return nil
	}
	typ.set["compared"] = nanos(run.RequestedAt)
	if run.Proposal != nil {
		typ.set["proposal"] = run.ID
	} else {
		typ.remove = append(typ.remove, "proposal")
	}
	return r.outdate(ctx, tx, run, state.Proposal, typ)
}

// outdate makes the proposal that the type has been naming Outdated.
func (r *Runs) outdate(ctx context.Context, tx *transaction, run syncer.Run, named string, typ *update) error {
	if named == "" {
		typ.cond += " AND attribute_not_exists(#proposal)"
		return nil
	}
	typ.cond += " AND #proposal = :named"
	typ.with["named"] = named
	earlier, err := r.Run(ctx, run.Scope, named)
	if errors.Is(err, psa.ErrNotFound) || err == nil && earlier.Proposal == nil {
		return nil
	}
	if err != nil {
		return err
	}
	earlier.Proposal.State = syncer.ProposalOutdated
	tx.update(decided(earlier, syncer.ProposalOpen))
	return nil
}
