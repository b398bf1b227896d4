package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Connections is what is needed of the setup store.
type Connections interface {
	Connection(ctx context.Context, account psa.AccountID) (setup.Connection, error)
	UpdateConnection(ctx context.Context, c setup.Connection, drop, add setup.SecretNote) (setup.Connection, error)
}

// Vault is what is needed of the secret store.
type Vault interface {
	Get(ctx context.Context, arn string) (psa.Credentials, error)
}

// Budget is an identity's request budget. Rest gives back what is not in use,
// at the end of an invocation: a frozen process cannot.
type Budget interface {
	connectwise.Budget
	Rest(ctx context.Context) error
}

// Config of a Connector. Connections, Vault and ClientID are needed.
type Config struct {
	Connections Connections
	Vault       Vault
	// Budget returns the request budget of an identity; nil means no limit.
	Budget func(psa.Identity) Budget
	// ClientID and Version are the vendor's, for every account.
	ClientID, Version string
	UserAgent         string
	AllowLoopback     bool
	Log               *slog.Logger
	Now               func() time.Time
}

// maxClients bounds the clients that a process keeps; they are cheap to make
// again.
const maxClients = 64

// Connector opens accounts' connections. It keeps a client for as long as the
// connection stays as it is, so that a warm function uses its open
// connections again. It is safe for concurrent use.
type Connector struct {
	cfg  Config
	http *http.Client

	mu      sync.Mutex // guards the rest
	clients map[psa.AccountID]kept
	budgets map[string]Budget // by identity: one for all of the process's clients
}

// kept is a client and the state of the connection that it was made for. A
// connection that took the place of another may have the same rev, and never
// the same secret.
type kept struct {
	rev    int64
	secret string
	client *connectwise.Client
}

// New makes a Connector.
func New(cfg Config) *Connector {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Connector{
		cfg:     cfg,
		http:    connectwise.NewHTTPClient(connectwise.HTTPOptions{AllowLoopback: cfg.AllowLoopback}),
		clients: map[psa.AccountID]kept{},
		budgets: map[string]Budget{},
	}
}

// pausedRetry is how soon workers look whether a pause has ended.
const pausedRetry = 5 * time.Minute

// Connect implements syncer.Connector. The connection is read each time, so
// that rotated keys, an upgrade or another identity take effect at once.
func (c *Connector) Connect(ctx context.Context, scope psa.Scope) (syncer.Session, error) {
	conn, err := c.present(ctx, scope)
	if err != nil {
		return syncer.Session{}, err
	}
	if conn.Pause.Sync {
		return syncer.Session{}, problem.New(problem.Paused, "Reading from ConnectWise is paused.", "Resume it on the connection's page.").
			After(pausedRetry)
	}
	client, err := c.client(ctx, conn)
	if err != nil {
		return syncer.Session{}, fmt.Errorf("connect %s: %w", scope, err)
	}
	return syncer.Session{
		Source: NewSource(client, c.cfg.Now), Filter: conn.Filter, FilterKey: conn.FilterKey(), Types: conn.Types,
	}, nil
}

// present is the connection of the scope, if it is the account's present one.
func (c *Connector) present(ctx context.Context, scope psa.Scope) (setup.Connection, error) {
	conn, err := c.cfg.Connections.Connection(ctx, scope.Account)
	if errors.Is(err, psa.ErrNotFound) || err == nil && conn.Generation != scope.Generation {
		return setup.Connection{}, problem.New(problem.NotConnected, "This ConnectWise is not connected any more.",
			"Set up the connection, then sync again.").Wrap(psa.ErrNotFound)
	}
	if err != nil {
		return setup.Connection{}, fmt.Errorf("connect %s: %w", scope, err)
	}
	return conn, nil
}

func (c *Connector) client(ctx context.Context, conn setup.Connection) (*connectwise.Client, error) {
	c.mu.Lock()
	have := c.clients[conn.Account]
	c.mu.Unlock()
	if have.client != nil && have.rev == conn.Rev && have.secret == conn.SecretARN {
		return have.client, nil
	}
	creds, err := c.cfg.Vault.Get(ctx, conn.SecretARN)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	client, err := c.open(conn.Endpoint, creds, c.budget(conn.Endpoint.Identity), func(b connectwise.Base) { c.rebase(conn, b) })
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.clients) >= maxClients {
		clear(c.clients)
	}
	c.clients[conn.Account] = kept{rev: conn.Rev, secret: conn.SecretARN, client: client}
	return client, nil
}

// open makes a client of an endpoint. The budget is the identity's once the
// keys have proven to be; until then it is nil, or a stranger who knows site
// and company could use it up.
func (c *Connector) open(
	e setup.Endpoint, creds psa.Credentials, budget connectwise.Budget, onBase func(connectwise.Base),
) (*connectwise.Client, error) {
	address, _, err := connectwise.CleanServerURL(e.ServerURL, c.cfg.AllowLoopback)
	if err != nil {
		return nil, fmt.Errorf("stored address: %w", err)
	}
	client, err := connectwise.New(connectwise.Config{
		Base:        connectwise.Base{Address: address, CompanyID: e.Identity.CompanyID, API: e.APIBase, Codebase: e.Codebase},
		Credentials: creds, ClientID: c.cfg.ClientID, Version: c.cfg.Version, UserAgent: c.cfg.UserAgent,
		HTTP: c.http, Budget: budget, OnBase: onBase, Now: c.cfg.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e.ServerURL, err)
	}
	return client, nil
}

func (c *Connector) budget(identity psa.Identity) connectwise.Budget {
	if c.cfg.Budget == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.budgets[identity.Key()]
	if !ok {
		b = c.cfg.Budget(identity)
		c.budgets[identity.Key()] = b
	}
	return b
}

// restTime bounds Rest: what is not given back in time ends with its lease.
const restTime = 2 * time.Second

// Rest ends an invocation: the process may be frozen after it.
func (c *Connector) Rest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restTime)
	defer cancel()
	c.mu.Lock()
	budgets := slices.Collect(maps.Values(c.budgets))
	c.mu.Unlock()
	for _, b := range budgets {
		if err := b.Rest(ctx); err != nil {
			c.cfg.Log.WarnContext(ctx, "request slots stay taken until their leases end", "error", err.Error())
		}
	}
}

// rebase stores where ConnectWise went with an upgrade. Should that fail, or
// somebody have changed the connection meanwhile, the next client finds out
// for itself.
func (c *Connector) rebase(conn setup.Connection, b connectwise.Base) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	conn.Endpoint.APIBase, conn.Endpoint.Codebase = b.API, b.Codebase
	_, err := c.cfg.Connections.UpdateConnection(ctx, conn, setup.SecretNote{}, setup.SecretNote{})
	if err != nil {
		c.cfg.Log.WarnContext(ctx, "the new API base was not stored", "account", conn.Account, "error", err.Error())
	}
}
