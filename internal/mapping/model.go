package mapping

import (
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// TenantID is the product's id of a tenant.
type TenantID string

// SKU is something that the vendor sells.
type SKU string

// TenantState of a tenant.
type TenantState string

// The states.
const (
	Active    TenantState = "active"
	Suspended TenantState = "suspended"
	Removed   TenantState = "removed"
)

// Tenant is a customer of the MSP inside the vendor's product, as the product
// told last.
type Tenant struct {
	ID    TenantID
	Name  string
	State TenantState
	// ChangedAt is the product's clock: of two tellings the later one counts,
	// in whatever order they arrive.
	ChangedAt time.Time
	// RemovedAt is the ChangedAt that first said Removed; zero if it is not.
	RemovedAt time.Time
}

// Ref names a record of ConnectWise. Name is as it was when it was chosen.
type Ref struct {
	ID   psa.RecordID `json:"id"`
	Name string       `json:"name,omitempty"`
}

// Off is what becomes of the lines of a mapping that is switched off.
type Off string

// The choices of spec 5.8.
const (
	EndLine   Off = "end"
	ZeroLine  Off = "zero"
	LeaveLine Off = "leave"
)

// Target is what a tenant is mapped to.
type Target struct {
	Company Ref `json:"company"`
	// Agreement's ID is 0 for a mapping that is for tickets only.
	Agreement Ref `json:"agreement"`
	// Enabled is the Sync switch; Off is what was chosen with switching it
	// off.
	Enabled bool `json:"enabled"`
	Off     Off  `json:"off,omitempty"`
	// Products override the account's choice of catalog items.
	Products map[SKU]Ref `json:"products,omitempty"`
}

// Mapped reports whether the target is one.
func (t Target) Mapped() bool { return t.Company.ID != 0 }

// Mapping is a tenant's target with its history's last step. A mapping that
// was taken away stays with an empty Target, so that its Rev goes on.
type Mapping struct {
	Tenant TenantID
	Target

	By string
	At time.Time
	// Change is the change set that wrote it, "" if a person's edit did. Before
	// is what a change set wrote over: stored in the same step, so that it can
	// be put back whatever else was lost.
	Change string
	Before *Target
	// Rev grows with each write; 0 is a tenant that was never mapped.
	Rev int64
}

// Note tells people, in the account's log, that something was changed.
type Note struct {
	Event, Who, Message string
	At                  time.Time
}

// Products are an account's catalog items by SKU.
type Products struct {
	Items map[SKU]Ref
	By    string
	At    time.Time
	Rev   int64
}

// Product is a SKU of the deployment. Each meter is sold by one or more SKUs.
type Product struct {
	SKU   SKU    `json:"sku"`
	Name  string `json:"name"`
	Meter string `json:"meter"`
	// AddOn tells what is sold beside a package from the packages.
	AddOn bool `json:"addOn,omitempty"`
}

// Row is a line of the mapping table.
type Row struct {
	Tenant  Tenant
	Mapping Mapping
}

// Company is what mapping looks at in a company.
type Company struct {
	Ref
	// Parent is its parent company, 0 if it has none.
	Parent psa.RecordID
	Status psa.RecordID
	// StatusName is for people.
	StatusName string
	Deleted    bool
}

// Agreement is what mapping looks at in an agreement.
type Agreement struct {
	Ref
	Company psa.RecordID
	Status  string // Active, Cancelled, Expired, Inactive
	Type    string
}

// Usable reports whether usage can be posted to it.
func (a Agreement) Usable() bool { return a.Status == "" || a.Status == "Active" }

// Item is what mapping looks at in a catalog item.
type Item struct {
	Ref
	Description string
	Class       string // Bundle cannot be on an agreement
	Inactive    bool
}
