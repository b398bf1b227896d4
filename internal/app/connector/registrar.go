package connector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
			out = append(out, setup.Registration{ID: cb.ID, Type: typeOf(cb), URL: cb.URL, Inactive: cb.Inactive, Changed: !asRegistered(cb)})
		}
	}
	return out, nil
}

// asRegistered reports whether cb tells of every record of its type, whoever
// changed it. ConnectWise takes object 0 for 1.
func asRegistered(cb connectwise.Callback) bool {
	return strings.EqualFold(cb.Level, levelOwner) && (cb.ObjectID == objectAll || cb.ObjectID == 0) && !cb.SelfSuppressed
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
func (c *Connector) Register(ctx context.Context, conn setup.Connection, url string, typ psa.DataType) error {
	client, err := c.client(ctx, conn)
	if err != nil {
		return err
	}
	t, ok := syncer.TypeNamed(typ)
	if !ok || t.Callback == "" {
		return fmt.Errorf("%s has no callback: %w", typ, psa.ErrInvalid)
	}
	err = client.CreateCallback(ctx, connectwise.Callback{
		Description: "psabridge: " + t.Label, URL: url, ObjectID: objectAll, Type: t.Callback, Level: levelOwner,
	})
	if isThere(err) {
		return fmt.Errorf("%w: %w", psa.ErrConflict, err)
	}
	return err
}

// isThere reports whether ConnectWise refused an object because it has it.
func isThere(err error) bool {
	var e *connectwise.Error
	return errors.As(err, &e) && slices.ContainsFunc(e.Fields, func(f connectwise.FieldError) bool { return f.Code == "ObjectExists" })
}

// Remove implements setup.CallbackRegistrar.
func (c *Connector) Remove(ctx context.Context, conn setup.Connection, id psa.RecordID) error {
	client, err := c.client(ctx, conn)
	if err != nil {
		return err
	}
	return client.DeleteCallback(ctx, id)
}

// Journal writes to the sync's log what becomes of callbacks.
type Journal struct{ Log syncer.Journal }

// CallbackRepaired implements setup.Journal.
func (j Journal) CallbackRepaired(ctx context.Context, scope psa.Scope, typ psa.DataType, at time.Time) error {
	label := string(typ)
	if t, ok := syncer.TypeNamed(typ); ok {
		label = t.Label
	}
	return j.Log.Log(ctx, scope, syncer.LogEntry{
		At: at, Event: "callback_repaired", Type: typ, Who: "system",
		Message: "ConnectWise had stopped telling us of changed " + strings.ToLower(label) + "; its callback was registered again.",
	})
}
