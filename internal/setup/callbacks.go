package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// atConnectWise is how many registrations are made or removed side by side.
const atConnectWise = 4

// registerCallbacks makes what ConnectWise calls what it shall call. One
// process at a time does it for a connection; one that died is followed two
// minutes later by whoever looks next. What ConnectWise refuses is a warning
// on the connection, not an error.
func (s *Service) registerCallbacks(ctx context.Context, c Connection) (Connection, error) {
	if c.Callbacks.underWay(s.now()) {
		return c, nil // somebody is at it
	}
	before := c.Callbacks
	c.Callbacks = Callbacks{State: CallbacksRegistering, At: s.now(), Failures: before.Failures, Types: before.Types}
	if url := s.PublicURL(ctx); url != "" {
		c.PublicURL = url
	}
	mine, err := s.Store.UpdateConnection(ctx, c, SecretNote{}, SecretNote{})
	if errors.Is(err, psa.ErrConflict) {
		return s.Store.Connection(ctx, c.Account) // somebody else was faster
	}
	if err != nil {
		return c, fmt.Errorf("begin registering callbacks: %w", err)
	}
	mine.Callbacks = s.mend(ctx, mine)
	done, err := s.Store.UpdateConnection(ctx, mine, SecretNote{}, SecretNote{})
	if errors.Is(err, psa.ErrConflict) {
		return s.Store.Connection(ctx, c.Account) // changed meanwhile; the state heals at the next look
	}
	if err != nil {
		return c, fmt.Errorf("finish registering callbacks: %w", err)
	}
	s.tellRepairs(ctx, done, before)
	return done, nil
}

// mend does what registerCallbacks holds the connection for, and says how
// things stand then.
func (s *Service) mend(ctx context.Context, c Connection) Callbacks {
	out := c.Callbacks
	var d difference
	err := within(ctx, registerTime, func(ctx context.Context) (err error) {
		if d, err = s.lookAtCallbacks(ctx, c); err != nil {
			return err
		}
		out.Types = out.seen(d.found, s.now())
		return s.add(ctx, c, d)
	})
	out.At = s.now()
	if err != nil {
		s.Log.WarnContext(ctx, "callbacks not registered", "account", string(c.Account), "error", err.Error())
		out.State, out.Warning = CallbacksFailed, callbackWarning(err)
		out.Failures++
		return out
	}
	out.State, out.Failures = CallbacksRegistered, 0
	out.Types = out.seen(d.mended(), s.now())
	err = within(ctx, removeTime, func(ctx context.Context) error { return s.removeAll(ctx, c, d.surplus) })
	if err != nil {
		s.Log.WarnContext(ctx, "old callbacks not removed", "account", string(c.Account), "error", err.Error())
		out.Warning = surplusWarning(err)
	}
	return out
}

// add registers what is missing, under a new token: the old ones are stored as
// hashes and cannot be told to ConnectWise again. The hash is stored first, so
// that no delivery is turned away; the old token stays valid. Should a part
// fail, what was registered here is removed again.
func (s *Service) add(ctx context.Context, c Connection, d difference) error {
	missing := d.missing()
	if len(missing) == 0 && !d.unused {
		return nil
	}
	plain, hash := token()
	e := d.endpoint
	if len(missing) > 0 {
		e.TokenHashes = append(slices.Clip(e.TokenHashes), hash)
	}
	if err := s.Store.PutCallbackEndpoint(ctx, e); err != nil {
		return fmt.Errorf("store the callback token: %w", err)
	}
	if len(missing) == 0 {
		return nil
	}
	url := c.PublicURL + CallbackPath(c.ID) + plain + callbackQuery
	group, whole := errgroup.WithContext(ctx)
	group.SetLimit(atConnectWise)
	for _, name := range missing {
		group.Go(func() error {
			if err := whole.Err(); err != nil {
				return err // one has failed; what is under way ends by itself
			}
			return s.addOne(ctx, c, url, name, d.surplus)
		})
	}
	err := group.Wait()
	if err == nil {
		return nil
	}
	undone := within(context.WithoutCancel(ctx), rollBackTime, func(ctx context.Context) error { return s.rollBack(ctx, c, d.endpoint, url) })
	if undone != nil {
		s.Log.WarnContext(ctx, "callbacks not taken back", "account", string(c.Account), "error", undone.Error())
	}
	return err
}

// addOne registers one type. A ConnectWise that takes it for the one it has
// makes room for it first.
func (s *Service) addOne(ctx context.Context, c Connection, url string, name psa.DataType, surplus []Registration) error {
	err := s.Callbacks.Register(ctx, c, url, name)
	old := slices.DeleteFunc(slices.Clone(surplus), func(r Registration) bool { return r.Type != name })
	if errors.Is(err, psa.ErrConflict) && len(old) > 0 {
		if err := s.removeAll(ctx, c, old); err != nil {
			return err
		}
		err = s.Callbacks.Register(ctx, c, url, name)
	}
	if err != nil {
		return fmt.Errorf("register the callback for %s: %w", name, err)
	}
	return nil
}

// rollBack removes what was registered under url, also where the answer to it
// was lost, and then the url's token. What dies on the way leaves whole
// registrations, which the next look keeps.
func (s *Service) rollBack(ctx context.Context, c Connection, before psa.CallbackEndpoint, url string) error {
	have, err := s.Callbacks.Registrations(ctx, c)
	if err != nil {
		return fmt.Errorf("list callbacks: %w", err)
	}
	have = slices.DeleteFunc(have, func(r Registration) bool { return r.URL != url })
	if err := s.removeAll(ctx, c, have); err != nil {
		return err
	}
	if err := s.Store.PutCallbackEndpoint(ctx, before); err != nil {
		return fmt.Errorf("drop the callback token: %w", err)
	}
	return nil
}

// removeAll removes registrations; each is tried.
func (s *Service) removeAll(ctx context.Context, c Connection, list []Registration) error {
	errs := make([]error, len(list))
	var group errgroup.Group
	group.SetLimit(atConnectWise)
	for i, r := range list {
		group.Go(func() error {
			if err := s.Callbacks.Remove(ctx, c, r.ID); err != nil {
				errs[i] = fmt.Errorf("remove callback %d: %w", r.ID, err)
			}
			return nil
		})
	}
	_ = group.Wait() // what fails is in errs
	return errors.Join(errs...)
}

func callbackWarning(err error) *Warning {
	p := problem.From(err)
	return &Warning{
		Code: p.Code,
		Message: "ConnectWise does not tell us of changes at once, because callbacks could not be registered; " +
			"the regular sync finds them. " + p.Message,
		Remedy: p.Remedy,
	}
}

func surplusWarning(err error) *Warning {
	p := problem.From(err)
	return &Warning{
		Code:    p.Code,
		Message: "ConnectWise tells us of changes, but callbacks that are not needed any more could not be removed there. " + p.Message,
		Remedy:  p.Remedy,
	}
}
