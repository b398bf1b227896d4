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
