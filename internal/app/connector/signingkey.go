package connector

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// SigningKey implements callback.Keys. It asks as readers do: nobody during a
// pause, and with a part of the identity's budget.
func (c *Connector) SigningKey(ctx context.Context, scope psa.Scope, keyURL string) (string, error) {
	session, err := c.Connect(ctx, scope)
	if err != nil {
		return "", err
	}
	source, ok := session.Source.(*Source)
	if !ok {
		return "", fmt.Errorf("signing key of %s: a source of %T: %w", scope, session.Source, psa.ErrInvalid)
	}
	return source.client.SigningKey(ctx, keyURL)
}
