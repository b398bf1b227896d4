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
	Next int64  `dynamodbav:"next"`
	DPK  string `dynamodbav:"dpk"`
	DSK  string `dynamodbav:"dsk"`
}

// dayItem is a planned day. It stays: a day is planned once.
type dayItem struct {
	key
	V         int        `dynamodbav:"v"`
	Date      usage.Date `dynamodbav:"date"`
	PlannedAt int64      `dynamodbav:"plannedAt"`
}

// PutSchedule implements usage.Store.
func (u *Usage) PutSchedule(ctx context.Context, s usage.Schedule) error {
	k := usageKey(s.Scope)
	it, err := marshal(scheduleItem{
		key: k, V: version, Zone: s.Zone, Next: nanos(s.NextAt), DPK: duePK(dueUsage, k), DSK: paddedTime(s.NextAt),
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
			schedules = append(schedules, usage.Schedule{Scope: scope, Zone: it.Zone, NextAt: fromNanos(it.Next)})
		}
	}
	return schedules, nil
}

// PlanDay implements usage.Store.
func (u *Usage) PlanDay(ctx context.Context, s usage.Schedule, day usage.Day, nextAt time.Time) error {
	k := usageKey(s.Scope)
	move := update{
		key: k, set: with{"next": nanos(nextAt), "dpk": duePK(dueUsage, k), "dsk": paddedTime(nextAt)},
		cond: "#next = :seen", with: with{"seen": nanos(s.NextAt)},
	}
	tx := u.db.begin()
	schedule := tx.update(move)
	planned := tx.put(dayItem{
		key: usageDayKey(s.Scope, string(day.Date)), V: version, Date: day.Date, PlannedAt: nanos(day.PlannedAt),
	}, "attribute_not_exists(#pk)", nil)
	err := tx.commit(ctx)
	if failedAt(err, planned) && !failedAt(err, schedule) {
		_, err = u.db.update(ctx, move)
	}
	if err != nil {
		return fmt.Errorf("plan usage day: %w", err)
	}
	return nil
}

// Schedule returns an account's schedule; psa.ErrNotFound if there is none.
func (u *Usage) Schedule(ctx context.Context, scope psa.Scope) (usage.Schedule, error) {
	it, err := getAs[scheduleItem](ctx, u.db, usageKey(scope))
	if err != nil {
		return usage.Schedule{}, fmt.Errorf("usage schedule: %w", err)
	}
	return usage.Schedule{Scope: scope, Zone: it.Zone, NextAt: fromNanos(it.Next)}, nil
}

// Day returns a planned day; psa.ErrNotFound if it was not planned.
func (u *Usage) Day(ctx context.Context, scope psa.Scope, date usage.Date) (usage.Day, error) {
	it, err := getAs[dayItem](ctx, u.db, usageDayKey(scope, string(date)))
	if err != nil {
		return usage.Day{}, fmt.Errorf("usage day %s: %w", date, err)
	}
	return usage.Day{Scope: scope, Date: it.Date, PlannedAt: fromNanos(it.PlannedAt)}, nil
}
