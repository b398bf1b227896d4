package httpapi_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/mapping/mappingtest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// books is what mapping and reports stand on, in memory.
type books struct {
	*mapping.Service
	cw *mappingtest.ConnectWise

	mu      sync.Mutex
	woken   []string
	reports map[usage.TenantID]usage.Report
}

func newBooks() *books {
	b := &books{cw: &mappingtest.ConnectWise{
		All:      []mapping.Company{{Ref: mapping.Ref{ID: 7, Name: "Initech"}}},
		Contract: []mapping.Agreement{{Ref: mapping.Ref{ID: 70, Name: "Gold"}, Company: 7, Status: "Active"}},
		Catalog:  []mapping.Item{{Ref: mapping.Ref{ID: 700, Name: "CORE"}}, {Ref: mapping.Ref{ID: 701, Name: "BUNDLE"}, Class: "Bundle"}},
	}, reports: map[usage.TenantID]usage.Report{}}
	b.Service = &mapping.Service{
		Store: mappingtest.NewStore(), Connector: b.cw, Directory: b, Waker: b,
		Catalog: []mapping.Product{{SKU: "core", Name: "Core", Meter: "seats"}},
	}
	return b
}

// Names implements mapping.Directory.
func (*books) Names(context.Context, psa.Scope) ([]mapping.Ref, error) {
	return []mapping.Ref{{ID: 7, Name: "Initech"}}, nil
}

// Whole implements mapping.Directory.
func (*books) Whole(context.Context, psa.Scope) (bool, error) { return false, nil }

// WakeChange implements mapping.Waker.
func (b *books) WakeChange(_ context.Context, _ psa.Scope, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.woken = append(b.woken, id)
	return nil
}

// PutReport implements usage.ReportStore.
func (b *books) PutReport(_ context.Context, _ psa.AccountID, r usage.Report) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reports[r.Tenant].ReportedAt.After(r.ReportedAt) {
		return true, nil
	}
	b.reports[r.Tenant] = r
	return false, nil
}

func machine(account string, scopes ...string) token {
	return token{"sub": "machine", "account": account, "scope": strings.Join(scopes, " ")}
}

func TestMapping(t *testing.T) {
	t.Parallel()
	s := connected(t)
	now := s.world.Now().UTC().Format("2006-01-02T15:04:05Z")
	s.do(machine("msp-1", "tenants:write"), "POST", "/v1/tenants", fmt.Sprintf(
		`{"tenants":[{"id":"t1","name":"Initech Inc","state":"active","changedAt":%q},{"id":"t2","name":"","state":"active","changedAt":%q}]}`, now, now)).
		want(200, "").has(`"id":"t1","result":"stored"`).has(`"id":"t2","result":"refused","code":"bad_request"`)

	list := s.do(member(), "GET", "/v1/mappings?tab=unmapped", "").want(200, "")
	list.has(`"tenant":"t1"`).has(`"all":1,"unmapped":1`).has(`"etag":"\"0\""`)
	s.do(member(), "GET", "/v1/companies/search?q=ini", "").want(200, "").has(`"id":7`)
	s.do(member(), "GET", "/v1/companies/7/agreements", "").want(200, "").has(`"id":70,"name":"Gold","company":7`).has(`"usable":true`)
	s.do(member(), "GET", "/v1/companies/8/agreements", "").want(404, "not_found")

	good := `{"company":{"id":7},"agreement":{"id":70},"enabled":true}`
	s.do(admin(), "PUT", "/v1/mappings/t1", good).want(400, "bad_request")
	saved := s.do(admin(), "PUT", "/v1/mappings/t1", good, "If-Match", `"0"`).want(200, "").has(`"name":"Initech"`)
	if saved.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %s", saved.header.Get("ETag"))
	}
	s.do(admin(), "PUT", "/v1/mappings/t1", good, "If-Match", `"0"`).want(412, "stale")
	s.do(admin(), "PUT", "/v1/mappings/t1", `{"company":{"id":9},"agreement":{"id":0},"enabled":true}`, "If-Match", `"1"`).want(422, "mapping_invalid")
	s.do(admin(), "PUT", "/v1/mappings/nobody", good, "If-Match", `"0"`).want(404, "not_found")
	s.do(admin(), "POST", "/v1/mappings", `{"edits":[{"tenant":"t1","target":`+good+`,"etag":"\"1\""}]}`).want(200, "").has(`"etag":"\"2\""`)
	s.do(admin(), "GET", "/v1/mappings?q=GOLD", "").want(200, "").has(`"mapped":true`).has(`"all":1,"unmapped":0`)
}

