package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Service is what the API offers. It is safe for concurrent use.
type Service struct {
	Store     Store
	Connector Connector
	Directory Directory
	Waker     Waker
	// Catalog are the deployment's SKUs.
	Catalog []Product
	Now     func() time.Time
}

// Edit is a wish for one tenant.
type Edit struct {
	Tenant TenantID `json:"tenant"`
	Target Target   `json:"target"`
	// Rev is that of the mapping that the person saw; another is a conflict.
	Rev int64 `json:"rev"`
}

// Save stores one tenant's mapping. The error is problem.Stale if somebody
// changed it since, MappingInvalid if ConnectWise does not have what it names.
func (s *Service) Save(ctx context.Context, scope psa.Scope, e Edit, by string) (Mapping, error) {
	saved, err := s.SaveMany(ctx, scope, []Edit{e}, by)
	if err != nil {
		return Mapping{}, err
	}
	return saved[0], nil
}

// SaveMany stores up to MaxRows mappings, all or none.
func (s *Service) SaveMany(ctx context.Context, scope psa.Scope, edits []Edit, by string) ([]Mapping, error) {
	if err := once(edits, MaxRows, "Save more as a change set."); err != nil {
		return nil, err
	}
	check, err := s.checker(ctx, scope, edits)
	if err != nil {
		return nil, err
	}
	tenants, err := s.known(ctx, scope.Account)
	if err != nil {
		return nil, err
	}
	wanted, notes := make([]Mapping, len(edits)), make([]Note, len(edits))
	for i, e := range edits {
		t, ok := tenants[e.Tenant]
		if !ok {
			return nil, noTenant()
		}
		if wanted[i], err = s.wish(check, e, by); err != nil {
			return nil, among(len(edits), t.Name, err)
		}
		notes[i] = noteOf(wanted[i], t.Name)
	}
	saved, err := s.Store.PutMappings(ctx, scope, wanted, notes)
	if errors.Is(err, psa.ErrConflict) {
		return nil, among(len(edits), namesOf(err, tenants), stale(err))
	}
	if err != nil {
		return nil, fmt.Errorf("save mappings: %w", err)
	}
	return saved, nil
}

// once refuses a list of edits that is empty, has more than most, or names a
// tenant twice: which of the two was meant nobody knows.
func once(edits []Edit, most int, remedy string) error {
	if len(edits) == 0 || len(edits) > most {
		return problem.New(problem.BadRequest, fmt.Sprintf("Between 1 and %d mappings can be changed at once.", most), remedy)
	}
	seen := make(map[TenantID]bool, len(edits))
	for _, e := range edits {
		if seen[e.Tenant] {
			return problem.New(problem.BadRequest, "A tenant comes twice.", "Name each tenant once.").Wrap(psa.ErrInvalid)
		}
		seen[e.Tenant] = true
	}
	return nil
}

func noTenant() error {
	return problem.New(problem.NotFound, "There is no such tenant.", "Reload the list of tenants.").Wrap(psa.ErrNotFound)
}

func stale(cause error) error {
	return problem.New(problem.Stale, "Somebody else changed this while you were editing it.",
		"Look at it as it is now, then save again.").Wrap(cause)
}

// among names the tenant that stands in the way of an edit of several.
func among(edits int, tenant string, err error) error {
	if edits < 2 || tenant == "" {
		return err
	}
	p := problem.From(err)
	return problem.New(p.Code, tenant+": "+p.Message, p.Remedy).Wrap(err)
}

func namesOf(err error, tenants map[TenantID]Tenant) string {
	var conflict *Conflict
	if !errors.As(err, &conflict) {
		return ""
	}
	names := make([]string, len(conflict.Tenants))
	for i, id := range conflict.Tenants {
		names[i] = tenants[id].Name
	}
	return strings.Join(names, ", ")
}

// wish is the mapping that an edit asks for.
func (s *Service) wish(check checker, e Edit, by string) (Mapping, error) {
	switch e.Target.Off {
	case "", EndLine, ZeroLine, LeaveLine:
	default:
		return Mapping{}, problem.New(problem.BadRequest, "A line can be ended, set to zero, or left.", "Choose one of them.")
	}
	target, err := check.check(e.Target)
	if err != nil {
		return Mapping{}, err
	}
	return Mapping{Tenant: e.Tenant, Target: target, By: by, At: s.Now().UTC(), Rev: e.Rev}, nil
}

func (s *Service) checker(ctx context.Context, scope psa.Scope, edits []Edit) (checker, error) {
	targets := make([]Target, len(edits))
	for i, e := range edits {
		targets[i] = e.Target
	}
	cw, err := s.Connector.Mapping(ctx, scope)
	if err != nil {
		return checker{}, err
	}
	check, err := newChecker(ctx, cw, s.Catalog, targets)
	if err != nil {
		return checker{}, err
	}
	account, err := s.Store.Products(ctx, scope)
	if err != nil {
		return checker{}, fmt.Errorf("products: %w", err)
	}
	check.account = account.Items
	return check, nil
}

