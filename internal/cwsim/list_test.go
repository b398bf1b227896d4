package cwsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// threeCompanies is an installation small enough to reason about.
func threeCompanies(t *testing.T) *api {
	t.Helper()
	a := start(t, Config{Now: clock})
	for _, m := range []map[string]any{
		{
			"id": 10, "identifier": "ACME", "name": "Acme Ltd", "city": "Tampa", "deletedFlag": false, "annualRevenue": 1.5,
			"status": map[string]any{"id": 1}, "types": []any{map[string]any{"id": 1}, map[string]any{"id": 3}},
			"_info":        map[string]any{"lastUpdated": "2024-01-01T00:00:00Z"},
			"customFields": []any{map[string]any{"id": 1, "caption": "Tom", "value": "x"}, map[string]any{"id": 2, "caption": "Ann", "value": nil}},
		},
		{
			"id": 20, "identifier": "Bäcker", "name": `"B" & [Söhne]`, "deletedFlag": true, "numberOfEmployees": 7, "status": map[string]any{"id": 2},
			"_info": map[string]any{"lastUpdated": "2024-01-02T00:00:00Z"}, "types": []any{map[string]any{"id": 2}},
		},
		{"id": 35, "identifier": "zed", "name": "acme LTD", "deletedFlag": nil, "annualRevenue": 10, "_info": map[string]any{"lastUpdated": "2024-01-02T00:00:00Z"}},
	} {
		put(t, a.sim, Companies, m)
	}
	return a
}

func TestConditions(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	for _, c := range []struct {
		text string
		want []int
	}{
		{`id > 10`, []int{20, 35}},
		{`id >= 10 and id < 35`, []int{10, 20}},
		{`id in (35, 10, 11)`, []int{10, 35}},
		{`not id in (35)`, []int{10, 20}},
		{`id = 20 or id = 35`, []int{20, 35}},
		{`name = "ACME ltd"`, []int{10, 35}},
		{`name != "acme ltd"`, []int{20}},
		{`name like "acme*"`, []int{10, 35}},
		{`name contains "[[]s"`, []int{20}},
		{`name = '"B" & [Söhne]'`, []int{20}},
		{`name not contains "acme"`, []int{20}},
		{`name < "b"`, []int{10, 20, 35}},
		{`deletedFlag = false`, []int{10}},
		{`deletedFlag = true`, []int{20}},
		{`deletedFlag = null`, []int{35}},
		{`deletedFlag != null`, []int{10, 20}},
		{`annualRevenue > 1.5`, []int{35}},
		{`annualRevenue >= 1.5`, []int{10, 35}},
		{`numberOfEmployees = 7`, []int{20}},
		{`status/id = 2`, []int{20}},
		{`status/name = "active"`, []int{10}},
		{`status = null`, []int{35}},
		{`lastUpdated > [2024-01-01T00:00:00Z]`, []int{20, 35}},
		{`_info/lastUpdated >= [2024-01-01T01:00:00+01:00]`, []int{10, 20, 35}},
		{`lastUpdated > [2024-01-02T00:00:00Z]`, []int{}},
		{`_info/updatedBy = "demo"`, []int{10, 20, 35}},
		{`city = "Tampa" and (id = 10 or id = 20)`, []int{10}},
	} {
		if got := a.ids("/company/companies", conditions(c.text)); !cmp.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.text, got, c.want)
		}
	}
}

func TestChildConditions(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	contact := put(t, a.sim, Contacts, map[string]any{"firstName": "Ann", "company": map[string]any{"id": 20}, "communicationItems": []any{
		map[string]any{"id": 1, "type": map[string]any{"id": 1}, "value": "ann@x.com", "communicationType": "Email"},
		map[string]any{"id": 2, "value": "555", "communicationType": "Phone"},
	}})
	put(t, a.sim, Contacts, map[string]any{"firstName": "Bob"})
	for _, c := range []struct {
		path, param, text string
		want              []int
	}{
		{"/company/companies", "childConditions", `types/id = 1`, []int{10}},
		{"/company/companies", "childConditions", `types/name = "Prospect"`, []int{20}},
		{"/company/companies", "childConditions", `types/id = 1 and types/id = 3`, []int{}},
		{"/company/companies", "customFieldConditions", `caption="Tom" AND value != null`, []int{10}},
		{"/company/companies", "customFieldConditions", `caption="Ann" AND value != null`, []int{}},
		{"/company/contacts", "childConditions", `communicationItems/value like "ann*" AND communicationItems/communicationType="Email"`, []int{contact}},
		{"/company/contacts", "childConditions", `communicationItems/value like "ann*" AND communicationItems/communicationType="Phone"`, []int{}},
		{"/company/contacts", "conditions", `company/identifier = "bäcker"`, []int{contact}},
		{"/company/contacts", "conditions", `company = null`, []int{contact + 1}},
	} {
		if got := a.ids(c.path, url.Values{c.param: {c.text}}); !cmp.Equal(got, c.want) {
			t.Errorf("%s %s: got %v, want %v", c.param, c.text, got, c.want)
		}
	}
}

