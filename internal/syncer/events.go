package syncer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Events tells the product what happened, at least once. An event says what to
// look at; what changed since a time is the truth.
type Events interface {
	// RecordsChanged and SyncFinished return once what they tell is on its way
	// for good. After an error it may be; telling it again is harmless.
	RecordsChanged(ctx context.Context, scope psa.Scope, changes []RecordChange) error
	SyncFinished(ctx context.Context, run Run) error
}

// RecordChange is what an event says of a record.
type RecordChange struct {
	Type   psa.DataType
	ID     psa.RecordID
	Change Change
	// Reason says why a record was removed, "" if it was not.
	Reason Reason
	// ChangedAt is our clock when the change was stored.
	ChangedAt time.Time
}

// Change is what happened to a record.
type Change string

// The changes. A record that comes back is created again, and one that is out
// of scope or can no longer be kept is removed.
const (
	Created Change = "created"
	Updated Change = "updated"
	Removed Change = "removed"
)

// change is what the row's last change was to somebody who follows changes;
// false if it is none of theirs, since they never had the record.
func (r Row) change() (RecordChange, bool) {
	c := RecordChange{Type: r.Type, ID: r.ID, Change: Updated, Reason: r.Removed, ChangedAt: r.ChangedAt}
	switch {
	case r.Removed != "":
		c.Change = Removed
	case !r.ScopeAt.IsZero() && r.ScopeAt.Equal(r.ChangedAt):
		c.Change = Created
	}
	return c, r.Removed == "" || r.Removed.Tombstone() || !r.ScopeAt.IsZero()
}

// startSlack is how far the clocks of two workers may differ.
const startSlack = time.Minute

// announce tells of those rows that the run has created or changed, also in an
// earlier attempt at the same page: it comes after a page's writes and before
// its cursor moves. First runs tell of nothing but their end.
func (e *Engine) announce(ctx context.Context, run Run, rows map[psa.RecordID]Row) error {
	if e.opt.Events == nil || run.Mode == Initial {
		return nil
	}
	var changes []RecordChange
	for _, row := range rows {
		mine := row.CreatedRun == run.ID || row.ChangedRun == run.ID
		if c, told := row.change(); mine && told && !row.ChangedAt.Before(run.StartedAt.Add(-startSlack)) {
			changes = append(changes, c)
		}
	}
	return e.tell(ctx, run.Scope, changes)
}

// announceSince tells of a row that was changed outside any run, if it was
// changed after since.
func (e *Engine) announceSince(ctx context.Context, scope psa.Scope, row Row, since time.Time) error {
	c, told := row.change()
	if e.opt.Events == nil || !told || !row.ChangedAt.After(since) {
		return nil
	}
	return e.tell(ctx, scope, []RecordChange{c})
}

func (e *Engine) tell(ctx context.Context, scope psa.Scope, changes []RecordChange) error {
	if len(changes) == 0 {
		return nil
	}
	slices.SortFunc(changes, func(a, b RecordChange) int { return cmp.Compare(a.ID, b.ID) })
	if err := e.opt.Events.RecordsChanged(ctx, scope, changes); err != nil {
		return fmt.Errorf("tell of changes: %w", err)
	}
	return nil
}

// finished tells that a run is final.
func (e *Engine) finished(ctx context.Context, run Run) error {
	if e.opt.Events == nil {
		return nil
	}
	if err := e.opt.Events.SyncFinished(ctx, run); err != nil {
		return fmt.Errorf("tell that the run is over: %w", err)
	}
	return nil
}
