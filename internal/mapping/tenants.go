package mapping

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
	maxTenantID   = 128
	maxTenantName = 200
	// aheadBy is how far a product's clock may be ahead of ours.
	aheadBy = 5 * time.Minute
)

// Told is what became of one thing that the product told.
type Told string

// The outcomes.
const (
	Stored Told = "stored"
	Late   Told = "stale" // something later was told before
)

// PutTenant stores what the product tells of a tenant. Telling again, or late,
// is harmless.
func (s *Service) PutTenant(ctx context.Context, account psa.AccountID, t Tenant) (Told, error) {
	if err := t.valid(s.Now()); err != nil {
		return "", err
	}
	t.Name, t.ChangedAt = strings.TrimSpace(t.Name), t.ChangedAt.UTC()
	if t.State == Removed {
		t.RemovedAt = t.ChangedAt
	}
	late, err := s.Store.PutTenant(ctx, account, t)
	if err != nil {
		return "", fmt.Errorf("store tenant: %w", err)
	}
	if late {
		return Late, nil
	}
	return Stored, nil
}

func (t Tenant) valid(now time.Time) error {
	wrong := func(message, remedy string) error {
		return problem.New(problem.BadRequest, message, remedy).Wrap(psa.ErrInvalid)
	}
	printable := !strings.ContainsFunc(string(t.ID)+t.Name, unicode.IsControl)
	switch {
	case t.ID == "" || len(t.ID) > maxTenantID || !printable:
		return wrong("The tenant's id is not valid.", fmt.Sprintf("Send between 1 and %d printable characters.", maxTenantID))
	case strings.TrimSpace(t.Name) == "" || len([]rune(t.Name)) > maxTenantName:
		return wrong("The tenant's name is not valid.", fmt.Sprintf("Send between 1 and %d characters.", maxTenantName))
	case t.State != Active && t.State != Suspended && t.State != Removed:
		return wrong("The tenant's state is not valid.", "Send active, suspended or removed.")
	case t.ChangedAt.IsZero() || t.ChangedAt.After(now.Add(aheadBy)):
		return wrong("The tenant's changedAt is not valid.", "Send when the tenant was changed, by a clock that is right.")
	}
	return nil
}
