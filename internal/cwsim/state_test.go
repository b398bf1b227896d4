package cwsim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPutFull(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1, ContactsPerCompany: 1})
	for entity, path := range map[string]string{
		Companies: "/company/companies/", Contacts: "/company/contacts/", Opportunities: "/sales/opportunities/", Catalog: "/procurement/catalog/",
		Configurations: "/company/configurations/", Agreements: "/finance/agreements/", Tickets: "/service/tickets/", Invoices: "/finance/invoices/",
	} {
		id, err := a.sim.PutFull(entity)
		if err != nil {
			t.Fatal(err)
		}
		got := a.get(path+itoa(id), nil).object(t)
		for _, f := range entities()[entity].fields {
			if got[f.name] == nil && !f.hidden && f.name != "nextInvoiceDate" { // a child has none
				t.Errorf("%s: %s has no value", entity, f.name)
			}
		}
	}
	if _, err := a.sim.PutFull("nothing"); err == nil {
		t.Error("an unknown table was accepted")
	}
}

func TestPut(t *testing.T) {
	t.Parallel()
	sim := New(Config{Now: clock})
	long := strings.Repeat("é\"\\\u0001<&", 20_000)
	id := put(t, sim, Companies, map[string]any{"name": long, "market": nil, "newField": []any{1, "x", nil}, "types": []any{map[string]any{"id": 2}}})
	got := sim.Get(Companies, id)
	if got["name"] != long {
		t.Error("a long name was changed")
	}
	if v, present := got["market"]; !present || v != nil {
		t.Errorf("an explicit null became %v, present %v", v, present)
	}
	if diff := cmp.Diff([]any{1.0, "x", nil}, got["newField"]); diff != "" {
		t.Error(diff)
	}
	put(t, sim, Companies, map[string]any{"id": id, "city": "Tampa", "_info": map[string]any{"lastUpdated": "2020-01-01T00:00:00Z", "updatedBy": "x"}})
	after := sim.Get(Companies, id)
	info, _ := after["_info"].(map[string]any)
	if after["name"] != long || after["city"] != "Tampa" || info["lastUpdated"] != "2020-01-01T00:00:00Z" || info["updatedBy"] != "x" {
		t.Errorf("after the second put: %v %v", after["city"], info)
	}
	for entity, members := range map[string]map[string]any{"nothing": {}, Companies: {"name": 1}, Contacts: {"communicationItems": []any{1}}} {
		if _, err := sim.Put(entity, members); err == nil {
			t.Errorf("%s %v was accepted", entity, members)
		}
	}
	if !sim.Delete(Companies, id) || sim.Delete(Companies, id) || sim.Get(Companies, id) != nil || len(sim.Snapshot(Companies)) != 0 {
		t.Error("the record is still there")
	}
}

// A contact keeps pointing at a company that is gone, and pages can still be read.
func TestDanglingReference(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	company := put(t, a.sim, Companies, map[string]any{"name": "Gone"})
	put(t, a.sim, Contacts, map[string]any{"firstName": "Ann", "company": map[string]any{"id": company}})
	a.sim.Delete(Companies, company)
	a.get("/company/contacts/1", map[string][]string{"fields": {"company/id,company/name"}}).want(t, 200, `{"company":{"id":1}}`)
}

func TestSecondMember(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	get := func() int {
		req := a.request("GET", a.base+"/company/companies", "")
		req.SetBasicAuth("psabridge_demo+pub2", "priv2")
		return a.send(req).status
	}
	if got := get(); got != 401 {
		t.Errorf("before: %d", got)
	}
	a.sim.SetMember(Member{Identifier: "second", PublicKey: "pub2", PrivateKey: "priv2", Role: FullRole()})
	if got := get(); got != 200 {
		t.Errorf("added: %d", got)
	}
	a.sim.SetMember(Member{Identifier: "second", PublicKey: "pub3", PrivateKey: "priv2", Role: FullRole()})
	if got := get(); got != 401 {
		t.Errorf("rotated: %d", got)
	}
	if err := a.sim.SetRole("nobody", FullRole()); err == nil {
		t.Error("an unknown member was accepted")
	}
}

func TestSoftDeleteIsAChange(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	a.sim.SetClock(time.Date(2026, 6, 6, 6, 6, 6, 0, time.UTC))
	a.do("DELETE", "/company/companies/10", "").want(t, 204, "")
	if got := a.ids("/company/companies", conditions("lastUpdated >= [2026-06-06T06:06:06Z]")); !cmp.Equal(got, []int{10}) {
		t.Errorf("changed since: %v", got)
	}
}
