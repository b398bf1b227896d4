package httpapi_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
	"github.com/psabridge/psabridge/internal/usage/usagetest"
)

// cashier is what postings stand on, in memory; nobody works its queue.
type cashier struct {
	*usagetest.Memory
	product *usagetest.Product

	mu   sync.Mutex
	runs []string
}

func newCashier() *cashier {
	return &cashier{Memory: &usagetest.Memory{}, product: &usagetest.Product{}}
}

func (c *cashier) service(now func() time.Time) *usage.Service {
	return usage.NewService(usage.New(usage.Deps{
		Store: c, Runs: c, Ledger: c, Mappings: c.product, Reports: c.product, Waker: c, Billing: till{},
	}, usage.Options{Now: now}))
}

// Wake implements usage.Waker.
func (c *cashier) Wake(_ context.Context, m usage.Message, _ time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, m.Key)
	return nil
}

// till is a ConnectWise with one agreement and one catalog item.
type till struct{ usage.Finance }

// Open implements usage.Billing.
func (till) Open(context.Context, psa.Scope) (usage.Finance, error) { return till{}, nil }

// Agreements implements usage.Finance.
func (till) Agreements(context.Context, []psa.RecordID) (map[psa.RecordID]usage.Agreement, error) {
	return map[psa.RecordID]usage.Agreement{70: {ID: 70, Status: "Active", BillStart: "2024-01-01", NID: "2024-01-01", Cycle: "Monthly"}}, nil
}

// Items implements usage.Finance.
func (till) Items(context.Context, []psa.RecordID) (map[psa.RecordID]usage.Item, error) {
	return map[psa.RecordID]usage.Item{700: {ID: 700, Price: usage.Whole(10)}}, nil
}

// List implements httpapi.PostingRuns.
func (c *cashier) List(ctx context.Context, scope psa.Scope, _ string, _ int) (runs []usage.Run, next string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.runs {
		if run, err := c.Run(ctx, scope, id); err == nil {
			runs = append(runs, run)
		}
	}
	return runs, "", nil
}

// books are what is read of it.
type ledger struct{ *cashier }

// History implements httpapi.PostingLedger.
func (l ledger) History(_ context.Context, scope psa.Scope, _ usage.SeriesKey, _ string, _ int) ([]usage.Entry, string, error) {
	return l.Memory.History(scope), "", nil
}

func TestPostingSettings(t *testing.T) {
	t.Parallel()
	s := connected(t)
	fresh := s.do(member(), "GET", "/v1/postings/settings", "").want(200, "").has(`"at":"04:00"`).has(`"setUp":false`)
	good := `{"zone":"Europe/Berlin","at":"05:30","policy":"on_change","markers":true,"arrears":[7]}`
	s.do(admin(), "PUT", "/v1/postings/settings", good).want(400, "bad_request")
	s.do(admin(), "POST", "/v1/postings/runs", `{"mode":"preview"}`).want(409, "posting_not_set_up")
	tag := fresh.header.Get("ETag")
	s.do(admin(), "PUT", "/v1/postings/settings", good, "If-Match", tag).want(200, "").has(`"zone":"Europe/Berlin"`).has(`"at":"05:30"`).has(`"arrears":[7]`)
	s.do(admin(), "PUT", "/v1/postings/settings", good, "If-Match", tag).want(412, "stale")
	now := s.do(member(), "GET", "/v1/postings/settings", "").want(200, "").header.Get("ETag")
	s.do(admin(), "PUT", "/v1/postings/settings", strings.Replace(good, `"markers":true`, `"markers":true,"exclusiveEnds":true`, 1), "If-Match", now).
		want(200, "").has(`"exclusiveEnds":true`)
	bad := strings.Replace(good, "Europe/Berlin", "Nowhere/Land", 1)
	now = s.do(member(), "GET", "/v1/postings/settings", "").want(200, "").header.Get("ETag")
	s.do(admin(), "PUT", "/v1/postings/settings", bad, "If-Match", now).want(409, "posting_not_set_up")
	s.do(admin(), "POST", "/v1/postings/pause", `{"pause":true}`).want(200, "").has(`"paused":true`)
	s.do(member(), "GET", "/v1/postings/settings", "").want(200, "").has(`"paused":true`)
	s.do(admin(), "POST", "/v1/postings/pause", `{"pause":false}`).want(200, "").has(`"paused":false`)
}

