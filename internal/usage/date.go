package usage

import (
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Date is a civil date, YYYY-MM-DD, without a time or a zone.
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
