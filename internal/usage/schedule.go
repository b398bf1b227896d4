package usage

import (
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Schedule says when an account's usage is posted.
type Schedule struct {
	Scope psa.Scope
	// Zone is the account's IANA time zone: its "today" is that zone's date.
	Zone string
	// At is the civil time of day after which a day is due, in minutes; 0 is
	// 04:00.
	At int
	// NextAt is when the next day is due.
	NextAt time.Time
}
