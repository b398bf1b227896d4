package connector

import (
	"context"
	"fmt"
	"sync"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Billing opens connections for postings. It is safe for concurrent use.
type Billing struct {
	connector *Connector

	mu       sync.Mutex // guards finances
	finances map[*connectwise.Client]*connectwise.Finance
}

var _ usage.Billing = (*Billing)(nil)

// NewBilling makes a Billing.
func NewBilling(c *Connector) *Billing {
	return &Billing{connector: c, finances: map[*connectwise.Client]*connectwise.Finance{}}
}

// Open implements usage.Billing. What was learnt of a ConnectWise is kept as
// long as its client is.
func (b *Billing) Open(ctx context.Context, scope psa.Scope) (usage.Finance, error) {
	conn, err := b.connector.present(ctx, scope)
	if err != nil {
		return nil, err
	}
	client, err := b.connector.client(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", scope, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.finances) >= maxClients {
		clear(b.finances)
	}
	if b.finances[client] == nil {
		b.finances[client] = connectwise.NewFinance(client)
	}
	return b.finances[client], nil
}

// MappingStore is what postings need of mappings.
type MappingStore interface {
	Tenants(ctx context.Context, account psa.AccountID) ([]mapping.Tenant, error)
	Mappings(ctx context.Context, scope psa.Scope) ([]mapping.Mapping, error)
	Products(ctx context.Context, scope psa.Scope) (mapping.Products, error)
}

// Mappings tells postings what the admin mapped. Catalog are the deployment's
// SKUs.
type Mappings struct {
	Store   MappingStore
	Catalog []mapping.Product
}

var _ usage.Mappings = Mappings{}

// Wanted implements usage.Mappings.
func (m Mappings) Wanted(ctx context.Context, scope psa.Scope) ([]usage.Wanted, error) {
	tenants, err := m.Store.Tenants(ctx, scope.Account)
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	mappings, err := m.Store.Mappings(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("mappings: %w", err)
	}
	products, err := m.Store.Products(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	known := make(map[mapping.TenantID]mapping.Tenant, len(tenants))
	for _, t := range tenants {
		known[t.ID] = t
	}
	out := make([]usage.Wanted, 0, len(mappings))
	for _, x := range mappings {
		t := known[x.Tenant]
		out = append(out, usage.Wanted{
			Tenant: usage.TenantID(x.Tenant), Name: t.Name, State: usage.TenantState(t.State), RemovedAt: t.RemovedAt,
			Enabled: x.Enabled, Off: usage.SwitchOff(x.Off), Agreement: x.Agreement.ID, Products: itemIDs(mapping.ItemsOf(m.Catalog, products, x)),
		})
	}
	return out, nil
}

func itemIDs(items map[mapping.SKU]mapping.Ref) map[usage.SKU]psa.RecordID {
	out := make(map[usage.SKU]psa.RecordID, len(items))
	for sku, item := range items {
		out[usage.SKU(sku)] = item.ID
	}
	return out
}
