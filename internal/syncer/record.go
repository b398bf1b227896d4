package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// maxDelay is the longest that a queue holds a message back.
const maxDelay = 15 * time.Minute

// SyncRecord reads one record again, now. A record that ConnectWise no longer
// has becomes a tombstone, provided that a control read works.
func (e *Engine) SyncRecord(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, by string) error {
	return e.Refresh(ctx, scope, typ, id, time.Time{}, by)
}

// Refresh is SyncRecord unless what is stored was read after asOf already:
// this collapses bursts, replays and echoes of callbacks.
func (e *Engine) Refresh(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, asOf time.Time, by string) error {
	t, ok := TypeNamed(typ)
	if !ok || id <= 0 {
		return fmt.Errorf("record %s/%d: %w", typ, id, psa.ErrInvalid)
	}
	old, exists, err := e.lookupOne(ctx, scope, t, id)
	if err != nil {
		return err
	}
	if exists && !asOf.IsZero() && old.ReadAt.After(asOf) {
		return nil
	}
	src, err := e.connect.Connect(ctx, scope)
	if err != nil {
		return fmt.Errorf("refresh %s/%d: %w", typ, id, err)
	}
	sentAt := e.opt.Now()
	read, err := src.Get(ctx, t, id)
	if errors.Is(err, psa.ErrNotFound) {
		// A callback tells of a record that was there: a page that still has
		// it may be on its way. What a person asks for may never have been.
		if !exists && asOf.IsZero() {
			return nil
		}
		old.Type, old.ID = t.Name, id
		return e.gone(ctx, src, scope, t, old, sentAt, by)
	}
	if err != nil {
		return fmt.Errorf("refresh %s/%d: %w", typ, id, err)
	}
	return e.store(ctx, scope, t, read, old, exists, by)
}

func (e *Engine) lookupOne(ctx context.Context, scope psa.Scope, t *Type, id psa.RecordID) (Row, bool, error) {
	rows, err := e.records.Lookup(ctx, scope, t.Name, []psa.RecordID{id})
	if err != nil {
		return Row{}, false, fmt.Errorf("look up %s/%d: %w", t.Name, id, err)
	}
	row, ok := rows[id]
	return row, ok, nil
}

// store keeps one record outside any run: the runs that created and changed
// the row stay as they are, so that their counts do too.
func (e *Engine) store(ctx context.Context, scope psa.Scope, t *Type, read Read, old Row, exists bool, by string) error {
	records, skips := e.decodeAll(t, []Read{read})
	if len(records) > 0 {
		var err error
		if records, skips, err = e.withParent(ctx, scope, t, records); err != nil {
			return err
		}
	}
	if len(skips) > 0 {
		return e.skipped(ctx, scope, skips[0], by)
	}
	row, changed := e.merge(Run{ID: old.ChangedRun}, records[0], old, exists)
	if !changed {
		return nil
	}
	return e.writeOne(ctx, scope, row, "record_synced", by)
}

// gone makes a tombstone of a record that ConnectWise answers 404 for. The
// 404 alone proves nothing: it may stand for a lost right or a moved API.
func (e *Engine) gone(ctx context.Context, src Source, scope psa.Scope, t *Type, old Row, sentAt time.Time, by string) error {
	if old.Removed == Deleted {
		return nil
	}
	if err := src.Control(ctx, t); err != nil {
		return fmt.Errorf("control read of %s: %w", t.Name, err)
	}
	row := old
	row.ReadAt, row.ChangedAt = sentAt, e.opt.Now()
	row.Removed, row.RemovedAt = Deleted, e.opt.Now()
	row.Data, row.Fence = []byte("{}"), 0
	row.Hash = hashOf(row.Record, row.Removed)
	return e.writeOne(ctx, scope, row, "record_removed", by)
}

func (e *Engine) writeOne(ctx context.Context, scope psa.Scope, row Row, event, by string) error {
	refused, err := e.records.Write(ctx, scope, []Row{row})
	if err != nil {
		return fmt.Errorf("write %s/%d: %w", row.Type, row.ID, err)
	}
	if len(refused) > 0 {
		return nil // a newer read has it
	}
	e.opt.Log.InfoContext(ctx, event, "account", scope.Account, "type", row.Type, "record", row.ID, "by", by)
	return nil
}

func (e *Engine) skipped(ctx context.Context, scope psa.Scope, skip Skip, by string) error {
	entry := LogEntry{
		At: e.opt.Now(), Event: "record_skipped", Type: skip.Type, Who: by,
		Message: fmt.Sprintf("%s %d: %s", skip.Type, skip.ID, skip.Detail),
	}
	if err := e.runs.Log(ctx, scope, entry); err != nil {
		return fmt.Errorf("log skip: %w", err)
	}
	return nil
}

// handleRecord does a record message. Where ConnectWise or the budget says
// when to come back, the message comes back then and has not failed. A record
// of a connection that has gone is nobody's business any more.
func (e *Engine) handleRecord(ctx context.Context, m Message) error {
	err := e.Refresh(ctx, m.Scope(), m.Type, m.ID, m.AsOf, m.By)
	if problem.CodeOf(err) == problem.NotConnected {
		return nil
	}
	wait := problem.From(err).RetryAfter
	if err == nil || wait == 0 {
		return err
	}
	if err := e.wake.Wake(ctx, m, min(wait, maxDelay)); err != nil {
		return fmt.Errorf("wake record later: %w", err)
	}
	return nil
}
