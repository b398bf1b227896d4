package usage

import "github.com/psabridge/psabridge/internal/psa"

// Code names a state in which something is not posted and a person should
// know. A code is never renamed or reused.
type Code string

// The states. An agreement's are those of all its series.
const (
	AgreementMissing Code = "agreement_missing" // ConnectWise has no such agreement, or hides it
	AgreementMoved   Code = "agreement_moved"   // it belongs to another company than when it was mapped
	AgreementEnded   Code = "agreement_ended"   // it ends before the date
	NotRecurring     Code = "not_recurring"     // its billing cycle has no periods
	NoNextInvoice    Code = "no_next_invoice"   // neither it nor its parent has a next invoice date
	PeriodsDisagree  Code = "periods_disagree"  // billing start and cycle do not lead to the next invoice date
	DatesUnreadable  Code = "dates_unreadable"  // a date is none
	ProductMissing   Code = "product_missing"   // the catalog has no such item
	ProductUnusable  Code = "product_unusable"  // a bundle, or inactive

	AwaitingApproval Code = "awaiting_approval" // the first posting, or a changed mapping
	AwaitingReport   Code = "awaiting_report"   // a tenant has never reported
	TenantSilent     Code = "tenant_silent"     // no report for two days; the last quantities stay
	OtherLines       Code = "other_lines"       // lines of others overlap the date
	LeftToOthers     Code = "left_to_others"    // the admin chose to leave those alone
	Held             Code = "held"              // the admin holds the line
	LineVanished     Code = "line_vanished"     // our line was deleted
	EndChanged       Code = "end_changed"       // our line has an end that we did not set
	QuantityChanged  Code = "quantity_changed"  // somebody changed our line's quantity
	OutcomeUnknown   Code = "outcome_unknown"   // ConnectWise did not answer; it is looked for
	DoubledLine      Code = "doubled_line"      // a line of ours appeared twice; the second is void
	PeriodRefused    Code = "period_refused"    // ConnectWise takes no date that the rule allows
	PostingRefused   Code = "posting_refused"   // ConnectWise refuses the change for another reason
	DateShifted      Code = "date_shifted"      // ConnectWise shows another date than was sent
	GuardZero        Code = "guard_zero"        // too many lines would go to zero
	GuardGrowth      Code = "guard_growth"      // a line would more than double
	LeftOpen         Code = "left_open"         // switched off, and the line left as it stands
)

// Attention is a state with what is known of it.
type Attention struct {
	Code Code `json:"code"`
	// Line is the addition that it is about, 0 if it is about none.
	Line psa.RecordID `json:"line,omitempty"`
	// Tenant is whose report or approval is missing.
	Tenant TenantID `json:"tenant,omitempty"`
	// By and Day say who did it and when, where ConnectWise says so.
	By  string `json:"by,omitempty"`
	Day Date   `json:"day,omitempty"`
	// Was and Is are quantities or dates.
	Was string `json:"was,omitempty"`
	Is  string `json:"is,omitempty"`
	// Words are ConnectWise's own.
	Words string `json:"words,omitempty"`
}

func attention(c Code) *Attention { return &Attention{Code: c} }

// Stops reports whether nothing of the series is posted in this state.
func (c Code) Stops() bool {
	switch c {
	case TenantSilent, QuantityChanged, DoubledLine, DateShifted, LeftOpen:
		return false
	}
	return true
}

// Remedy is what a person can do, in a sentence or two.
func (c Code) Remedy() string { return remedies()[c] }

func remedies() map[Code]string {
	return map[Code]string{
		AgreementMissing: "Choose another agreement for the tenant, or let the API member see this one.",
		AgreementMoved:   "Check the agreement's company in ConnectWise, then choose the agreement again.",
		AgreementEnded:   "Renew the agreement in ConnectWise, or choose another one for the tenant.",
		NotRecurring:     "Give the agreement a recurring billing cycle in ConnectWise, or choose another one.",
		NoNextInvoice:    "Set a next invoice date on the agreement, or on its parent, in ConnectWise.",
		PeriodsDisagree:  "In ConnectWise, check the agreement's billing start, billing cycle and next invoice date: they name different periods.",
		DatesUnreadable:  "Check the agreement's dates in ConnectWise.",
		ProductMissing:   "Choose another catalog item for the product.",
		ProductUnusable:  "Choose a catalog item that is active and no bundle.",
		AwaitingApproval: "Look at the preview and approve it.",
		AwaitingReport:   "Wait for the tenant's first report, or switch its mapping off.",
		TenantSilent:     "Nothing is lost: the last quantities stay. If the tenant has left, remove it or switch its mapping off.",
		OtherLines:       "Choose once: take the line over, or leave it. Several lines must become one in ConnectWise first.",
		LeftToOthers:     "Nothing is posted while the other line stands. Take it over if that should change.",
		Held:             "Release the line to go on posting.",
		LineVanished:     "If deleting the line was meant, switch the mapping off; else resume, and a new line is made.",
		EndChanged:       "If ending the line was meant, switch the mapping off; else resume, and posting goes on after the end.",
		QuantityChanged:  "The quantity is corrected by the next posting. Hold the line to keep it.",
		OutcomeUnknown:   "Nothing needs to be done: the line is looked for before anything is sent again.",
		DoubledLine:      "The second line is set to zero and ended. Delete it in ConnectWise if it disturbs.",
		PeriodRefused:    "Check the agreement's billing start and next invoice date, or let it prorate.",
		PostingRefused:   "Look at ConnectWise's words, and at the API member's security role.",
		DateShifted:      "Check the line's effective date in ConnectWise.",
		GuardZero:        "Look whether the reports are right, then confirm or correct them.",
		GuardGrowth:      "Look whether the report is right, then confirm or correct it.",
		LeftOpen:         "The line goes on billing. End it in ConnectWise, or here, when it should not.",
	}
}
