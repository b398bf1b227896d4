package billing

import (
	"fmt"
	"time"
)

// Day is a civil day, counted from the first of 1970; 0 is none.
type Day int

// Forever is later than every day that is meant.
const Forever Day = 1 << 30

// DayOf is a day of the calendar.
func DayOf(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600))
}

// ParseDay reads 2026-01-31.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, fmt.Errorf("day: %w", err)
	}
	return DayOf(t.Date()), nil
}

func (d Day) String() string {
	if d >= Forever {
		return "open"
	}
	return d.time().Format(time.DateOnly)
}

func (d Day) time() time.Time { return time.Unix(int64(d)*24*3600, 0).UTC() }

// months later, on the same day of the month or on the last that it has.
func (d Day) months(n int) Day {
	y, m, day := d.time().Date()
	first := DayOf(y, m+time.Month(n), 1)
	_, _, last := (DayOf(y, m+time.Month(n)+1, 1) - 1).time().Date()
	return first + Day(min(day, last)-1)
}