func (s *Service) known(ctx context.Context, account psa.AccountID) (map[TenantID]Tenant, error) {
	tenants, err := s.Store.Tenants(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	out := make(map[TenantID]Tenant, len(tenants))
	for _, t := range tenants {
		out[t.ID] = t
	}
	return out, nil
}

// noteOf tells of a mapping. Nothing is computed from it: postings read the
// mappings themselves. It is stored with the mapping all the same, since it is
// all that says later who changed what before the last change.
func noteOf(m Mapping, tenant string) Note {
	message := fmt.Sprintf("%s: not mapped any more.", tenant)
	if m.Mapped() {
		message = fmt.Sprintf("%s: %s, %s%s.", tenant, m.Company.Name, agreementWords(m.Target), offWords(m.Target))
	}
	return Note{Event: "mapping_changed", Who: m.By, Message: message, At: m.At}
}

func agreementWords(t Target) string {
	if t.Agreement.ID == 0 {
		return "tickets only"
	}
	return t.Agreement.Name
}

func offWords(t Target) string {
	if t.Enabled {
		return ""
	}
	return ", switched off"
}

// Products returns the deployment's SKUs and what the account chose for them.
func (s *Service) Products(ctx context.Context, scope psa.Scope) ([]Product, Products, error) {
	p, err := s.Store.Products(ctx, scope)
	if err != nil {
		return nil, Products{}, fmt.Errorf("products: %w", err)
	}
	return s.Catalog, p, nil
}

// SaveProducts stores the account's catalog items by SKU.
func (s *Service) SaveProducts(ctx context.Context, scope psa.Scope, items map[SKU]Ref, rev int64, by string) (Products, error) {
	cw, err := s.Connector.Mapping(ctx, scope)
	if err != nil {
		return Products{}, err
	}
	check, err := newChecker(ctx, cw, s.Catalog, []Target{{Products: items}})
	if err != nil {
		return Products{}, err
	}
	chosen, err := check.choice(items)
	if err != nil {
		return Products{}, err
	}
	if err := s.suits(ctx, scope, check, chosen); err != nil {
		return Products{}, err
	}
	now := s.Now().UTC()
	note := Note{Event: "products_changed", Who: by, Message: fmt.Sprintf("%d products have a catalog item.", len(chosen)), At: now}
	saved, err := s.Store.PutProducts(ctx, scope, Products{Items: chosen, By: by, At: now, Rev: rev}, note)
	if errors.Is(err, psa.ErrConflict) {
		return Products{}, stale(err)
	}
	if err != nil {
		return Products{}, fmt.Errorf("save products: %w", err)
	}
	return saved, nil
}

// suits checks the account's items together with those that mappings put in
// their place.
func (s *Service) suits(ctx context.Context, scope psa.Scope, check checker, chosen map[SKU]Ref) error {
	mappings, err := s.Store.Mappings(ctx, scope)
	if err != nil {
		return fmt.Errorf("mappings: %w", err)
	}
	check.account = chosen
	for _, m := range mappings {
		if err := check.together(m.Products); err != nil {
			return among(2, m.Company.Name+" has products of its own", err)
		}
	}
	return nil
}

// CompanySearch finds companies by name for a type-ahead: those that are
// synced, and, where they are few, those that a filter leaves out as well.
// ConnectWise is asked only if there may be such, or if nothing is found: a
// company that was made a moment ago is not synced yet.
func (s *Service) CompanySearch(ctx context.Context, scope psa.Scope, text string, limit int) ([]Ref, error) {
	names, err := s.Directory.Names(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("company names: %w", err)
	}
	found := Search(names, text, limit)
	if len(found) == limit || len([]rune(strings.TrimSpace(text))) < minSearch {
		return found, nil
	}
	if len(found) > 0 {
		whole, err := s.Directory.Whole(ctx, scope)
		if err != nil {
			return nil, fmt.Errorf("company names: %w", err)
		}
		if whole {
			return found, nil
		}
	}
	cw, err := s.Connector.Mapping(ctx, scope)
	if err != nil {
		return nil, err
	}
	more, err := cw.FindCompanies(ctx, strings.TrimSpace(text), limit)
	if err != nil {
		return nil, fmt.Errorf("find companies: %w", err)
	}
	for _, r := range more {
		if len(found) < limit && !slices.ContainsFunc(found, func(f Ref) bool { return f.ID == r.ID }) {
			found = append(found, r)
		}
	}
	return found, nil
}

// minSearch is how many letters ConnectWise is asked with: one finds too much.
const minSearch = 2

// AgreementsOf lists what usage of a company can be posted to: its active
// agreements and those of its parent company.
func (s *Service) AgreementsOf(ctx context.Context, scope psa.Scope, company psa.RecordID) ([]Agreement, error) {
	cw, err := s.Connector.Mapping(ctx, scope)
	if err != nil {
		return nil, err
	}
	found, err := cw.Companies(ctx, []psa.RecordID{company})
	if err != nil {
		return nil, fmt.Errorf("read company: %w", err)
	}
	c, ok := found[company]
	if !ok {
		return nil, problem.New(problem.NotFound, "ConnectWise has no such company.", "Choose another company.").Wrap(psa.ErrNotFound)
	}
	var of ids
	of.add(company)
	of.add(c.Parent)
	agreements, err := cw.AgreementsOf(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("read agreements: %w", err)
	}
	return agreements, nil
}

// ItemSearch finds catalog items.
func (s *Service) ItemSearch(ctx context.Context, scope psa.Scope, text string, limit int) ([]Item, error) {
	cw, err := s.Connector.Mapping(ctx, scope)
	if err != nil {
		return nil, err
	}
	items, err := cw.FindItems(ctx, text, limit)
	if err != nil {
		return nil, fmt.Errorf("find catalog items: %w", err)
	}
	return items, nil
}
