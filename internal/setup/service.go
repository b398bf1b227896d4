package setup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// How long things are kept. A note outlives any process that could still be
// about to point at its secret; a replaced secret outlives any worker that
// still uses it.
const (
	draftLife       = 30 * 24 * time.Hour
	secretGrace     = time.Hour
	secretReview    = 24 * time.Hour
	registeringLife = 2 * time.Minute
)

// callbackRetry is how long after a first failure registering callbacks is
// tried again; the pause doubles with each failure, up to callbackRetryMax.
const (
	callbackRetry    = 15 * time.Minute
	callbackRetryMax = 6 * time.Hour
)

// How long ConnectWise may take for a step, so that all of a test, and all of
// enabling, ends within one request's 25 seconds.
const (
	discoverTime = 9 * time.Second
	infoTime     = 4 * time.Second
	listsTime    = 9 * time.Second
	registerTime = 10 * time.Second
)

// How long ConnectWise may take for the rest of keeping callbacks registered.
const (
	rollBackTime = 5 * time.Second
	removeTime   = 5 * time.Second
	checkTime    = 5 * time.Second
)

// Deps are what a Service works with; all are required but Journal, Count, Now
// and Log.
type Deps struct {
	Store     Store
	Secrets   Secrets
	Prober    Prober
	Runner    Runner
	Callbacks CallbackRegistrar
	Eraser    Eraser
	// Types is the table of data types, parents before children.
	Types []TypeInfo
	// SecretPrefix begins every secret's name; it names the installation.
	SecretPrefix string
	// PublicURL is where ConnectWise reaches us, without a trailing slash,
	// as far as the present request tells; "" if it does not.
	PublicURL func(context.Context) string
	Journal   Journal
	// Count adds to a metric.
	Count func(ctx context.Context, metric string, n int)
	Now   func() time.Time
	Log   *slog.Logger
}

// Service is the connection's life. Its methods are safe for concurrent use,
// by many processes.
type Service struct {
	Deps

	types catalog
}

// New checks that nothing is missing.
func New(d Deps) (*Service, error) {
	var errs []error
	for name, missing := range map[string]bool{
		"Store": d.Store == nil, "Secrets": d.Secrets == nil, "Prober": d.Prober == nil, "Runner": d.Runner == nil,
		"Callbacks": d.Callbacks == nil, "Eraser": d.Eraser == nil, "Types": len(d.Types) == 0, "SecretPrefix": d.SecretPrefix == "",
		"PublicURL": d.PublicURL == nil,
	} {
		if missing {
			errs = append(errs, fmt.Errorf("setup: %s is missing", name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Count == nil {
		d.Count = func(context.Context, string, int) {}
	}
	return &Service{Deps: d, types: catalog(d.Types)}, nil
}

// now is UTC, in the whole milliseconds that stores keep.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// stored is what an account has now; a nil part does not exist.
type stored struct {
	conn  *Connection
	draft *Draft
	// expired is a draft that is over but not swept yet.
	expired *Draft
	// former is the newest connection that was taken down.
	former *Departure
}

// anyDraft is the draft, over or not; nil if there is none.
func (h stored) anyDraft() *Draft {
	if h.draft != nil {
		return h.draft
	}
	return h.expired
}

// load reads the draft first: one that is enabled meanwhile is then seen twice
// rather than not at all.
func (s *Service) load(ctx context.Context, account psa.AccountID) (stored, error) {
	var have stored
	draft, err := s.Store.Draft(ctx, account)
	switch {
	case err == nil && s.now().Before(draft.ExpiresAt):
		have.draft = &draft
	case err == nil:
		have.expired = &draft
	case !errors.Is(err, psa.ErrNotFound):
		return stored{}, fmt.Errorf("load draft: %w", err)
	}
	conn, err := s.Store.Connection(ctx, account)
	switch {
	case err == nil:
		have.conn = &conn
	case !errors.Is(err, psa.ErrNotFound):
		return stored{}, fmt.Errorf("load connection: %w", err)
	}
	former, err := s.Store.Departure(ctx, account)
	switch {
	case err == nil:
		have.former = &former
	case !errors.Is(err, psa.ErrNotFound):
		return stored{}, fmt.Errorf("load former connection: %w", err)
	}
	return have, nil
}

// tag changes with everything that Status tells of the connection and draft.
func (h stored) tag() string {
	var c, d int64
	if h.conn != nil {
		c = h.conn.Rev
	}
	if h.draft != nil {
		d = h.draft.Rev
	}
	return fmt.Sprintf("c%d-d%d", c, d)
}

// match refuses a change by somebody who has seen an older state.
func (h stored) match(ifMatch string) error {
	if ifMatch == "" || ifMatch == h.tag() {
		return nil
	}
	return problem.New(problem.Stale, "Somebody changed the connection since you opened this page.",
		"Reload to see the present state, then make your change again.")
}

func conflict(err error) error {
	if !errors.Is(err, psa.ErrConflict) {
		return err
	}
	return problem.New(problem.Conflict, "Somebody else changed the connection at the same moment; your change was not made.",
		"Reload to see the present state, then make your change again.").Wrap(err)
}

func notConnected() error {
	return problem.New(problem.NotConnected, "There is no ConnectWise connection yet.", "Set up the connection first.")
}

// secretName is new with every call: secrets are never written twice. Secrets
// Manager takes no colon, which an account id may hold; the ULID alone makes
// the name unique.
func (s *Service) secretName(account psa.AccountID) string {
	return fmt.Sprintf("%s/%s/%s", s.SecretPrefix, strings.ReplaceAll(string(account), ":", "="), s.newID())
}

func (s *Service) newID() string {
	return ulid.MustNew(ulid.Timestamp(s.now()), rand.Reader).String()
}

// token is 32 random bytes, and its hash as it is stored.
func token() (plain, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the process instead
	plain = base64.RawURLEncoding.EncodeToString(b[:])
	return plain, hashOf(plain)
}

// hashOf is how a token is stored; package callback compares the same.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
