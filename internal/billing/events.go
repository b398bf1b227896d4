package billing

// Why says why something is not billed.
type Why string

// The reasons, each a state that the product shows.
const (
	NoNextInvoice   Why = "no_next_invoice"
	NotRecurring    Why = "not_recurring"
	PeriodsDisagree Why = "periods_disagree"
	AgreementEnded  Why = "agreement_ended"
	LineVanished    Why = "line_vanished"
	EndChanged      Why = "end_changed"
	Held            Why = "held"
	OtherLines      Why = "other_lines"
	LeftToOthers    Why = "left_to_others"
	Unapproved      Why = "awaiting_approval"
	Unreported      Why = "awaiting_report"
	Refused         Why = "posting_refused"
	LeftOpen        Why = "left_open"
)

// The reasons that are no state of the product's.
const (
	ByHand      Why = "changed by hand after the last posting"
	NotPosted   Why = "no posting between the opening of the period and its invoice"
	OtherPeriod Why = "the server refused the period"
	EndedOnce   Why = "a person ended or deleted the line, and it was accepted"
)

// Key names what is billed of one product on one agreement.
type Key struct{ Agreement, Product int }

// Event is something that happened, one of the types below.
type Event any

// Reported is a tenant's usage report. Seq orders reports of a day.
type Reported struct {
	Tenant string
	Day    Day
	Seq    int
	Counts map[string]int
}

// Mapped says where a tenant's SKUs are to be billed, by product.
type Mapped struct {
	Tenant    string
	Agreement int
	Products  map[string]int
}

// Switched turns a mapping off, in one of three ways, or on with "on".
type Switched struct {
	Tenant string
	How    string // end, zero, leave; on
}

// Removed tells that the tenant is gone.
type Removed struct {
	Tenant string
	On     Day
}

// Approved lets a tenant's mapping, as it is now, be posted.
type Approved struct{ Tenant string }

// Posted is a posting, on a day of the account's.
type Posted struct{ Today Day }

// Invoiced is the next invoice of an agreement.
type Invoiced struct {
	Agreement int
	On        Day
}

// Decided is an admin's decision about a line.
type Decided struct {
	Key  Key
	What Decision
}

// Decision about a line.
type Decision string

// The decisions.
const (
	Hold     Decision = "hold"
	Release  Decision = "release"
	TakeOver Decision = "take over"
	Leave    Decision = "leave"
	Resume   Decision = "resume"
)

// Placed is a line that a person made.
type Placed struct {
	Key           Key
	Quantity      int
	Included      int
	Price         float64
	From, Through Day // Through 0 is open
	// Prorate is what it says about its first period, "" for nothing, yes, no.
	Prorate string
}

// Edited is a change by a person of our line that bills a day.
type Edited struct {
	Key Key
	On  Day
	// What is quantity, end or delete.
	What     string
	Quantity int
	Through  Day
}

// Over ends an agreement.
type Over struct {
	Agreement int
	Last      Day
}
