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
	return e.refresh(ctx, scope, wish{typ: typ, id: id, by: by})
}

// Refresh is SyncRecord unless what is stored was read after asOf already:
// this collapses bursts, replays and echoes of callbacks.
func (e *Engine) Refresh(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, asOf time.Time, by string) (Outcome, error) {
	return e.refresh(ctx, scope, wish{typ: typ, id: id, asOf: asOf, by: by})
}

// wish is for one record to be read again.
type wish struct {
	typ  psa.DataType
	id   psa.RecordID
	asOf time.Time
	by   string
	// merged says that the record is part of another now, should it be gone.
	merged bool
}

func (e *Engine) refresh(ctx context.Context, scope psa.Scope, w wish) (Outcome, error) {
	typ, id, by := w.typ, w.id, w.by
	t, ok := TypeNamed(typ)
	if !ok || id <= 0 {
		return Outcome{}, fmt.Errorf("record %s/%d: %w", typ, id, psa.ErrInvalid)
	}
	old, exists, err := e.lookupOne(ctx, scope, t, id)
	if err != nil {
		return Outcome{}, err
	}
	hinted := w.merged && old.Removed == Deleted
	if exists && !w.asOf.IsZero() && old.ReadAt.After(w.asOf) && !hinted {
		// Perhaps the process that stored it died before it told of that.
		return Outcome{Row: old}, e.announceSince(ctx, scope, old, w.asOf)
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
	var other *psa.OtherError
	switch {
	case errors.Is(err, psa.ErrNotFound):
		// A callback tells of a record that was there: a page that still has
		// it may be on its way. What a person asks for may never have been.
		if !exists && w.asOf.IsZero() {
			return Outcome{}, nil
		}
		reason := Deleted
		if w.merged {
			reason = Merged
		}
		row := e.tombstone(Run{ID: old.ChangedRun}, old, psa.Record{Type: t.Name, ID: id, ReadAt: sentAt}, reason)
		return e.gone(ctx, session, scope, t, old, row, by)
	case errors.As(err, &other):
		row := e.tombstone(Run{ID: old.ChangedRun}, old, psa.Record{Type: t.Name, ID: id, ReadAt: sentAt}, Merged)
		row.MergedInto = other.ID
		return e.merged(ctx, session, scope, t, old, row, by)
	case problem.CodeOf(err) == problem.PermissionMissing:
		return e.refused(ctx, scope, t, id, sentAt, err, by)
	case err != nil:
		return Outcome{}, fmt.Errorf("refresh %s/%d: %w", typ, id, err)
	}
	records, err := e.judge(ctx, scope, session.Filter, t, []Read{read}, nil)
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

// merged stores the tombstone of a record in whose place ConnectWise shows
// another, if no list has it any more: an answer that was mixed up on its way
// shows another record too.
func (e *Engine) merged(ctx context.Context, src Source, scope psa.Scope, t *Type, old, row Row, by string) (Outcome, error) {
	batch, err := src.Read(ctx, t, Query{IDs: []psa.RecordID{row.ID, row.MergedInto}, Under: old.Parent, Limit: MaxNamed, IDsOnly: true})
	if err != nil {
		return Outcome{}, fmt.Errorf("%s/%d answers as %d: %w", t.Name, row.ID, row.MergedInto, err)
	}
	if len(batch.Reads) != 1 || batch.Reads[0].ID != row.MergedInto {
		return Outcome{}, problem.New(problem.ConnectWiseGarbled,
			fmt.Sprintf("ConnectWise showed record %d when asked for %d.", row.MergedInto, row.ID), "").Wrap(psa.ErrBusy)
	}
	return e.gone(ctx, src, scope, t, old, row, by)
}

// gone stores the tombstone of a record that ConnectWise answers 404 for. The
// 404 alone proves nothing: it may stand for a lost right or a moved API.
func (e *Engine) gone(ctx context.Context, src Source, scope psa.Scope, t *Type, old, row Row, by string) (Outcome, error) {
	if err := src.Control(ctx, t, old.Parent); err != nil {
		return Outcome{}, fmt.Errorf("control read of %s: %w", t.Name, err)
	}
	refused, err := e.records.Write(ctx, scope, []Row{row})
	if err != nil {
		return Outcome{}, fmt.Errorf("write %s/%d: %w", row.Type, row.ID, err)
	}
	if len(refused) > 0 { // a newer read has it
		row, _, err = e.lookupOne(ctx, scope, t, row.ID)
		return Outcome{Row: row}, err
	}
	e.opt.Log.InfoContext(ctx, "record_removed", "account", scope.Account, "type", row.Type, "record", row.ID, "by", by)
	if err := e.announceSince(ctx, scope, row, old.ChangedAt); err != nil {
		return Outcome{}, err
	}
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
	_, err := e.refresh(ctx, m.Scope(), wish{typ: m.Type, id: m.ID, asOf: m.AsOf, by: m.By, merged: m.Merged})
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
