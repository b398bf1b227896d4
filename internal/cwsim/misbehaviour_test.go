package cwsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (a *api) point(name, value string) {
	a.t.Helper()
	if err := a.sim.SetPoint(name, value); err != nil {
		a.t.Fatal(err)
	}
}

func TestMergedCompany(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"notFound":     `404 {"code":"NotFound","message":"Company 10 not found"}`,
		"softDeleted":  `200 {"id":10,"deletedFlag":true}`,
		"target":       `200 {"id":35,"deletedFlag":null}`,
		"not a choice": "",
	} {
		a := threeCompanies(t)
		if err := a.sim.SetPoint(MergedCompany, value); (err != nil) != (want == "") {
			t.Fatalf("%s: %v", value, err)
		} else if err != nil {
			continue
		}
		if !a.sim.Merge(10, 35) || a.sim.Merge(10, 99) {
			t.Fatal("merge")
		}
		out := a.get("/company/companies/10", map[string][]string{"fields": {"id,deletedFlag"}})
		if got := itoa(out.status) + " " + out.body; got != want {
			t.Errorf("%s: got %s", value, got)
		}
		listed := a.ids("/company/companies", conditions("id in (10,20)"))
		if value != "softDeleted" && !cmp.Equal(listed, []int{20}) {
			t.Errorf("%s: lists show %v", value, listed)
		}
	}
}

// What belongs to the merged company moves, whatever table it is in, or is discarded on request.
func TestMergeMovesChildren(t *testing.T) {
	t.Parallel()
	for _, touched := range []bool{true, false} {
		a := threeCompanies(t)
		a.point(MergedChildren, map[bool]string{true: "touched", false: "untouched"}[touched])
		old := map[string]any{"lastUpdated": "2020-01-01T00:00:00Z"}
		of := map[string]any{"id": 10}
		device := put(t, a.sim, Configurations, map[string]any{"name": "WS", "company": of, "_info": old})
		deal := put(t, a.sim, Opportunities, map[string]any{"name": "Deal", "company": of, "_info": old})
		note := put(t, a.sim, CompanyNotes, map[string]any{"text": "x", "company": of, "_info": old})
		a.do("POST", "/company/companies/10/merge", `{"toCompanyId":35,"notes":"Discard"}`).want(t, 200, "")
		for table, id := range map[string]int{Configurations: device, Opportunities: deal} {
			got := a.sim.Get(table, id)
			info, _ := got["_info"].(map[string]any)
			if at(got, "company", "id") != 35.0 || (info["lastUpdated"] != old["lastUpdated"]) != touched {
				t.Errorf("%s: %v %v, touched %v", table, at(got, "company", "id"), info["lastUpdated"], touched)
			}
		}
		if a.sim.Get(CompanyNotes, note) != nil {
			t.Error("the discarded note is still there")
		}
	}
}

func TestMergeCallback(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"deleted": 1, "merged": 1, "none": 0} {
		a, r := listening(t, "company", "")
		from := put(t, a.sim, Companies, map[string]any{"name": "from"})
		into := put(t, a.sim, Companies, map[string]any{"name": "into"})
		a.sim.WaitForCallbacks()
		r.got = nil
		a.point(MergedCallback, value)
		a.sim.Merge(from, into)
		a.sim.WaitForCallbacks()
		n := 0
		for _, got := range r.got {
			if strings.Contains(got.query, "recordId="+itoa(from)+"&action="+value) {
				n++
			}
		}
		if n != want || len(r.got) != want+1 {
			t.Errorf("%s: %d of %+v", value, n, r.got)
		}
	}
}

// Somebody else edits while pages are read: on the page and at the moment that the rule names.
func TestChangesBetweenPages(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 30})
	ids := a.sim.IDs(Companies)
	a.faults(Fault{Kind: FaultChange, Path: "/company/companies", Query: "page=2", Times: 1, Changes: []Change{
		{Table: Companies, ID: ids[0], Delete: true}, {Table: Companies, ID: 9000, Members: map[string]any{"name": "new"}},
	}})
	first := a.ids("/company/companies", map[string][]string{"orderBy": {"id asc"}, "pageSize": {"10"}, "page": {"1"}})
	second := a.ids("/company/companies", map[string][]string{"orderBy": {"id asc"}, "pageSize": {"10"}, "page": {"2"}})
	if !cmp.Equal(first, ids[:10]) || !cmp.Equal(second, ids[11:21]) { // the deletion made page 2 skip one
		t.Errorf("got %v and %v of %v", first, second, ids)
	}
	if a.sim.Get(Companies, 9000) == nil {
		t.Error("nothing was inserted")
	}
	a.faults(Fault{Kind: FaultChange, Changes: []Change{{Table: "nothing"}}})
	a.get("/company/companies", nil).want(t, 500, "")
}

