package mapping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

func TestSave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme")
	acme := w.company("Acme", nil)
	gold := w.agreement("Gold", acme, "Active")
	edit := mapping.Edit{Tenant: "t-Acme", Target: mapping.Target{
		Company: mapping.Ref{ID: acme}, Agreement: mapping.Ref{ID: gold}, Enabled: true,
		Products: map[mapping.SKU]mapping.Ref{"core": {ID: w.item("CORE", "Service", false)}},
	}}
	saved, err := w.Save(t.Context(), w.scope, edit, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if saved.Rev != 1 || saved.Company.Name != "Acme" || saved.Agreement.Name != "Gold" || saved.Products["core"].Name != "CORE" {
		t.Errorf("saved %+v", saved)
	}
	if diff := cmp.Diff(w.mapping("Acme").Target, saved.Target); diff != "" {
		t.Errorf("stored (-stored +answered):\n%s", diff)
	}
	if _, err := w.Save(t.Context(), w.scope, edit, "bob"); problem.CodeOf(err) != problem.Stale {
		t.Errorf("an old rev: %v", err)
	}
	edit.Rev, edit.Target = 1, mapping.Target{}
	if saved, err = w.Save(t.Context(), w.scope, edit, "bob"); err != nil || saved.Mapped() || saved.Rev != 2 {
		t.Errorf("taken away: %+v %v", saved, err)
	}
	want := []string{"mapping_changed ada Acme: Acme, Gold.", "mapping_changed bob Acme: not mapped any more."}
	if got := w.notes(); !slices.Equal(got, want) {
		t.Errorf("notes %q", got)
	}
	other := psa.Scope{Account: "msp-2", Generation: 1}
	if _, err := w.Save(t.Context(), other, edit, "eve"); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("another account's tenant: %v", err)
	}
}

// What ConnectWise would refuse, or bill to somebody else, is refused here.
func TestValidation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme")
	parent := w.company("Holding", nil)
	acme := w.company("Acme", map[string]any{"parentCompany": ref(parent)})
	other := w.company("Other", nil)
	closed := w.company("Closed", map[string]any{"status": ref(2)})
	deleted := w.company("Gone", map[string]any{"deletedFlag": true})
	good, parents := w.agreement("Good", acme, "Active"), w.agreement("Parent's", parent, "Active")
	ended, foreign := w.agreement("Ended", acme, "Expired"), w.agreement("Foreign", other, "Active")
	service, bundle, inactive := w.item("S", "Service", false), w.item("B", "Bundle", false), w.item("I", "Service", true)
	items := func(of ...any) map[mapping.SKU]mapping.Ref {
		out := map[mapping.SKU]mapping.Ref{}
		for i := 0; i < len(of); i += 2 {
			sku, _ := of[i].(string)
			id, _ := of[i+1].(psa.RecordID)
			out[mapping.SKU(sku)] = mapping.Ref{ID: id}
		}
		return out
	}
	for name, tc := range map[string]struct {
		company, agreement psa.RecordID
		products           map[mapping.SKU]mapping.Ref
		want               string // "" is fine
	}{
		"good":                    {acme, good, nil, ""},
		"tickets only":            {acme, 0, nil, ""},
		"the parent's agreement":  {acme, parents, nil, ""},
		"one item, one meter":     {acme, good, items("core", service, "complete", service), ""},
		"no company":              {9999, good, nil, "no such company"},
		"an inactive company":     {closed, 0, nil, `of status "Inactive"`},
		"a deleted company":       {deleted, 0, nil, "deleted"},
		"no agreement":            {acme, 9999, nil, "no such agreement"},
		"another's agreement":     {acme, foreign, nil, "does not belong"},
		"a child's agreement":     {parent, good, nil, "does not belong"},
		"an agreement that ended": {acme, ended, nil, "Expired"},
		"no item":                 {acme, good, items("core", psa.RecordID(9999)), "no such catalog item"},
		"a bundle":                {acme, good, items("core", bundle), "bundle"},
		"an inactive item":        {acme, good, items("core", inactive), "inactive"},
		"two meters on one item":  {acme, good, items("core", service, "dmarc", service), "counted differently"},
		"a product nobody sells":  {acme, good, items("x", service), "no such product"},
		"an override taken away":  {acme, good, items("core", psa.RecordID(0)), ""},
	} {
		rev := w.mapping("Acme").Rev
		_, err := w.Save(t.Context(), w.scope, mapping.Edit{Tenant: "t-Acme", Rev: rev, Target: mapping.Target{
			Company: mapping.Ref{ID: tc.company}, Agreement: mapping.Ref{ID: tc.agreement}, Products: tc.products, Enabled: true,
		}}, "ada")
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tc.want != "" && (problem.CodeOf(err) != problem.MappingInvalid || !strings.Contains(problem.From(err).Message, tc.want)):
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("beta", "Alpha", "gamma", "Alphabet")
	alpha := w.company("Alpha Industries", nil)
	if _, err := w.Save(t.Context(), w.scope, mapping.Edit{Tenant: "t-gamma", Target: mapping.Target{Company: mapping.Ref{ID: alpha}}}, "ada"); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		q    mapping.TableQuery
		want string
	}{
		"all":              {mapping.TableQuery{Limit: 10}, "4/3 Alpha Alphabet beta gamma"},
		"unmapped":         {mapping.TableQuery{Tab: mapping.Unmapped, Limit: 10}, "4/3 Alpha Alphabet beta"},
		"searched":         {mapping.TableQuery{Text: " ALPHA", Limit: 10}, "3/2 Alpha Alphabet gamma"},
		"a page":           {mapping.TableQuery{Limit: 2, Offset: 1}, "4/3 Alphabet beta …"},
		"behind the end":   {mapping.TableQuery{Limit: 2, Offset: 9}, "4/3"},
		"nothing is found": {mapping.TableQuery{Text: "zzz", Limit: 9}, "0/0"},
	} {
		got, err := w.Table(t.Context(), w.scope, tc.q)
		if err != nil {
			t.Fatal(err)
		}
		words := []string{fmt.Sprintf("%d/%d", got.AllCount, got.UnmappedCount)}
		for _, r := range got.Rows {
			words = append(words, r.Tenant.Name)
		}
		if got.More {
			words = append(words, "…")
		}
		if strings.Join(words, " ") != tc.want {
			t.Errorf("%s: %q, want %q", name, words, tc.want)
		}
	}
}

