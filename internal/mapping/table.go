package mapping

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
)

// Tab of the mapping table.
type Tab string

// The tabs.
const (
	All      Tab = "all"
	Unmapped Tab = "unmapped"
)

// TableQuery asks for a page of the table.
type TableQuery struct {
	Tab Tab
	// Text is looked for in the names of tenant, company and agreement.
	Text   string
	Offset int
	Limit  int
}

// Table is a page of the table, by tenant name. Counts are of what Text finds.
type Table struct {
	Rows                    []Row
	AllCount, UnmappedCount int
	More                    bool
}

// Table joins tenants with their mappings. A removed tenant is in it only while
// it is mapped. Both lists are small enough to be read whole: an account has
// thousands of tenants, not millions.
func (s *Service) Table(ctx context.Context, scope psa.Scope, q TableQuery) (Table, error) {
	rows, err := s.rows(ctx, scope)
	if err != nil {
		return Table{}, err
	}
	text := strings.ToLower(strings.TrimSpace(q.Text))
	var all, unmapped []Row
	for _, r := range rows {
		if !r.has(text) {
			continue
		}
		all = append(all, r)
		if !r.Mapping.Mapped() {
			unmapped = append(unmapped, r)
		}
	}
	out := Table{AllCount: len(all), UnmappedCount: len(unmapped)}
	if q.Tab == Unmapped {
		all = unmapped
	}
	from := min(max(q.Offset, 0), len(all))
	to := min(from+q.Limit, len(all))
	out.Rows, out.More = all[from:to], to < len(all)
	return out, nil
}

func (s *Service) rows(ctx context.Context, scope psa.Scope) ([]Row, error) {
	tenants, mappings, err := s.both(ctx, scope)
	if err != nil {
		return nil, err
	}
	by := make(map[TenantID]Mapping, len(mappings))
	for _, m := range mappings {
		by[m.Tenant] = m
	}
	rows := make([]Row, 0, len(tenants))
	for _, t := range tenants {
		m, ok := by[t.ID]
		if !ok {
			m.Tenant = t.ID
		}
		if t.State != Removed || m.Mapped() {
			rows = append(rows, Row{Tenant: t, Mapping: m})
		}
	}
	return byName(rows), nil
}

// both reads tenants and mappings side by side.
func (s *Service) both(ctx context.Context, scope psa.Scope) (tenants []Tenant, mappings []Mapping, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if tenants, err = s.Store.Tenants(ctx, scope.Account); err != nil {
			return fmt.Errorf("tenants: %w", err)
		}
		return nil
	})
	group.Go(func() (err error) {
		if mappings, err = s.Store.Mappings(ctx, scope); err != nil {
			return fmt.Errorf("mappings: %w", err)
		}
		return nil
	})
	err = group.Wait()
	return tenants, mappings, err
}

// byName sorts rows by tenant.
func byName(rows []Row) []Row {
	type named struct {
		name string
		at   int
	}
	order := make([]named, len(rows))
	for i, r := range rows {
		order[i] = named{strings.ToLower(r.Tenant.Name), i}
	}
	slices.SortFunc(order, func(a, b named) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(rows[a.at].Tenant.ID, rows[b.at].Tenant.ID))
	})
	sorted := make([]Row, len(rows))
	for i, n := range order {
		sorted[i] = rows[n.at]
	}
	return sorted
}

func (r Row) has(text string) bool {
	if text == "" {
		return true
	}
	for _, name := range []string{r.Tenant.Name, string(r.Tenant.ID), r.Mapping.Company.Name, r.Mapping.Agreement.Name} {
		if strings.Contains(strings.ToLower(name), text) {
			return true
		}
	}
	return false
}
