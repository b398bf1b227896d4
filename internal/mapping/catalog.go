package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// ParseCatalog reads the deployment's SKUs: a JSON array of
// {"sku","name","meter","addOn"}. A SKU comes once; the order is that in which
// people see them.
func ParseCatalog(text string) ([]Product, error) {
	var catalog []Product
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&catalog); err != nil {
		return nil, fmt.Errorf("list of products: %w: %w", psa.ErrInvalid, err)
	}
	seen := map[SKU]bool{}
	for i, p := range catalog {
		if p.SKU == "" || len(p.SKU) > 64 || p.Name == "" || p.Meter == "" || seen[p.SKU] {
			return nil, fmt.Errorf("product %d: it needs a sku of its own, a name and a meter: %w", i+1, psa.ErrInvalid)
		}
		seen[p.SKU] = true
	}
	return catalog, nil
}
