package cwsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateCompany(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Now: clock})
	out := a.do("POST", "/company/companies", `{"identifier":"New","name":"New & Co","city":"Tampa","types":[{"id":1}],"status":{"name":"inactive"}}`)
	if out.status != http.StatusCreated {
		t.Fatalf("got %d %s", out.status, out.body)
	}
	got := out.object(t)
	info, _ := got["_info"].(map[string]any)
	if info["lastUpdated"] != "2026-03-04T05:06:07Z" || info["updatedBy"] != "PsabridgeAPI" {
		t.Errorf("_info: %v", info)
	}
	status, _ := got["status"].(map[string]any)
	types, _ := got["types"].([]any)
	if status["id"] != 2.0 || len(types) != 1 {
		t.Errorf("status %v, types %v", status, types)
	}
	if list := a.ids("/company/companies/1/typeAssociations", nil); len(list) != 1 {
		t.Errorf("associations: %v", list)
	}
}

func TestRefusedBodies(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	a.do("POST", "/company/companies", `{"identifier":"Taken","name":"x","city":"y"}`).want(t, 201, "")
	for _, c := range []struct{ path, body, code, nested, field string }{
		{"/company/companies", `{}`, "InvalidObject", "MissingRequiredField", "identifier"},
		{"/company/companies", `{"identifier":"A","name":"B"}`, "InvalidObject", "MissingRequiredField", "addressLine1"},
		{"/company/companies", `{"identifier":"` + strings.Repeat("é", 26) + `","name":"B","city":"C"}`, "InvalidObject", "MaxLengthField", "identifier"},
		{"/company/companies", `{"identifier":"taken","name":"B","city":"C"}`, "InvalidObject", "ObjectExists", "identifier"},
		{"/company/companies", `{"identifier":"A","name":"B","city":"C","status":{"id":99}}`, "InvalidObject", "NotFound", "status/id"},
		{"/company/companies", `{"identifier":"A","name":"B","city":"C","yearEstablished":3}`, "InvalidObject", "OutOfRange", "yearEstablished"},
		{"/company/companies", `{"identifier":"A","name":"B","city":"C","what":1}`, "ConnectWiseApi", "", ""},
		{"/company/companies", `{"identifier":1,"name":"B","city":"C"}`, "ConnectWiseApi", "", ""},
		{"/company/companies", `[]`, "ConnectWiseApi", "", ""},
		{"/company/companies", `{"identifier"`, "ConnectWiseApi", "", ""},
		{"/company/contacts", `{}`, "InvalidObject", "MissingRequiredField", "firstName"},
		{"/company/contacts", `{"firstName":"A","gender":"x"}`, "InvalidObject", "InvalidField", "gender"},
		{"/company/contacts", `{"firstName":"A","communicationItems":[{"type":{"id":99}}]}`, "InvalidObject", "NotFound", "communicationItems/type/id"},
		{"/company/contacts", `{"firstName":"A","type":"x"}`, "ConnectWiseApi", "", ""},
		{"/company/contacts", `{"firstName":"A","communicationItems":[{"kind":1}]}`, "ConnectWiseApi", "", ""},
	} {
		out := a.do("POST", c.path, c.body)
		var e apiError
		out.decode(t, &e)
		ok := out.status == http.StatusBadRequest && e.Code == c.code
		if c.nested != "" {
			ok = ok && len(e.Errors) > 0 && e.Errors[0].Code == c.nested && e.Errors[0].Field == c.field
		}
		if !ok {
			t.Errorf("%s %s: got %d %s", c.path, c.body, out.status, out.body)
		}
	}
	out := a.do("POST", "/company/contacts", "firstName=A", "Content-Type", "text/plain")
	out.want(t, http.StatusUnsupportedMediaType, "")
	message := a.do("POST", "/company/contacts", `{"type":"x"}`).object(t)["message"]
	if m, _ := message.(string); !strings.HasPrefix(m, "Could not find member 'type' on object of type 'Contact'. Path 'type', line 1, position 8.") {
		t.Errorf("got %q", message)
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	a.sim.SetClock(time.Date(2026, 5, 5, 5, 5, 5, 999, time.UTC))
	for _, c := range []struct{ ops, field, want string }{
		{`[{"op":"replace","path":"name","value":"N1"}]`, "name", `"N1"`},
		{`[{"op":"replace","path":"/name","value":"N2"},{"op":"add","path":"zip","value":"1"}]`, "name,zip", `"N2","zip":"1"`},
		{`[{"op":"replace","path":"status","value":{"name":"credit hold"}}]`, "status/id", `{"id":4}`},
		{`[{"op":"replace","path":"status/id","value":2}]`, "status/id", `{"id":4}`}, // 200 and nothing changed
		{`[{"op":"remove","path":"zip"}]`, "zip", ``},
		{`[{"op":"replace","path":"types","value":[{"id":2}]}]`, "types/id", `[{"id":1},{"id":3}]`},
		{`[{"op":"replace","path":"customFields","value":[{"id":1,"value":"y"}]}]`, "customFields/value", `[{"value":"y"},{"value":null}]`},
		{`[{"op":"replace","path":"customFields","value":[]}]`, "customFields/value", `[{"value":"y"},{"value":null}]`},
	} {
		a.do("PATCH", "/company/companies/10", c.ops).want(t, 200, "")
		name, _, _ := strings.Cut(c.field, ",")
		name, _, _ = strings.Cut(name, "/")
		want := "{}"
		if c.want != "" {
			want = `{"` + name + `":` + c.want + `}`
		}
		a.get("/company/companies/10", url.Values{"fields": {c.field}}).want(t, 200, want)
	}
	a.get("/company/companies/10", url.Values{"fields": {"_info/lastUpdated"}}).want(t, 200, `{"_info":{"lastUpdated":"2026-05-05T05:05:05Z"}}`)
}

func TestRefusedPatches(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	rename := `[{"op":"replace","path":"name","value":"N"}]`
	a.do("PATCH", "/company/companies/0", rename).want(t, 404, `{"code":"NotFound","message":"Company 0 not found"}`)
	for _, body := range []string{
		`{"name":"N"}`, `[{"op":"replace","path":"Name","value":"N"}]`, `[{"op":"move","path":"name","value":"N"}]`,
		`[{"op":"replace","path":"name","value":5}]`, `[{"op":"remove","path":"name"}]`, `[{"op":"replace","path":"status","value":{"id":77}}]`,
	} {
		a.do("PATCH", "/company/companies/10", body).want(t, 400, "")
	}
	// The whole record is validated, so an old value that became invalid blocks every change.
	put(t, a.sim, Companies, map[string]any{"id": 10, "yearEstablished": 0})
	out := a.do("PATCH", "/company/companies/10", rename)
	if out.status != 400 || !strings.Contains(out.body, `"OutOfRange"`) {
		t.Errorf("got %d %s", out.status, out.body)
	}
}

func TestContactItems(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	out := a.do("POST", "/company/contacts", `{"firstName":"Ann","typeIds":[1,2],"communicationItems":[
		{"type":{"id":1},"value":"a@x","communicationType":"Email","defaultFlag":true}]}`)
	out.want(t, 201, "")
	values := func() string {
		return a.get("/company/contacts/1", url.Values{"fields": {"communicationItems/value,communicationItems/defaultFlag"}}).body
	}
	a.do("PATCH", "/company/contacts/1", `[{"op":"add","path":"/communicationItems/-","value":{"type":{"id":1},"value":"b@x","communicationType":"Email","defaultFlag":true}}]`).
		want(t, 200, "")
	if got, want := values(), `{"communicationItems":[{"value":"a@x","defaultFlag":false},{"value":"b@x","defaultFlag":true}]}`; got != want {
		t.Errorf("add: got %s", got)
	}
	a.do("PATCH", "/company/contacts/1", `[{"op":"replace","path":"communicationItems/1/value","value":"c@x"},{"op":"remove","path":"communicationItems/0"}]`).
		want(t, 200, "")
	if got, want := values(), `{"communicationItems":[{"value":"c@x","defaultFlag":true}]}`; got != want {
		t.Errorf("replace and remove: got %s", got)
	}
	a.get("/company/contacts/1", url.Values{"fields": {"types/name"}}).want(t, 200, `{"types":[{"name":"Technical Contact"},{"name":"Billing"}]}`)
	a.do("PATCH", "/company/contacts/1", `[{"op":"remove","path":"communicationItems/7"}]`).want(t, 400, "")
	if body := a.get("/company/contacts/1", nil).body; strings.Contains(body, "typeIds") {
		t.Errorf("typeIds is returned: %s", body)
	}
}

func TestReplaceClearsTheRest(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	a.do("PUT", "/company/companies/10", `{"identifier":"ACME","name":"Put","zip":"9"}`).want(t, 200, "")
	a.get("/company/companies/10", url.Values{"fields": {"name,city,annualRevenue,types/id"}}).want(t, 200, `{"name":"Put","types":[{"id":1},{"id":3}]}`)
	a.do("PUT", "/company/companies/10", `{"name":"Put"}`).want(t, 400, "")
}

func TestDelete(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	contact := put(t, a.sim, Contacts, map[string]any{"firstName": "Ann"})
	a.do("DELETE", "/company/contacts/"+itoa(contact), "").want(t, 204, "")
	a.do("DELETE", "/company/contacts/"+itoa(contact), "").want(t, 404, "")
	a.do("DELETE", "/company/companies/10", "").want(t, 204, "")
	got := a.get("/company/companies/10", nil).object(t)
	if got["deletedFlag"] != true || got["deletedBy"] != "PsabridgeAPI" {
		t.Errorf("got %v", got)
	}
	a.sim.SetSwitches(func(sw *Switches) { sw.HardDelete = true })
	a.do("DELETE", "/company/companies/20", "").want(t, 204, "")
	a.get("/company/companies/20", nil).want(t, 404, "")
}

func TestMerge(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	contact := put(t, a.sim, Contacts, map[string]any{"firstName": "Ann", "company": map[string]any{"id": 10}})
	a.do("POST", "/company/companies/10/merge", `{}`).want(t, 400, "")
	a.do("POST", "/company/companies/10/merge", `{"toCompanyId":99}`).want(t, 404, "")
	a.do("POST", "/company/companies/10/merge", `{"toCompanyId":35,"contacts":"Merge"}`).want(t, 200, "")
	a.get("/company/companies/10", nil).want(t, 404, "")
	a.get("/company/contacts/"+itoa(contact), url.Values{"fields": {"company/id"}}).want(t, 200, `{"company":{"id":35}}`)
	if ids := a.ids("/company/companyTypeAssociations", conditions("company/id=10")); len(ids) != 0 {
		t.Errorf("associations of the merged company: %v", ids)
	}
}

func TestTypeAssociations(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	updated := func() string {
		return a.get("/company/companies/20", url.Values{"fields": {"types/id,_info/lastUpdated"}}).body
	}
	out := a.do("POST", "/company/companies/20/typeAssociations", `{"type":{"id":4}}`)
	out.want(t, 201, "")
	if got, want := updated(), `{"types":[{"id":2},{"id":4}],"_info":{"lastUpdated":"2024-01-02T00:00:00Z"}}`; got != want {
		t.Errorf("after adding: got %s", got)
	}
	a.do("POST", "/company/companyTypeAssociations", `{"type":{"id":4},"company":{"id":20}}`).want(t, 400, "")
	a.do("POST", "/company/companies/99/typeAssociations", `{"type":{"id":4}}`).want(t, 404, "")
	id, _ := out.object(t)["id"].(float64)
	a.do("DELETE", "/company/companies/10/typeAssociations/"+itoa(int(id)), "").want(t, 404, "")
	a.do("DELETE", "/company/companies/20/typeAssociations/"+itoa(int(id)), "").want(t, 204, "")
	if got, want := updated(), `{"types":[{"id":2}],"_info":{"lastUpdated":"2024-01-02T00:00:00Z"}}`; got != want {
		t.Errorf("after removing: got %s", got)
	}
	a.sim.SetSwitches(func(sw *Switches) { sw.TypesTouchCompany = true })
	a.do("POST", "/company/companies/20/typeAssociations", `{"type":{"id":4}}`).want(t, 201, "")
	if got, want := updated(), `{"types":[{"id":2},{"id":4}],"_info":{"lastUpdated":"2026-03-04T05:06:07Z"}}`; got != want {
		t.Errorf("with the switch: got %s", got)
	}
	if ids := a.ids("/company/companyTypeAssociations", conditions(`type/id=4`)); len(ids) != 1 {
		t.Errorf("sweep: %v", ids)
	}
}

func TestCallbackRegistration(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	body := `{"url":"https://h.example/webhook?recordId=","objectId":0,"type":"contact","level":"owner","payloadVersion":"3.0.0","inactiveFlag":false,"isSelfSuppressedFlag":false}`
	out := a.do("POST", "/system/callbacks", body)
	if got := out.object(t); out.status != 201 || got["objectId"] != 1.0 || got["memberId"] != 1.0 {
		t.Errorf("got %d %v", out.status, got)
	}
	for _, c := range []struct{ body, code, message, field string }{
		{body, "ObjectExists", "A matching callback entry already exists", "objectId"},
		{strings.Replace(body, "https://h.example", "h", 1), "InvalidField", "Invalid URL", "url"},
		{strings.Replace(body, "owner", "phase", 1), "InvalidObject", "Unrecognized level for type, see documentation for supported levels for each type", "level"},
		{strings.Replace(body, "contact", "addition", 1), "InvalidObject", "Unrecognized level for type, see documentation for supported levels for each type", "level"},
	} {
		var e apiError
		a.do("POST", "/system/callbacks", c.body).decode(t, &e)
		want := []validation{{c.code, c.message, "callbackEntry", c.field}}
		if diff := cmp.Diff(want, e.Errors); diff != "" {
			t.Errorf("%s: %s", c.body, diff)
		}
	}
	if ids := a.ids("/system/callbacks", conditions(`url contains "h.example"`)); len(ids) != 1 {
		t.Errorf("by url: %v", ids)
	}
	a.do("PATCH", "/system/callbacks/1", `[{"op":"replace","path":"inactiveFlag","value":true}]`).want(t, 200, "")
	a.do("DELETE", "/system/callbacks/1", "").want(t, 204, "")
	a.get("/system/callbacks/count", nil).want(t, 200, `{"count":0}`)
}
