package mapping_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/mapping"
)

func TestParseCatalog(t *testing.T) {
	t.Parallel()
	got, err := mapping.ParseCatalog(`[{"sku":"core","name":"Core","meter":"seats"},{"sku":"ato","name":"ATO","meter":"seats","addOn":true}]`)
	want := []mapping.Product{{SKU: "core", Name: "Core", Meter: "seats"}, {SKU: "ato", Name: "ATO", Meter: "seats", AddOn: true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := mapping.ParseCatalog(`[]`); err != nil || len(got) != 0 {
		t.Errorf("none: %v %v", got, err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no list": `{}`, "no sku": `[{"name":"x","meter":"y"}]`, "no name": `[{"sku":"x","meter":"y"}]`,
		"no meter": `[{"sku":"x","name":"y"}]`, "twice": `[{"sku":"x","name":"y","meter":"z"},{"sku":"x","name":"y","meter":"z"}]`,
		"a wrong name": `[{"SKUS":"x"}]`,
	} {
		if _, err := mapping.ParseCatalog(text); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
