package setup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
)

// syncEvery is how often changes are read unless a connection says otherwise
// (spec 3.1).
const syncEvery = 15 * time.Minute

const (
	// dueAtOnce bounds what one tick looks at; what is left is due at the next.
	dueAtOnce = 1000
	// tendAtOnce is how many connections are tended side by side.
	tendAtOnce = 8
	// tickTime is how long a tick has if nothing says so. The last third of
	// it is for ending what was begun: 20 s of a function's minute, in which
	// callbacks can be registered.
	tickTime = time.Minute
	// tendLife is when a connection is tended again by the next tick because
	// the one that tended it has died.
	tendLife = 2 * time.Minute
)

// Schedule says when the tick looks at a connection.
type Schedule struct {
	Scope psa.Scope
	// Due is when reading was due: a run asked for since then is enough.
	Due time.Time
	// LookAt is when the tick looks: Due, or later if a tick is at it.
	LookAt time.Time
}

// FirstSchedule of a new connection. It is soon, to complete what enabling may
// have left undone; the first runs are asked for by then.
func FirstSchedule(c Connection) Schedule {
	return Schedule{Scope: c.Scope(), Due: c.EnabledAt, LookAt: c.EnabledAt.Add(tendLife)}
}

// every is how often changes are read.
func (c Connection) every() time.Duration {
	if c.SyncEvery > 0 {
		return c.SyncEvery
	}
	return syncEvery
}

// Tick tends the connections that are due: it starts their runs and tries
// again to register callbacks. It also goes on with taking down what was
// disconnected. Ticks may overlap, come late or die: what one of them began,
// the next completes, and nothing is started twice.
func (s *Service) Tick(ctx context.Context) error {
	now := s.now()
	due, err := s.Store.DueSchedules(ctx, now, dueAtOnce)
	if err != nil {
		return fmt.Errorf("list connections to tend: %w", err)
	}
	leaving, err := s.Store.DueDepartures(ctx, now, dueAtOnce)
	if err != nil {
		return fmt.Errorf("list departures: %w", err)
	}
	tended := sideBySide(ctx, due, func(sch Schedule) error {
		return wrap("tend", sch.Scope, s.tend(ctx, sch, now))
	})
	gone := sideBySide(ctx, leaving, func(d Departure) error {
		return wrap("take down", d.Connection.Scope(), s.goOn(ctx, d, now))
	})
	return errors.Join(tended, gone)
}

func wrap(what string, scope psa.Scope, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, scope, err)
}

// sideBySide does items, a few at a time. One that fails does not hold up the
// others; those that there is no time for are due at the next tick, still.
func sideBySide[T any](ctx context.Context, items []T, do func(T) error) error {
	var mu sync.Mutex
	var errs []error
	var group errgroup.Group
	group.SetLimit(tendAtOnce)
	last := time.Now().Add(timeLeft(ctx) * 2 / 3)
	for _, item := range items {
		group.Go(func() error {
			if time.Now().After(last) {
				return nil
			}
			err := do(item)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			return nil
		})
	}
	_ = group.Wait() // what fails is in errs
	return errors.Join(errs...)
}

// timeLeft is what ctx leaves.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return tickTime
	}
	return time.Until(deadline)
}

// tend holds the schedule, does what is due, and only then moves it on.
func (s *Service) tend(ctx context.Context, due Schedule, now time.Time) error {
	held := due
	held.LookAt = now.Add(tendLife)
	err := s.Store.MoveSchedule(ctx, due, held)
	if errors.Is(err, psa.ErrConflict) || errors.Is(err, psa.ErrNotFound) {
		return nil // another tick is at it, or the connection has gone
	}
	if err != nil {
		return fmt.Errorf("hold the schedule: %w", err)
	}
	c, err := s.Store.Connection(ctx, due.Scope.Account)
	if errors.Is(err, psa.ErrNotFound) || err == nil && c.Scope() != due.Scope {
		return nil // its schedule went with it
	}
	if err != nil {
		return fmt.Errorf("load connection: %w", err)
	}
	if err := s.catchUp(ctx, c, due.Due); err != nil {
		return err
	}
	next := now.Add(c.every())
	err = s.Store.MoveSchedule(ctx, held, Schedule{Scope: due.Scope, Due: next, LookAt: next})
	if err != nil && !errors.Is(err, psa.ErrConflict) && !errors.Is(err, psa.ErrNotFound) {
		return fmt.Errorf("move the schedule: %w", err)
	}
	return nil
}

// catchUp starts what is due, unless the connection is paused.
func (s *Service) catchUp(ctx context.Context, c Connection, due time.Time) error {
	if c.Pause.Sync {
		return nil
	}
	if err := s.Runner.StartDue(ctx, c.Scope(), c.Types, due, c.night(s.now())); err != nil {
		return fmt.Errorf("start runs: %w", err)
	}
	return s.tendCallbacks(ctx, c, due)
}
