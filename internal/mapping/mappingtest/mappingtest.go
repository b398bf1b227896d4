// Package mappingtest has what mapping stands on, in memory, with the contracts
// of the real ones.
package mappingtest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
)

// Store is a mapping.Store in memory.
type Store struct {
	mu       sync.Mutex
	tenants  map[tenantKey]mapping.Tenant
	mappings map[mappingKey]mapping.Mapping
	products map[psa.Scope]mapping.Products
	changes  map[changeKey]mapping.Change
	notes    []mapping.Note
}

var _ mapping.Store = (*Store)(nil)

type tenantKey struct {
	account psa.AccountID
	id      mapping.TenantID
}

type mappingKey struct {
	scope  psa.Scope
	tenant mapping.TenantID
}

type changeKey struct {
	scope psa.Scope
	id    string
}

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{
		tenants: map[tenantKey]mapping.Tenant{}, mappings: map[mappingKey]mapping.Mapping{},
		products: map[psa.Scope]mapping.Products{}, changes: map[changeKey]mapping.Change{},
	}
}

// Tenants implements mapping.TenantStore.
func (s *Store) Tenants(_ context.Context, account psa.AccountID) ([]mapping.Tenant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []mapping.Tenant
	for k, t := range s.tenants {
		if k.account == account {
			out = append(out, t)
		}
	}
	return out, nil
}

// PutTenant implements mapping.TenantStore.
func (s *Store) PutTenant(_ context.Context, account psa.AccountID, t mapping.Tenant) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := tenantKey{account, t.ID}
	old, ok := s.tenants[k]
	if ok && old.ChangedAt.After(t.ChangedAt) {
		return true, nil
	}
	if t.State == mapping.Removed && !old.RemovedAt.IsZero() {
		t.RemovedAt = old.RemovedAt
	}
	s.tenants[k] = t
	return false, nil
}

// Mappings implements mapping.Keeper.
func (s *Store) Mappings(_ context.Context, scope psa.Scope) ([]mapping.Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []mapping.Mapping
	for k, m := range s.mappings {
		if k.scope == scope {
			out = append(out, m)
		}
	}
	return out, nil
}

// Mapping implements mapping.Keeper.
func (s *Store) Mapping(_ context.Context, scope psa.Scope, tenant mapping.TenantID) (mapping.Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mappings[mappingKey{scope, tenant}]
	m.Tenant = tenant
	return m, nil
}

// Notes returns what was noted.
func (s *Store) Notes() []mapping.Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

// PutMappings implements mapping.Keeper.
func (s *Store) PutMappings(_ context.Context, scope psa.Scope, ms []mapping.Mapping, notes []mapping.Note) ([]mapping.Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	conflict := &mapping.Conflict{}
	for _, m := range ms {
		if s.mappings[mappingKey{scope, m.Tenant}].Rev != m.Rev {
			conflict.Tenants = append(conflict.Tenants, m.Tenant)
		}
	}
	if len(conflict.Tenants) > 0 {
		return nil, conflict
	}
	s.notes = append(s.notes, notes...)
	saved := slices.Clone(ms)
	for i := range saved {
		saved[i].Rev++
		s.mappings[mappingKey{scope, saved[i].Tenant}] = saved[i]
	}
	return saved, nil
}

// Products implements mapping.Store.
func (s *Store) Products(_ context.Context, scope psa.Scope) (mapping.Products, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.products[scope], nil
}

// PutProducts implements mapping.Store.
func (s *Store) PutProducts(_ context.Context, scope psa.Scope, p mapping.Products, note mapping.Note) (mapping.Products, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.products[scope].Rev != p.Rev {
		return mapping.Products{}, psa.ErrConflict
	}
	p.Rev++
	s.products[scope] = p
	s.notes = append(s.notes, note)
	return p, nil
}

