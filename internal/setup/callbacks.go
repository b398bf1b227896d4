package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// registerCallbacks has ConnectWise call us for the connection's types. One
// process at a time does it for a connection; one that died is followed two
// minutes later by whoever looks next. What ConnectWise refuses is a warning
// on the connection, not an error.
func (s *Service) registerCallbacks(ctx context.Context, c Connection) (Connection, error) {
	if c.Callbacks.State == CallbacksRegistering && s.now().Before(c.Callbacks.At.Add(registeringLife)) {
		return c, nil // somebody is at it
	}
	c.Callbacks = Callbacks{State: CallbacksRegistering, At: s.now()}
	mine, err := s.Store.UpdateConnection(ctx, c, SecretNote{}, SecretNote{})
	if errors.Is(err, psa.ErrConflict) {
		return s.Store.Connection(ctx, c.Account) // somebody else was faster
	}
	if err != nil {
		return c, fmt.Errorf("begin registering callbacks: %w", err)
	}
	mine.Callbacks = Callbacks{State: CallbacksRegistered, At: s.now()}
	err = within(ctx, registerTime, func(ctx context.Context) error { return s.register(ctx, mine) })
	if err != nil {
		s.Log.WarnContext(ctx, "callbacks not registered", "account", string(c.Account), "error", err.Error())
		mine.Callbacks.State, mine.Callbacks.Warning = CallbacksFailed, callbackWarning(err)
	}
	done, err := s.Store.UpdateConnection(ctx, mine, SecretNote{}, SecretNote{})
	if errors.Is(err, psa.ErrConflict) {
		return s.Store.Connection(ctx, c.Account) // changed meanwhile; the state heals at the next look
	}
	if err != nil {
		return c, fmt.Errorf("finish registering callbacks: %w", err)
	}
	return done, nil
}

// register adds what is missing, under a new token: the old ones are stored
// as hashes and cannot be told to ConnectWise again. The hash is stored first,
// so that no delivery is turned away.
func (s *Service) register(ctx context.Context, c Connection) error {
	base := fmt.Sprintf("%s/callbacks/%s/", s.PublicURL(ctx), c.ID)
	missing, err := s.Callbacks.Missing(ctx, c, base, c.Types)
	if err != nil {
		return fmt.Errorf("list callbacks: %w", err)
	}
	if len(missing) == 0 {
		return nil
	}
	e, err := s.endpointOf(ctx, c)
	if err != nil {
		return err
	}
	plain, hash := token()
	e.TokenHashes = append(e.TokenHashes, hash)
	if err := s.Store.PutCallbackEndpoint(ctx, e); err != nil {
		return fmt.Errorf("store the callback token: %w", err)
	}
	// ConnectWise appends the record's id to the URL as it is.
	if err := s.Callbacks.Register(ctx, c, base+plain+"?recordId=", missing); err != nil {
		return fmt.Errorf("register callbacks: %w", err)
	}
	return nil
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
