package connector

import (
	"context"
	"fmt"
	"strings"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// levelOwner with object 1 means every record of a type.
const levelOwner, objectAll = "owner", 1

// Missing implements setup.CallbackRegistrar.
func (c *Connector) Missing(ctx context.Context, conn setup.Connection, base string, types []psa.DataType) ([]psa.DataType, error) {
	client, err := c.client(ctx, conn)
	if err != nil {
		return nil, err
	}
	active := map[string]bool{}
	for cb, err := range client.Callbacks(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list callbacks: %w", err)
		}
		if strings.HasPrefix(cb.URL, base) && !cb.Inactive && strings.EqualFold(cb.Level, levelOwner) {
			active[strings.ToLower(cb.Type)] = true
		}
	}
	var missing []psa.DataType
	for _, name := range types {
		if t, ok := syncer.TypeNamed(name); ok && t.Callback != "" && !active[t.Callback] {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// Register implements setup.CallbackRegistrar.
func (c *Connector) Register(ctx context.Context, conn setup.Connection, url string, types []psa.DataType) error {
	client, err := c.client(ctx, conn)
	if err != nil {
		return err
	}
	for _, name := range types {
		t, ok := syncer.TypeNamed(name)
		if !ok || t.Callback == "" {
			continue
		}
		err := client.CreateCallback(ctx, connectwise.Callback{
			Description: "psabridge: " + t.Label, URL: url, ObjectID: objectAll, Type: t.Callback, Level: levelOwner,
		})
		if err != nil {
			return fmt.Errorf("register the callback for %s: %w", name, err)
		}
	}
	return nil
}
