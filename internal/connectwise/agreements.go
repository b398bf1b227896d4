package connectwise

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

const (
	agreementsPath = "finance/agreements"
	cyclesPath     = "finance/billingCycles"
	catalogPath    = "procurement/catalog"
)

// Finance is a Client's agreements and additions, as usage asks for them. It
// is safe for concurrent use.
type Finance struct {
	client *Client

	mu     sync.Mutex // guards the rest
	cycles map[psa.RecordID]string
	// noon is how the dates of this server have to be sent; see stamp.
	noon bool
}

var _ usage.Finance = (*Finance)(nil)

// NewFinance makes a Finance. Keep it as long as the client: it remembers the
// billing cycles, which hardly ever change, and how dates have to be sent.
func NewFinance(c *Client) *Finance { return &Finance{client: c} }

// agreement is ConnectWise's.
type agreement struct {
	ID              psa.RecordID `json:"id"`
	Name            looseString  `json:"name"`
	Company         reference    `json:"company"`
	ParentAgreement reference    `json:"parentAgreement"`
	AgreementStatus looseString  `json:"agreementStatus"`
	StartDate       looseString  `json:"startDate"`
	EndDate         looseString  `json:"endDate"`
	NoEndingDate    looseBool    `json:"noEndingDateFlag"`
	Cancelled       looseBool    `json:"cancelledFlag"`
	DateCancelled   looseString  `json:"dateCancelled"`
	BillStartDate   looseString  `json:"billStartDate"`
	NextInvoiceDate looseString  `json:"nextInvoiceDate"`
	BillingCycle    reference    `json:"billingCycle"`
	InvoicingCycle  looseString  `json:"invoicingCycle"`
	ProrateFlag     looseBool    `json:"prorateFlag"`
}

type reference struct {
	ID   psa.RecordID `json:"id"`
	Name looseString  `json:"name"`
}

func agreementFields() []string {
	return []string{
		"id", "name", "company/id", "parentAgreement/id", "agreementStatus", "startDate", "endDate", "noEndingDateFlag", "cancelledFlag",
		"dateCancelled", "billStartDate", "nextInvoiceDate", "billingCycle/id", "invoicingCycle", "prorateFlag",
	}
}

// Agreements implements usage.Finance: as many ids a call as fit into a URL,
// then the parents that were not among them.
func (f *Finance) Agreements(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]usage.Agreement, error) {
	out := map[psa.RecordID]usage.Agreement{}
	if len(ids) == 0 {
		return out, nil
	}
	for missing := ids; len(missing) > 0; missing = parentsOf(out) {
		var found []agreement
		err := each(ctx, f.client, agreementsPath, missing, agreementFields(), func(a agreement) { found = append(found, a) })
		if err != nil {
			return nil, err
		}
		cycles, err := f.billingCycles(ctx, found)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			out[a.ID] = a.usage(cycles)
		}
		if len(found) == 0 {
			break // parents that are hidden, or none of ids exists
		}
	}
	return out, nil
}

// parentsOf are the parents that are not known yet.
func parentsOf(known map[psa.RecordID]usage.Agreement) []psa.RecordID {
	var out []psa.RecordID
	for _, a := range known {
		if _, ok := known[a.Parent]; a.Parent != 0 && !ok && !slices.Contains(out, a.Parent) {
			out = append(out, a.Parent)
		}
	}
	slices.Sort(out)
	return out
}

func (a agreement) usage(cycles map[psa.RecordID]string) usage.Agreement {
	out := usage.Agreement{
		ID: a.ID, Name: string(a.Name), Company: a.Company.ID, Parent: a.ParentAgreement.ID, Status: string(a.AgreementStatus),
		Cycle: cycles[a.BillingCycle.ID], Basis: string(a.InvoicingCycle), Prorated: bool(a.ProrateFlag),
	}
	date := func(name string, s looseString) usage.Date {
		d, err := usage.ReadDate(string(s))
		if err != nil {
			out.Unreadable = append(out.Unreadable, name)
		}
		return d
	}
	out.Start, out.BillStart = date("startDate", a.StartDate), date("billStartDate", a.BillStartDate)
	out.NID = date("nextInvoiceDate", a.NextInvoiceDate)
	if !a.NoEndingDate {
		out.End = date("endDate", a.EndDate)
	}
	if a.Cancelled {
		out.Cancelled = date("dateCancelled", a.DateCancelled)
	}
	return out
}

// billingCycles are the options of the cycles by id: an agreement names its
// cycle by an id and a name that people may have chosen. They are read once,
// and again for an agreement that has another one.
func (f *Finance) billingCycles(ctx context.Context, needed []agreement) (map[psa.RecordID]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	unknown := func(a agreement) bool { _, ok := f.cycles[a.BillingCycle.ID]; return a.BillingCycle.ID != 0 && !ok }
	if !slices.ContainsFunc(needed, unknown) {
		return f.cycles, nil
	}
	cycles := map[psa.RecordID]string{}
	for item, err := range f.client.List(ctx, cyclesPath, ListQuery{Fields: []string{"id", "billingOptions"}}) {
		var c struct {
			ID             psa.RecordID `json:"id"`
			BillingOptions looseString  `json:"billingOptions"`
		}
		if err == nil && json.Unmarshal(item, &c) != nil {
			err = garbled("GET "+cyclesPath, "an entry is not a billing cycle")
		}
		if err != nil {
			return nil, fmt.Errorf("billing cycles: %w", err)
		}
		cycles[c.ID] = string(c.BillingOptions)
	}
	f.cycles = cycles
	return cycles, nil
}

// Items implements usage.Finance.
func (f *Finance) Items(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]usage.Item, error) {
	out := map[psa.RecordID]usage.Item{}
	type item struct {
		ID           psa.RecordID  `json:"id"`
		Identifier   looseString   `json:"identifier"`
		Price        usage.Decimal `json:"price"`
		InactiveFlag looseBool     `json:"inactiveFlag"`
		ProductClass looseString   `json:"productClass"`
	}
	fields := []string{"id", "identifier", "price", "inactiveFlag", "productClass"}
	err := each(ctx, f.client, catalogPath, ids, fields, func(it item) {
		out[it.ID] = usage.Item{
			ID: it.ID, Name: string(it.Identifier), Price: it.Price, Inactive: bool(it.InactiveFlag), Bundle: it.ProductClass == "Bundle",
		}
	})
	return out, err
}

// each reads the records of ids, as many a call as fit into a URL.
func each[T any](ctx context.Context, c *Client, path string, ids []psa.RecordID, fields []string, keep func(T)) error {
	const beside = 400 // of the URL: base and parameters
	for _, part := range SplitIDs(ids, beside+len(strings.Join(fields, "%2C"))) {
		for item, err := range c.List(ctx, path, ListQuery{Conditions: In("id", part...), Fields: fields}) {
			var v T
			if err == nil && json.Unmarshal(item, &v) != nil {
				err = garbled("GET "+path, "an entry is not what it should be")
			}
			if err != nil {
				return err
			}
			keep(v)
		}
	}
	return nil
}
