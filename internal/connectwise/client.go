package connectwise

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Config of a Client. Base, Credentials and ClientID are needed.
type Config struct {
	// Base is what Discover returned, now or earlier.
	Base        Base
	Credentials psa.Credentials
	// ClientID is the vendor's.
	ClientID string
	// Version pins the API's model, for example "2025.1"; "" means the
	// newest that the server has.
	Version string
	// UserAgent is "psabridge/<version> (<function>)".
	UserAgent string
	// HTTP is from NewHTTPClient, shared between Clients; nil makes one.
	HTTP *http.Client
	// Budget is taken from for each request; nil means no limit.
	Budget Budget
	// Timeout of one try; 0 means 20 seconds.
	Timeout time.Duration
	// MaxPage bounds a page, MaxRecord a single record, in bytes after
	// decompression; 0 means 64 MiB and 8 MiB.
	MaxPage, MaxRecord int64
	// OnBase is told of a new base after ConnectWise was upgraded, so that
	// it can be stored. It may be called from any goroutine.
	OnBase func(Base)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	defaultMaxPage   = 64 << 20
	defaultMaxRecord = 8 << 20
	// rediscoverEvery bounds how often unknown paths lead to companyinfo.
	rediscoverEvery = time.Minute
)

// Client reads one ConnectWise. It is safe for concurrent use.
type Client struct {
	caller     *caller
	discoverer Discoverer
	header     http.Header
	maxPage    int64
	maxRecord  int64
	onBase     func(Base)

	rediscovering sync.Mutex
	rediscovered  time.Time // guarded by rediscovering

	mu    sync.Mutex // guards the rest
	base  Base
	lists map[string]listState // by endpoint
}

// New makes a Client; it calls nobody.
func New(cfg Config) (*Client, error) {
	if cfg.Credentials.PublicKey == "" || cfg.Credentials.PrivateKey == "" || cfg.ClientID == "" {
		return nil, fmt.Errorf("connectwise: keys and clientId are needed: %w", psa.ErrInvalid)
	}
	if err := checkBase(cfg.Base); err != nil {
		return nil, err
	}
	basic := basicAuth(cfg.Base.CompanyID, cfg.Credentials)
	c := &Client{
		caller: &caller{
			http: cfg.HTTP, budget: cfg.Budget, timeout: cfg.Timeout, now: cfg.Now,
			secrets: []string{basic, cfg.Credentials.PrivateKey, cfg.Credentials.PublicKey},
		},
		header:    headers(cfg, basic),
		maxPage:   orLimit(cfg.MaxPage, defaultMaxPage),
		maxRecord: orLimit(cfg.MaxRecord, defaultMaxRecord),
		onBase:    cfg.OnBase,
		base:      cfg.Base,
		lists:     make(map[string]listState),
	}
	c.caller.setDefaults()
	c.discoverer = Discoverer{
		HTTP: c.caller.http, UserAgent: cfg.UserAgent, Timeout: c.caller.timeout, Budget: c.caller.budget, Now: c.caller.now,
	}
	return c, nil
}

// Base is the base in use, which changes when ConnectWise is upgraded.
func (c *Client) Base() Base {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base
}

// checkBase makes sure that credentials go over TLS, or to loopback.
func checkBase(b Base) error {
	u, err := url.Parse(b.API)
	if err != nil || u.Host == "" || u.User != nil || !strings.HasSuffix(u.Path, "/") {
		return fmt.Errorf("connectwise: API base: %w", psa.ErrInvalid)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return fmt.Errorf("connectwise: API base is not https: %w", psa.ErrInvalid)
	}
	return nil
}

func basicAuth(companyID string, k psa.Credentials) string {
	return base64.StdEncoding.EncodeToString([]byte(companyID + "+" + k.PublicKey + ":" + k.PrivateKey))
}

func headers(cfg Config, basic string) http.Header {
	accept := "application/json"
	if cfg.Version != "" {
		accept = "application/vnd.connectwise.com+json; version=" + cfg.Version
	}
	h := http.Header{}
	h.Set("Authorization", "Basic "+basic)
	h.Set("clientId", cfg.ClientID)
	h.Set("Accept", accept)
	h.Set("User-Agent", orDefault(cfg.UserAgent, defaultUserAgent))
	return h
}

// request is a call below the API base.
type request struct {
	// method is GET if it is empty.
	method string
	path   string
	query  url.Values
	// body is JSON; nil if there is none.
	body []byte
	// forwardOnly asks for keyset paging.
	forwardOnly bool
	// limit bounds the answer, sizeHint guesses it; both in bytes.
	limit    int64
	sizeHint int
}

// do is the one way to ConnectWise. A 404 for a path, which changed nothing
// there, may mean that ConnectWise was upgraded: then it is tried once more
// where ConnectWise is now.
func (c *Client) do(ctx context.Context, rq request) (answer, error) {
	base := c.Base()
	a, err := c.doAt(ctx, base, rq)
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindNoEndpoint {
		return a, err
	}
	now, moved := c.rediscover(ctx, base)
	if !moved {
		return a, err
	}
	return c.doAt(ctx, now, rq)
}

func (c *Client) doAt(ctx context.Context, base Base, rq request) (answer, error) {
	cl := c.callOf(base, rq)
	if len(cl.url) > maxURL {
		return answer{}, &Error{Kind: KindInvalid, Op: cl.op(), detail: "the URL is too long"}
	}
	return repeat(ctx, c.caller, cl)
}

func (c *Client) callOf(base Base, rq request) call {
	path := strings.Trim(rq.path, "/")
	cl := call{
		method: orDefault(rq.method, http.MethodGet), path: path, url: base.API + path,
		header: c.headerOf(rq), body: rq.body, limit: rq.limit, sizeHint: rq.sizeHint,
	}
	if len(rq.query) > 0 {
		cl.url += "?" + encode(rq.query)
	}
	return cl
}

func (c *Client) headerOf(rq request) http.Header {
	h := c.header.Clone()
	if rq.forwardOnly {
		h.Set("Pagination-Type", "forward-only")
	}
	if rq.body != nil {
		h.Set("Content-Type", "application/json")
	}
	return h
}

// encode writes spaces as %20: not every server reads + as one.
func encode(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

// rediscover reads companyinfo again, since a path that is unknown may mean
// that ConnectWise was upgraded to another codebase. It reports the base to
// use and whether that is another one than was. What companyinfo fails with is
// less telling than the 404 that led here, which stays the caller's error.
func (c *Client) rediscover(ctx context.Context, was Base) (Base, bool) {
	c.rediscovering.Lock()
	defer c.rediscovering.Unlock()
	if base := c.Base(); base.API != was.API {
		return base, true // somebody else found it meanwhile
	}
	now := c.caller.now()
	if was.Address == (Address{}) || now.Sub(c.rediscovered) < rediscoverEvery {
		return was, false
	}
	c.rediscovered = now
	found, err := c.discoverer.Discover(ctx, was.Address, was.CompanyID)
	if err != nil || found.API == was.API {
		return was, false
	}
	c.mu.Lock()
	c.base = found
	c.mu.Unlock()
	if c.onBase != nil {
		c.onBase(found)
	}
	return found, true
}

func orLimit(n, def int64) int64 {
	if n <= 0 {
		return def
	}
	return n
}
