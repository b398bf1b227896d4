package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Mapping keeps tenants, mappings, products and change sets.
type Mapping struct{ db *table }

var _ mapping.Store = (*Mapping)(nil)

// Mapping implements mapping.Store.
func (s *Store) Mapping() *Mapping { return &Mapping{db: s.db} }

// Tenants are an account's, mappings a generation's: another ConnectWise
// begins with none.
func tenantsPK(a psa.AccountID) string { return accountPK(a) + "#tenants" }

func tenantKey(a psa.AccountID, id mapping.TenantID) key {
	return key{tenantsPK(a), escape(string(id))}
}

func mappingsPK(s psa.Scope) string { return scopePK(s) + "#mappings" }

func mappingKey(s psa.Scope, id mapping.TenantID) key { return key{mappingsPK(s), escape(string(id))} }

func productsKey(s psa.Scope) key { return key{scopePK(s) + "#products", "products"} }

type tenantItem struct {
	key
	V       int                 `dynamodbav:"v"`
	ID      mapping.TenantID    `dynamodbav:"id"`
	Name    string              `dynamodbav:"name"`
	State   mapping.TenantState `dynamodbav:"state"`
	Changed int64               `dynamodbav:"changed"`
	Removed int64               `dynamodbav:"removed,omitempty"`
}

func (it tenantItem) tenant() mapping.Tenant {
	return mapping.Tenant{ID: it.ID, Name: it.Name, State: it.State, ChangedAt: fromNanos(it.Changed), RemovedAt: fromNanos(it.Removed)}
}

// Tenants implements mapping.TenantStore.
func (m *Mapping) Tenants(ctx context.Context, account psa.AccountID) ([]mapping.Tenant, error) {
	items, err := allAs[tenantItem](ctx, m.db, query{pk: tenantsPK(account)})
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	out := make([]mapping.Tenant, len(items))
	for i, it := range items {
		out[i] = it.tenant()
	}
	return out, nil
}

// allAs is all and unmarshal.
func allAs[T any](ctx context.Context, t *table, q query) ([]T, error) {
	items, err := t.all(ctx, q)
	if err != nil {
		return nil, err
	}
	return unmarshalAll[T](items)
}

// PutTenant implements mapping.TenantStore.
func (m *Mapping) PutTenant(ctx context.Context, account psa.AccountID, t mapping.Tenant) (stale bool, err error) {
	u := update{
		key: tenantKey(account, t.ID),
		set: with{"v": version, "id": t.ID, "name": t.Name, "state": t.State, "changed": nanos(t.ChangedAt)},
		// What is told again is stored again, which changes nothing.
		cond: "attribute_not_exists(#pk) OR #changed <= :changed",
	}
	if t.State == mapping.Removed {
		u.first = with{"removed": nanos(t.RemovedAt)}
	} else {
		u.remove = []string{"removed"}
	}
	_, err = m.db.update(ctx, u)
	if errors.Is(err, psa.ErrConflict) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("put tenant: %w", err)
	}
	return false, nil
}

type mappingItem struct {
	key
	V      int              `dynamodbav:"v"`
	Tenant mapping.TenantID `dynamodbav:"tenant"`
	Target mapping.Target   `dynamodbav:"target"`
	By     string           `dynamodbav:"by"`
	At     int64            `dynamodbav:"at"`
	Change string           `dynamodbav:"change,omitempty"`
	Before *mapping.Target  `dynamodbav:"before,omitempty"`
	Rev    int64            `dynamodbav:"rev"`
}

func (it mappingItem) mapping() mapping.Mapping {
	return mapping.Mapping{
		Tenant: it.Tenant, Target: it.Target, By: it.By, At: fromNanos(it.At), Change: it.Change, Before: it.Before, Rev: it.Rev,
	}
}

// Mappings implements mapping.Keeper.
func (m *Mapping) Mappings(ctx context.Context, scope psa.Scope) ([]mapping.Mapping, error) {
	items, err := allAs[mappingItem](ctx, m.db, query{pk: mappingsPK(scope)})
	if err != nil {
		return nil, fmt.Errorf("mappings: %w", err)
	}
	out := make([]mapping.Mapping, len(items))
	for i, it := range items {
		out[i] = it.mapping()
	}
	return out, nil
}