func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	for _, c := range []struct{ param, text, message string }{
		{"conditions", `member/identifier = "x"`, "member/identifier is not a recognized name."},
		{"conditions", `types/id = 1`, "types/id is not a recognized name."},
		{"conditions", `type/name = "Customer"`, "type/name is not a recognized name."},
		{"conditions", `Name = "x"`, "Name is not a recognized name."},
		{"conditions", `status = 1`, "status is not a recognized name."},
		{"conditions", `status/foo = 1`, "status/foo is not a recognized name."},
		{"conditions", `deletedFlag = 1`, "Expected a boolean value, not a numeric. String values should be enclosed with double or single quotes;"},
		{"conditions", `id = "1"`, "Expected a numeric value, not a string."},
		{"conditions", `lastUpdated > "2024-01-01"`, "Expected a datetime value, not a string."},
		{"conditions", `id > null`, "null can be compared"},
		{"conditions", `id contains "1"`, "The operator contains needs a string field."},
		{"conditions", `id =`, "Syntax error at position 4"},
		{"childConditions", `types/id in (1)`, "The operator in is not supported here."},
		{"childConditions", `types/id = 1 and customFields/caption = "x"`, "customFields/caption is not a recognized name."},
		{"childConditions", `name = "x"`, "name is not a recognized name."},
		{"customFieldConditions", `foo = "x"`, "foo is not a recognized name."},
		{"orderBy", `foo`, "foo is not a recognized name."},
		{"orderBy", `id up`, "up is not a sort direction."},
		{"fields", `id,foo`, "foo is not a recognized name."},
		{"fields", `status/foo`, "status/foo is not a recognized name."},
		{"fields", `_info/foo`, "_info/foo is not a recognized name."},
	} {
		out := a.get("/company/companies", url.Values{c.param: {c.text}})
		e := out.object(t)
		message, _ := e["message"].(string)
		if out.status != http.StatusBadRequest || e["code"] != "ApiFindCondition" || !strings.HasPrefix(message, c.message) {
			t.Errorf("%s %s: got %d %s", c.param, c.text, out.status, out.body)
		}
	}
}

func TestTypeConditionSwitch(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	a.sim.SetSwitches(func(sw *Switches) { sw.CompanyTypeConditions = true })
	if got := a.ids("/company/companies", conditions(`type/name = "Customer" and type/id = 3`)); !cmp.Equal(got, []int{10}) {
		t.Errorf("got %v", got)
	}
}

func TestOrderBy(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	for _, c := range []struct {
		by   string
		want []int
	}{
		{"id desc", []int{35, 20, 10}},
		{"id", []int{10, 20, 35}},
		{"name asc, id desc", []int{20, 35, 10}},
		{"annualRevenue desc", []int{35, 10, 20}},
		{"status/name desc,id", []int{20, 10, 35}},
		{"status desc", []int{20, 10, 35}},
		{"lastUpdated desc,id asc", []int{20, 35, 10}},
		{"deletedFlag", []int{35, 10, 20}},
	} {
		if got := a.ids("/company/companies", url.Values{"orderBy": {c.by}}); !cmp.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.by, got, c.want)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	for _, c := range []struct{ fields, want string }{
		{"id,name", `[{"id":10,"name":"Acme Ltd"}]`},
		{"status/id", `[{"status":{"id":1}}]`},
		{"status/id, status/name,_info/lastUpdated", `[{"status":{"id":1,"name":"Active"},"_info":{"lastUpdated":"2024-01-01T00:00:00Z"}}]`},
		{"types/name", `[{"types":[{"name":"Customer"},{"name":"Vendor"}]}]`},
		{"customFields/caption,customFields/value", `[{"customFields":[{"caption":"Tom","value":"x"},{"caption":"Ann","value":null}]}]`},
		{"market", `[{}]`},
	} {
		out := a.get("/company/companies", url.Values{"fields": {c.fields}, "conditions": {"id=10"}})
		out.want(t, http.StatusOK, c.want)
	}
	whole := a.get("/company/companies/10", nil).object(t)
	if _, ok := whole["_info"]; !ok {
		t.Error("no _info without fields")
	}
	a.get("/company/companies/10", url.Values{"fields": {"id"}}).want(t, http.StatusOK, `{"id":10}`)
}

func TestCount(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	a.get("/company/companies/count", nil).want(t, http.StatusOK, `{"count":3}`)
	a.get("/company/companies/count", conditions("id > 10")).want(t, http.StatusOK, `{"count":2}`)
}

func TestEveryEndpointListsGetsAndCounts(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 20, ContactsPerCompany: 2})
	for _, path := range []string{
		"/company/companies", "/company/contacts", "/company/companies/types", "/company/companies/statuses", "/company/companyTypeAssociations",
		"/company/companies/1/typeAssociations", "/system/locations", "/system/info/locations", "/company/marketDescriptions", "/company/contacts/types",
	} {
		ids := a.ids(path, url.Values{"fields": {"id,_info"}})
		if len(ids) == 0 {
			t.Errorf("%s is empty", path)
			continue
		}
		a.get(path+"/count", nil).want(t, http.StatusOK, "")
		if got := a.get(path+"/"+itoa(ids[0]), nil).object(t)["id"]; got != float64(ids[0]) {
			t.Errorf("%s/%d: got id %v", path, ids[0], got)
		}
		a.get(path+"/99999999", nil).want(t, http.StatusNotFound, "")
	}
}

// Bounds on the id are taken out of a condition and answered by a search; they must mean the same as when they are evaluated.
func TestIDBoundsMeanTheSame(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
		for _, n := range []string{"-1", "0", "9", "10", "10.5", "19.5", "20", "34", "35", "36", "99999999999999"} {
			bounded := a.ids("/company/companies", conditions("id "+op+" "+n))
			evaluated := a.ids("/company/companies", conditions("not (not (id "+op+" "+n+"))"))
			if !cmp.Equal(bounded, evaluated) {
				t.Errorf("id %s %s: got %v, want %v", op, n, bounded, evaluated)
			}
		}
	}
	if got := a.ids("/company/companies", conditions("id > 10 and (id < 35 and deletedFlag = true)")); !cmp.Equal(got, []int{20}) {
		t.Errorf("mixed: %v", got)
	}
}
