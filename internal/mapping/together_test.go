package mapping_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// A mapping's own item and the account's would become one line as well.
func TestTwoMetersOverBothChoices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme")
	acme, seats, domains := w.company("Acme", nil), w.item("SEATS", "Service", false), w.item("DOMAINS", "Service", false)
	ref := func(id psa.RecordID) mapping.Ref { return mapping.Ref{ID: id} }
	chosen, err := w.SaveProducts(t.Context(), w.scope, map[mapping.SKU]mapping.Ref{"core": ref(seats)}, 0, "ada")
	if err != nil {
		t.Fatal(err)
	}
	save := func(rev int64, dmarc psa.RecordID) error {
		_, err := w.Save(t.Context(), w.scope, mapping.Edit{Tenant: "t-Acme", Rev: rev, Target: mapping.Target{
			Company: ref(acme), Products: map[mapping.SKU]mapping.Ref{"dmarc": ref(dmarc)},
		}}, "ada")
		return err
	}
	refused := func(err error) bool {
		return problem.CodeOf(err) == problem.MappingInvalid && strings.Contains(problem.From(err).Message, "counted differently")
	}
	if err := save(0, seats); !refused(err) {
		t.Errorf("the account's item, for another meter: %v", err)
	}
	if err := save(0, domains); err != nil {
		t.Errorf("an item of its own: %v", err)
	}
	_, err = w.SaveProducts(t.Context(), w.scope, map[mapping.SKU]mapping.Ref{"core": ref(domains)}, chosen.Rev, "ada")
	if !refused(err) || !strings.Contains(problem.From(err).Message, "Acme") {
		t.Errorf("a mapping's item, for another meter: %v", err)
	}
}

// Should two people who save at the same moment bring two meters onto one item,
// they are not added up all the same.
func TestItemsOf(t *testing.T) {
	t.Parallel()
	items := func(of ...any) map[mapping.SKU]mapping.Ref {
		out := map[mapping.SKU]mapping.Ref{}
		for i := 0; i < len(of); i += 2 {
			sku, _ := of[i].(string)
			id, _ := of[i+1].(int)
			out[mapping.SKU(sku)] = mapping.Ref{ID: psa.RecordID(id)}
		}
		return out
	}
	for name, tc := range map[string]struct{ account, own, want map[mapping.SKU]mapping.Ref }{
		"the account's":         {items("core", 1, "dmarc", 2), nil, items("core", 1, "dmarc", 2)},
		"its own over them":     {items("core", 1, "dmarc", 2), items("dmarc", 3), items("core", 1, "dmarc", 3)},
		"one meter on one item": {items("core", 1), items("complete", 1), items("core", 1, "complete", 1)},
		"two meters on one":     {items("core", 1, "complete", 1), items("dmarc", 1), items("core", 1, "complete", 1)},
	} {
		got := mapping.ItemsOf(products(), mapping.Products{Items: tc.account}, mapping.Mapping{Target: mapping.Target{Products: tc.own}})
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What was there before may not be put back beside what was chosen since.
func TestUndoMixesNoMeters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme")
	acme, item := w.company("Acme", nil), w.item("ITEM", "Service", false)
	own := mapping.Target{Company: mapping.Ref{ID: acme}, Products: map[mapping.SKU]mapping.Ref{"dmarc": {ID: item}}}
	w.save("Acme", 0, own)
	plain := []mapping.Edit{{Tenant: "t-Acme", Rev: 1, Target: mapping.Target{Company: mapping.Ref{ID: acme}}}}
	c, err := w.StartChange(t.Context(), w.scope, plain, "ada")
	if err != nil {
		t.Fatal(err)
	}
	w.work()
	if _, err := w.SaveProducts(t.Context(), w.scope, map[mapping.SKU]mapping.Ref{"core": {ID: item}}, 0, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Undo(t.Context(), w.scope, c.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	w.work()
	row := w.change(c.ID).Rows[0]
	if row.Result != mapping.RowKept || !strings.Contains(row.Detail, "counted differently") || len(w.mapping("Acme").Products) > 0 {
		t.Errorf("%+v, mapped to %+v", row, w.mapping("Acme").Target)
	}
}

// Of many, the tenant that stands in the way is named.
func TestManyNameTheOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme", "Zeta")
	acme, gone := w.company("Acme", nil), w.company("Gone", map[string]any{"deletedFlag": true})
	edit := func(tenant mapping.TenantID, company psa.RecordID, rev int64) mapping.Edit {
		return mapping.Edit{Tenant: tenant, Rev: rev, Target: mapping.Target{Company: mapping.Ref{ID: company}}}
	}
	for name, second := range map[string]mapping.Edit{"invalid": edit("t-Zeta", gone, 0), "stale": edit("t-Zeta", acme, 3)} {
		_, err := w.SaveMany(t.Context(), w.scope, []mapping.Edit{edit("t-Acme", acme, 0), second}, "ada")
		if err == nil || !strings.HasPrefix(problem.From(err).Message, "Zeta: ") {
			t.Errorf("%s: %v", name, err)
		}
		if code := problem.CodeOf(err); name == "stale" && code != problem.Stale || name == "invalid" && code != problem.MappingInvalid {
			t.Errorf("%s: %s", name, code)
		}
	}
	if w.mapping("Acme").Mapped() {
		t.Error("one of them was saved")
	}
}
