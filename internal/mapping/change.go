package mapping

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
	By    string
	At    time.Time
	Rows  []ChangeRow
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
	Rev int64 `json:"rev"`
	// Before is what the mapping was when the wish was applied.
	Before Target `json:"before"`
	Result Result `json:"result"`
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

// changeBatch is how many rows are stored in one step.
const changeBatch = 25

// StartChange asks for a large edit.
func (s *Service) StartChange(ctx context.Context, scope psa.Scope, edits []Edit, by string) (Change, error) {
	if len(edits) == 0 || len(edits) > MaxChange {
		return Change{}, problem.New(problem.BadRequest, fmt.Sprintf("Between 1 and %d mappings can be changed at once.", MaxChange),
			"Choose fewer tenants.")
	}
	tenants, err := s.known(ctx, scope.Account)
	if err != nil {
		return Change{}, err
	}
	c := Change{State: Applying, Rows: make([]ChangeRow, 0, len(edits))}
	seen := map[TenantID]bool{}
	for _, e := range edits {
		if seen[e.Tenant] {
			return Change{}, problem.New(problem.BadRequest, "A tenant comes twice.", "Name each tenant once.")
		}
		seen[e.Tenant] = true
		c.Rows = append(c.Rows, ChangeRow{Tenant: e.Tenant, Name: tenants[e.Tenant].Name, Target: e.Target, Rev: e.Rev})
	}
	return s.startChange(ctx, scope, c, by)
}

// StartAutoMap asks for a proposal: companies by name for tenants that have
// none.
func (s *Service) StartAutoMap(ctx context.Context, scope psa.Scope, by string) (Change, error) {
	return s.startChange(ctx, scope, Change{State: Matching}, by)
}

