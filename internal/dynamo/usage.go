package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Usage keeps the schedule of usage postings.
type Usage struct{ db *table }

var _ usage.Store = (*Usage)(nil)

// scheduleItem says when an account's usage is posted.
type scheduleItem struct {
	key
	V    int    `dynamodbav:"v"`
	Zone string `dynamodbav:"zone"`
	At   int    `dynamodbav:"at,omitempty"`
	Next int64  `dynamodbav:"next"`
	DPK  string `dynamodbav:"dpk"`
	DSK  string `dynamodbav:"dsk"`
}

// PutSchedule implements usage.Store.
func (u *Usage) PutSchedule(ctx context.Context, s usage.Schedule) error {
	k := usageKey(s.Scope)
	it, err := marshal(scheduleItem{
		key: k, V: version, Zone: s.Zone, At: s.At, Next: nanos(s.NextAt), DPK: duePK(dueUsage, k), DSK: paddedTime(s.NextAt),
	})
	if err != nil {
		return err
	}
	if err := u.db.put(ctx, it, "", nil); err != nil {
		return fmt.Errorf("put usage schedule: %w", err)
	}
	return nil
}

// DueSchedules implements usage.Store. What the index says is checked against
// the schedules themselves.
func (u *Usage) DueSchedules(ctx context.Context, now time.Time, limit int) ([]usage.Schedule, error) {
	due, err := u.db.due(ctx, dueUsage, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due usage schedules: %w", err)
	}
	keys := make([]key, len(due))
	for i, d := range due {
		keys[i] = d.key
	}
	found, err := u.db.getAll(ctx, keys, read{consistent: true})
	if err != nil {
		return nil, fmt.Errorf("due usage schedules: %w", err)
	}
	items, err := unmarshalAll[scheduleItem](found)
	if err != nil {
		return nil, err
	}
	var schedules []usage.Schedule
	for _, it := range items {
		scope, err := parseScopePK(it.PK)
		if err != nil {
			return nil, fmt.Errorf("due usage schedules: %w", err)
		}
		if it.Next <= nanos(now) {
			schedules = append(schedules, it.schedule(scope))
		}
	}
	return schedules, nil
}

// move moves a schedule that still is as it was seen.
func (it scheduleItem) move(next time.Time) update {
	return update{
		key: it.key, set: with{"next": nanos(next), "dpk": duePK(dueUsage, it.key), "dsk": paddedTime(next)},
		cond: "#next = :seen", with: with{"seen": it.Next},
	}
}

func (it scheduleItem) schedule(scope psa.Scope) usage.Schedule {
	return usage.Schedule{Scope: scope, Zone: it.Zone, At: it.At, NextAt: fromNanos(it.Next)}
}

// DropSchedule implements usage.Store.
func (u *Usage) DropSchedule(ctx context.Context, scope psa.Scope) error {
	if err := u.db.delete(ctx, usageKey(scope), "", nil); err != nil {
		return fmt.Errorf("drop usage schedule: %w", err)
	}
	return nil
}

// Schedule returns an account's schedule; psa.ErrNotFound if there is none.
func (u *Usage) Schedule(ctx context.Context, scope psa.Scope) (usage.Schedule, error) {
	it, err := getAs[scheduleItem](ctx, u.db, usageKey(scope))
	if err != nil {
		return usage.Schedule{}, fmt.Errorf("usage schedule: %w", err)
	}
	return it.schedule(scope), nil
}
