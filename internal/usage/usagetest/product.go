package usagetest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Product is the vendor's product and the admin's mappings, for accounts of one
// generation: usage.Mappings and usage.Reports. It is safe for concurrent use;
// the zero value is empty.
type Product struct {
	mu      sync.Mutex
	wanted  map[psa.Scope]map[usage.TenantID]usage.Wanted
	reports map[psa.Scope]map[usage.TenantID][]usage.Report
}

var (
	_ usage.Mappings = (*Product)(nil)
	_ usage.Reports  = (*Product)(nil)

	_ usage.ReportHistory = (*Product)(nil)
)

// Map stores a tenant's mapping, or replaces it.
func (p *Product) Map(scope psa.Scope, w usage.Wanted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.wanted[scope]
	put(&of, w.Tenant, w)
	put(&p.wanted, scope, of)
}

// Edit changes a tenant's mapping.
func (p *Product) Edit(scope psa.Scope, tenant usage.TenantID, f func(*usage.Wanted)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.wanted[scope][tenant]
	f(&w)
	p.wanted[scope][tenant] = w
}

// Report stores a report, behind those of earlier days and earlier corrections.
func (p *Product) Report(scope psa.Scope, r usage.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.reports[scope]
	list := of[r.Tenant]
	at := len(list)
	for at > 0 && (list[at-1].Day > r.Day || list[at-1].Day == r.Day && list[at-1].ReportedAt.After(r.ReportedAt)) {
		at--
	}
	put(&of, r.Tenant, slices.Insert(list, at, r))
	put(&p.reports, scope, of)
}

// Wanted implements usage.Mappings.
func (p *Product) Wanted(_ context.Context, scope psa.Scope) ([]usage.Wanted, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]usage.Wanted, 0, len(p.wanted[scope]))
	for _, tenant := range slices.Sorted(maps.Keys(p.wanted[scope])) {
		out = append(out, p.wanted[scope][tenant])
	}
	return out, nil
}

// Latest implements usage.Reports.
func (p *Product) Latest(_ context.Context, scope psa.Scope, today usage.Date) (map[usage.TenantID]usage.Report, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[usage.TenantID]usage.Report{}
	for tenant, list := range p.reports[scope] {
		for _, r := range slices.Backward(list) {
			if r.Day <= today {
				out[tenant] = r
				break
			}
		}
	}
	return out, nil
}

// Reported implements usage.ReportHistory.
func (p *Product) Reported(_ context.Context, account psa.AccountID, tenant usage.TenantID, first, last usage.Date) ([]usage.Report, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	days := map[usage.Date]usage.Report{}
	for scope, of := range p.reports {
		for _, r := range of[tenant] {
			old, ok := days[r.Day]
			newer := !ok || !r.ReportedAt.Before(old.ReportedAt)
			if scope.Account == account && first <= r.Day && r.Day <= last && newer {
				days[r.Day] = r
			}
		}
	}
	out := make([]usage.Report, 0, len(days))
	for _, day := range slices.Sorted(maps.Keys(days)) {
		out = append(out, days[day])
	}
	return out, nil
}

// LastReport implements usage.ReportHistory.
func (p *Product) LastReport(ctx context.Context, account psa.AccountID, tenant usage.TenantID, day usage.Date) (usage.Report, error) {
	all, err := p.Reported(ctx, account, tenant, "", day)
	if err != nil || len(all) == 0 {
		return usage.Report{}, err
	}
	return all[len(all)-1], nil
}
