package lambdahttp

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-lambda-go/events"
)

type contextKey struct{}

func withEvent(ctx context.Context, c events.APIGatewayV2HTTPRequestContext) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

func event(ctx context.Context) events.APIGatewayV2HTTPRequestContext {
	c, _ := ctx.Value(contextKey{}).(events.APIGatewayV2HTTPRequestContext)
	return c
}

// Claims are the claims of the token that API Gateway's JWT authorizer has
// verified, each flattened to a string as it does that ("[admin member]"), and
// the token's scopes. ok is false if the route has no authorizer.
func Claims(ctx context.Context) (claims map[string]string, scopes []string, ok bool) {
	a := event(ctx).Authorizer
	if a == nil || a.JWT == nil {
		return nil, nil, false
	}
	return maps.Clone(a.JWT.Claims), slices.Clone(a.JWT.Scopes), true
}

// RequestID is API Gateway's id of the request, "" outside of one.
func RequestID(ctx context.Context) string { return event(ctx).RequestID }

// SourceIP is the caller's address as API Gateway saw it.
func SourceIP(ctx context.Context) string { return event(ctx).HTTP.SourceIP }

// DomainName is the host that the caller used.
func DomainName(ctx context.Context) string { return event(ctx).DomainName }
