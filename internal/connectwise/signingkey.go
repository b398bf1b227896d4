package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// keyPath names the call in errors; the real path is the message's.
	keyPath    = "callbackkey"
	keyTimeout = 4 * time.Second
	maxKeyBody = 8 << 10
	maxKeyURL  = 2000
	maxKey     = 1000
)

// SigningKey fetches the key that a callback says it was signed with. keyURL
// comes from outside: it must lie at the host that people log in to, over its
// scheme, and name the client's company, or it is psa.ErrInvalid and nobody is
// called. Redirects are not followed. It is not documented whether the call
// needs credentials: they are tried where it does not work without.
func (c *Client) SigningKey(ctx context.Context, keyURL string) (string, error) {
	base := c.Base()
	if err := checkKeyURL(keyURL, base.Address, base.CompanyID); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, keyTimeout)
	defer cancel()
	anonymous := http.Header{"Accept": {"application/json"}, "User-Agent": c.header["User-Agent"]}
	key, err := c.fetchKey(ctx, keyURL, anonymous)
	if !refused(err) {
		return key, err
	}
	return c.fetchKey(ctx, keyURL, c.header.Clone())
}

func (c *Client) fetchKey(ctx context.Context, keyURL string, header http.Header) (string, error) {
	rq := call{method: http.MethodGet, path: keyPath, url: keyURL, header: header, limit: maxKeyBody}
	a, err := c.caller.send(ctx, rq)
	if err != nil {
		return "", err
	}
	return parseKey(rq.op(), a.body)
}

// refused reports whether there was an answer, and no key in it: a login page,
// a redirect to one, or a plain refusal.
func refused(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case KindRedirect, KindCredentials, KindClientID, KindPermission, KindNotFound, KindNoEndpoint, KindInvalid, KindGarbled:
		return true
	default:
		return false
	}
}

// parseKey reads {"signing_key":"..."}, whatever it is labelled as, also where
// that is itself a JSON string.
func parseKey(op string, body []byte) (string, error) {
	var text string
	if json.Unmarshal(body, &text) == nil {
		body = []byte(text)
	}
	var answer struct {
		SigningKey looseString `json:"signing_key"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.SigningKey == "" || len(answer.SigningKey) > maxKey {
		return "", garbled(op, "the answer holds no signing key")
	}
	return string(answer.SigningKey), nil
}

// checkKeyURL accepts what lies at a under a path of keys and names the company
// once. All companies of a ConnectWise cloud share hosts, so the company is as
// important as the host.
func checkKeyURL(keyURL string, a Address, companyID string) error {
	refuse := func(why string) error { return fmt.Errorf("key URL %s: %w", why, psa.ErrInvalid) }
	if len(keyURL) > maxKeyURL || strings.ContainsFunc(keyURL, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return refuse("is not a plain URL")
	}
	u, err := url.Parse(keyURL)
	if err != nil || u.User != nil || u.Fragment != "" || strings.Contains(keyURL, "#") {
		return refuse("is not a plain URL")
	}
	if u.Scheme != a.Scheme {
		return refuse("is not " + a.Scheme)
	}
	host, err := withPort(strings.ToLower(u.Hostname()), u.Port(), u.Scheme)
	if err != nil || a.Host == "" || host != a.Host {
		return refuse("is not at this ConnectWise")
	}
	path := strings.ToLower(u.EscapedPath())
	if !strings.Contains(path, "/"+keyPath+"/") || strings.Contains(path, "..") || strings.Contains(path, "%") {
		return refuse("leads to no key")
	}
	return checkKeyCompany(u.RawQuery, companyID)
}

// checkKeyCompany: a name that differs in case only may be the same to the
// server, so there must be one of all of them.
func checkKeyCompany(rawQuery, companyID string) error {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return fmt.Errorf("key URL has no readable query: %w", psa.ErrInvalid)
	}
	var named []string
	for name, values := range query {
		if strings.EqualFold(name, "companyName") {
			named = append(named, values...)
		}
	}
	if len(named) != 1 || !strings.EqualFold(named[0], companyID) {
		return fmt.Errorf("key URL is not this company's: %w", psa.ErrInvalid)
	}
	return nil
}
