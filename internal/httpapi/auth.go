package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// The roles that the code knows. Support has no operation yet.
const (
	roleAdmin   = "admin"
	roleMember  = "member"
	roleSupport = "support"
)

// kindPartner is the kind of account that sees the integration.
const kindPartner = "partner"

// ClaimNames say where a token carries what; template parameters.
type ClaimNames struct{ Account, Roles, Kind string }

// Claims returns the verified token's claims, flattened to strings, and its
// scopes; ok is false if the request came without a token.
type Claims func(context.Context) (claims map[string]string, scopes []string, ok bool)

// caller is who sent the request.
type caller struct {
	account psa.AccountID
	// subject is the issuer's id of the person.
	subject, name string
	roles         []string
	// scopes are a machine's rights.
	scopes []string
}

func (c caller) has(role string) bool { return slices.Contains(c.roles, role) }

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// identify tells who calls. An end customer is told that there is nothing
// here.
//
// A machine's token names its account, or may speak for all accounts and says in
// a header for which.
func (n ClaimNames) identify(claims map[string]string, scopes []string, account string, ok bool) (caller, error) {
	if !ok {
		return caller{}, problem.New(problem.Unauthorized, "The request carries no valid token.", "Sign in again.")
	}
	c := caller{subject: claims["sub"], name: nameOf(claims)}
	for _, role := range list(claims[n.Roles]) {
		if role == roleAdmin || role == roleMember || role == roleSupport {
			c.roles = append(c.roles, role)
		}
	}
	kind := claims[n.Kind]
	machine := kind == "" && len(c.roles) == 0
	if kind != kindPartner && !machine {
		return caller{}, notFound()
	}
	named := claims[n.Account]
	if machine {
		// API Gateway lists scopes by themselves only where a route asks for some.
		c.scopes = append(strings.Fields(claims["scope"]), scopes...)
		if named == "" && slices.Contains(c.scopes, scopeAllAccounts) {
			named = account
		}
	}
	id, err := psa.ParseAccountID(named)
	if err != nil {
		return caller{}, problem.New(problem.Unauthorized, "The token names no account.", "Sign in again.").Wrap(err)
	}
	c.account = id
	return c, nil
}

// list reads an array claim as API Gateway flattens it: "[admin member]".
func list(claim string) []string {
	return strings.FieldsFunc(claim, func(r rune) bool { return strings.ContainsRune("[] ,\"", r) })
}

// access is what an operation needs.
type access string

const (
	reads   access = "read"
	changes access = "change"

	// What machines may do; a token has it as a scope of this name.
	scopeTenants access = "tenants:write"
	scopeUsage   access = "usage:write"
)

// scopeAllAccounts lets a machine speak for every account, one a request, which
// accountHeader names.
const (
	scopeAllAccounts = "all-accounts"
	accountHeader    = "Psabridge-Account"
)

// machines reports whether the access is for machines, and not for people.
func (a access) machines() bool { return a == scopeTenants || a == scopeUsage }

func (c caller) may(a access) error {
	switch {
	case a.machines() && slices.Contains(c.scopes, string(a)):
		return nil
	case a.machines():
		return problem.New(problem.Forbidden, "This needs a machine's token with the scope "+string(a)+".", "Ask who issues the tokens.")
	case len(c.roles) == 0:
		return problem.New(problem.Forbidden, "This needs a person's token.", "Sign in to the console.")
	case a == reads && (c.has(roleAdmin) || c.has(roleMember)), a == changes && c.has(roleAdmin):
		return nil
	case c.has(roleMember):
		return problem.New(problem.Forbidden, "Only an admin may change this.", "Ask an admin of your account.")
	default:
		return problem.New(problem.Forbidden, "Your role may not do this.", "")
	}
}

// authenticate puts the caller into the context, or ends the request.
func (a *api) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, scopes, ok := a.Claims(r.Context())
		c, err := a.ClaimNames.identify(claims, scopes, r.Header.Get(accountHeader), ok)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		noteCaller(r.Context(), c)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// authorize is huma's middleware of one operation: before the body is read.
func (a *api) authorize(need access) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := callerOf(ctx.Context())
		err := c.may(need)
		if err == nil && need == changes {
			err = a.remember(ctx.Context(), c)
		}
		if err != nil {
			a.failHuma(ctx, err)
			return
		}
		next(ctx)
	}
}