func TestPostingRuns(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.do(admin(), "PUT", "/v1/postings/settings", `{"zone":"UTC","at":"04:00","policy":"each_period","markers":true,"arrears":[]}`, "If-Match", `"0"`).want(200, "")
	var started struct {
		Run    httpapi.PostingRun
		Joined bool
	}
	s.do(admin(), "POST", "/v1/postings/runs", `{"mode":"preview"}`).want(202, "").into(&started)
	again := s.do(admin(), "POST", "/v1/postings/runs", `{"mode":"preview"}`).want(202, "")
	if again.has(`"joined":true`); started.Joined || !started.Run.Active {
		t.Errorf("%+v", started)
	}
	s.do(admin(), "POST", "/v1/postings/runs", `{"mode":"end"}`).want(202, "").has(`"mode":"end"`).has(`"joined":false`)
	s.do(admin(), "POST", "/v1/postings/runs", `{"mode":"begin"}`).want(400, "bad_request")
	id := started.Run.ID
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	plan := usage.AgreementPlan{Agreement: 70, Name: "Gold", Series: []usage.SeriesPlan{{
		Key: usage.SeriesKey{Agreement: 70, Product: 700}, Product: "CORE", Date: "2026-12-01", Unapproved: true, Effect: usage.Whole(50),
		Steps:  []usage.Step{{Kind: usage.StepCreate, Date: "2026-12-01", Then: usage.Whole(5), Reason: usage.ReasonFirst, Effect: usage.Whole(50)}},
		Shares: []usage.Share{{Tenant: "t1", Name: "Initech", SKU: "core", Count: 5, Day: "2026-11-30", Reported: true}},
		Look:   usage.Look{Attention: []usage.Attention{{Code: usage.AwaitingApproval}}},
	}}}
	if err := s.cashier.PutPlan(t.Context(), scope, id, plan); err != nil {
		t.Fatal(err)
	}
	mapped(s)
	s.do(member(), "GET", "/v1/postings/runs/"+id+"/plan", "").want(200, "").
		has(`"company":"Initech"`).has(`"kind":"create"`).has(`"then":"5"`).has(`"effect":"50"`).has(`"code":"awaiting_approval","stops":true`).has(`"name":"Initech"`)
	s.do(member(), "GET", "/v1/postings/runs", "").want(200, "").has(`"id":"` + id + `"`)
	s.do(member(), "GET", "/v1/postings/runs/"+id, "").want(200, "").has(`"state":"running"`)
	s.do(admin(), "POST", "/v1/postings/runs/"+id+"/confirm", "").want(409, "conflict")
	s.do(member(), "GET", "/v1/postings/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/plan", "").want(404, "not_found")
	s.do(person("msp-2", "admin"), "GET", "/v1/postings/runs/"+id, "").want(409, "not_connected")
}

// mapped maps a tenant to the agreement 70.
func mapped(s *server) {
	told := `{"tenants":[{"id":"t1","name":"Initech","state":"active","changedAt":"` + s.world.Now().UTC().Format(time.RFC3339) + `"}]}`
	s.do(machine("msp-1", "tenants:write"), "POST", "/v1/tenants", told).want(200, "")
	s.do(admin(), "PUT", "/v1/mappings/t1", `{"company":{"id":7},"agreement":{"id":70},"enabled":true}`, "If-Match", `"0"`).want(200, "")
}

