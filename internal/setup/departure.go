package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// leaveTime is how long ConnectWise may take to remove callbacks.
	leaveTime = 12 * time.Second
	// leaveLife is when the tick completes what the process that
	// disconnected has not. The keys are swept later than that, since
	// removing callbacks needs them.
	leaveLife  = 2 * time.Minute
	leaveKeys  = 10 * time.Minute
	leaveTries = 3
	// eraseGrace outlives any worker that may still write to the scope.
	eraseGrace = 2 * time.Minute
)

// DepartureState says how far taking a connection down has come.
type DepartureState string

// The states. Leaving goes over into one of the others by itself.
const (
	Leaving DepartureState = "leaving" // runs, callbacks and keys are being removed
	Kept    DepartureState = "kept"    // its data stays
	Erasing DepartureState = "erasing"
	Erased  DepartureState = "erased"
)

// Departure is a connection that was taken down. It stays, so that the
// account's generations go on counting.
type Departure struct {
	// Connection is as it was; it has no SecretARN once its keys are gone.
	Connection Connection
	By         string
	At         time.Time
	State      DepartureState
	// Erase says whether its data is to be, or was, erased.
	Erase bool
	// Remaining are the types that ConnectWise may still call us for, and
	// Warning says why.
	Remaining []psa.DataType
	Warning   *Warning
	// LookAt is when the tick goes on with it; zero if nothing is left to do.
	LookAt time.Time
	Rev    int64
}

// Disconnected is what disconnecting led to.
type Disconnected struct {
	Status   Status
	Warnings []Warning
}

// Disconnect takes the account's connection down. One write ends it for good:
// no run, callback or schedule finds it afterwards. What is left to do then,
// here or at ConnectWise, is done at once as far as it can be, and else by the
// tick. Pressing again is safe, and may ask to erase what was kept before.
func (s *Service) Disconnect(ctx context.Context, account psa.AccountID, by string, keepData bool) (Disconnected, error) {
	d, err := s.departed(ctx, account, by, keepData)
	if err != nil {
		return Disconnected{}, err
	}
	if d.State == Leaving {
		if d, err = s.leave(ctx, d); err != nil {
			return Disconnected{}, err
		}
	}
	have, err := s.load(ctx, account)
	if err != nil {
		return Disconnected{}, err
	}
	out := Disconnected{Status: have.status()}
	if d.Warning != nil {
		out.Warnings = append(out.Warnings, *d.Warning)
	}
	return out, nil
}

// departed ends the connection, or finds the one that was ended before.
func (s *Service) departed(ctx context.Context, account psa.AccountID, by string, keepData bool) (d Departure, err error) {
	for range leaveTries { // the tick may change the connection meanwhile
		have, err := s.load(ctx, account)
		if err != nil {
			return Departure{}, err
		}
		switch {
		case have.conn != nil:
			d, err = s.depart(ctx, have, by, !keepData)
		case have.former != nil:
			d, err = s.alsoErase(ctx, *have.former, !keepData)
		default:
			return Departure{}, notConnected()
		}
		if !errors.Is(err, psa.ErrConflict) {
			return d, err
		}
	}
	return Departure{}, conflict(psa.ErrConflict)
}

func (s *Service) depart(ctx context.Context, have stored, by string, erase bool) (Departure, error) {
	c := *have.conn
	if c.Callbacks.underWay(s.now()) {
		return Departure{}, problem.New(problem.Busy, "The connection's callbacks are just being registered.", "Try again in a minute.").
			After(c.Callbacks.At.Add(registeringLife).Sub(s.now()))
	}
	d := Departure{
		Connection: c, By: by, At: s.now(), State: Leaving, Erase: erase, LookAt: s.now().Add(leaveLife),
	}
	notes := []SecretNote{{Account: c.Account, Name: nameOf(c.SecretARN), SweepAt: s.now().Add(leaveKeys)}}
	draft := have.anyDraft()
	if draft != nil && draft.SecretARN != c.SecretARN {
		notes = append(notes, SecretNote{Account: c.Account, Name: nameOf(draft.SecretARN), SweepAt: s.now()})
	}
	d, err := s.Store.Depart(ctx, d, draft, notes)
	if err != nil {
		return Departure{}, fmt.Errorf("end the connection: %w", err)
	}
	return d, nil
}