// A rule can hit one page of a range by what the page asks for.
func TestFaultOnOnePage(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 3})
	a.faults(Fault{Kind: FaultStatus, Status: 500, Query: "id > 2"}, Fault{Kind: FaultBody, Query: "id > 3", Body: `{"count":0}`})
	a.get("/company/companies", conditions("id > 1")).want(t, 200, "")
	a.get("/company/companies", conditions("id > 2")).want(t, 500, "")
	a.get("/company/companies/count", conditions("id > 3")).want(t, 200, `{"count":0}`)
}

func TestEqualTimes(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 60})
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := a.sim.Touch(Companies, at, 50); err != nil {
		t.Fatal(err)
	}
	if got := a.get("/company/companies/count", conditions("lastUpdated=[2026-01-01T00:00:00Z]")).body; got != `{"count":50}` {
		t.Errorf("got %s", got)
	}
	if err := a.sim.Touch("nothing", at, 1); err == nil {
		t.Error("an unknown table was accepted")
	}
}

func TestClocksDisagree(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Now: clock, Switches: Switches{DateSkew: -90}})
	out := a.do("POST", "/company/contacts", `{"firstName":"A"}`)
	if got := out.header.Get("Date"); got != "Wed, 04 Mar 2026 05:04:37 GMT" || at(out.object(t), "_info", "lastUpdated") != "2026-03-04T05:06:07Z" {
		t.Errorf("Date %s, lastUpdated %v", got, at(out.object(t), "_info", "lastUpdated"))
	}
	a.sim.SetSwitches(func(sw *Switches) { sw.NoDate = true })
	if got := a.get("/company/contacts", nil).header; got.Get("Date") != "" {
		t.Errorf("Date %v", got)
	}
}

func TestRefusalsInDisguise(t *testing.T) {
	t.Parallel()
	role := NoRole()
	a := start(t, Config{Companies: 1, Role: &role, Switches: Switches{ForbiddenIs404: true}})
	a.get("/company/companies", nil).want(t, 404, "")
	a.sim.SetSwitches(func(sw *Switches) { sw.ForbiddenIs404 = false; sw.RatePerMinute = 1; sw.NoRetryAfter = true })
	a.get("/company/companies", nil)
	if out := a.get("/company/companies", nil); out.status != 429 || out.header.Get("Retry-After") != "" {
		t.Errorf("got %d %v", out.status, out.header)
	}
}

func TestPatchNeedsCustomFields(t *testing.T) {
	t.Parallel()
	a := threeCompanies(t)
	a.sim.SetSwitches(func(sw *Switches) { sw.PatchNeedsCustomFields = true })
	a.do("PATCH", "/company/companies/10", `[{"op":"replace","path":"name","value":"N"}]`).want(t, 400, "")
	a.do("PATCH", "/company/companies/10", `[{"op":"replace","path":"name","value":"N"},{"op":"replace","path":"customFields","value":[]}]`).want(t, 200, "")
}

// A request whose connection was cut is carried out later: after further requests, after a time, or when a test says so.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	count := func() int { return len(a.sim.IDs(Contacts)) }
	post := func(f Fault) {
		t.Helper()
		f.Kind, f.Method, f.Times = FaultCommitLater, "POST", 1
		a.faults(f)
		if _, err := a.fetch("POST", "/company/contacts", `{"firstName":"late"}`); err == nil {
			t.Error("an answer arrived")
		}
	}
	post(Fault{AfterRequests: 2})
	for _, want := range []int{0, 1} {
		a.get("/company/contacts", nil)
		if got := count(); got != want {
			t.Errorf("%d contacts, want %d", got, want)
		}
	}
	post(Fault{DelayMS: 60_000})
	a.get("/company/contacts", nil)
	if got := count(); got != 1 {
		t.Errorf("before its time: %d", got)
	}
	a.sim.Advance(2 * time.Minute)
	if got := count(); got != 2 {
		t.Errorf("after its time: %d", got)
	}
	post(Fault{DelayMS: 60_000})
	if n := a.sim.Settle(); n != 1 || count() != 3 {
		t.Errorf("settled %d, %d contacts", n, count())
	}
}

