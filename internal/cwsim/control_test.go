package cwsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestControlNeedsItsHeader(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	out := a.send(a.request("PUT", a.url+"/_sim/faults", `[{"kind":"null"}]`))
	if out.status != 404 || len(a.sim.Faults()) != 0 {
		t.Errorf("got %d, faults %v", out.status, a.sim.Faults())
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 2})
	a.control("PUT", "/_sim/faults", `[{"kind":"status","status":503,"path":"/company/companies"}]`).want(t, 200, "")
	a.get("/company/companies", nil).want(t, 503, "")
	a.control("DELETE", "/_sim/faults", "").want(t, 200, "[]")
	a.get("/company/companies", nil).want(t, 200, "")
	a.control("PUT", "/_sim/faults", `[{"kind":"nonsense"}]`).want(t, 422, "")

	a.control("PUT", "/_sim/switches", `{"maxPageSize":1,"noForwardOnly":{"/company/contacts":"refuse"}}`).want(t, 200, "")
	if got := len(a.ids("/company/companies", nil)); got != 1 {
		t.Errorf("page of %d", got)
	}
	a.control("PUT", "/_sim/switches", `{"html429":true}`).want(t, 200, "")
	if sw := a.sim.Switches(); sw.MaxPageSize != 1 || !sw.HTML429 || sw.NoForwardOnly["/company/contacts"] != "refuse" {
		t.Errorf("switches %+v", sw)
	}

	a.control("POST", "/_sim/roles", `{"name":"none"}`).want(t, 200, "")
	a.get("/company/companies", nil).want(t, 403, "")
	a.control("POST", "/_sim/roles", `{"role":{"name":"x","cells":{"Companies: Company Maintenance":{"inquire":"All"}}}}`).want(t, 200, "")
	a.get("/company/companies", nil).want(t, 200, "")
	a.control("POST", "/_sim/roles", `{"name":"nobody's"}`).want(t, 422, "")

	a.control("POST", "/_sim/upgrade", `{"codebase":"v2026_2/"}`).want(t, 200, `{"codebase":"v2026_2/"}`)
	a.get("/company/companies", nil).want(t, 404, "")
}

func TestControlClock(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	a.control("POST", "/_sim/clock", `{"now":"2030-01-02T03:04:05Z"}`).want(t, 200, `{"now":"2030-01-02T03:04:05Z"}`)
	a.control("POST", "/_sim/clock", `{"advance":"36h"}`).want(t, 200, `{"now":"2030-01-03T15:04:05Z"}`)
	out := a.get("/company/companies", nil)
	if got := out.header.Get("Date"); got != "Thu, 03 Jan 2030 15:04:05 GMT" {
		t.Errorf("Date %s", got)
	}
	a.control("POST", "/_sim/clock", `{"run":true}`).want(t, 200, "")
	if d := time.Since(a.sim.now().Add(-36 * time.Hour)); d > time.Minute || d < -time.Minute {
		t.Errorf("the clock is off by %s", d)
	}
	a.control("POST", "/_sim/clock", `{"advance":"soon"}`).want(t, 422, "")
}

func TestControlRecords(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 2})
	a.control("PUT", "/_sim/records/companies/500", `{"name":"x","future":{"a":[1]}}`).want(t, 200, "")
	if got := a.sim.Get(Companies, 500)["future"]; got == nil {
		t.Error("a member that the schema does not know was lost")
	}
	dump := a.control("GET", "/_sim/records/companies", "")
	if got := strings.Count(dump.body, "\n"); got != 3 {
		t.Errorf("%d lines", got)
	}
	a.control("DELETE", "/_sim/records/companies/500", "").want(t, 200, `{"deleted":true}`)
	a.control("GET", "/_sim/records/companies/500", "").want(t, 200, "null")
	a.control("GET", "/_sim/records/nothing", "").want(t, 404, "")
	requests := a.control("GET", "/_sim/requests", "")
	if !strings.Contains(requests.body, `"counts":{}`) {
		t.Errorf("control requests are counted: %s", requests.body)
	}
}

func TestStartRefusesOtherAddresses(t *testing.T) {
	t.Parallel()
	sim := New(Config{})
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "example.com:0", "nonsense"} {
		if srv, err := sim.Start(addr); err == nil {
			t.Errorf("%s was accepted", addr)
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestOnRequest(t *testing.T) {
	t.Parallel()
	var seen []string
	cfg := Config{Companies: 1}
	cfg.OnRequest = func(r *http.Request) { seen = append(seen, r.Method) }
	a := start(t, cfg)
	a.get("/company/companies", nil)
	if len(seen) != 1 {
		t.Errorf("seen %v", seen)
	}
}
