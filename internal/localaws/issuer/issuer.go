// Package issuer is a small OpenID Connect issuer for a developer's machine:
// signing in is a click on one of the demo people. It speaks the authorization
// code flow with PKCE for public clients and nothing else, listens on loopback
// addresses only, and must never stand anywhere near production.
package issuer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	tokenLifetime = 15 * time.Minute
	codeLifetime  = time.Minute
	maxForm       = 16 << 10
)

// ErrNotLoopback means an address that other machines could reach.
var ErrNotLoopback = errors.New("the local issuer listens on loopback addresses only")

// Config says how to run an issuer.
type Config struct {
	// KeyFile keeps the signing key from one run to the next; empty makes a
	// new key.
	KeyFile string
	// Listener is where it answers; its address is the issuer's name.
	Listener net.Listener
	// Audience is what access tokens are for; default "psabridge".
	Audience string
	// Origins are the web origins that people may be sent back to, and that
	// may ask for tokens: the console's.
	Origins []string
}

// Issuer is a running issuer. It is safe for concurrent use.
type Issuer struct {
	// URL is its name, the "iss" of its tokens.
	URL string

	config Config
	key    jose.JSONWebKey
	signer jose.Signer
	server *http.Server

	mu    sync.Mutex
	codes map[string]grant
}

// grant is what a code stands for.
type grant struct {
	person                                  Person
	clientID, redirectURI, challenge, nonce string
	expires                                 time.Time
}

// Start runs an issuer until Close.
func Start(c Config) (*Issuer, error) {
	address, ok := c.Listener.Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsLoopback() {
		return nil, ErrNotLoopback
	}
	if c.Audience == "" {
		c.Audience = "psabridge"
	}
	key, err := loadKey(c.KeyFile)
	if err != nil {
		return nil, err
	}
	signer, err := newSigner(key)
	if err != nil {
		return nil, err
	}
	i := &Issuer{URL: "http://" + address.String(), config: c, key: key, signer: signer, codes: map[string]grant{}}
	i.server = &http.Server{Handler: i.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = i.server.Serve(c.Listener) }() // ends with Close
	return i, nil
}

// Listen opens a port of 127.0.0.1 for an issuer; 0 takes a free one.
func Listen(ctx context.Context, port int) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("listen for the issuer: %w", err)
	}
	return l, nil
}

// Close ends the issuer.
func (i *Issuer) Close() error { return i.server.Close() }

// Token signs an access token. The given claims replace iss, aud, iat, nbf
// and exp where they name them; a nil value leaves a claim out.
func (i *Issuer) Token(claims map[string]any) (string, error) {
	now := time.Now()
	all := map[string]any{
		"iss": i.URL, "aud": i.config.Audience,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLifetime).Unix(),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	token, err := jwt.Signed(i.signer).Claims(all).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

// TokenFor signs an access token of one of the demo people, by id.
func (i *Issuer) TokenFor(person string) (string, error) {
	p, ok := findPerson(person)
	if !ok {
		return "", fmt.Errorf("there is no demo person %q", person)
	}
	return i.Token(p.claims())
}

func (i *Issuer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /jwks.json", i.jwks)
	mux.HandleFunc("GET /authorize", i.ask)
	mux.HandleFunc("POST /authorize", i.signIn)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("OPTIONS /token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return i.crossOrigin(mux)
}

// crossOrigin lets the console's pages read the answers.
func (i *Issuer) crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Origin")
		if origin := r.Header.Get("Origin"); slices.Contains(i.config.Origins, origin) {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Content-Type")
		}
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                i.URL,
		"authorization_endpoint":                i.URL + "/authorize",
		"token_endpoint":                        i.URL + "/token",
		"jwks_uri":                              i.URL + "/jwks.json",
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"code_challenge_methods_supported":      []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
		"scopes_supported":                      []string{"openid", "profile", "email"},
	})
}

func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.key.Public()}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may be gone
}

// mayReturnTo says whether people may be sent to an address.
func (i *Issuer) mayReturnTo(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Fragment == "" && u.User == nil && slices.Contains(i.config.Origins, u.Scheme+"://"+u.Host)
}
