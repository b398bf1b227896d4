package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.do(member(), "GET", "/v1/filters", "").want(409, "not_connected")
	s.do(admin(), "PUT", "/v1/filters", `{"filter":{}}`).want(409, "not_connected")
	s.do(admin(), "PUT", "/v1/connection", connectionBody()).want(200, "")

	get := func(query string) (f httpapi.Filters, tag string) {
		a := s.do(member(), "GET", "/v1/filters"+query, "").want(200, "")
		a.into(&f)
		return f, a.header.Get("ETag")
	}
	f, tag := get("")
	if f.Of != "draft" || len(f.Filter.Types) != 0 || tag == "" {
		t.Errorf("draft: %+v %s", f, tag)
	}
	s.do(admin(), "PUT", "/v1/filters", `{"filter":{"types":[4,1,4]}}`, "If-Match", tag).want(200, "").into(&f)
	if len(f.Filter.Types) != 2 || f.Filter.Types[0] != 1 {
		t.Errorf("not cleaned: %+v", f)
	}
	s.do(admin(), "PUT", "/v1/filters", `{"filter":{}}`, "If-Match", tag).want(412, "stale")
	s.do(admin(), "POST", "/v1/connection/enable", "").want(200, "")
	if f, tag = get(""); f.Of != "connection" || len(f.Filter.Types) != 2 || f.Applied {
		t.Errorf("enabled: %+v", f)
	}
	s.do(member(), "GET", "/v1/filters?of=draft", "").want(409, "not_connected")
	var c httpapi.Connection
	s.do(member(), "GET", "/v1/connection", "").want(200, "").into(&c)
	if len(c.Enabled.Filter.Types) != 2 {
		t.Errorf("connection: %+v", c.Enabled)
	}
	next := s.do(admin(), "PUT", "/v1/filters?of=connection", `{"filter":{"markets":[7]}}`, "If-Match", tag).want(200, "")
	if next.header.Get("ETag") == tag || len(s.world.Runner.Refiltered()) != 1 {
		t.Errorf("changed to %s, read again %v", next.header.Get("ETag"), s.world.Runner.Refiltered())
	}
	p := s.do(admin(), "PUT", "/v1/filters", `{"filter":{"markets":[8]}}`, "If-Match", tag).want(412, "stale")
	if !strings.Contains(p.body, "Reload") {
		t.Errorf("no remedy: %s", p.body)
	}
	decided := setup.Connection{Filter: filter.Filter{Markets: []int64{7}}, FilterAt: s.world.Now()}
	s.engine.states = map[psa.DataType]syncer.TypeState{psa.Companies: {Watermark: s.world.Now(), Filter: decided.FilterKey()}}
	if f, _ = get(""); !f.Applied || f.By != "person-admin" || f.At == nil {
		t.Errorf("not said to be applied: %+v", f)
	}
	// The same choice again, after another: in between, records were decided by that.
	s.world.Pass(time.Second)
	s.do(admin(), "PUT", "/v1/filters", `{"filter":{}}`).want(200, "")
	s.do(admin(), "PUT", "/v1/filters", `{"filter":{"markets":[7]}}`).want(200, "")
	if f, _ = get(""); f.Applied {
		t.Error("a choice that was gone back to is said to be applied")
	}
}

func TestFiltersAreRefused(t *testing.T) {
	t.Parallel()
	s := connected(t)
	for _, bad := range []string{
		`{}`, `{"filter":null}`, `{"filter":{"types":[0]}}`, `{"filter":{"types":[-1]}}`, `{"filter":{"types":["1"]}}`, `{"filter":{"types":[1.5]}}`,
		`{"filter":{"types":[99999999999999999999]}}`, `{"filter":{"nonsense":[1]}}`, `{"filter":{"markets":[` + strings.Repeat("1,", 500) + `1]}}`,
	} {
		s.do(admin(), "PUT", "/v1/filters", bad).want(400, "bad_request")
	}
	s.do(admin(), "PUT", "/v1/filters?of=both", `{"filter":{}}`).want(400, "bad_request")
	s.do(member(), "PUT", "/v1/filters", `{"filter":{"types":[1]}}`).want(403, "forbidden")
	if got := s.world.Runner.Refiltered(); len(got) != 0 {
		t.Errorf("read again: %v", got)
	}
}
