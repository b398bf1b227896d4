package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// callbackCheck is how often ConnectWise is asked what it calls.
const callbackCheck = time.Hour

// MetricBroken counts the callbacks that ConnectWise ought to call and does
// not, each time that a connection which has some is tended.
const MetricBroken = "CallbacksInactive"

// Journal tells people, in the sync's log, what became of their callbacks.
type Journal interface {
	// CallbackRepaired is called once for each repair, or not at all if the
	// process dies.
	CallbackRepaired(ctx context.Context, scope psa.Scope, typ psa.DataType, at time.Time) error
}

// tendCallbacks keeps callbacks registered: it goes on with what failed, or
// died, or was never come to, and once an hour it looks whether ConnectWise
// still calls us. Where we are reached is known from the first attempt.
func (s *Service) tendCallbacks(ctx context.Context, c Connection, due time.Time) error {
	if c.PublicURL == "" {
		return nil
	}
	var err error
	switch {
	case c.Callbacks.worthATry(s.now()):
		c, err = s.registerCallbacks(ctx, c)
	case c.Callbacks.State == CallbacksRegistered && s.checkDue(c, due):
		c, err = s.checkCallbacks(ctx, c)
	}
	if broken := len(c.Callbacks.Broken()); broken > 0 {
		s.Count(ctx, MetricBroken, broken)
	}
	return err
}

// checkDue reports whether a full hour lies between the last tending and now.
func (s *Service) checkDue(c Connection, due time.Time) bool {
	return due.Add(-c.every()).Truncate(callbackCheck).Before(s.now().Truncate(callbackCheck))
}

// checkCallbacks looks, and repairs what is wrong. As long as nothing is, it
// writes nothing. A ConnectWise that cannot be asked at the moment is asked
// again an hour later; the runs tell of it.
func (s *Service) checkCallbacks(ctx context.Context, c Connection) (Connection, error) {
	var d difference
	err := within(ctx, checkTime, func(ctx context.Context) (err error) {
		d, err = s.lookAtCallbacks(ctx, c)
		return err
	})
	if err != nil {
		s.Log.WarnContext(ctx, "callbacks not checked", "account", string(c.Account), "error", err.Error())
		return s.noteUnchecked(ctx, c, err)
	}
	now := s.now()
	types := c.Callbacks.seen(d.found, now)
	if d.sound() && !d.unused && c.Callbacks.Warning == nil && slices.Equal(types, c.Callbacks.Types) {
		return c, nil
	}
	for _, f := range d.found {
		if f.state != CallbackActive {
			s.Log.WarnContext(ctx, "callback found broken", "account", string(c.Account), "type", string(f.typ), "state", string(f.state))
		}
	}
	c.Callbacks.Types = types
	return s.registerCallbacks(ctx, c)
}

// noteUnchecked tells people where a right is missing to look at callbacks.
func (s *Service) noteUnchecked(ctx context.Context, c Connection, cause error) (Connection, error) {
	p := problem.From(cause)
	if p.Code != problem.PermissionMissing || c.Callbacks.Warning != nil {
		return c, nil
	}
	next := c
	next.Callbacks.Warning = &Warning{
		Code: p.Code, Message: "Whether ConnectWise still tells us of changes at once could not be checked. " + p.Message, Remedy: p.Remedy,
	}
	next, err := s.Store.UpdateConnection(ctx, next, SecretNote{}, SecretNote{})
	switch {
	case errors.Is(err, psa.ErrConflict):
		return c, nil // changed meanwhile; noted at the next look
	case err != nil:
		return c, fmt.Errorf("note that callbacks were not checked: %w", err)
	}
	return next, nil
}

// tellRepairs writes a log entry for each repair.
func (s *Service) tellRepairs(ctx context.Context, c Connection, before Callbacks) {
	for _, t := range c.Callbacks.repairedSince(before) {
		s.Log.InfoContext(ctx, "callback repaired", "account", string(c.Account), "type", string(t.Type), "repairs", t.Repairs)
		if s.Journal == nil {
			continue
		}
		if err := s.Journal.CallbackRepaired(ctx, c.Scope(), t.Type, t.RepairedAt); err != nil {
			s.Log.WarnContext(ctx, "a repair is not in the sync log", "account", string(c.Account), "error", err.Error())
		}
	}
}
