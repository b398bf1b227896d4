package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	keysFresh   = 10 * time.Minute
	keysBetween = time.Second // between two fetches for an unknown key
	keysTimeout = 5 * time.Second
	keysMaxSize = 1 << 20
)

// keyCache holds the public keys of an issuer, found by its discovery
// document. It is safe for concurrent use.
type keyCache struct {
	issuer string
	client *http.Client

	mu      sync.Mutex
	set     jose.JSONWebKeySet
	fetched time.Time // last success
	tried   time.Time // last attempt
}

func newKeyCache(issuer string, client *http.Client) *keyCache {
	if client == nil {
		client = &http.Client{Timeout: keysTimeout}
	}
	return &keyCache{issuer: issuer, client: client}
}

var errNoKey = errors.New("the issuer has no such key")

// get returns the key with this id. An unknown id has the keys fetched again,
// but not more often than keysBetween, whatever tokens arrive.
func (c *keyCache) get(ctx context.Context, id string) (jose.JSONWebKey, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id == "" {
		return jose.JSONWebKey{}, errNoKey
	}
	key, known := c.find(id)
	if known && time.Since(c.fetched) < keysFresh {
		return key, nil
	}
	if time.Since(c.tried) >= keysBetween {
		c.tried = time.Now()
		if err := c.fetch(ctx); err != nil {
			return jose.JSONWebKey{}, err
		}
		key, known = c.find(id)
	}
	if !known {
		return jose.JSONWebKey{}, errNoKey
	}
	return key, nil
}

func (c *keyCache) find(id string) (jose.JSONWebKey, bool) {
	for _, k := range c.set.Key(id) {
		if k.Valid() && k.IsPublic() && (k.Use == "" || k.Use == "sig") {
			return k, true
		}
	}
	return jose.JSONWebKey{}, false
}

func (c *keyCache) fetch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	address := strings.TrimSuffix(c.issuer, "/") + "/.well-known/openid-configuration"
	if err := c.getJSON(ctx, address, &discovery); err != nil {
		return err
	}
	if discovery.Issuer != c.issuer {
		return fmt.Errorf("the discovery document names the issuer %q", discovery.Issuer)
	}
	var set jose.JSONWebKeySet
	if err := c.getJSON(ctx, discovery.JWKSURI, &set); err != nil {
		return err
	}
	c.set, c.fetched = set, time.Now()
	return nil
}

func (c *keyCache) getJSON(ctx context.Context, address string, out any) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask the issuer: %w", err)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the issuer: %w", err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the issuer: status %d", resp.StatusCode)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, keysMaxSize)).Decode(out)
}
