package mapping

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Change is a large edit: one wish for many tenants, worked in slices by
// whoever has the message, with what became of each. It can be taken back.
type Change struct {
	ID    string
	State ChangeState
	// By asked for it. Presser had it applied or taken back last: the mappings
	// that it writes are theirs.
	By, Presser string
	At          time.Time
	Rows        []ChangeRow
	// Next is the first row that is not worked yet.
	Next int
	// Cut says that there was more than a change set holds: do it again.
	Cut bool
	// Failure is why it stopped.
	Failure string
	Rev     int64
}

// ChangeState says how far a change set has come.
type ChangeState string

// The states. A proposal waits for a person; the others go on by themselves.
const (
	Matching ChangeState = "matching" // names are being compared
	Proposed ChangeState = "proposed"
	Applying ChangeState = "applying"
	Applied  ChangeState = "applied"
	Undoing  ChangeState = "undoing"
	Undone   ChangeState = "undone"
	Stopped  ChangeState = "stopped" // Failure says why
)

// working reports whether a worker has something to do.
func (s ChangeState) working() bool { return s == Matching || s == Applying || s == Undoing }

// ChangeRow is a wish for one tenant.
type ChangeRow struct {
	Tenant TenantID `json:"tenant"`
	Name   string   `json:"name"`
	Target Target   `json:"target"`
	// Rev is that of the mapping that the wish was made for.
	Rev    int64  `json:"rev"`
	Result Result `json:"result,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Result says what became of a row.
type Result string

// The results; "" is not worked yet.
const (
	RowApplied   Result = "applied"
	RowConflict  Result = "conflict"  // somebody changed the mapping meanwhile
	RowInvalid   Result = "invalid"   // ConnectWise does not have what it names
	RowAmbiguous Result = "ambiguous" // several companies have the name: left alone
	RowUndone    Result = "undone"
	RowKept      Result = "kept" // not taken back, since it was changed after
)

// MaxChange is how many rows a change set has at most.
const MaxChange = 1000

// StartChange asks for a large edit. Of what an edit names, only the ids are
// kept: names are ConnectWise's to say.
func (s *Service) StartChange(ctx context.Context, scope psa.Scope, edits []Edit, by string) (Change, error) {
	if err := once(edits, MaxChange, "Choose fewer tenants."); err != nil {
		return Change{}, err
	}
	tenants, err := s.known(ctx, scope.Account)
	if err != nil {
		return Change{}, err
	}
	c := Change{State: Applying, Rows: make([]ChangeRow, len(edits))}
	for i, e := range edits {
		t, ok := tenants[e.Tenant]
		c.Rows[i] = ChangeRow{Tenant: e.Tenant, Name: t.Name, Target: e.Target.bare(), Rev: e.Rev}
		if !ok {
			c.Rows[i].Result, c.Rows[i].Detail = RowInvalid, problem.From(noTenant()).Message
		}
	}
	return s.startChange(ctx, scope, c, by)
}

// bare is the target without names.
func (t Target) bare() Target {
	t.Company.Name, t.Agreement.Name = "", ""
	products := make(map[SKU]Ref, len(t.Products))
	for sku, item := range t.Products {
		products[sku] = Ref{ID: item.ID}
	}
	t.Products = products
	return t
}

// StartAutoMap asks for a proposal: companies by name for tenants that have
// none.
func (s *Service) StartAutoMap(ctx context.Context, scope psa.Scope, by string) (Change, error) {
	return s.startChange(ctx, scope, Change{State: Matching}, by)
}

func (s *Service) startChange(ctx context.Context, scope psa.Scope, c Change, by string) (Change, error) {
	now := s.Now().UTC().Truncate(time.Millisecond)
	c.ID, c.By, c.Presser, c.At = ulid.MustNew(ulid.Timestamp(now), rand.Reader).String(), by, by, now
	err := s.Store.CreateChange(ctx, scope, c)
	if errors.Is(err, psa.ErrInvalid) {
		return Change{}, problem.New(problem.BadRequest, "That is more than can be changed at once.", "Choose fewer tenants.").Wrap(err)
	}
	if err != nil {
		return Change{}, fmt.Errorf("create change set: %w", err)
	}
	return c, s.wake(ctx, scope, c.ID)
}

func (s *Service) wake(ctx context.Context, scope psa.Scope, id string) error {
	if err := s.Waker.WakeChange(ctx, scope, id); err != nil {
		return fmt.Errorf("wake a worker for change set %s: %w", id, err)
	}
	return nil
}

// GetChange is a change set as it stands.
func (s *Service) GetChange(ctx context.Context, scope psa.Scope, id string) (Change, error) {
	c, err := s.Store.Change(ctx, scope, id)
	if errors.Is(err, psa.ErrNotFound) {
		return Change{}, problem.New(problem.NotFound, "There is no such change set.", "They are kept for 30 days.").Wrap(err)
	}
	if err != nil {
		return Change{}, fmt.Errorf("change set: %w", err)
	}
	return c, nil
}

// Apply does what was proposed. Undo takes back what was applied, also where it
// stopped half way. Asking for what is under way or done already changes
// nothing, and wakes a worker should its message have been lost.
func (s *Service) Apply(ctx context.Context, scope psa.Scope, id, by string) (Change, error) {
	return s.move(ctx, scope, id, by, Applying, Applied, Proposed)
}

// Undo is described at Apply.
func (s *Service) Undo(ctx context.Context, scope psa.Scope, id, by string) (Change, error) {
	return s.move(ctx, scope, id, by, Undoing, Undone, Applied, Stopped)
}

func (s *Service) move(ctx context.Context, scope psa.Scope, id, by string, to, done ChangeState, from ...ChangeState) (Change, error) {
	c, err := s.GetChange(ctx, scope, id)
	if err != nil {
		return Change{}, err
	}
	switch {
	case slices.Contains(from, c.State):
		c.State, c.Next, c.Presser = to, 0, by
		if c, err = s.Store.PutChange(ctx, scope, c); err != nil {
			if errors.Is(err, psa.ErrConflict) {
				return s.GetChange(ctx, scope, id) // somebody pressed at the same time
			}
			return Change{}, fmt.Errorf("change set: %w", err)
		}
	case c.State == to || c.State == done:
	default:
		return Change{}, problem.New(problem.Conflict, fmt.Sprintf("The change set is %s.", c.State), "Reload it to see how it stands.").
			Wrap(psa.ErrConflict)
	}
	if c.State == done {
		return c, nil
	}
	return c, s.wake(ctx, scope, c.ID)
}
