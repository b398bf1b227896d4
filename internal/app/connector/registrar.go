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

// Registrations implements setup.CallbackRegistrar.
func (c *Connector) Registrations(ctx context.Context, conn setup.Connection) ([]setup.Registration, error) {
	client, err := c.client(ctx, conn)
	if err != nil {
		return nil, err
	}
	var out []setup.Registration
	for cb, err := range client.Callbacks(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list callbacks: %w", err)
		}
		if strings.Contains(cb.URL, setup.CallbackPath(conn.ID)) {
			out = append(out, setup.Registration{
				ID: cb.ID, Type: typeOf(cb), URL: cb.URL, Active: !cb.Inactive && strings.EqualFold(cb.Level, levelOwner),
			})
		}
	}
	return out, nil
}

// typeOf is the data type that a callback is about, "" if it is none of ours.
func typeOf(cb connectwise.Callback) psa.DataType {
	for _, t := range syncer.Types() {
		if t.Callback != "" && strings.EqualFold(t.Callback, cb.Type) {
			return t.Name
		}
	}
	return ""
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

// Remove implements setup.CallbackRegistrar.
func (c *Connector) Remove(ctx context.Context, conn setup.Connection, id psa.RecordID) error {
	client, err := c.client(ctx, conn)
	if err != nil {
		return err
	}
	return client.DeleteCallback(ctx, id)
}
