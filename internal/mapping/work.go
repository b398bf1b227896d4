package mapping

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// changeBatch is how many rows are worked before the change set is stored.
const changeBatch = 25

// Work does a slice of a change set, and wakes the next worker if there is more
// to do. It may be called twice, and die anywhere: a mapping says by which
// change set it was written, and over what.
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
		err = s.apply(ctx, scope, &c)
	case Undoing:
		err = s.undo(ctx, scope, &c)
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

// due are the rows that are worked next.
func (c *Change) due() []ChangeRow { return c.Rows[c.Next:min(c.Next+changeBatch, len(c.Rows))] }

// verdict is what becomes of a row, and of its mapping if that is to be written.
type verdict struct {
	result Result
	detail string
	write  *Mapping
}

// rowWork judges a row by its mapping as it is now.
type rowWork func(c *Change, row ChangeRow, now Mapping) verdict

// apply works the next rows of a change set that is done.
func (s *Service) apply(ctx context.Context, scope psa.Scope, c *Change) error {
	rows := c.due()
	edits := make([]Edit, len(rows))
	for i, r := range rows {
		edits[i] = Edit{Tenant: r.Tenant, Target: r.Target}
	}
	check, err := s.checker(ctx, scope, edits)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].Target = check.named(rows[i].Target)
	}
	return s.batch(ctx, scope, c, Applied, func(c *Change, row ChangeRow, now Mapping) verdict {
		return s.applyRow(check, c, row, now)
	})
}

// undo works the next rows of a change set that is taken back.
func (s *Service) undo(ctx context.Context, scope psa.Scope, c *Change) error {
	account, err := s.Store.Products(ctx, scope)
	if err != nil {
		return fmt.Errorf("products: %w", err)
	}
	check := checker{products: bySKU(s.Catalog), account: account.Items}
	return s.batch(ctx, scope, c, Undone, func(c *Change, row ChangeRow, now Mapping) verdict {
		return s.undoRow(check, c, row, now)
	})
}

// batch works the next rows.
func (s *Service) batch(ctx context.Context, scope psa.Scope, c *Change, done ChangeState, work rowWork) error {
	rows := c.due()
	for i, row := range rows {
		v, err := s.workRow(ctx, scope, c, row, work)
		if err != nil {
			return err
		}
		rows[i].Result, rows[i].Detail = v.result, v.detail
	}
	c.Next += len(rows)
	if c.Next == len(c.Rows) {
		c.State = done
	}
	return nil
}

// workRow judges a row and writes its mapping. Whoever was faster, a person or
// a second worker with the same message, is seen by judging again.
func (s *Service) workRow(ctx context.Context, scope psa.Scope, c *Change, row ChangeRow, work rowWork) (verdict, error) {
	for {
		now, err := s.Store.Mapping(ctx, scope, row.Tenant)
		if err != nil {
			return verdict{}, fmt.Errorf("mapping of %s: %w", row.Tenant, err)
		}
		v := work(c, row, now)
		if v.write == nil {
			return v, nil
		}
		_, err = s.Store.PutMappings(ctx, scope, []Mapping{*v.write}, []Note{noteOf(*v.write, row.Name)})
		if errors.Is(err, psa.ErrConflict) {
			continue
		}
		if err != nil {
			return verdict{}, fmt.Errorf("save mapping of %s: %w", row.Tenant, err)
		}
		return v, nil
	}
}

func (s *Service) applyRow(check checker, c *Change, row ChangeRow, now Mapping) verdict {
	switch {
	case row.Result != "":
		return verdict{result: row.Result, detail: row.Detail} // said before: an ambiguous proposal
	case now.Change == c.ID:
		return verdict{result: RowApplied} // by a worker that died before it could say so
	case now.Rev != row.Rev:
		return verdict{result: RowConflict, detail: "Somebody changed the mapping meanwhile."}
	}
	m, err := s.wish(check, Edit{Tenant: row.Tenant, Target: row.Target, Rev: row.Rev}, c.Presser)
	if err != nil {
		return verdict{result: RowInvalid, detail: problem.From(err).Message}
	}
	m.Change, m.Before = c.ID, &now.Target
	return verdict{result: RowApplied, write: &m}
}

// undoRow puts back what the change set wrote over, unless somebody has changed
// it since. The mapping itself knows: whether its writer lived to say so in the
// row does not matter. What ConnectWise has of it was valid then, and is
// validated again before use; what it was chosen beside may be others' choice by
// now.
func (s *Service) undoRow(check checker, c *Change, row ChangeRow, now Mapping) verdict {
	undo := c.ID + "/undo"
	switch {
	case now.Change == undo:
		return verdict{result: RowUndone}
	case now.Change != c.ID || now.Before == nil:
		if row.Result == RowApplied {
			return verdict{result: RowKept, detail: "It was changed after."}
		}
		return verdict{result: row.Result, detail: row.Detail}
	}
	if err := check.together(now.Before.Products); err != nil {
		return verdict{result: RowKept, detail: problem.From(err).Message}
	}
	return verdict{result: RowUndone, write: &Mapping{
		Tenant: row.Tenant, Target: *now.Before, By: c.Presser, At: s.Now().UTC(), Change: undo, Rev: now.Rev,
	}}
}
