package cwsim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Records below another one belong to it, and are not found below one that
// does not exist.
func TestRecordsBelowOthers(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 2, ContactsPerCompany: 1})
	company := a.sim.IDs(Companies)[0]
	contact := a.sim.IDs(Contacts)[0]
	ref := func(id int) map[string]any { return map[string]any{"id": id} }
	agreement := put(t, a.sim, Agreements, map[string]any{
		"name": "Managed", "type": ref(1), "company": ref(company), "contact": ref(contact),
	})
	other := put(t, a.sim, Agreements, map[string]any{"name": "Other", "type": ref(1), "company": ref(company), "contact": ref(contact)})
	path := "/finance/agreements/" + strconv.Itoa(agreement) + "/additions"
	a.do("POST", path, `{}`).want(t, 400, "")
	a.do("POST", path, `{"product":{"id":1},"billCustomer":"Billable","quantity":3}`).want(t, 201, "")
	if ids := a.ids(path, nil); len(ids) != 1 {
		t.Errorf("additions %v", ids)
	}
	if ids := a.ids("/finance/agreements/"+strconv.Itoa(other)+"/additions", nil); len(ids) != 0 {
		t.Errorf("another's additions %v", ids)
	}
	for _, c := range [][3]string{
		{"GET", "/finance/agreements/0/additions", ""},
		{"POST", "/finance/agreements/0/additions", "{}"},
		{"PATCH", "/finance/agreements/0/additions/0", "[]"},
		{"GET", "/sales/opportunities/0/forecast", ""},
		{"POST", "/sales/opportunities/0/forecast", "{}"},
		{"GET", "/company/companies/0/notes", ""},
		{"PATCH", "/service/tickets/0", "[]"},
	} {
		if out := a.do(c[0], c[1], c[2]); out.status != 404 || !strings.Contains(out.body, `"NotFound"`) {
			t.Errorf("%v: %d %s", c, out.status, out.body)
		}
	}
}

// A forecast is one object.
func TestForecast(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1, ContactsPerCompany: 1})
	ref := func(id int) map[string]any { return map[string]any{"id": id} }
	id := put(t, a.sim, Opportunities, map[string]any{
		"name": "Deal", "primarySalesRep": ref(1), "company": ref(a.sim.IDs(Companies)[0]), "contact": ref(a.sim.IDs(Contacts)[0]),
	})
	path := "/sales/opportunities/" + strconv.Itoa(id) + "/forecast"
	a.do("POST", path, `{"forecastType":"Service","status":{"id":1},"revenue":12.5}`).want(t, 201, "")
	items, _ := a.get(path, url.Values{}).object(t)["forecastItems"].([]any)
	if len(items) != 1 {
		t.Errorf("items %v", items)
	}
}

// Every endpoint answers to a role that may read its cell, and to no other.
func TestEveryEndpointAsksForItsCell(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	for _, e := range append(endpoints(), furtherEndpoints()...) {
		if e.parent != "" || e.cell == "" {
			continue
		}
		for _, may := range []bool{true, false} {
			role, status := NoRole(), 403
			if may {
				role, status = ReadRole("one cell", e.cell), 200
			}
			if err := a.sim.SetRole("", role); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(e.methods, "l") {
				a.get(e.path, nil).want(t, status, "")
			}
		}
	}
	if !slices.Contains(a.sim.Tables(), Additions) {
		t.Error("a table is not listed")
	}
}
