package usage

import (
	"context"

	"github.com/psabridge/psabridge/internal/psa"
)

// exclusiveEnds is a ConnectWise that bills a line up to the day before its
// cancelledDate (Settings.ExclusiveEnds). Everywhere else an end is a last day,
// so a day is added on the way there, and taken away on the way back.
type exclusiveEnds struct{ Finance }

func lastDayOf(a Addition) Addition {
	if a.End != "" {
		a.End = a.End.AddDays(-1)
	}
	return a
}

func dayAfter(end Date) Date {
	if end == "" {
		return ""
	}
	return end.AddDays(1)
}

// Additions implements Finance.
func (f exclusiveEnds) Additions(ctx context.Context, agreement psa.RecordID) ([]Addition, error) {
	list, err := f.Finance.Additions(ctx, agreement)
	for i := range list {
		list[i] = lastDayOf(list[i])
	}
	return list, err
}

// Addition implements Finance.
func (f exclusiveEnds) Addition(ctx context.Context, agreement, id psa.RecordID) (Addition, error) {
	a, err := f.Finance.Addition(ctx, agreement, id)
	return lastDayOf(a), err
}

// Create implements Finance.
func (f exclusiveEnds) Create(ctx context.Context, agreement psa.RecordID, line NewLine) (Addition, error) {
	line.End = dayAfter(line.End)
	a, err := f.Finance.Create(ctx, agreement, line)
	return lastDayOf(a), err
}

// Change implements Finance.
func (f exclusiveEnds) Change(ctx context.Context, agreement, id psa.RecordID, c Change) (Addition, error) {
	if c.End != nil {
		end := dayAfter(*c.End)
		c.End = &end
	}
	a, err := f.Finance.Change(ctx, agreement, id, c)
	return lastDayOf(a), err
}
