package usage

import (
	"context"
	"encoding/json"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Mappings says what an account's admin wants posted. Calls are safe for
// concurrent use and read what was written before they began.
type Mappings interface {
	// Wanted returns the mappings of all tenants that were ever mapped to an
	// agreement, those that are switched off and those of removed tenants
	// too: all of them, or an error. A tenant comes once. One that is mapped
	// for tickets only has no Agreement. SKUs without a catalog item are
	// left out of Products; so is a second meter on one item, which mapping
	// refuses.
	Wanted(ctx context.Context, scope psa.Scope) ([]Wanted, error)
}

// Reports holds what tenants use.
type Reports interface {
	// Latest returns, for each tenant that reported, the report of the latest
	// day up to today, as it was corrected last (by reportedAt, not by
	// arrival). A tenant that never reported is left out.
	Latest(ctx context.Context, scope psa.Scope, today Date) (map[TenantID]Report, error)
}

// Store keeps schedules. Methods are safe for concurrent use by many processes;
// a successful write is durable.
type Store interface {
	// PutSchedule stores or replaces an account's schedule.
	PutSchedule(ctx context.Context, s Schedule) error
	// DueSchedules returns schedules with NextAt at or before now, at most
	// limit: an eventually consistent index, complete but perhaps late.
	DueSchedules(ctx context.Context, now time.Time, limit int) ([]Schedule, error)
	// DropSchedule ends the planning of a scope's days.
	DropSchedule(ctx context.Context, scope psa.Scope) error
}

// Billing opens the ConnectWise of a scope for postings. It returns
// problem.NotConnected if the scope is not the account's present connection,
// and problem.Paused while postings are paused.
type Billing interface {
	Open(ctx context.Context, scope psa.Scope) (Finance, error)
}

// Finance is one ConnectWise's agreements and additions. Every error carries a
// problem.Code; one with RetryAfter says when a call may be made again. Reads
// and changes of a line are repeated within ctx where that is worth it, since
// making one twice is making it once. A create never is.
type Finance interface {
	// Agreements returns those of ids that exist, with the agreements that
	// are their parents, in few calls.
	Agreements(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]Agreement, error)
	// Items returns those of the catalog's items that exist.
	Items(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]Item, error)
	// Additions returns every addition of an agreement, all pages.
	Additions(ctx context.Context, agreement psa.RecordID) ([]Addition, error)
	// Addition returns one; psa.ErrNotFound if ConnectWise says that there
	// is none.
	Addition(ctx context.Context, agreement, id psa.RecordID) (Addition, error)
	// Create makes an addition and returns it as ConnectWise shows it. A
	// *Refusal says that nothing was made; any other error that nobody knows.
	Create(ctx context.Context, agreement psa.RecordID, line NewLine) (Addition, error)
	// Change sets what is set in c, and nothing else, and returns the
	// addition as it is then. A *Refusal says that nothing was changed.
	Change(ctx context.Context, agreement, id psa.RecordID, c Change) (Addition, error)
}

// NewLine is an addition to be made.
type NewLine struct {
	Product  psa.RecordID
	Quantity Decimal
	Start    Date
	// End is its last day, "" for none.
	End Date
	// Marker is its serial number; "" for none.
	Marker string
	// Like is an addition as ConnectWise has it whose terms are copied: price,
	// cost, bill option, taxable, included units, descriptions, unit,
	// grouping, custom fields. Without one ConnectWise's defaults apply.
	Like json.RawMessage
}

// Change of an addition: nil leaves as it is.
type Change struct {
	Quantity *Decimal
	// Start is the effective date.
	Start *Date
	// End is the last day; "" takes the end away.
	End *Date
}

// Events tells the product what happened, at least once.
type Events interface {
	// PostingEnded returns once what it tells of a run that is over, or waits
	// for a person, is on its way for good. After an error it may be; telling
	// it again is harmless.
	PostingEnded(ctx context.Context, run Run) error
}

// Waker wakes a worker: one message on a queue. It may come late, twice or
// never; the tick finds what nobody works on.
type Waker interface {
	Wake(ctx context.Context, m Message, delay time.Duration) error
}
