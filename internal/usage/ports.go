package usage

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Schedule says when an account's usage is posted.
type Schedule struct {
	Scope psa.Scope
	// Zone is the account's IANA time zone: its "today" is that zone's date.
	Zone string
	// NextAt is when the next day is due.
	NextAt time.Time
}

// Day is a planned day of an account: the posting of that day is due and has
// not been done.
type Day struct {
	Scope psa.Scope
	// Date is the account's civil date.
	Date      Date
	PlannedAt time.Time
}

// Store keeps schedules and days. Methods are safe for concurrent use by many
// processes; a successful write is durable.
type Store interface {
	// PutSchedule stores or replaces an account's schedule.
	PutSchedule(ctx context.Context, s Schedule) error
	// DueSchedules returns schedules with NextAt at or before now, at most
	// limit: an eventually consistent index, complete but perhaps late.
	DueSchedules(ctx context.Context, now time.Time, limit int) ([]Schedule, error)
	// PlanDay records day and moves the schedule to nextAt in one step, if
	// the schedule still has s.NextAt; otherwise psa.ErrConflict. A day that
	// is recorded already is not recorded twice, and the schedule moves on.
	PlanDay(ctx context.Context, s Schedule, day Day, nextAt time.Time) error
}