func TestMappingChange(t *testing.T) {
	t.Parallel()
	s := connected(t)
	now := s.world.Now().UTC().Format("2006-01-02T15:04:05Z")
	s.do(machine("msp-1", "tenants:write"), "POST", "/v1/tenants", fmt.Sprintf(
		`{"tenants":[{"id":"t1","name":"INITECH","state":"active","changedAt":%q}]}`, now)).want(200, "")
	var c httpapi.MappingChange
	s.do(admin(), "POST", "/v1/mapping-changes", `{"autoMap":true}`).want(202, "").into(&c)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	step := func(path, state string) {
		t.Helper()
		s.do(admin(), "POST", "/v1/mapping-changes/"+c.ID+path, "").want(202, "")
		if err := s.books.Work(t.Context(), scope, c.ID); err != nil {
			t.Fatal(err)
		}
		s.do(member(), "GET", "/v1/mapping-changes/"+c.ID, "").want(200, "").has(`"state":"` + state + `"`)
	}
	s.do(admin(), "POST", "/v1/mapping-changes/"+c.ID+"/apply", "").want(409, "conflict")
	if err := s.books.Work(t.Context(), scope, c.ID); err != nil {
		t.Fatal(err)
	}
	step("/apply", "applied")
	s.do(member(), "GET", "/v1/mappings", "").want(200, "").has(`"name":"Gold"`)
	step("/undo", "undone")
	s.do(member(), "GET", "/v1/mappings", "").want(200, "").has(`"mapped":false`)
	s.do(admin(), "GET", "/v1/mapping-changes/01ARZ3NDEKTSV4RRFFQ69G5FAV", "").want(404, "not_found")
}

func TestProducts(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.do(member(), "GET", "/v1/products", "").want(200, "").has(`"sku":"core"`)
	s.do(member(), "GET", "/v1/catalog/search?q=co", "").want(200, "").has(`"id":700`)
	s.do(admin(), "PUT", "/v1/products", `{"items":{"core":{"id":701}}}`, "If-Match", `"0"`).want(422, "mapping_invalid")
	s.do(admin(), "PUT", "/v1/products", `{"items":{"core":{"id":700}}}`, "If-Match", `"0"`).want(200, "").has(`"item":{"id":700,"name":"CORE"}`)
	s.do(admin(), "PUT", "/v1/products", `{"items":{}}`, "If-Match", `"0"`).want(412, "stale")
}

// A machine may do what its scopes say, for its own account, or, if it may
// speak for all, for the one that it names.
func TestMachines(t *testing.T) {
	t.Parallel()
	s := connected(t)
	now := s.world.Now().UTC()
	report := fmt.Sprintf(`{"reports":[{"tenant":"t1","day":%q,"reportedAt":%q,"counts":{"core":5}}]}`, now.Format("2006-01-02"), now.Format("2006-01-02T15:04:05Z"))
	bad := strings.Replace(report, "5", "-5", 1)
	for name, tc := range map[string]struct {
		who    token
		body   string
		header string
		status int
		code   string
	}{
		"its own account":         {machine("msp-1", "usage:write"), report, "", 200, ""},
		"among other scopes":      {machine("msp-1", "openid", "usage:write"), report, "", 200, ""},
		"for an account it names": {machine("", "usage:write", "all-accounts"), report, "msp-1", 200, ""},
		"the token's own counts":  {machine("msp-1", "usage:write", "all-accounts"), report, "msp-2", 200, ""},
		"another scope":           {machine("msp-1", "tenants:write"), report, "", 403, "forbidden"},
		"no scope":                {machine("msp-1"), report, "", 403, "forbidden"},
		"a person":                {admin(), report, "", 403, "forbidden"},
		"no account":              {machine("", "usage:write"), report, "msp-1", 401, "unauthorized"},
		"all accounts, none":      {machine("", "usage:write", "all-accounts"), report, "", 401, "unauthorized"},
		"an account that is none": {machine("", "usage:write", "all-accounts"), report, "a b", 401, "unauthorized"},
		"an end customer":         {token{"sub": "x", "account": "msp-1", "kind": "customer", "scope": "usage:write"}, report, "", 404, "not_found"},
		"a bad count":             {machine("msp-1", "usage:write"), bad, "", 200, ""},
	} {
		got := s.do(tc.who, "POST", "/v1/usage", tc.body, "Psabridge-Account", tc.header).want(tc.status, tc.code)
		if tc.status == 200 && strings.Contains(got.body, "refused") != (tc.body == bad) {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	if got := s.books.reports["t1"].Counts["core"]; got != 5 {
		t.Errorf("reported %d", got)
	}
	for _, op := range operations(t) {
		if op.access == "read" || op.access == "change" {
			s.do(machine("msp-1", "usage:write", "tenants:write"), op.method, op.path, op.body()).want(403, "forbidden")
		}
	}
}
