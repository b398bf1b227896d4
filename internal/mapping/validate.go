package mapping

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// checker checks targets against what ConnectWise says now. It reads all that
// a set of targets names in a few calls.
type checker struct {
	products   map[SKU]Product
	companies  map[psa.RecordID]Company
	closed     map[psa.RecordID]bool
	agreements map[psa.RecordID]Agreement
	items      map[psa.RecordID]Item
	// account are the account's items, in whose place a mapping puts its own.
	account map[SKU]Ref
}

// newChecker reads what targets name.
func newChecker(ctx context.Context, cw ConnectWise, products []Product, targets []Target) (checker, error) {
	c := checker{products: bySKU(products)}
	var companies, agreements, items ids
	for _, t := range targets {
		companies.add(t.Company.ID)
		agreements.add(t.Agreement.ID)
		for _, item := range t.Products {
			items.add(item.ID)
		}
	}
	var err error
	if len(companies) > 0 {
		if c.companies, err = cw.Companies(ctx, companies); err != nil {
			return checker{}, fmt.Errorf("read companies: %w", err)
		}
		c.closed, err = cw.ClosedStatuses(ctx)
		// Whether a status is a closed one is known only with the right to
		// read the statuses; without it ConnectWise's own refusal must do.
		if err != nil && problem.CodeOf(err) != problem.PermissionMissing {
			return checker{}, fmt.Errorf("read company statuses: %w", err)
		}
	}
	if len(agreements) > 0 {
		if c.agreements, err = cw.Agreements(ctx, agreements); err != nil {
			return checker{}, fmt.Errorf("read agreements: %w", err)
		}
	}
	if len(items) > 0 {
		if c.items, err = cw.Items(ctx, items); err != nil {
			return checker{}, fmt.Errorf("read catalog items: %w", err)
		}
	}
	return c, nil
}

func bySKU(products []Product) map[SKU]Product {
	out := make(map[SKU]Product, len(products))
	for _, p := range products {
		out[p.SKU] = p
	}
	return out
}

// ids is a set of ids in the order of their coming.
type ids []psa.RecordID

func (s *ids) add(id psa.RecordID) {
	if id > 0 && !slices.Contains(*s, id) {
		*s = append(*s, id)
	}
}

// named is the target with the names of its company and agreement.
func (c checker) named(t Target) Target {
	t.Company.Name, t.Agreement.Name = c.companies[t.Company.ID].Name, c.agreements[t.Agreement.ID].Name
	return t
}

// check returns the target with the names as they are now, or what is wrong
// with it. An empty target takes a mapping away and needs no check.
func (c checker) check(t Target) (Target, error) {
	if !t.Mapped() {
		return Target{}, nil
	}
	company, err := c.company(t.Company.ID)
	if err != nil {
		return Target{}, err
	}
	t.Company = company.Ref
	if t.Agreement.ID != 0 {
		agreement, err := c.agreement(t.Agreement.ID, company)
		if err != nil {
			return Target{}, err
		}
		t.Agreement = agreement.Ref
	}
	if t.Enabled {
		t.Off = ""
	}
	if t.Products, err = c.choice(t.Products); err != nil {
		return Target{}, err
	}
	return t, c.together(t.Products)
}

// together checks that a mapping's own items and the account's do not have two
// meters on one item.
func (c checker) together(own map[SKU]Ref) error {
	if len(own) == 0 {
		return nil
	}
	all := maps.Clone(c.account)
	if all == nil {
		all = map[SKU]Ref{}
	}
	maps.Copy(all, own)
	meters := map[psa.RecordID]string{}
	for _, sku := range sortedSKUs(all) {
		item, meter := all[sku], c.products[sku].Meter
		if taken, ok := meters[item.ID]; ok && taken != meter {
			return twoMeters(item.Name, taken, meter)
		}
		meters[item.ID] = meter
	}
	return nil
}

func twoMeters(item, one, other string) error {
	return invalid(fmt.Sprintf("%s is chosen for two things that are counted differently: %s and %s.", item, one, other),
		"Choose a catalog item of its own for each.")
}

func (c checker) company(id psa.RecordID) (Company, error) {
	company, ok := c.companies[id]
	switch {
	case !ok:
		return Company{}, invalid("ConnectWise has no such company, or hides it from the API member.", "Choose another company.")
	case company.Deleted:
		return Company{}, invalid(fmt.Sprintf("%s is deleted in ConnectWise.", company.Name), "Choose another company, or restore it in ConnectWise.")
	case c.closed[company.Status]:
		return Company{}, invalid(fmt.Sprintf("%s is %s in ConnectWise.", company.Name, inWords(company.StatusName)),
			"Choose an active company, or change its status in ConnectWise.")
	}
	return company, nil
}

func inWords(status string) string {
	if status == "" {
		return "inactive"
	}
	return fmt.Sprintf("of status %q", status)
}

// agreement must be the company's or its parent company's.
func (c checker) agreement(id psa.RecordID, company Company) (Agreement, error) {
	a, ok := c.agreements[id]
	switch {
	case !ok:
		return Agreement{}, invalid("ConnectWise has no such agreement, or hides it from the API member.", "Choose another agreement.")
	case a.Company != company.ID && (company.Parent == 0 || a.Company != company.Parent):
		return Agreement{}, invalid(fmt.Sprintf("%s does not belong to %s.", a.Name, company.Name),
			"Choose one of the company's agreements, or of its parent company's.")
	case !a.Usable():
		return Agreement{}, invalid(fmt.Sprintf("%s is %s in ConnectWise.", a.Name, a.Status), "Choose an active agreement.")
	}
	return a, nil
}

// choice checks catalog items by SKU: usable ones, and never one for two
// meters, since their counts would become one line.
func (c checker) choice(chosen map[SKU]Ref) (map[SKU]Ref, error) {
	meters := map[psa.RecordID]string{}
	out := map[SKU]Ref{}
	for _, sku := range sortedSKUs(chosen) {
		product, ok := c.products[sku]
		if !ok {
			return nil, invalid("There is no such product.", "Choose from the list of products.")
		}
		id := chosen[sku].ID
		if id == 0 {
			continue // taken away
		}
		item, ok := c.items[id]
		switch meter, taken := meters[id]; {
		case !ok:
			return nil, invalid(fmt.Sprintf("ConnectWise has no such catalog item for %s.", product.Name), "Choose another catalog item.")
		case item.Inactive:
			return nil, invalid(fmt.Sprintf("%s is inactive in ConnectWise's catalog.", item.Name), "Choose an active catalog item.")
		case item.Class == "Bundle":
			return nil, invalid(fmt.Sprintf("%s is a bundle, which cannot be on an agreement.", item.Name), "Choose a catalog item that is no bundle.")
		case taken && meter != product.Meter:
			return nil, twoMeters(item.Name, meter, product.Meter)
		}
		meters[id], out[sku] = product.Meter, item.Ref
	}
	return out, nil
}

func sortedSKUs(m map[SKU]Ref) []SKU {
	out := make([]SKU, 0, len(m))
	for sku := range m {
		out = append(out, sku)
	}
	slices.Sort(out)
	return out
}

func invalid(message, remedy string) error {
	return problem.New(problem.MappingInvalid, message, remedy).Wrap(psa.ErrInvalid)
}