func TestStatusesBelongToBoards(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	one, two := a.ids("/service/boards/1/statuses", nil), a.ids("/service/boards/2/statuses", nil)
	if len(one) == 0 || slices.Contains(two, one[0]) {
		t.Errorf("statuses %v and %v", one, two)
	}
	body := `{"summary":"x","company":{"id":` + itoa(a.sim.IDs(Companies)[0]) + `},"board":{"id":1},"status":{"id":` + itoa(two[0]) + `}}`
	out := a.do("POST", "/service/tickets", body)
	if out.status != 400 || !strings.Contains(out.body, "Service Status "+itoa(two[0])+" not found for Service Board 1") {
		t.Errorf("got %d %s", out.status, out.body)
	}
}

func TestDeliveryFaults(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", "")
	if err := a.sim.SetDeliveryFaults(
		DeliveryFault{Kind: DeliveryLost, Nth: 1}, DeliveryFault{Kind: DeliveryDouble, Nth: 1, Type: "Contact", Action: "added"},
		DeliveryFault{Kind: DeliveryLate, Times: 1, DelayMS: 1}, DeliveryFault{Kind: DeliveryHeld},
	); err != nil {
		t.Fatal(err)
	}
	for range 5 { // lost, doubled, late, held, held
		put(t, a.sim, Contacts, map[string]any{"firstName": "Ann"})
	}
	a.sim.WaitForCallbacks()
	if len(r.got) != 3 || a.sim.HeldCallbacks() != 2 {
		t.Fatalf("%d posted, %d held", len(r.got), a.sim.HeldCallbacks())
	}
	r.got = nil
	a.control("POST", "/_sim/callbacks", `{"release":"reversed"}`).want(t, 200, "")
	a.sim.WaitForCallbacks()
	if len(r.got) != 2 || !strings.Contains(r.got[0].query, "recordId=5&") || !strings.Contains(r.got[1].query, "recordId=4&") {
		t.Errorf("released %+v", r.got)
	}
	a.control("PUT", "/_sim/callbacks", `[{"kind":"nonsense"}]`).want(t, 422, "")
	a.control("DELETE", "/_sim/callbacks", "").want(t, 200, "[]")
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", "")
	callback := func(change func(*Switches)) received {
		a.sim.SetSwitches(change)
		r.got = nil
		put(t, a.sim, Contacts, map[string]any{"firstName": "Ann"})
		a.sim.WaitForCallbacks()
		return r.got[0]
	}
	if got := callback(func(sw *Switches) { sw.CallbackSignature = "none" }); got.signature != "" {
		t.Errorf("none: %q", got.signature)
	}
	if got := callback(func(sw *Switches) { sw.CallbackSignature = "wrong" }); got.signature == a.sim.Sign([]byte(got.body)) {
		t.Error("wrong: it is right")
	}
	spaced := callback(func(sw *Switches) { sw.CallbackSignature, sw.CallbackSpacing = "", true })
	var any map[string]any
	if err := json.Unmarshal([]byte(spaced.body), &any); err != nil || !strings.Contains(spaced.body, "\n") || spaced.signature != a.sim.Sign([]byte(spaced.body)) {
		t.Errorf("spacing: %q %v", spaced.body, err)
	}
	a.sim.RotateKey()
	if spaced.signature == a.sim.Sign([]byte(spaced.body)) {
		t.Error("the key was not rotated")
	}
	a.point(CallbackEntity, "null")
	if got := callback(func(*Switches) {}); !strings.Contains(got.body, `"Entity": null`) {
		t.Errorf("entity: %s", got.body)
	}
	if got := callback(func(sw *Switches) { sw.KeyURL = "http://192.0.2.1/key" }); !strings.Contains(got.body, "http://192.0.2.1/key") {
		t.Errorf("key url: %s", got.body)
	}
}