// Mapping implements mapping.Keeper.
func (m *Mapping) Mapping(ctx context.Context, scope psa.Scope, tenant mapping.TenantID) (mapping.Mapping, error) {
	it, err := getAs[mappingItem](ctx, m.db, mappingKey(scope, tenant))
	if errors.Is(err, psa.ErrNotFound) {
		return mapping.Mapping{Tenant: tenant}, nil
	}
	if err != nil {
		return mapping.Mapping{}, fmt.Errorf("mapping: %w", err)
	}
	return it.mapping(), nil
}

// PutMappings implements mapping.Keeper.
func (m *Mapping) PutMappings(ctx context.Context, scope psa.Scope, ms []mapping.Mapping, notes []mapping.Note) ([]mapping.Mapping, error) {
	tx := m.db.begin()
	saved := make([]mapping.Mapping, len(ms))
	for i, one := range ms {
		cond, w := "#rev = :seen", with{"seen": one.Rev}
		if one.Rev == 0 {
			cond, w = "attribute_not_exists(#pk)", nil
		}
		one.Rev++
		saved[i] = one
		tx.put(mappingItem{
			key: mappingKey(scope, one.Tenant), V: version, Tenant: one.Tenant, Target: one.Target,
			By: one.By, At: nanos(one.At), Change: one.Change, Before: one.Before, Rev: one.Rev,
		}, cond, w)
	}
	for _, n := range notes {
		tx.put(noteEntry(scope, n), "", nil)
	}
	err := tx.commit(ctx)
	if lost, ok := errors.AsType[*cancelled](err); ok {
		conflict := &mapping.Conflict{}
		for _, i := range lost.failed {
			conflict.Tenants = append(conflict.Tenants, ms[i].Tenant)
		}
		return nil, conflict
	}
	if err != nil {
		return nil, fmt.Errorf("put mappings: %w", err)
	}
	return saved, nil
}

// noteEntry is the log entry that a note becomes.
func noteEntry(scope psa.Scope, n mapping.Note) logItem {
	return newLogItem(scope, syncer.LogEntry{At: n.At, Event: n.Event, Who: n.Who, Message: n.Message})
}

type productsItem struct {
	key
	V     int                         `dynamodbav:"v"`
	Items map[mapping.SKU]mapping.Ref `dynamodbav:"items"`
	By    string                      `dynamodbav:"by"`
	At    int64                       `dynamodbav:"at"`
	Rev   int64                       `dynamodbav:"rev"`
}

// Products implements mapping.Store.
func (m *Mapping) Products(ctx context.Context, scope psa.Scope) (mapping.Products, error) {
	it, err := getAs[productsItem](ctx, m.db, productsKey(scope))
	if errors.Is(err, psa.ErrNotFound) {
		return mapping.Products{}, nil
	}
	if err != nil {
		return mapping.Products{}, fmt.Errorf("products: %w", err)
	}
	return mapping.Products{Items: it.Items, By: it.By, At: fromNanos(it.At), Rev: it.Rev}, nil
}

// PutProducts implements mapping.Store.
func (m *Mapping) PutProducts(ctx context.Context, scope psa.Scope, p mapping.Products, note mapping.Note) (mapping.Products, error) {
	cond, w := "#rev = :seen", with{"seen": p.Rev}
	if p.Rev == 0 {
		cond, w = "attribute_not_exists(#pk)", nil
	}
	p.Rev++
	tx := m.db.begin()
	tx.put(productsItem{key: productsKey(scope), V: version, Items: p.Items, By: p.By, At: nanos(p.At), Rev: p.Rev}, cond, w)
	tx.put(noteEntry(scope, note), "", nil)
	if err := tx.commit(ctx); err != nil {
		return mapping.Products{}, fmt.Errorf("put products: %w", err)
	}
	return p, nil
}
