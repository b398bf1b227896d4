package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

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

// ItemsOf are the catalog items that count for a mapping: its own over the
// account's. Saving refuses two meters on one item; should two people who save
// at the same moment bring it about all the same, the second is left out: what
// is counted differently is never added up.
func ItemsOf(catalog []Product, account Products, m Mapping) map[SKU]Ref {
	out := make(map[SKU]Ref, len(account.Items)+len(m.Products))
	maps.Copy(out, account.Items)
	maps.Copy(out, m.Products)
	products, meters := bySKU(catalog), map[psa.RecordID]string{}
	for _, sku := range sortedSKUs(out) {
		item, meter := out[sku].ID, products[sku].Meter
		if taken, ok := meters[item]; ok && taken != meter {
			delete(out, sku)
			continue
		}
		meters[item] = meter
	}
	return out
}
