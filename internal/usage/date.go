package usage

import (
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Date is a civil date, YYYY-MM-DD, without a time or a zone; "" is none.
// Dates compare as strings do.
type Date string

// ParseDate accepts YYYY-MM-DD of a day that exists.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("date: %w", psa.ErrInvalid)
	}
	return Date(s), nil
}

// DateIn is the civil date of t in a zone.
func DateIn(t time.Time, zone *time.Location) Date {
	return Date(t.In(zone).Format(time.DateOnly))
}

// DateOf is year, month, day, normalised as time.Date does.
func DateOf(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
}

// ReadDate is the date in one of ConnectWise's texts: their first ten
// characters, whatever time and zone follow. "" is "", and so is the year 1 or
// 1900 that some servers send for no date.
func ReadDate(s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	if len(s) > len(time.DateOnly) {
		s = s[:len(time.DateOnly)]
	}
	d, err := ParseDate(s)
	if d != "" && d < "1901" {
		return "", nil
	}
	return d, err
}

// split is the date's parts; the zero date's are those of the year 1.
func (d Date) split() (year int, month time.Month, day int) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return 1, 1, 1
	}
	return t.Date()
}

// AddDays is n days later, earlier where n is negative.
func (d Date) AddDays(n int) Date {
	y, m, day := d.split()
	return DateOf(y, m, day+n)
}

// AddMonths is n months later on the same day of the month, or on the month's
// last day where it has no such day.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.split()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return DateOf(y, m+time.Month(n), min(day, last))
}

// FirstOfMonth is the 1st of the date's month.
func (d Date) FirstOfMonth() Date {
	if d == "" {
		return ""
	}
	y, m, _ := d.split()
	return DateOf(y, m, 1)
}

// DaysSince is how many days d is after e.
func (d Date) DaysSince(e Date) int {
	y, m, day := d.split()
	y2, m2, day2 := e.split()
	return int(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Sub(time.Date(y2, m2, day2, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// later is the later of dates; "" is before all others.
func later(dates ...Date) Date {
	var out Date
	for _, d := range dates {
		out = max(out, d)
	}
	return out
}
