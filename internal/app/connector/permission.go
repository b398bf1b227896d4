package connector

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

var _ setup.RightsProber = (*Connector)(nil)

// Permissions implements setup.RightsProber.
func (c *Connector) Permissions(e setup.Endpoint, creds psa.Credentials) (permission.Port, error) {
	client, err := c.open(e, creds, c.budget(e.Identity), nil)
	if err != nil {
		return nil, err
	}
	return rights{client}, nil
}

// rights is a permission.Port over a client.
type rights struct{ client *connectwise.Client }

// Read lists one record. Not being able to count does not undo that.
func (r rights) Read(ctx context.Context, path string) (*int, error) {
	if err := r.client.ProbeList(ctx, path); err != nil {
		return nil, fmt.Errorf("probe %s: %w", path, err)
	}
	n, err := r.client.Count(ctx, path, connectwise.Cond{})
	if err != nil {
		return nil, nil //nolint:nilerr // see above
	}
	return &n, nil
}

func (r rights) Touch(ctx context.Context, p permission.Probe) error {
	if err := r.client.Touch(ctx, p.Method, p.Path); err != nil {
		return fmt.Errorf("touch: %w", err)
	}
	return nil
}

func (r rights) Control(ctx context.Context) error {
	if _, err := r.client.SystemInfo(ctx); err != nil {
		return fmt.Errorf("control read: %w", err)
	}
	return nil
}