func TestLines(t *testing.T) {
	t.Parallel()
	s := connected(t)
	mapped(s)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	key := usage.SeriesKey{Agreement: 70, Product: 700}
	x := usage.Series{
		Scope: scope, Key: key, Lines: []usage.Line{{ID: 9, Start: "2026-11-01", Quantity: usage.Whole(5)}},
		Look: usage.Look{
			Date: "2026-11-01", Product: usage.Whole(6), ConnectWise: usage.Whole(7), Posted: usage.Whole(5),
			Attention: []usage.Attention{{Code: usage.QuantityChanged, Line: 9, By: "bob", Was: "5", Is: "7"}},
		},
	}
	if _, err := s.cashier.PutSeries(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	s.do(member(), "GET", "/v1/postings/lines", "").want(200, "").
		has(`"reported":"6","connectwise":"7","posted":"5"`).has(`"code":"quantity_changed","stops":false`).has(`"by":"bob"`)
	s.do(member(), "GET", "/v1/postings/open-lines", "").want(200, "").has(`"agreement":{"id":70,"name":"Gold"}`).has(`"line":9,"start":"2026-11-01","quantity":"5"`)
	s.do(admin(), "POST", "/v1/postings/lines/70/700/hold", "").want(204, "")
	s.do(member(), "GET", "/v1/postings/lines", "").want(200, "").has(`"held":true`)
	s.do(admin(), "POST", "/v1/postings/lines/70/700/release", "").want(204, "")
	s.do(admin(), "POST", "/v1/postings/lines/70/700/take-over", "").want(409, "conflict")
	s.do(admin(), "POST", "/v1/postings/lines/70/701/hold", "").want(404, "not_found")
	s.do(admin(), "POST", "/v1/postings/lines/70/700/burn", "").want(400, "bad_request")
	s.do(member(), "POST", "/v1/postings/lines/70/700/hold", "").want(403, "forbidden")
	s.do(member(), "GET", "/v1/postings/history", "").want(200, "").has(`"agreement":{"id":70,"name":"Gold"}`).has(`"event":"held"`).has(`"by":"person-admin"`)
}

// An approval names the preview that the person saw, and is answered with what
// was left since it is otherwise by now.
func TestApprovePostings(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.do(admin(), "PUT", "/v1/postings/settings", `{"zone":"UTC","at":"04:00","policy":"each_period","markers":true,"arrears":[]}`, "If-Match", `"0"`).want(200, "")
	mapped(s)
	ctx, scope := t.Context(), psa.Scope{Account: "msp-1", Generation: 1}
	s.cashier.product.Map(scope, usage.Wanted{
		Tenant: "t1", Name: "Initech", State: usage.TenantActive, Enabled: true, Agreement: 70, Products: map[usage.SKU]psa.RecordID{"core": 700},
	})
	period := usage.DateIn(s.world.Now(), time.UTC).FirstOfMonth()
	preview := func(price int64) string {
		t.Helper()
		var started struct{ Run httpapi.PostingRun }
		s.do(admin(), "POST", "/v1/postings/runs", `{"mode":"preview"}`).want(202, "").into(&started)
		was := usage.Whole(price)
		plan := usage.AgreementPlan{Agreement: 70, Series: []usage.SeriesPlan{{
			Key: usage.SeriesKey{Agreement: 70, Product: 700}, Date: period, Price: &was,
			Shares: []usage.Share{{Tenant: "t1", Name: "Initech", SKU: "core", Unapproved: true}},
		}}}
		run, err := s.cashier.Run(ctx, scope, started.Run.ID)
		if err == nil {
			run.State = usage.Done
			_, err = s.cashier.PutRun(ctx, run)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.cashier.PutPlan(ctx, scope, run.ID, plan); err != nil {
			t.Fatal(err)
		}
		return `{"preview":"` + run.ID + `","tenants":["t1"]}`
	}
	old := preview(9)
	s.do(admin(), "POST", "/v1/postings/approve", `{}`).want(400, "bad_request")
	s.do(admin(), "POST", "/v1/postings/approve", `{"preview":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`).want(412, "stale")
	s.do(member(), "POST", "/v1/postings/approve", old).want(403, "forbidden")
	s.do(admin(), "POST", "/v1/postings/approve", old).want(200, "").
		has(`"approved":0`).has(`"name":"Initech","sku":"core","shown":{"agreement":{"id":70,"name":"Gold"}`).has(`"price":"10"`).has(`"price":"9"`)
	s.do(admin(), "POST", "/v1/postings/approve", preview(10)).want(200, "").has(`"approved":1,"unlike":[]`)
	routes, err := s.cashier.Routes(ctx, scope)
	if err != nil || len(routes["t1"].Routes) != 1 || routes["t1"].Routes[0].ApprovedBy != "person-admin" {
		t.Errorf("routes %+v, %v", routes, err)
	}
}
