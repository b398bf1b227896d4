package mapping

import (
	"context"
	"fmt"
	"slices"

	"github.com/psabridge/psabridge/internal/psa"
)

// Uses reports whether a mapping or the choice of products names one of the
// records: what sync does not remove before a person has agreed.
func Uses(ctx context.Context, store Store, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (bool, error) {
	among := func(r Ref) bool { return slices.Contains(ids, r.ID) }
	switch typ {
	case psa.Companies, psa.Agreements:
		mappings, err := store.Mappings(ctx, scope)
		if err != nil {
			return false, fmt.Errorf("mappings: %w", err)
		}
		return slices.ContainsFunc(mappings, func(m Mapping) bool {
			return typ == psa.Companies && among(m.Company) || typ == psa.Agreements && among(m.Agreement)
		}), nil
	case psa.Catalog:
		return usesItem(ctx, store, scope, among)
	default:
		return false, nil
	}
}

func usesItem(ctx context.Context, store Store, scope psa.Scope, among func(Ref) bool) (bool, error) {
	products, err := store.Products(ctx, scope)
	if err != nil {
		return false, fmt.Errorf("products: %w", err)
	}
	for _, item := range products.Items {
		if among(item) {
			return true, nil
		}
	}
	mappings, err := store.Mappings(ctx, scope)
	if err != nil {
		return false, fmt.Errorf("mappings: %w", err)
	}
	for _, m := range mappings {
		for _, item := range m.Products {
			if among(item) {
				return true, nil
			}
		}
	}
	return false, nil
}
