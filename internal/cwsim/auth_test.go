package cwsim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestCompanyInfo(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	info := func(company string) answer {
		return a.send(a.request(http.MethodGet, a.url+"/login/companyinfo/"+company, "", "clientId", ""))
	}
	got := info("PSABRIDGE_demo").object(t)
	if got["Codebase"] != "v2026_1/" || got["CompanyID"] != "psabridge_demo" || got["IsCloud"] != true || got["VersionCode"] != "v2026.1" {
		t.Errorf("got %v", got)
	}
	if _, ok := got["SiteUrl"]; ok {
		t.Error("SiteUrl is sent")
	}
	info("nobody").want(t, http.StatusOK, "null")
	a.sim.SetSwitches(func(sw *Switches) { sw.UnknownCompany404, sw.IsCloudAsText, sw.SiteURL = true, true, "na.example" })
	info("nobody").want(t, http.StatusNotFound, "")
	if got := info("psabridge_demo").object(t); got["IsCloud"] != "True" || got["SiteUrl"] != "na.example" {
		t.Errorf("got %v", got)
	}
}

func TestRootSaysWhatItIs(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	out := a.send(a.request(http.MethodGet, a.url+"/", ""))
	if out.status != http.StatusOK || !strings.Contains(out.body, "not ConnectWise") || out.header.Get("X-Simulator") == "" {
		t.Errorf("got %+v", out)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	const path = "/company/companies"
	company, public, private := a.sim.Credentials()
	for name, c := range map[string]struct {
		user, password string
		status         int
	}{
		"right":           {company + "+" + public, private, 200},
		"wrong private":   {company + "+" + public, private + "x", 401},
		"wrong public":    {company + "+" + public + "x", private, 401},
		"wrong company":   {"other+" + public, private, 401},
		"no plus":         {public, private, 401},
		"nothing at all":  {"", "", 401},
		"company in case": {strings.ToUpper(company) + "+" + public, private, 401},
	} {
		req := a.request(http.MethodGet, a.base+path, "")
		req.SetBasicAuth(c.user, c.password)
		if out := a.send(req); out.status != c.status {
			t.Errorf("%s: got %d %s", name, out.status, out.body)
		}
	}
	req := a.request(http.MethodGet, a.base+path, "")
	req.Header.Set("Authorization", "Bearer x")
	if e := a.send(req).object(t); e["code"] != "Unauthorized" {
		t.Errorf("got %v", e)
	}
}

func TestClientID(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	get := func(id string) int { return a.get("/company/companies", nil, "clientId", id).status }
	if got := get(testClient); got != 200 {
		t.Errorf("GUID: got %d", got)
	}
	for _, status := range []int{0, 400, 401, 403} {
		a.sim.SetSwitches(func(sw *Switches) { sw.ClientIDStatus = status })
		want := status
		if want == 0 {
			want = 400
		}
		for _, id := range []string{"", "not-a-guid", "1111111122224333844455555555555500000"} {
			if got := get(id); got != want {
				t.Errorf("clientId %q: got %d, want %d", id, got, want)
			}
		}
	}
	b := start(t, Config{ClientIDs: []string{"AAAAAAAA-2222-4333-8444-555555555555"}})
	b.get("/company/companies", nil).want(t, 400, "")
	b.get("/company/companies", nil, "clientId", "aaaaaaaa-2222-4333-8444-555555555555").want(t, 200, "")
}

func TestVersionHeader(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	for accept, want := range map[string]int{
		"application/vnd.connectwise.com+json; version=2025.1":                   200,
		"application/vnd.connectwise.com+json; version=2025.1, application/json": 200,
		"application/json": 200,
		"":                 200,
		"application/vnd.connectwise.com+json; version=2099.1": 400,
		"application/vnd.connectwise.com+json; version=x":      400,
	} {
		if got := a.get("/company/companies", nil, "Accept", accept).status; got != want {
			t.Errorf("%q: got %d, want %d", accept, got, want)
		}
	}
}

func TestSystemInfoAuth(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	anonymous := func() answer {
		req := a.request(http.MethodGet, a.base+"/system/info", "", "clientId", "")
		req.Header.Del("Authorization")
		return a.send(req)
	}
	a.get("/system/info", nil).want(t, 200, "")
	anonymous().want(t, 400, "")
	a.sim.SetSwitches(func(sw *Switches) { sw.InfoWithoutAuth = true })
	if got := anonymous().object(t)["version"]; got == nil {
		t.Error("no version")
	}
}

func TestCodebases(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	at := func(codebase string) answer {
		return a.send(a.request(http.MethodGet, a.url+"/"+codebase+"apis/3.0/company/companies", ""))
	}
	missing := `{"code":"ConnectWiseApi","message":"The endpoint does not exist."}`
	at("v2026_1/").want(t, 200, "")
	at("v2026_1//").want(t, 200, "")
	at("v4_6_release/").want(t, 200, "")
	at("v2025_1/").want(t, 404, missing)
	at("").want(t, 404, missing)
	a.sim.Upgrade("v2026_2/")
	at("v2026_1/").want(t, 404, missing)
	at("v2026_2/").want(t, 200, "")
	at("v4_6_release/").want(t, 200, "")
	out := a.send(a.request(http.MethodGet, a.url+"/login/companyinfo/psabridge_demo", ""))
	if out.object(t)["Codebase"] != "v2026_2/" {
		t.Errorf("got %s", out.body)
	}
}

func TestRouterHidesUnauthorized(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Switches: Switches{RouterHidesUnauthorized: true}})
	at := func(codebase string) int {
		req := a.request(http.MethodGet, a.url+"/"+codebase+"apis/3.0/company/companies", "")
		req.SetBasicAuth("other+x", "y")
		return a.send(req).status
	}
	if router, direct := at("v4_6_release/"), at("v2026_1/"); router != 404 || direct != 401 {
		t.Errorf("router %d, real path %d", router, direct)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/company/nothing", 404},
		{"GET", "/company/companies/abc", 404},
		{"GET", "/company/companies/1/x", 404},
		{"GET", "/company/territories", 404},
		{"GET", "/company/companies/", 404},
		{"DELETE", "/company/companies", 405},
		{"POST", "/system/info", 405},
	} {
		if out := a.do(c.method, c.path, ""); out.status != c.status {
			t.Errorf("%s %s: got %d %s", c.method, c.path, out.status, out.body)
		}
	}
}