// Names that only look alike are left to people, what is mapped is not touched,
// and one press takes everything back that nobody has changed since.
func TestAutoMap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme, Inc.", "Twin", "Mapped", "Nobody", "Same", "SAME", "Two agreements")
	acme, other := w.company("ACME", nil), w.company("Other", nil)
	w.company("Twin", nil)
	w.company("twin llc", nil)
	w.company("Mapped", nil)
	w.company("Same", nil)
	two := w.company("Two Agreements", nil)
	gold := w.agreement("Gold", acme, "Active")
	w.agreement("Old", acme, "Expired")
	w.agreement("A", two, "Active")
	w.agreement("B", two, "Active")
	mapped := mapping.Edit{Tenant: "t-Mapped", Target: mapping.Target{Company: mapping.Ref{ID: other}, Enabled: true}}
	if _, err := w.Save(t.Context(), w.scope, mapped, "ada"); err != nil {
		t.Fatal(err)
	}
	c, err := w.StartAutoMap(t.Context(), w.scope, "ada")
	if err != nil {
		t.Fatal(err)
	}
	w.work()
	got := w.change(c.ID)
	var words []string
	for _, r := range got.Rows {
		words = append(words, fmt.Sprintf("%s>%s/%s %s", r.Name, r.Target.Company.Name, r.Target.Agreement.Name, r.Result))
	}
	want := []string{
		"Acme, Inc.>ACME/Gold ", "SAME>/ ambiguous", "Same>/ ambiguous", "Twin>/ ambiguous", "Two agreements>Two Agreements/ ",
	}
	if got.State != mapping.Proposed || !slices.Equal(words, want) {
		t.Fatalf("%s %q", got.State, words)
	}
	if w.mapping("Acme, Inc.").Mapped() {
		t.Fatal("a proposal was applied by itself")
	}
	for range 2 { // pressed twice
		if _, err := w.Apply(t.Context(), w.scope, c.ID, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	w.work()
	if m := w.mapping("Acme, Inc."); m.Company.ID != acme || m.Agreement.ID != gold || m.Rev != 1 {
		t.Fatalf("applied %+v", m)
	}
	m := w.mapping("Two agreements")
	if _, err := w.Save(t.Context(), w.scope, mapping.Edit{Tenant: m.Tenant, Target: mapping.Target{Company: mapping.Ref{ID: other}}, Rev: m.Rev}, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Undo(t.Context(), w.scope, c.ID, "bob"); err != nil {
		t.Fatal(err)
	}
	w.work()
	if w.mapping("Acme, Inc.").Mapped() || w.mapping("Two agreements").Company.ID != other || !w.mapping("Mapped").Mapped() {
		t.Errorf("taken back: %+v", w.change(c.ID))
	}
	if _, err := w.Apply(t.Context(), w.scope, c.ID, "ada"); problem.CodeOf(err) != problem.Conflict {
		t.Errorf("applying what was taken back: %v", err)
	}
}

func (w *world) change(id string) mapping.Change {
	w.t.Helper()
	c, err := w.GetChange(w.t.Context(), w.scope, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// A large edit is worked in slices; each row says what became of it, also when
// the worker before died after writing it, and a message comes twice.
func TestChangeSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.company("Acme", nil)
	var edits []mapping.Edit
	for i := range 60 {
		name := fmt.Sprintf("n%02d", i)
		w.tenants(name)
		edits = append(edits, mapping.Edit{
			Tenant: mapping.TenantID("t-" + name), Target: mapping.Target{Company: mapping.Ref{ID: acme}, Enabled: true},
		})
	}
	edits[3].Target.Company.ID = 9999
	edits[4].Rev = 7
	c, err := w.StartChange(t.Context(), w.scope, edits, "ada")
	if err != nil {
		t.Fatal(err)
	}
	died := mapping.Mapping{Tenant: "t-n05", Target: edits[5].Target, Change: c.ID, By: "ada"}
	if _, err := w.Store.PutMappings(t.Context(), w.scope, []mapping.Mapping{died}, nil); err != nil {
		t.Fatal(err)
	}
	w.queue = append(w.queue, c.ID)
	w.work()
	got := w.change(c.ID)
	results := map[mapping.Result]int{}
	for _, r := range got.Rows {
		results[r.Result]++
	}
	want := map[mapping.Result]int{mapping.RowApplied: 58, mapping.RowInvalid: 1, mapping.RowConflict: 1}
	if diff := cmp.Diff(want, results); diff != "" || got.State != mapping.Applied {
		t.Errorf("%s (-want +got):\n%s", got.State, diff)
	}
	if m := w.mapping("n05"); m.Rev != 1 {
		t.Errorf("written twice: %+v", m)
	}
}

// Two people save at the same moment: one of them is told.
func TestSaveManyIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("a", "b")
	acme := mapping.Target{Company: mapping.Ref{ID: w.company("Acme", nil)}}
	if _, err := w.Save(t.Context(), w.scope, mapping.Edit{Tenant: "t-b", Target: acme}, "bob"); err != nil {
		t.Fatal(err)
	}
	_, err := w.SaveMany(t.Context(), w.scope, []mapping.Edit{{Tenant: "t-a", Target: acme}, {Tenant: "t-b", Target: acme}}, "ada")
	if problem.CodeOf(err) != problem.Stale || w.mapping("a").Mapped() {
		t.Errorf("%v %+v", err, w.mapping("a"))
	}
}

// The product's tellings come late, twice and out of order.
func TestTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now().UTC().Truncate(time.Second)
	tell := func(name string, state mapping.TenantState, at time.Duration) mapping.Told {
		t.Helper()
		told, err := w.PutTenant(t.Context(), "msp-1", mapping.Tenant{ID: "1", Name: name, State: state, ChangedAt: now.Add(at)})
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	for i, want := range []mapping.Told{
		tell("old", mapping.Active, -3*time.Minute), tell("gone", mapping.Removed, -time.Minute), tell("gone", mapping.Removed, -time.Minute),
		tell("gone!", mapping.Removed, -time.Second),
	} {
		if want != mapping.Stored {
			t.Errorf("telling %d: %s", i, want)
		}
	}
	if tell("late", mapping.Active, -2*time.Minute) != mapping.Late {
		t.Error("a late telling was stored")
	}
	all, err := w.Store.Tenants(t.Context(), "msp-1")
	if err != nil || len(all) != 1 || all[0].Name != "gone!" || !all[0].RemovedAt.Equal(now.Add(-time.Minute)) {
		t.Errorf("%+v %v", all, err)
	}
	for name, bad := range map[string]mapping.Tenant{
		"no id":         {Name: "x", State: mapping.Active, ChangedAt: now},
		"no name":       {ID: "1", Name: " ", State: mapping.Active, ChangedAt: now},
		"no state":      {ID: "1", Name: "x", ChangedAt: now},
		"no time":       {ID: "1", Name: "x", State: mapping.Active},
		"the future":    {ID: "1", Name: "x", State: mapping.Active, ChangedAt: now.Add(time.Hour)},
		"a line break":  {ID: "1\n", Name: "x", State: mapping.Active, ChangedAt: now},
		"a long name":   {ID: "1", Name: strings.Repeat("x", 201), State: mapping.Active, ChangedAt: now},
		"a null letter": {ID: "1", Name: "x\x00", State: mapping.Active, ChangedAt: now},
	} {
		if _, err := w.PutTenant(t.Context(), "msp-1", bad); problem.CodeOf(err) != problem.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	core, domains := w.item("CORE", "Service", false), w.item("DNS-GUARD", "Service", false)
	saved, err := w.SaveProducts(t.Context(), w.scope, map[mapping.SKU]mapping.Ref{"core": {ID: core}, "dmarc": {ID: domains}}, 0, "ada")
	if err != nil || saved.Rev != 1 || saved.Items["core"].Name != "CORE" {
		t.Fatalf("%+v %v", saved, err)
	}
	if _, err := w.SaveProducts(t.Context(), w.scope, nil, 0, "bob"); problem.CodeOf(err) != problem.Stale {
		t.Errorf("an old rev: %v", err)
	}
	_, stored, err := w.Products(t.Context(), w.scope)
	if diff := cmp.Diff(saved.Items, stored.Items); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	found, err := w.ItemSearch(t.Context(), w.scope, "s-gua", 10)
	if err != nil || len(found) != 1 || found[0].ID != domains {
		t.Errorf("%+v %v", found, err)
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		"Acme, Inc.": "ACME", "Müller & Söhne GmbH": "Muller and Sohne", "O'Neil Ltd": "oneil", "A.B.C. Co": "abc", "Co": "co",
	} {
		if mapping.Normal(a) != mapping.Normal(b) {
			t.Errorf("%q is %q, %q is %q", a, mapping.Normal(a), b, mapping.Normal(b))
		}
	}
	for a, b := range map[string]string{"Acme East": "Acme", "Acme 2": "Acme", "Acme Group": "Acme", "日本": "日"} {
		if mapping.Normal(a) == mapping.Normal(b) {
			t.Errorf("%q and %q are taken for the same", a, b)
		}
	}
}

// A filter leaves companies out of what is synced, and not out of mapping.
func TestCompanySearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kept, left := w.company("Zebra One", nil), w.company("Zebra Two", nil)
	w.names = []mapping.Ref{{ID: kept, Name: "Zebra One"}}
	found, err := w.CompanySearch(t.Context(), w.scope, " zebra ", 5)
	if err != nil || len(found) != 2 || found[0].ID != kept || found[1].ID != left {
		t.Errorf("%+v %v", found, err)
	}
	w.whole, w.Connector = true, closed{} // there is nobody to ask
	found, err = w.CompanySearch(t.Context(), w.scope, " zebra ", 5)
	if err != nil || len(found) != 1 {
		t.Errorf("everything is stored: %+v %v", found, err)
	}
	if _, err := w.CompanySearch(t.Context(), w.scope, "nobody", 5); problem.CodeOf(err) != problem.PermissionMissing {
		t.Errorf("nothing is found, and nobody was asked: %v", err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	names := []mapping.Ref{{ID: 1, Name: "Blue Acme"}, {ID: 2, Name: "Acme"}, {ID: 3, Name: "Pacme"}, {ID: 4, Name: "Other"}, {ID: 5, Name: "Acme (old)"}}
	var got []psa.RecordID
	for _, n := range mapping.Search(names, "acme", 3) {
		got = append(got, n.ID)
	}
	if !slices.Equal(got, []psa.RecordID{2, 5, 1}) {
		t.Errorf("found %v", got)
	}
}

// What a mapping names is not removed before a person has agreed.
func TestUses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tenants("Acme")
	acme := w.company("Acme", nil)
	gold, core, over := w.agreement("Gold", acme, "Active"), w.item("A-CORE", "Service", false), w.item("A-OVER", "Service", false)
	target := mapping.Target{
		Company: mapping.Ref{ID: acme}, Agreement: mapping.Ref{ID: gold}, Enabled: true,
		Products: map[mapping.SKU]mapping.Ref{"core": {ID: over}},
	}
	if _, err := w.Save(t.Context(), w.scope, mapping.Edit{Tenant: "t-Acme", Target: target}, "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.SaveProducts(t.Context(), w.scope, map[mapping.SKU]mapping.Ref{"core": {ID: core}}, 0, "ada"); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		typ  psa.DataType
		id   psa.RecordID
		want bool
	}{
		{psa.Companies, acme, true},
		{psa.Companies, acme + 1000, false},
		{psa.Agreements, gold, true},
		{psa.Agreements, gold + 1000, false},
		{psa.Catalog, core, true},
		{psa.Catalog, over, true},
		{psa.Catalog, over + 1000, false},
		{psa.Contacts, acme, false},
	} {
		got, err := mapping.Uses(t.Context(), w.Store, w.scope, tc.typ, []psa.RecordID{7777, tc.id})
		if err != nil || got != tc.want {
			t.Errorf("%s %d: %v %v", tc.typ, tc.id, got, err)
		}
	}
}
