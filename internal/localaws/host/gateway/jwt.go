package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

// jwtContext is what a verified token adds to an event.
type jwtContext struct {
	JWT struct {
		Claims map[string]string `json:"claims"`
		Scopes []string          `json:"scopes"`
	} `json:"jwt"`
}

var (
	errToken = errors.New("the token does not hold")
	errScope = errors.New("the token has none of the route's scopes")
)

// authorizer verifies tokens of one issuer.
type authorizer struct {
	template.Authorizer

	keys *keyCache
}

func newAuthorizer(a template.Authorizer, client *http.Client) *authorizer {
	return &authorizer{Authorizer: a, keys: newKeyCache(a.Issuer, client)}
}

// verify checks a token and returns its claims. RS256 is the only algorithm.
func (a *authorizer) verify(ctx context.Context, header string) (map[string]any, error) {
	raw := header
	if scheme, rest, ok := strings.Cut(header, " "); ok && strings.EqualFold(scheme, "Bearer") {
		raw = strings.TrimSpace(rest)
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, fmt.Errorf("%w: not a JWT signed with RS256", errToken)
	}
	key, err := a.keys.get(ctx, token.Headers[0].KeyID)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errToken, err)
	}
	var payload json.RawMessage
	if err := token.Claims(key, &payload); err != nil {
		return nil, fmt.Errorf("%w: signature", errToken)
	}
	claims := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	if err := dec.Decode(&claims); err != nil {
		return nil, fmt.Errorf("%w: claims", errToken)
	}
	return claims, a.check(claims, time.Now())
}

func (a *authorizer) check(claims map[string]any, now time.Time) error {
	exp, hasExp := timeClaim(claims, "exp")
	nbf, hasNbf := timeClaim(claims, "nbf")
	iat, hasIat := timeClaim(claims, "iat")
	switch {
	case claims["iss"] != a.Issuer:
		return fmt.Errorf("%w: issuer", errToken)
	case !slices.ContainsFunc(audiences(claims), func(s string) bool { return slices.Contains(a.Audiences, s) }):
		return fmt.Errorf("%w: audience", errToken)
	case !hasExp || !now.Before(exp):
		return fmt.Errorf("%w: expired", errToken)
	case hasNbf && now.Before(nbf), hasIat && now.Before(iat):
		return fmt.Errorf("%w: not yet valid", errToken)
	default:
		return nil
	}
}

func timeClaim(claims map[string]any, name string) (time.Time, bool) {
	n, ok := claims[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	f, err := n.Float64()
	return time.Unix(int64(f), 0), err == nil
}

// audiences are those of aud or, without one, client_id.
func audiences(claims map[string]any) []string {
	switch aud := claims["aud"].(type) {
	case string:
		return []string{aud}
	case []any:
		return texts(aud)
	case nil:
		if id, ok := claims["client_id"].(string); ok {
			return []string{id}
		}
	}
	return nil
}

func texts(list []any) []string {
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// context checks the scopes and flattens the claims.
func (a *authorizer) context(claims map[string]any, wanted []string) (*jwtContext, error) {
	c := &jwtContext{}
	if len(wanted) > 0 {
		c.JWT.Scopes = scopes(claims)
		if !slices.ContainsFunc(c.JWT.Scopes, func(s string) bool { return slices.Contains(wanted, s) }) {
			return nil, errScope
		}
	}
	c.JWT.Claims = make(map[string]string, len(claims))
	for name, value := range claims {
		c.JWT.Claims[name] = flatten(value)
	}
	return c, nil
}

func scopes(claims map[string]any) []string {
	for _, name := range []string{"scope", "scp"} {
		switch v := claims[name].(type) {
		case string:
			return strings.Fields(v)
		case []any:
			return texts(v)
		}
	}
	return nil
}

// flatten is how API Gateway turns a claim into a text: a list becomes
// "[a b]", an object "map[k:v]".
func flatten(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = flatten(item)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+":"+flatten(v[k]))
		}
		return "map[" + strings.Join(parts, " ") + "]"
	default:
		return fmt.Sprint(v)
	}
}
