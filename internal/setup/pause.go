package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Pause says what a person holds up. Postings and tickets get a flag of their
// own with their features.
type Pause struct {
	// Sync holds up all reading of records. Runs that are under way wait
	// where they stand, and callbacks are let go: what they tell of is read
	// when the pause ends.
	Sync bool
	// By and At say who changed this last, and when.
	By string
	At time.Time
}

// pauseTries bounds how often pausing tries again where the tick changed the
// connection at the same moment.
const pauseTries = 3

// SetPause holds reading up, or lets it go on with a run of every type. Both
// are safe to press twice.
func (s *Service) SetPause(ctx context.Context, account psa.AccountID, by string, sync bool) (Status, error) {
	for range pauseTries {
		have, err := s.load(ctx, account)
		switch {
		case err != nil:
			return Status{}, err
		case have.conn == nil:
			return Status{}, notConnected()
		case have.conn.Pause.Sync == sync:
			return have.status(), nil
		}
		err = s.setPause(ctx, have.conn, by, sync)
		if !errors.Is(err, psa.ErrConflict) {
			return have.status(), err
		}
	}
	return Status{}, conflict(psa.ErrConflict)
}

// setPause makes the runs that end a pause due with the write that ends it, so
// that the tick starts them should this process die before it does.
func (s *Service) setPause(ctx context.Context, c *Connection, by string, sync bool) error {
	now := s.now()
	next := *c
	next.Pause = Pause{Sync: sync, By: by, At: now}
	next, err := s.Store.SetPause(ctx, next, Schedule{Scope: c.Scope(), Due: now, LookAt: now})
	if err != nil {
		return fmt.Errorf("store the pause: %w", err)
	}
	*c = next
	if sync {
		return nil
	}
	if err := s.Runner.StartAll(ctx, c.Scope(), c.Types, by); err != nil {
		return fmt.Errorf("start what was held up: %w", err)
	}
	return nil
}
