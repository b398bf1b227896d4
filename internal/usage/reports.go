package usage

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

const (
	maxTenantID = 128
	maxSKU      = 64
	maxSKUs     = 200
	maxCount    = 1_000_000_000
	// aheadBy is how far a product's clock may be ahead of ours, and a day
	// of ours: somewhere it is tomorrow already.
	aheadBy = 26 * time.Hour
	// tooOld is when a day is no longer taken: it is kept no longer.
	tooOld = 13 * 31 * 24 * time.Hour
)

// Told is what became of a report.
type Told string

// The outcomes.
const (
	Stored Told = "stored"
	Late   Told = "stale" // a later snapshot of that day was reported before
)

// ReportStore keeps reports for 13 months. It is safe for concurrent use by
// many processes; a successful write is durable.
type ReportStore interface {
	// PutReport stores r unless a report of that tenant and day with a later
	// ReportedAt is stored; stale says so. Storing it again changes nothing.
	PutReport(ctx context.Context, account psa.AccountID, r Report) (stale bool, err error)
}

// Intake takes reports from the product.
type Intake struct {
	Store ReportStore
	Now   func() time.Time
}

// Report takes one. Reporting again, late or out of order is harmless: of the
// snapshots of a day the one that was reported last counts (spec 5.1).
func (i Intake) Report(ctx context.Context, account psa.AccountID, r Report) (Told, error) {
	if err := r.valid(i.Now()); err != nil {
		return "", err
	}
	r.ReportedAt = r.ReportedAt.UTC()
	stale, err := i.Store.PutReport(ctx, account, r)
	if err != nil {
		return "", fmt.Errorf("store report: %w", err)
	}
	if stale {
		return Late, nil
	}
	return Stored, nil
}

func (r Report) valid(now time.Time) error {
	wrong := func(message, remedy string) error {
		return problem.New(problem.BadRequest, message, remedy).Wrap(psa.ErrInvalid)
	}
	day, err := time.Parse(time.DateOnly, string(r.Day))
	switch {
	case r.Tenant == "" || len(r.Tenant) > maxTenantID || strings.ContainsFunc(string(r.Tenant), unicode.IsControl):
		return wrong("The report's tenant is not valid.", "Send the tenant's id as it was sent with the tenant.")
	case err != nil || day.After(now.Add(aheadBy)) || day.Before(now.Add(-tooOld)):
		return wrong("The report's day is not valid.", "Send a date such as 2026-01-31, not in the future, of the last 13 months.")
	case r.ReportedAt.IsZero() || r.ReportedAt.After(now.Add(aheadBy)):
		return wrong("The report's reportedAt is not valid.", "Send when the snapshot was taken, by a clock that is right.")
	case len(r.Counts) > maxSKUs:
		return wrong("The report names too many products.", fmt.Sprintf("Send at most %d.", maxSKUs))
	}
	for sku, n := range r.Counts {
		if sku == "" || len(sku) > maxSKU || n < 0 || n > maxCount {
			return wrong("A count of the report is not valid.", "Send whole numbers that are not negative, by SKU.")
		}
	}
	return nil
}
