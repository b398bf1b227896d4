package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Enabled is what enabling led to.
type Enabled struct {
	Status Status
	// Already is set if the connection was enabled before.
	Already bool
	// Warnings did not stop anything.
	Warnings []Warning
}

// Enable makes the draft the account's connection, starts the first runs and
// registers callbacks. Each part looks at what is there already, so that
// pressing twice, or again after a crash, completes the first press and
// doubles nothing. takeover claims an identity from another account.
func (s *Service) Enable(ctx context.Context, account psa.AccountID, by string, takeover bool) (Enabled, error) {
	have, err := s.load(ctx, account)
	if err != nil {
		return Enabled{}, err
	}
	out := Enabled{Already: have.draft == nil}
	switch {
	case have.draft != nil:
		have, err = s.activate(ctx, have, by, takeover)
	case have.conn == nil:
		err = notConnected()
	}
	if err != nil {
		return Enabled{}, err
	}
	conn := *have.conn
	start := s.Runner.StartInitial
	if !out.Already && have.former != nil && have.former.Connection.Scope() == conn.Scope() {
		start = s.Runner.StartAll // what was kept is brought up to date
	}
	if err := start(ctx, conn.Scope(), conn.Types, by); err != nil {
		return Enabled{}, fmt.Errorf("start the first runs: %w", err)
	}
	conn, err = s.registerCallbacks(ctx, conn)
	if err != nil {
		return Enabled{}, err
	}
	have.conn = &conn
	out.Status = have.status()
	if conn.Callbacks.Warning != nil {
		out.Warnings = append(out.Warnings, *conn.Callbacks.Warning)
	}
	return out, nil
}

// activate turns the draft into the connection. Whoever loses the race finds
// the winner's connection and goes on with it.
func (s *Service) activate(ctx context.Context, have stored, by string, takeover bool) (stored, error) {
	d := *have.draft
	if have.conn != nil {
		if err := s.retire(ctx, d.Account, have.conn.SecretARN); err != nil {
			return stored{}, err
		}
	}
	if have.former != nil && have.former.State == Leaving {
		return stored{}, problem.New(problem.Busy, "The connection before this one is still being taken down.", "Try again in a minute.").
			After(leaveLife)
	}
	c := s.successor(have, d, by)
	endpoint, err := s.endpointOf(ctx, c)
	if err != nil {
		return stored{}, err
	}
	c, err = s.Store.Activate(ctx, c, d, endpoint, takeover)
	switch {
	case errors.Is(err, psa.ErrBusy):
		return stored{}, problem.New(problem.IdentityClaimed, "Another account is connected to this ConnectWise company already.",
			"If this account is to write to it from now on, take it over; the other account then stops writing.").Wrap(err)
	case errors.Is(err, psa.ErrConflict), errors.Is(err, psa.ErrNotFound):
		return s.activatedMeanwhile(ctx, d)
	case err != nil:
		return stored{}, fmt.Errorf("activate the connection: %w", err)
	}
	return stored{conn: &c, former: have.former}, nil
}

// activatedMeanwhile is the connection that another press made of the same
// draft, or a conflict.
func (s *Service) activatedMeanwhile(ctx context.Context, d Draft) (stored, error) {
	have, err := s.load(ctx, d.Account)
	if err != nil {
		return stored{}, err
	}
	if have.conn == nil || have.draft != nil || have.conn.SecretARN != d.SecretARN {
		return stored{}, conflict(psa.ErrConflict)
	}
	return have, nil
}

// successor is the connection that d makes of what the account has or had.
// Another identity begins the next generation. The same one keeps its
// generation, also when it comes back to data that was kept; data that was
// erased is begun anew in the next.
func (s *Service) successor(have stored, d Draft, by string) Connection {
	c := Connection{
		ID: s.newID(), Account: d.Account, Endpoint: d.Endpoint, Generation: 1, SecretARN: d.SecretARN, Types: d.Types,
		Filter: d.Filter, FilterBy: by, FilterAt: s.now(),
		EnabledBy: by, EnabledAt: s.now(), KeysBy: d.SavedBy, KeysAt: d.SavedAt, SyncEvery: syncEvery,
	}
	if before := have.before(d.Endpoint); before != nil && before.Filter.Key() == d.Filter.Key() {
		c.FilterBy, c.FilterAt = before.FilterBy, before.FilterAt
	}
	old, former := have.conn, have.former
	switch {
	case old != nil:
		c.Rev, c.Generation, c.SyncEvery = old.Rev, old.Generation+1, old.SyncEvery
		if old.Endpoint.same(d.Endpoint) {
			c.ID, c.Generation, c.Callbacks, c.PublicURL = old.ID, old.Generation, old.Callbacks, old.PublicURL
			c.Pause = old.Pause
		}
	case former != nil:
		c.Generation = former.Connection.Generation + 1
		if former.State == Kept && former.Connection.Endpoint.same(d.Endpoint) {
			c.Generation = former.Connection.Generation
		}
	}
	return c
}

// before is the connection to the same ConnectWise whose data a new one goes on
// with, nil if there is none.
func (h stored) before(e Endpoint) *Connection {
	switch {
	case h.conn != nil && h.conn.Endpoint.same(e):
		return h.conn
	case h.conn == nil && h.former != nil && h.former.State == Kept && h.former.Connection.Endpoint.same(e):
		return &h.former.Connection
	default:
		return nil
	}
}

// endpointOf keeps the tokens of a connection that exists.
func (s *Service) endpointOf(ctx context.Context, c Connection) (psa.CallbackEndpoint, error) {
	e, err := s.Store.CallbackEndpoint(ctx, c.ID)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return psa.CallbackEndpoint{}, fmt.Errorf("load callback endpoint: %w", err)
	}
	e.ConnectionID, e.Scope, e.CompanyID, e.Paused = c.ID, c.Scope(), c.Endpoint.Identity.CompanyID, c.Pause.Sync
	return e, nil
}
