package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// The detail types that the product sends.
const (
	TenantsTold   = "TenantsTold"
	UsageReported = "UsageReported"
)

// MetricRefused counts events of the product that were refused, each time that
// they are taken from the queue.
const MetricRefused = "ProductEventsRefused"

// maxItems of an event, as of a call of the API.
const maxItems = 200

// Tenants takes what the product tells of tenants; see mapping.Service.
type Tenants interface {
	PutTenant(ctx context.Context, account psa.AccountID, t mapping.Tenant) (mapping.Told, error)
}

// Reports takes what tenants use; see usage.Intake.
type Reports interface {
	Report(ctx context.Context, account psa.AccountID, r usage.Report) (usage.Told, error)
}

// Intake takes the product's events. Whose they are was decided by the bus, its
// policy and its rule; for which account, their detail says. Telling again, late
// or out of order is harmless.
type Intake struct {
	Tenants Tenants
	Reports Reports
	Log     *slog.Logger
	Count   func(ctx context.Context, metric string, n int)
}

// IsEvent reports whether a message is an event as EventBridge delivers it.
func IsEvent(body []byte) bool {
	var e delivered
	return json.Unmarshal(body, &e) == nil && e.Type != ""
}

type delivered struct {
	ID     string          `json:"id"`
	Type   string          `json:"detail-type"`
	Detail json.RawMessage `json:"detail"`
}

// tenantsTold is the detail of TenantsTold.
type tenantsTold struct {
	V       int           `json:"v"`
	Account string        `json:"account"`
	Tenants []tenantEvent `json:"tenants"`
}

type tenantEvent struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	State     string    `json:"state"`
	ChangedAt time.Time `json:"changedAt"`
}

// usageReported is the detail of UsageReported.
type usageReported struct {
	V       int           `json:"v"`
	Account string        `json:"account"`
	Reports []reportEvent `json:"reports"`
}

type reportEvent struct {
	Tenant     string              `json:"tenant"`
	Day        string              `json:"day"`
	ReportedAt time.Time           `json:"reportedAt"`
	Counts     map[usage.SKU]int64 `json:"counts"`
}

// Handle takes one event. Of its items those that are good are stored whatever
// the others are; an error says that some were not, or that the whole event is
// none that this code understands. It is then taken again from the queue, and
// at last kept among the dead letters.
func (in *Intake) Handle(ctx context.Context, body []byte) error {
	var e delivered
	if err := json.Unmarshal(body, &e); err != nil {
		return in.refuse(ctx, e, fmt.Errorf("no event: %w", psa.ErrInvalid))
	}
	var err error
	switch e.Type {
	case TenantsTold:
		err = in.tenants(ctx, e)
	case UsageReported:
		err = in.usage(ctx, e)
	default:
		err = fmt.Errorf("unknown detail type: %w", psa.ErrInvalid)
	}
	if err != nil {
		return in.refuse(ctx, e, err)
	}
	return nil
}

func (in *Intake) refuse(ctx context.Context, e delivered, err error) error {
	in.Count(ctx, MetricRefused, 1)
	in.Log.WarnContext(ctx, "an event of the product is not taken whole", "event", e.ID, "type", e.Type, "error", err.Error())
	return fmt.Errorf("event %s: %w", e.ID, err)
}

func (in *Intake) tenants(ctx context.Context, e delivered) error {
	var d tenantsTold
	account, err := read(e, &d, func() (int, string, int) { return d.V, d.Account, len(d.Tenants) })
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range d.Tenants {
		_, err := in.Tenants.PutTenant(ctx, account, mapping.Tenant{
			ID: mapping.TenantID(t.ID), Name: t.Name, State: mapping.TenantState(t.State), ChangedAt: t.ChangedAt,
		})
		errs = append(errs, named(t.ID, err))
	}
	return errors.Join(errs...)
}

func (in *Intake) usage(ctx context.Context, e delivered) error {
	var d usageReported
	account, err := read(e, &d, func() (int, string, int) { return d.V, d.Account, len(d.Reports) })
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range d.Reports {
		if r.Counts == nil { // not the same as none: that would bill nothing
			errs = append(errs, named(r.Tenant, fmt.Errorf("no counts: %w", psa.ErrInvalid)))
			continue
		}
		_, err := in.Reports.Report(ctx, account, usage.Report{
			Tenant: usage.TenantID(r.Tenant), Day: usage.Date(r.Day), ReportedAt: r.ReportedAt, Counts: r.Counts,
		})
		errs = append(errs, named(r.Tenant, err))
	}
	return errors.Join(errs...)
}

// read decodes a detail of the version that this code knows. A member that it
// does not know is refused: it may be a misspelt one that matters.
func read(e delivered, d any, head func() (v int, account string, items int)) (psa.AccountID, error) {
	dec := json.NewDecoder(bytes.NewReader(e.Detail))
	dec.DisallowUnknownFields()
	if err := dec.Decode(d); err != nil {
		return "", fmt.Errorf("detail of another form: %w", psa.ErrInvalid) // the cause may quote what was sent
	}
	v, named, items := head()
	if v != version || items == 0 || items > maxItems {
		return "", fmt.Errorf("detail of version %d with %d items: %w", v, items, psa.ErrInvalid)
	}
	account, err := psa.ParseAccountID(named)
	if err != nil {
		return "", fmt.Errorf("detail's account: %w", err)
	}
	return account, nil
}

// named says which tenant an item is about, and why it was refused in words
// that are safe to log.
func named(tenant string, err error) error {
	if err == nil {
		return nil
	}
	if p := problem.From(err); p.Code == problem.BadRequest {
		return fmt.Errorf("tenant %q: %s: %w", tenant, p.Message, psa.ErrInvalid)
	}
	return fmt.Errorf("tenant %q: %w", tenant, err)
}
