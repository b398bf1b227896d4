package dynamo

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// logItem is a log entry. It stands in the index of its type's entries and in
// that of its run's.
type logItem struct {
	key
	CPK     string          `dynamodbav:"cpk,omitempty"`
	CSK     string          `dynamodbav:"csk,omitempty"`
	PPK     string          `dynamodbav:"ppk,omitempty"`
	PSK     string          `dynamodbav:"psk,omitempty"`
	V       int             `dynamodbav:"v"`
	At      int64           `dynamodbav:"at"`
	Event   string          `dynamodbav:"event"`
	Type    psa.DataType    `dynamodbav:"type,omitempty"`
	RunID   string          `dynamodbav:"run,omitempty"`
	Who     string          `dynamodbav:"who,omitempty"`
	Message string          `dynamodbav:"message,omitempty"`
	Counts  *syncer.Counts  `dynamodbav:"counts,omitempty"`
	Failure *syncer.Failure `dynamodbav:"failure,omitempty"`
	Expires int64           `dynamodbav:"expiresAt"`
}

func newLogItem(scope psa.Scope, e syncer.LogEntry) logItem {
	it := logItem{
		key: logKey(scope, e.At, rand.Text()), V: version, At: nanos(e.At), Event: e.Event, Type: e.Type, RunID: e.RunID,
		Who: e.Who, Message: e.Message, Counts: e.Counts, Failure: e.Failure, Expires: expiry(e.At, keepFor),
	}
	if e.Type != "" {
		it.CPK, it.CSK = typeLogPK(scope, e.Type), it.SK
	}
	if e.RunID != "" {
		it.PPK, it.PSK = runLogPK(scope, e.RunID), it.SK
	}
	return it
}

// Log implements syncer.RunStore.
func (r *Runs) Log(ctx context.Context, scope psa.Scope, e syncer.LogEntry) error {
	it, err := marshal(newLogItem(scope, e))
	if err != nil {
		return err
	}
	if err := r.db.put(ctx, it, "", nil); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// Logs implements syncer.RunStore.
func (r *Runs) Logs(ctx context.Context, scope psa.Scope, p syncer.Page) ([]syncer.LogEntry, string, error) {
	q := query{pk: logPK(scope), backward: true}
	if err := q.before(p.After); err != nil {
		return nil, "", err
	}
	items, next, err := pageAs[logItem](ctx, r.db, q, limitOf(p))
	if err != nil {
		return nil, "", fmt.Errorf("list log: %w", err)
	}
	entries := make([]syncer.LogEntry, len(items))
	for i, it := range items {
		entries[i] = it.entry()
	}
	return entries, next, nil
}