// CreateChange implements mapping.ChangeStore.
func (s *Store) CreateChange(_ context.Context, scope psa.Scope, c mapping.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Rows = slices.Clone(c.Rows)
	s.changes[changeKey{scope, c.ID}] = c
	return nil
}

// Change implements mapping.ChangeStore.
func (s *Store) Change(_ context.Context, scope psa.Scope, id string) (mapping.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.changes[changeKey{scope, id}]
	if !ok {
		return mapping.Change{}, psa.ErrNotFound
	}
	c.Rows = slices.Clone(c.Rows)
	return c, nil
}

// PutChange implements mapping.ChangeStore.
func (s *Store) PutChange(_ context.Context, scope psa.Scope, c mapping.Change) (mapping.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := changeKey{scope, c.ID}
	if s.changes[k].Rev != c.Rev {
		return mapping.Change{}, psa.ErrConflict
	}
	c.Rev++
	c.Rows = slices.Clone(c.Rows)
	s.changes[k] = c
	return c, nil
}

// ConnectWise is a mapping.ConnectWise, and the Connector that opens it, with
// what its fields hold.
type ConnectWise struct {
	All      []mapping.Company
	Contract []mapping.Agreement
	Catalog  []mapping.Item
	Closed   map[psa.RecordID]bool
}

// Mapping implements mapping.Connector.
func (c *ConnectWise) Mapping(context.Context, psa.Scope) (mapping.ConnectWise, error) { return c, nil }

// Companies implements mapping.ConnectWise.
func (c *ConnectWise) Companies(_ context.Context, ids []psa.RecordID) (map[psa.RecordID]mapping.Company, error) {
	return among(c.All, ids, func(v mapping.Company) psa.RecordID { return v.ID }), nil
}

// FindCompanies implements mapping.ConnectWise.
func (c *ConnectWise) FindCompanies(_ context.Context, text string, limit int) ([]mapping.Ref, error) {
	var out []mapping.Ref
	for _, v := range c.All {
		if strings.Contains(strings.ToLower(v.Name), strings.ToLower(text)) && len(out) < limit {
			out = append(out, v.Ref)
		}
	}
	return out, nil
}

// Agreements implements mapping.ConnectWise.
func (c *ConnectWise) Agreements(_ context.Context, ids []psa.RecordID) (map[psa.RecordID]mapping.Agreement, error) {
	return among(c.Contract, ids, func(v mapping.Agreement) psa.RecordID { return v.ID }), nil
}

// AgreementsOf implements mapping.ConnectWise.
func (c *ConnectWise) AgreementsOf(_ context.Context, companies []psa.RecordID) ([]mapping.Agreement, error) {
	return slices.DeleteFunc(slices.Clone(c.Contract), func(a mapping.Agreement) bool { return !slices.Contains(companies, a.Company) }), nil
}

// Items implements mapping.ConnectWise.
func (c *ConnectWise) Items(_ context.Context, ids []psa.RecordID) (map[psa.RecordID]mapping.Item, error) {
	return among(c.Catalog, ids, func(v mapping.Item) psa.RecordID { return v.ID }), nil
}

// FindItems implements mapping.ConnectWise.
func (c *ConnectWise) FindItems(_ context.Context, text string, limit int) ([]mapping.Item, error) {
	var out []mapping.Item
	for _, v := range c.Catalog {
		if strings.Contains(strings.ToLower(v.Name), strings.ToLower(text)) && len(out) < limit {
			out = append(out, v)
		}
	}
	return out, nil
}

// ClosedStatuses implements mapping.ConnectWise.
func (c *ConnectWise) ClosedStatuses(context.Context) (map[psa.RecordID]bool, error) {
	return c.Closed, nil
}

func among[T any](all []T, ids []psa.RecordID, id func(T) psa.RecordID) map[psa.RecordID]T {
	out := map[psa.RecordID]T{}
	for _, v := range all {
		if slices.Contains(ids, id(v)) {
			out[id(v)] = v
		}
	}
	return out
}