func TestLongURL(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	a.get("/company/companies", conditions("id in (1"+strings.Repeat(",1", 200)+")")).want(t, 200, "")
	a.get("/company/companies", conditions("id in (1"+strings.Repeat(",1", 2000)+")")).want(t, 414, "")
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Now: clock, Switches: Switches{RatePerMinute: 2}})
	for range 2 {
		a.get("/company/companies", nil).want(t, 200, "")
	}
	out := a.get("/company/companies", nil)
	out.want(t, 429, `{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 60 seconds."}`)
	if out.header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", out.header.Get("Retry-After"))
	}
	a.sim.SetSwitches(func(sw *Switches) { sw.HTML429 = true })
	if out := a.get("/company/companies", nil); out.status != 429 || !strings.HasPrefix(out.body, "<!DOCTYPE html>") {
		t.Errorf("got %d %s", out.status, out.body)
	}
	a.sim.Advance(61 * time.Second)
	a.get("/company/companies", nil).want(t, 200, "")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 3, ContactsPerCompany: 1})
	denied := `{"code":"Security","message":"You do not have security permission to perform this action."}`
	role := func(r Role) {
		if err := a.sim.SetRole("", r); err != nil {
			t.Fatal(err)
		}
	}
	check := func(name string, want map[string]bool) {
		t.Helper()
		for call, allowed := range want {
			method, path, _ := strings.Cut(call, " ")
			body := ""
			if method != http.MethodGet {
				body = "{}" // refused by validation if it gets that far
			}
			out := a.do(method, path, body)
			if (out.status != http.StatusForbidden) != allowed {
				t.Errorf("%s: %s: got %d", name, call, out.status)
			}
			if !allowed && out.body != denied {
				t.Errorf("%s: %s: got %s", name, call, out.body)
			}
		}
	}
	role(GuideOneRole())
	check("guide 1", map[string]bool{
		"GET /company/companies": true, "GET /company/companies/count": true, "POST /company/companies": false, "PATCH /company/companies/0": false,
		"POST /company/contacts": true, "PATCH /company/contacts/0": true, "GET /company/companies/types": true, "GET /company/marketDescriptions": true,
		"GET /company/companies/1/typeAssociations": true, "DELETE /company/companies/0": false, "GET /system/locations": true, "GET /system/callbacks": true,
	})
	role(GuideTwoRole())
	check("guide 2", map[string]bool{
		"GET /company/companies": true, "GET /company/contacts": false, "GET /company/companies/statuses": true, "GET /company/companies/types": false,
		"POST /company/contacts": false, "GET /system/info": true, "GET /system/info/locations": true,
	})
	a.sim.SetSwitches(func(sw *Switches) { sw.OpenTableSetup, sw.CallbacksNeedTableSetup = true, true })
	check("guide 2, open tables", map[string]bool{"GET /company/companies/types": true, "GET /system/callbacks": true, "POST /system/callbacks": false})
	role(NoRole())
	check("none", map[string]bool{"GET /company/companies": false, "GET /system/info": true})
}

func TestMineLevel(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	mine := put(t, a.sim, Companies, map[string]any{"identifier": "m", "name": "mine", "city": "x", "territoryManager": map[string]any{"id": 1}})
	other := put(t, a.sim, Companies, map[string]any{"identifier": "o", "name": "other", "city": "x", "territoryManager": map[string]any{"id": 2}})
	contact := put(t, a.sim, Contacts, map[string]any{"firstName": "A", "company": map[string]any{"id": mine}})
	put(t, a.sim, Contacts, map[string]any{"firstName": "B", "company": map[string]any{"id": other}})
	level := Rights{Inquire: Mine, Edit: Mine}
	role := Role{Cells: map[string]Rights{"Companies: Company Maintenance": level, "Companies: Contacts": level}}
	if err := a.sim.SetRole("", role); err != nil {
		t.Fatal(err)
	}
	if got := a.ids("/company/companies", nil); len(got) != 1 || got[0] != mine {
		t.Errorf("companies: %v", got)
	}
	if got := a.ids("/company/contacts", url.Values{}); len(got) != 1 || got[0] != contact {
		t.Errorf("contacts: %v", got)
	}
	a.get("/company/companies/"+itoa(other), nil).want(t, 404, "")
	rename := `[{"op":"replace","path":"name","value":"n"}]`
	a.do("PATCH", "/company/companies/"+itoa(other), rename).want(t, 403, "")
	a.do("PATCH", "/company/companies/"+itoa(mine), rename).want(t, 200, "")
}
