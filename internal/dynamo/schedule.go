package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// syncItem is a connection's schedule.
type syncItem struct {
	key
	V          int            `dynamodbav:"v"`
	Account    psa.AccountID  `dynamodbav:"account"`
	Generation psa.Generation `dynamodbav:"generation"`
	Due        int64          `dynamodbav:"due"`
	LookAt     int64          `dynamodbav:"lookAt"`
	DPK        string         `dynamodbav:"dpk"`
	DSK        string         `dynamodbav:"dsk"`
}

func newSyncItem(s setup.Schedule) syncItem {
	k := syncKey(s.Scope.Account)
	return syncItem{
		key: k, V: version, Account: s.Scope.Account, Generation: s.Scope.Generation,
		Due: nanos(s.Due), LookAt: nanos(s.LookAt), DPK: duePK(dueSyncs, k), DSK: paddedTime(s.LookAt),
	}
}

func (it syncItem) schedule() setup.Schedule {
	return setup.Schedule{
		Scope: psa.Scope{Account: it.Account, Generation: it.Generation}, Due: fromNanos(it.Due), LookAt: fromNanos(it.LookAt),
	}
}

// DueSchedules implements setup.Store. What the index says is checked against
// the schedules themselves.
func (s *Setup) DueSchedules(ctx context.Context, now time.Time, limit int) ([]setup.Schedule, error) {
	items, err := dueAs[syncItem](ctx, s.db, dueSyncs, now, limit)
	if err != nil {
		return nil, fmt.Errorf("due schedules: %w", err)
	}
	var schedules []setup.Schedule
	for _, it := range items {
		if it.LookAt <= nanos(now) {
			schedules = append(schedules, it.schedule())
		}
	}
	return schedules, nil
}

// MoveSchedule implements setup.Store.
func (s *Setup) MoveSchedule(ctx context.Context, before, after setup.Schedule) error {
	k := syncKey(before.Scope.Account)
	_, err := s.db.update(ctx, update{
		key:  k,
		set:  with{"due": nanos(after.Due), "lookAt": nanos(after.LookAt), "dpk": duePK(dueSyncs, k), "dsk": paddedTime(after.LookAt)},
		cond: "#generation = :generation AND #due = :oldDue AND #lookAt = :oldLook",
		with: with{"generation": before.Scope.Generation, "oldDue": nanos(before.Due), "oldLook": nanos(before.LookAt)},
	})
	if err != nil {
		return fmt.Errorf("move schedule: %w", missing(err))
	}
	return nil
}

// SetFilter implements setup.Store.
func (s *Setup) SetFilter(ctx context.Context, c setup.Connection, due setup.Schedule, change setup.FilterChange) (setup.Connection, error) {
	seen := c.Rev
	c.Rev++
	tx := s.db.begin()
	tx.putRev(newConnectionItem(c), seen)
	tx.put(newLogItem(c.Scope(), syncer.LogEntry{
		At: change.At, Event: "filters_changed", Type: psa.Companies, Who: change.By, Message: change.String(),
	}), "", nil)
	if !c.Pause.Sync {
		tx.put(newSyncItem(due), "attribute_not_exists(#pk) OR #generation = :generation", with{"generation": c.Generation})
	}
	if err := tx.commit(ctx); err != nil {
		return setup.Connection{}, fmt.Errorf("set filter: %w", err)
	}
	return c, nil
}

// SetPause implements setup.Store.
func (s *Setup) SetPause(ctx context.Context, c setup.Connection, due setup.Schedule) (setup.Connection, error) {
	seen := c.Rev
	c.Rev++
	tx := s.db.begin()
	tx.putRev(newConnectionItem(c), seen)
	tx.update(update{key: callbackKey(c.ID), set: with{"paused": c.Pause.Sync}, cond: "attribute_exists(#pk)"})
	if !c.Pause.Sync {
		tx.put(newSyncItem(due), "attribute_not_exists(#pk) OR #generation = :generation", with{"generation": c.Generation})
	}
	if err := tx.commit(ctx); err != nil {
		return setup.Connection{}, fmt.Errorf("set pause: %w", err)
	}
	return c, nil
}
