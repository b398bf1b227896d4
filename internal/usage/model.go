package usage

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// TenantID is the product's id of a customer.
type TenantID string

// SKU is something that the vendor sells. Each has one meter, and a report's
// count of the SKU is that meter's.
type SKU string

// TenantState of a tenant. A suspended one is billed as an active one is: what
// it reports is what is posted.
type TenantState string

// The states.
const (
	TenantActive    TenantState = "active"
	TenantSuspended TenantState = "suspended"
	TenantRemoved   TenantState = "removed"
)

// SwitchOff is what becomes of the lines of a mapping that is switched off.
type SwitchOff string

// The choices. "" is OffEnd.
const (
	// OffEnd bills the open period, and ends the line with it.
	OffEnd SwitchOff = "end"
	// OffZero bills nothing any more, the open period included.
	OffZero SwitchOff = "zero"
	// OffLeave leaves the line as it stands.
	OffLeave SwitchOff = "leave"
)

// Wanted is a tenant's mapping as the admin has it now.
type Wanted struct {
	Tenant TenantID
	// Name is what people call the tenant.
	Name  string
	State TenantState
	// RemovedAt is when a removed tenant was removed; RemovedOn is that day
	// by the account's clock, which is found when the mapping is used.
	RemovedAt time.Time
	RemovedOn Date
	// Enabled is the mapping's Sync switch; Off is what was chosen when it
	// was switched off.
	Enabled bool
	Off     SwitchOff
	// Agreement is where usage goes, 0 for tickets only.
	Agreement psa.RecordID
	// Products are the catalog items of the SKUs that are mapped, the
	// mapping's own overrides applied.
	Products map[SKU]psa.RecordID
}

// Report is a snapshot of what a tenant uses.
type Report struct {
	Tenant     TenantID
	Day        Date
	ReportedAt time.Time
	// Counts are whole and not negative. A SKU that is absent is zero.
	Counts map[SKU]int64
}

// Agreement is what the date rule looks at.
type Agreement struct {
	ID      psa.RecordID
	Name    string
	Company psa.RecordID
	// Parent is the agreement whose next invoice date a child uses; 0 if it
	// is no child.
	Parent psa.RecordID
	// Status is ConnectWise's: Active, Cancelled, Expired, Inactive.
	Status string
	// Start and End bound the agreement, Cancelled is the date on which it
	// was cancelled; "" for none.
	Start, End, Cancelled Date
	// BillStart is the billing start, NID the next invoice date.
	BillStart, NID Date
	// Cycle is ConnectWise's billing option: Monthly, Quarterly, ...
	Cycle string
	// Basis is ConnectWise's invoicing cycle: periods follow the calendar
	// (CalendarYear) or the billing start (ContractYear); "" if it does not
	// say.
	Basis    string
	Prorated bool
	// Unreadable names dates that are none, so that nothing is guessed.
	Unreadable []string
}

// Item is a catalog item.
type Item struct {
	ID       psa.RecordID
	Name     string
	Price    Decimal
	Inactive bool
	// Bundle items cannot be on agreements.
	Bundle bool
}

// Addition is a line of an agreement as ConnectWise shows it.
type Addition struct {
	ID       psa.RecordID
	Product  psa.RecordID
	Name     string
	Quantity Decimal
	Included Decimal
	Price    Decimal
	// Start and End are effectiveDate and cancelledDate; End "" is open.
	Start, End Date
	// Serial is the serial number, which is where markers are.
	Serial string
	// Billed is how many were billed, where ConnectWise says so.
	Billed Decimal
	// UpdatedBy and UpdatedAt say who changed it last.
	UpdatedBy string
	UpdatedAt time.Time
	// Raw is the addition as sent, to copy terms from.
	Raw json.RawMessage
}

// SeriesKey names the unit of posting: what is sold of one catalog item on one
// agreement. Its lines follow each other, a line a period.
type SeriesKey struct {
	Agreement psa.RecordID `json:"agreement"`
	Product   psa.RecordID `json:"product"`
}

func (k SeriesKey) String() string { return fmt.Sprintf("%d/%d", k.Agreement, k.Product) }