func TestSigningKey(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	id, _ := a.sim.sender.signingKey(false)
	key := func(auth bool) answer {
		req := a.request("GET", a.sim.keyURL(id), "")
		if !auth {
			req.Header.Del("Authorization")
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return answer{status: res.StatusCode, header: res.Header}
	}
	if key(false).status != 200 {
		t.Error("the key is not open")
	}
	a.point(CallbackKey, "members")
	if key(false).status != 401 || key(true).status != 200 {
		t.Error("the key is not for members only")
	}
	for fault, status := range map[string]int{"missing": 404, "error": 500, "huge": 200, "redirect": 302} {
		a.sim.SetSwitches(func(sw *Switches) { sw.KeyFault = fault })
		if got := key(true); got.status != status || (got.header.Get("Location") != "") != (status == 302) {
			t.Errorf("%s: %d %v", fault, got.status, got.header)
		}
	}
	a.sim.SetSwitches(func(sw *Switches) { sw.KeyFault = "slow" })
	slow := http.Client{Timeout: 20 * time.Millisecond}
	if _, err := slow.Do(a.request("GET", a.sim.keyURL(id), "")); err == nil {
		t.Error("slow: an answer arrived")
	}
}

// With keys that live for one message, every callback names another one, and each verifies under its own.
func TestKeysOfOneMessage(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", "")
	a.point(CallbackKeyLife, "oneMessage")
	put(t, a.sim, Contacts, map[string]any{"firstName": "Ann"})
	put(t, a.sim, Contacts, map[string]any{"firstName": "Bob"})
	a.sim.WaitForCallbacks()
	seen := map[any]bool{}
	for _, got := range r.got {
		var body map[string]any
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatal(err)
		}
		address, _ := at(body, "Metadata", "key_url").(string)
		key, _ := a.send(a.request("GET", address, "")).object(t)["signing_key"].(string)
		if sign(key, []byte(got.body)) != got.signature {
			t.Error("the signature does not match its key")
		}
		seen[address] = true
	}
	if len(seen) != 2 {
		t.Errorf("addresses %v", seen)
	}
}

func TestRetriesAfterServerErrors(t *testing.T) {
	t.Parallel()
	a, _ := listening(t, "company", "", 500, 503, 200)
	a.point(CallbackRetries, "yes")
	put(t, a.sim, Companies, map[string]any{"name": "x"})
	a.sim.WaitForCallbacks()
	if got := a.sim.CallbackAttempts(); got != 3 {
		t.Errorf("%d attempts", got)
	}
}

// Types of callbacks are not always called like the record.
func TestCallbackTypes(t *testing.T) {
	t.Parallel()
	for kind, table := range map[string]string{
		"ProductCatalog": Catalog, "Configuration": Configurations, "opportunity": Opportunities, "agreement": Agreements, "ticket": ProjectTickets,
		"schedule": ScheduleEntries, "time": TimeEntries, "purchaseorder": PurchaseOrders,
	} {
		a, r := listening(t, kind, "")
		if _, err := a.sim.PutFull(table); err != nil {
			t.Fatal(err)
		}
		a.sim.WaitForCallbacks()
		if len(r.got) != 1 {
			t.Errorf("%s: %d callbacks", kind, len(r.got))
		}
	}
}

func TestControlOfPoints(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	var list []pointInForce
	a.control("PUT", "/_sim/points", `{"mergedCallback":"merged"}`).decode(t, &list)
	if len(list) != len(Points()) || list[1].Value != "merged" || list[0].Value != list[0].Values[0] {
		t.Errorf("got %+v", list)
	}
	a.control("PUT", "/_sim/points", `{"mergedCallback":"what"}`).want(t, 422, "")
	a.control("PUT", "/_sim/switches", `{"points":{"nothing":"x"}}`).want(t, 422, "")
	a.control("PUT", "/_sim/switches", `{"noDate":true}`).want(t, 200, "")
	if sw := a.sim.Switches(); sw.Points[MergedCallback] != "merged" || !sw.NoDate {
		t.Errorf("switches %+v", sw)
	}
	a.control("POST", "/_sim/touch", `{"table":"members","at":"2026-01-01T00:00:00Z","count":2}`).want(t, 200, "")
	a.control("POST", "/_sim/settle", "").want(t, 200, `{"settled":0}`)
	for _, p := range Points() {
		if p.Name == "" || p.Facts == "" || p.Question == "" || len(p.Values) < 2 {
			t.Errorf("incomplete: %+v", p)
		}
	}
}
