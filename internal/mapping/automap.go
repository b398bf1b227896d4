package mapping

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// match proposes companies for tenants without one: where exactly one company
// has the tenant's name, and no other tenant has it. It proposes an agreement
// where the company has exactly one that can be posted to. What is mapped is
// never proposed anew.
func (s *Service) match(ctx context.Context, scope psa.Scope, c *Change) error {
	rows, err := s.rows(ctx, scope)
	if err != nil {
		return err
	}
	names, err := s.Directory.Names(ctx, scope)
	if err != nil {
		return fmt.Errorf("company names: %w", err)
	}
	companies := map[string][]Ref{}
	for _, n := range names {
		companies[Normal(n.Name)] = append(companies[Normal(n.Name)], n)
	}
	tenants := map[string]int{}
	for _, r := range rows {
		tenants[Normal(r.Tenant.Name)]++
	}
	c.Rows = nil
	for _, r := range rows {
		name := Normal(r.Tenant.Name)
		found := companies[name]
		if r.Mapping.Mapped() || r.Tenant.State == Removed || len(found) == 0 || name == "" {
			continue
		}
		if len(c.Rows) == MaxChange {
			c.Cut = true
			break
		}
		c.Rows = append(c.Rows, proposal(r, found, tenants[name]))
	}
	if err := s.proposeAgreements(ctx, scope, c.Rows); err != nil {
		return err
	}
	c.State = Proposed
	return nil
}

func proposal(r Row, found []Ref, tenants int) ChangeRow {
	row := ChangeRow{Tenant: r.Tenant.ID, Name: r.Tenant.Name, Rev: r.Mapping.Rev}
	switch {
	case len(found) > 1:
		row.Result, row.Detail = RowAmbiguous, fmt.Sprintf("%d companies have this name.", len(found))
	case tenants > 1:
		row.Result, row.Detail = RowAmbiguous, fmt.Sprintf("%d tenants have this name.", tenants)
	default:
		row.Target = Target{Company: found[0], Enabled: true}
	}
	return row
}

func (s *Service) proposeAgreements(ctx context.Context, scope psa.Scope, rows []ChangeRow) error {
	var of ids
	for _, r := range rows {
		of.add(r.Target.Company.ID)
	}
	if len(of) == 0 {
		return nil
	}
	cw, err := s.Connector.Mapping(ctx, scope)
	if err != nil {
		return err
	}
	agreements, err := cw.AgreementsOf(ctx, of)
	if err != nil {
		return fmt.Errorf("read agreements: %w", err)
	}
	usable := map[psa.RecordID][]Ref{}
	for _, a := range agreements {
		if a.Usable() {
			usable[a.Company] = append(usable[a.Company], a.Ref)
		}
	}
	for i := range rows {
		if have := usable[rows[i].Target.Company.ID]; len(have) == 1 {
			rows[i].Target.Agreement = have[0]
		}
	}
	return nil
}