// alsoErase asks to erase what an earlier disconnecting kept.
func (s *Service) alsoErase(ctx context.Context, d Departure, erase bool) (Departure, error) {
	if !erase || d.Erase {
		return d, nil
	}
	d.Erase = true
	if d.State == Kept {
		d.State, d.LookAt = Erasing, s.now().Add(eraseGrace)
	}
	d, err := s.Store.UpdateDeparture(ctx, d)
	if err != nil {
		return Departure{}, fmt.Errorf("erase what was kept: %w", err)
	}
	return d, nil
}

// leave ends what still runs for a connection that has gone. Each part may be
// done again. What ConnectWise refuses is a warning and is not tried again:
// the keys go with this.
func (s *Service) leave(ctx context.Context, d Departure) (Departure, error) {
	c := d.Connection
	if err := s.Runner.CancelAll(ctx, c.Scope(), d.By); err != nil {
		return Departure{}, fmt.Errorf("cancel the runs: %w", err)
	}
	d.Remaining, d.Warning = s.removeCallbacks(ctx, c)
	d.Connection.SecretARN, d.State, d.LookAt = "", Kept, time.Time{}
	if d.Erase {
		d.State, d.LookAt = Erasing, s.now().Add(eraseGrace)
	}
	d, err := s.Store.UpdateDeparture(ctx, d)
	if errors.Is(err, psa.ErrConflict) {
		d, err = s.Store.Departure(ctx, c.Account) // somebody else was faster
	}
	if err != nil {
		return Departure{}, fmt.Errorf("note that the connection has gone: %w", err)
	}
	// Should this die, the note from before has the sweep do it.
	note := SecretNote{Account: c.Account, Name: nameOf(c.SecretARN), SweepAt: s.now()}
	if err := NewSweeper(s.Store, s.Secrets, s.Now).look(ctx, note, s.now()); err != nil {
		return Departure{}, fmt.Errorf("remove the keys: %w", err)
	}
	return d, nil
}

// removeCallbacks removes our registrations, and says which remain.
func (s *Service) removeCallbacks(ctx context.Context, c Connection) (remaining []psa.DataType, w *Warning) {
	err := within(ctx, leaveTime, func(ctx context.Context) error {
		have, err := s.Callbacks.Registrations(ctx, c)
		if err != nil {
			remaining = s.types.callable(c.Types) // any of them may be there
			return fmt.Errorf("list callbacks: %w", err)
		}
		var errs []error
		for _, r := range have {
			if err := s.Callbacks.Remove(ctx, c, r.ID); err != nil {
				remaining = append(remaining, r.Type)
				errs = append(errs, fmt.Errorf("remove callback %d: %w", r.ID, err))
			}
		}
		return errors.Join(errs...)
	})
	if err == nil || len(remaining) == 0 {
		return nil, nil
	}
	s.Log.WarnContext(ctx, "callbacks not removed", "account", string(c.Account), "error", err.Error())
	p := problem.From(err)
	return remaining, &Warning{
		Code:    p.Code,
		Message: "Callbacks remain registered in ConnectWise. What they send is refused here. " + p.Message,
		Remedy: "ConnectWise turns them off by itself after some days of refusals. To remove them now, delete the callbacks " +
			"whose URL contains " + CallbackPath(c.ID) + " under system/callbacks of ConnectWise's API.",
	}
}

// goOn does what is due for a departure.
func (s *Service) goOn(ctx context.Context, d Departure, now time.Time) error {
	d.LookAt = now.Add(leaveLife)
	d, err := s.Store.UpdateDeparture(ctx, d)
	if errors.Is(err, psa.ErrConflict) || errors.Is(err, psa.ErrNotFound) {
		return nil // somebody else is at it
	}
	if err != nil {
		return fmt.Errorf("hold a departure: %w", err)
	}
	if d.State == Leaving {
		_, err = s.leave(ctx, d)
		return err
	}
	// A quarter of what a tick has, so that the other accounts get theirs.
	done, err := s.Eraser.Erase(ctx, d.Connection.Scope(), timeLeft(ctx)/4)
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	d.LookAt = s.now()
	if done {
		d.State, d.LookAt = Erased, time.Time{}
	}
	if _, err := s.Store.UpdateDeparture(ctx, d); err != nil && !errors.Is(err, psa.ErrConflict) {
		return fmt.Errorf("note how far erasing has come: %w", err)
	}
	return nil
}
