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

// SyncRecord reads one record again, now, and says what became of it. A record
// that ConnectWise no longer has becomes a tombstone, provided that a control
// read works; one that may not be read is listed as skipped, and stays as it
// was if it was kept.
func (e *Engine) SyncRecord(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, by string) (Outcome, error) {
	return e.Refresh(ctx, scope, typ, id, time.Time{}, by)
}

// Refresh is SyncRecord unless what is stored was read after asOf already:
// this collapses bursts, replays and echoes of callbacks.
func (e *Engine) Refresh(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, asOf time.Time, by string) (Outcome, error) {
	t, ok := TypeNamed(typ)
	if !ok || id <= 0 {
		return Outcome{}, fmt.Errorf("record %s/%d: %w", typ, id, psa.ErrInvalid)
	}
	old, exists, err := e.lookupOne(ctx, scope, t, id)
	if err != nil {
		return Outcome{}, err
	}
	if exists && !asOf.IsZero() && old.ReadAt.After(asOf) {
		return Outcome{Row: old}, nil
	}
	if t.Under() && old.Parent == 0 {
		return Outcome{}, nil // nobody knows where to ask for it
	}
	session, err := e.connect.Connect(ctx, scope)
	if err != nil {
		return Outcome{}, fmt.Errorf("refresh %s/%d: %w", typ, id, err)
	}
	sentAt := e.opt.Now()
	read, err := session.Get(ctx, t, old.Parent, id)
	switch {
	case errors.Is(err, psa.ErrNotFound):
		// A callback tells of a record that was there: a page that still has
		// it may be on its way. What a person asks for may never have been.
		if !exists && asOf.IsZero() {
			return Outcome{}, nil
		}
		return e.gone(ctx, session, scope, t, id, old, sentAt, by)
	case problem.CodeOf(err) == problem.PermissionMissing:
		return e.refused(ctx, scope, t, id, sentAt, err, by)
	case err != nil:
		return Outcome{}, fmt.Errorf("refresh %s/%d: %w", typ, id, err)
	}
	records, err := e.judge(ctx, scope, session.Filter, t, []Read{read})
	if err != nil {
		return Outcome{}, err
	}
	return e.keepOne(ctx, scope, t, records[0], by)
}

func (e *Engine) lookupOne(ctx context.Context, scope psa.Scope, t *Type, id psa.RecordID) (Row, bool, error) {
	rows, err := e.records.Lookup(ctx, scope, t.Name, []psa.RecordID{id})
	if err != nil {
		return Row{}, false, fmt.Errorf("look up %s/%d: %w", t.Name, id, err)
	}
	row, ok := rows[id]
	return row, ok, nil
}

// refused lists a record that ConnectWise does not let us read.
func (e *Engine) refused(ctx context.Context, scope psa.Scope, t *Type, id psa.RecordID, sentAt time.Time, why error, by string) (Outcome, error) {
	rec := judged{
		Record:  psa.Record{Type: t.Name, ID: id, ReadAt: sentAt, Data: []byte("{}")},
		removed: Skipped, skip: NoPermission, detail: problem.From(why).Message,
	}
	return e.keepOne(ctx, scope, t, rec, by)
}

// gone makes a tombstone of a record that ConnectWise answers 404 for. The
// 404 alone proves nothing: it may stand for a lost right or a moved API.
func (e *Engine) gone(
	ctx context.Context, src Source, scope psa.Scope, t *Type, id psa.RecordID, old Row, sentAt time.Time, by string,
) (Outcome, error) {
	if old.Removed == Deleted {
		return Outcome{Row: old}, nil
	}
	if err := src.Control(ctx, t, old.Parent); err != nil {
		return Outcome{}, fmt.Errorf("control read of %s: %w", t.Name, err)
	}
	row := old
	row.Type, row.ID = t.Name, id
	row.ReadAt, row.ChangedAt = sentAt, e.opt.Now()
	row.Removed, row.RemovedAt, row.Skip = Deleted, e.opt.Now(), ""
	row.Data, row.Fence = []byte("{}"), 0
	row.Hash = hashOf(row.Record, row.Removed)
	e.flip(&row, old, "")
	refused, err := e.records.Write(ctx, scope, []Row{row})
	if err != nil {
		return Outcome{}, fmt.Errorf("write %s/%d: %w", row.Type, row.ID, err)
	}
	if len(refused) > 0 { // a newer read has it
		row, _, err = e.lookupOne(ctx, scope, t, id)
		return Outcome{Row: row}, err
	}
	e.opt.Log.InfoContext(ctx, "record_removed", "account", scope.Account, "type", row.Type, "record", row.ID, "by", by)
	return Outcome{Row: row}, e.followed(ctx, scope, t, old, row)
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
	_, err := e.Refresh(ctx, m.Scope(), m.Type, m.ID, m.AsOf, m.By)
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
