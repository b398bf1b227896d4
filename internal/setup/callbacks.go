package setup

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// registerCallbacks has ConnectWise call us for the connection's types. One
// process at a time does it for a connection; one that died is followed two
// minutes later by whoever looks next. What ConnectWise refuses is a warning
// on the connection, not an error.
func (s *Service) registerCallbacks(ctx context.Context, c Connection) (Connection, error) {
	if c.Callbacks.underWay(s.now()) {
		return c, nil // somebody is at it
	}
	failures := c.Callbacks.Failures
	c.Callbacks = Callbacks{State: CallbacksRegistering, At: s.now(), Failures: failures}
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
	mine.Callbacks = Callbacks{State: CallbacksRegistered, At: s.now()}
	err = within(ctx, registerTime, func(ctx context.Context) error { return s.register(ctx, mine) })
	if err != nil {
		s.Log.WarnContext(ctx, "callbacks not registered", "account", string(c.Account), "error", err.Error())
		mine.Callbacks.State, mine.Callbacks.Warning, mine.Callbacks.Failures = CallbacksFailed, callbackWarning(err), failures+1
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

// underWay reports whether somebody may be registering at now.
func (c Callbacks) underWay(now time.Time) bool {
	return c.State == CallbacksRegistering && now.Before(c.At.Add(registeringLife))
}

// worthATry reports whether registering is to be tried again at now: not what
// works, and ever more rarely what does not.
func (c Callbacks) worthATry(now time.Time) bool {
	switch c.State {
	case CallbacksRegistered:
		return false
	case CallbacksRegistering:
		return !c.underWay(now)
	case CallbacksFailed:
		wait := callbackRetry << min(max(c.Failures-1, 0), 10)
		return !now.Before(c.At.Add(min(wait, callbackRetryMax)))
	default:
		return true
	}
}

// CallbackPath begins the path of every callback URL of a connection. The id
// is ours alone, so it tells our registrations from all others.
func CallbackPath(connectionID string) string { return "/callbacks/" + connectionID + "/" }

// Registration is a callback of ours as ConnectWise has it.
type Registration struct {
	ID   psa.RecordID
	Type psa.DataType
	URL  string
	// Active is false if ConnectWise does not call it (any more).
	Active bool
}

// register adds what is missing, under a new token: the old ones are stored
// as hashes and cannot be told to ConnectWise again. The hash is stored first,
// so that no delivery is turned away.
func (s *Service) register(ctx context.Context, c Connection) error {
	base := c.PublicURL + CallbackPath(c.ID)
	have, err := s.Callbacks.Registrations(ctx, c)
	if err != nil {
		return fmt.Errorf("list callbacks: %w", err)
	}
	e, err := s.endpointOf(ctx, c)
	if err != nil {
		return err
	}
	known := len(e.TokenHashes)
	e.TokenHashes = inUse(e.TokenHashes, have)
	missing := s.types.unregistered(c.Types, have, base)
	if len(missing) == 0 && len(e.TokenHashes) == known {
		return nil
	}
	plain, hash := token()
	if len(missing) > 0 {
		e.TokenHashes = append(e.TokenHashes, hash)
	}
	if err := s.Store.PutCallbackEndpoint(ctx, e); err != nil {
		return fmt.Errorf("store the callback token: %w", err)
	}
	if len(missing) == 0 {
		return nil
	}
	// ConnectWise appends the record's id to the URL as it is.
	if err := s.Callbacks.Register(ctx, c, base+plain+"?recordId=", missing); err != nil {
		return fmt.Errorf("register callbacks: %w", err)
	}
	return nil
}

// inUse drops the hashes of tokens that no registration uses. The newest
// stays: whoever stored it may be about to register it.
func inUse(hashes []string, have []Registration) []string {
	var kept []string
	for i, hash := range hashes {
		used := slices.ContainsFunc(have, func(r Registration) bool { return hashOf(tokenIn(r.URL)) == hash })
		if used || i == len(hashes)-1 {
			kept = append(kept, hash)
		}
	}
	return kept
}

// tokenIn is the token in a callback URL: the last part of its path.
func tokenIn(callbackURL string) string {
	u, err := url.Parse(callbackURL)
	if err != nil {
		return ""
	}
	return u.Path[strings.LastIndex(u.Path, "/")+1:]
}

// unregistered are those of names that ConnectWise could call us for, and does
// not under base.
func (c catalog) unregistered(names []psa.DataType, have []Registration, base string) []psa.DataType {
	var missing []psa.DataType
	for _, name := range names {
		t, ok := c.named(name)
		registered := slices.ContainsFunc(have, func(r Registration) bool {
			return r.Type == name && r.Active && strings.HasPrefix(r.URL, base)
		})
		if ok && t.Callback && !registered {
			missing = append(missing, name)
		}
	}
	return missing
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