func (s *Service) startChange(ctx context.Context, scope psa.Scope, c Change, by string) (Change, error) {
	now := s.Now().UTC().Truncate(time.Millisecond)
	c.ID, c.By, c.At = ulid.MustNew(ulid.Timestamp(now), rand.Reader).String(), by, now
	if err := s.Store.CreateChange(ctx, scope, c); err != nil {
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

// Apply does what was proposed. Undo takes back what was applied. Asking for
// what is under way or done already changes nothing, and wakes a worker should
// its message have been lost.
func (s *Service) Apply(ctx context.Context, scope psa.Scope, id string) (Change, error) {
	return s.move(ctx, scope, id, Proposed, Applying, Applied)
}

// Undo is described at Apply.
func (s *Service) Undo(ctx context.Context, scope psa.Scope, id string) (Change, error) {
	return s.move(ctx, scope, id, Applied, Undoing, Undone)
}

func (s *Service) move(ctx context.Context, scope psa.Scope, id string, from, to, done ChangeState) (Change, error) {
	c, err := s.GetChange(ctx, scope, id)
	if err != nil {
		return Change{}, err
	}
	switch c.State {
	case from:
		c.State, c.Next = to, 0
		if c, err = s.Store.PutChange(ctx, scope, c); err != nil {
			if errors.Is(err, psa.ErrConflict) {
				return s.GetChange(ctx, scope, id) // somebody pressed at the same time
			}
			return Change{}, fmt.Errorf("change set: %w", err)
		}
	case to, done:
	default:
		return Change{}, problem.New(problem.Conflict, fmt.Sprintf("The change set is %s.", c.State), "Reload it to see how it stands.").
			Wrap(psa.ErrConflict)
	}
	if c.State == done {
		return c, nil
	}
	return c, s.wake(ctx, scope, c.ID)
}

// Work does a slice of a change set, and wakes the next worker if there is more
// to do. It may be called twice, and die anywhere: a row's write says by which
// change set it was made.
func (s *Service) Work(ctx context.Context, scope psa.Scope, id string) error {
	c, err := s.Store.Change(ctx, scope, id)
	if errors.Is(err, psa.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("change set: %w", err)
	}
	switch c.State {
	case Matching:
		err = s.match(ctx, scope, &c)
	case Applying:
		err = s.batch(ctx, scope, &c, s.applyRow, Applied)
	case Undoing:
		err = s.batch(ctx, scope, &c, s.undoRow, Undone)
	default:
		return nil
	}
	if p := problem.From(err); err != nil {
		if p.RetryAfter > 0 || p.Code == problem.Internal || p.Code == problem.ConnectWiseDown {
			return err // comes again
		}
		c.State, c.Failure = Stopped, p.Message+" "+p.Remedy
	}
	c, err = s.Store.PutChange(ctx, scope, c)
	if errors.Is(err, psa.ErrConflict) {
		return nil // another worker has it
	}
	if err != nil {
		return fmt.Errorf("change set: %w", err)
	}
	if c.State.working() {
		return s.wake(ctx, scope, c.ID)
	}
	return nil
}

// rowWork says what a row's mapping is to become; write is false if nothing is.
type rowWork func(check checker, tenants map[TenantID]Tenant, now Mapping, c *Change, row *ChangeRow) (m Mapping, write bool)

// batch works the next rows.
func (s *Service) batch(ctx context.Context, scope psa.Scope, c *Change, work rowWork, done ChangeState) error {
	rows := c.Rows[c.Next:min(c.Next+changeBatch, len(c.Rows))]
	edits := make([]Edit, len(rows))
	for i, r := range rows {
		edits[i] = Edit{Tenant: r.Tenant, Target: r.Target}
	}
	check, err := s.checker(ctx, scope, edits)
	if err != nil {
		return err
	}
	tenants, err := s.known(ctx, scope.Account)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.workRow(ctx, scope, check, tenants, c, &rows[i], work); err != nil {
			return err
		}
	}
	c.Next += len(rows)
	if c.Next == len(c.Rows) {
		c.State = done
	}
	return nil
}

func (s *Service) workRow(
	ctx context.Context, scope psa.Scope, check checker, tenants map[TenantID]Tenant, c *Change, row *ChangeRow, work rowWork,
) error {
	now, err := s.Store.Mapping(ctx, scope, row.Tenant)
	if err != nil {
		return fmt.Errorf("mapping of %s: %w", row.Tenant, err)
	}
	m, write := work(check, tenants, now, c, row)
	if !write {
		return nil
	}
	_, err = s.Store.PutMappings(ctx, scope, []Mapping{m})
	if errors.Is(err, psa.ErrConflict) {
		row.Result, row.Detail = RowConflict, "Somebody changed the mapping meanwhile."
		return nil
	}
	if err != nil {
		return fmt.Errorf("save mapping of %s: %w", row.Tenant, err)
	}
	return s.note(ctx, scope, m, tenants[m.Tenant].Name)
}

func (s *Service) applyRow(check checker, tenants map[TenantID]Tenant, now Mapping, c *Change, row *ChangeRow) (Mapping, bool) {
	switch {
	case row.Result != "":
		return Mapping{}, false // said already: an ambiguous proposal
	case now.Change == c.ID:
		row.Result = RowApplied // by a worker that died before it could say so
		return Mapping{}, false
	case now.Rev != row.Rev:
		row.Result, row.Detail = RowConflict, "Somebody changed the mapping meanwhile."
		return Mapping{}, false
	}
	m, err := s.wish(check, tenants, Edit{Tenant: row.Tenant, Target: row.Target, Rev: row.Rev}, c.By, c.ID)
	if err != nil {
		row.Result, row.Detail = RowInvalid, problem.From(err).Message
		return Mapping{}, false
	}
	row.Before, row.Result = now.Target, RowApplied
	return m, true
}

// undoRow puts back what was there before, unless somebody has changed it
// since. What was there was valid then; it is validated again before use.
func (s *Service) undoRow(_ checker, _ map[TenantID]Tenant, now Mapping, c *Change, row *ChangeRow) (Mapping, bool) {
	switch undo := c.ID + "/undo"; {
	case row.Result != RowApplied:
		return Mapping{}, false
	case now.Change == undo:
		row.Result = RowUndone
		return Mapping{}, false
	case now.Change != c.ID:
		row.Result, row.Detail = RowKept, "It was changed after."
		return Mapping{}, false
	default:
		row.Result = RowUndone
		return Mapping{Tenant: row.Tenant, Target: row.Before, By: c.By, At: s.Now().UTC(), Change: undo, Rev: now.Rev}, true
	}
}
