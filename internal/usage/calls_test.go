package usage_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
	"github.com/psabridge/psabridge/internal/usage/usagetest"
)

// quick is a world without network and table.
type quick struct {
	usagetest.Memory
	usagetest.Product

	t       testing.TB
	sim     *cwsim.Simulator
	scope   psa.Scope
	at      time.Time
	finance *connectwise.Finance
	engine  *usage.Engine
	service *usage.Service
	queue   []usage.Message
	counted map[string]int
}

func newQuick(t testing.TB) *quick {
	t.Helper()
	q := &quick{t: t, sim: cwsim.New(cwsim.Config{Companies: 1}), scope: psa.Scope{Account: "msp-1", Generation: 1}, at: noon, counted: map[string]int{}}
	q.sim.SetClock(noon)
	company, public, private := q.sim.Credentials()
	client, err := connectwise.New(connectwise.Config{
		Base:        connectwise.Base{CompanyID: company, API: "https://cwsim.invalid/v2026_1/apis/3.0/"},
		Credentials: psa.Credentials{PublicKey: public, PrivateKey: private}, ClientID: "11111111-2222-3333-4444-555555555555",
		HTTP: &http.Client{Transport: q.sim.Transport()}, Now: q.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	q.finance = connectwise.NewFinance(client)
	q.engine = usage.New(usage.Deps{
		Store: &q.Memory, Runs: &q.Memory, Ledger: &q.Memory, Mappings: &q.Product, Reports: &q.Product, Billing: q, Waker: q, Installation: "test",
	}, usage.Options{Now: q.now, Count: func(_ context.Context, metric string, n int) { q.counted[metric] += n }})
	q.service = usage.NewService(q.engine)
	if err := q.service.Configure(t.Context(), q.scope, usage.Settings{Zone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	return q
}

func (q *quick) now() time.Time { return q.at }

// Open implements usage.Billing.
func (q *quick) Open(context.Context, psa.Scope) (usage.Finance, error) { return q.finance, nil }

// Wake implements usage.Waker.
func (q *quick) Wake(_ context.Context, m usage.Message, delay time.Duration) error {
	q.queue = append(q.queue, m)
	q.later(delay)
	return nil
}

func (q *quick) later(d time.Duration) {
	q.at = q.at.Add(d)
	q.sim.SetClock(q.at)
}

// post posts, and returns how many requests that took.
func (q *quick) post() int {
	q.t.Helper()
	q.sim.ResetRequests()
	q.work(usage.ModePost)
	return len(q.sim.Requests())
}

// work works on a run to its end.
func (q *quick) work(mode usage.Mode) usage.Run {
	q.t.Helper()
	run, _, err := q.engine.Start(context.Background(), q.scope, mode, "ann")
	if err != nil {
		q.t.Fatal(err)
	}
	for len(q.queue) > 0 {
		m := q.queue[0]
		q.queue = q.queue[1:]
		if err := q.engine.Handle(context.Background(), m); err != nil {
			q.t.Fatal(err)
		}
	}
	if run, err = q.Run(context.Background(), q.scope, run.ID); err != nil || run.State != usage.Done {
		q.t.Fatalf("run %+v, %v", run, err)
	}
	return run
}

// approve previews, and approves that: all of it, if no tenants are named.
func (q *quick) approve(tenants ...usage.TenantID) {
	q.t.Helper()
	preview := q.work(usage.ModePreview)
	if _, unlike, err := q.service.Approve(context.Background(), q.scope, "ann", preview.ID, tenants...); err != nil || len(unlike) > 0 {
		q.t.Fatal(unlike, err)
	}
}

func (q *quick) put(table string, members map[string]any) psa.RecordID {
	q.t.Helper()
	id, err := q.sim.Put(table, members)
	if err != nil {
		q.t.Fatal(err)
	}
	return psa.RecordID(id)
}

const (
	fleet    = 50
	fleetSKU = 6
)

// fill maps a fleet of tenants, each with an agreement of its own.
func (q *quick) fill() []psa.RecordID {
	q.t.Helper()
	products := map[usage.SKU]psa.RecordID{}
	for n := range fleetSKU {
		products[usage.SKU(fmt.Sprint("sku-", n))] = q.put(cwsim.Catalog, map[string]any{
			"identifier": fmt.Sprint("item-", n), "description": "Seat", "productClass": "Service", "price": 10, "customerDescription": "Seat",
		})
	}
	var agreements []psa.RecordID
	for i := range fleet {
		agreements = append(agreements, q.put(cwsim.Agreements, map[string]any{
			"name": fmt.Sprintf("Managed %d", i), "company": map[string]any{"id": q.sim.IDs(cwsim.Companies)[0]}, "type": map[string]any{"id": 1},
			"billingCycle": map[string]any{"name": "Monthly"}, "startDate": "2024-01-01", "billStartDate": "2024-01-01",
			"nextInvoiceDate": "2026-11-01", "prorateFlag": false, "noEndingDateFlag": true,
		}))
		q.Map(q.scope, usage.Wanted{
			Tenant: usage.TenantID(fmt.Sprintf("t%03d", i)), State: usage.TenantActive, Enabled: true, Agreement: agreements[i], Products: products,
		})
	}
	return agreements
}

// report tells what the fleet uses, with a few lines changed.
func (q *quick) report(changed int) {
	for i := range fleet {
		counts := map[usage.SKU]int64{}
		for n := range fleetSKU {
			counts[usage.SKU(fmt.Sprint("sku-", n))] = int64(20 + i)
			if n == 0 && i < changed {
				counts["sku-0"] = int64(20+i) + int64(q.at.YearDay()%20)
			}
		}
		q.Report(q.scope, usage.Report{
			Tenant: usage.TenantID(fmt.Sprintf("t%03d", i)), Day: usage.DateIn(q.at, time.UTC), ReportedAt: q.at, Counts: counts,
		})
	}
}

// The calls that a fleet takes (the design's figure is 14,000 for an ordinary
// day of 200 such fleets): every line is looked at with one list an agreement,
// and beside that only what changed costs a call.
func TestCallsOfAFleet(t *testing.T) {
	t.Parallel()
	q := newQuick(t)
	agreements := q.fill()
	q.report(0)
	q.approve()
	const overhead = 4 // agreements, billing cycles, catalog items, an unlucky page
	for _, step := range []struct {
		name  string
		setup func()
		most  int
	}{
		{"the first posting", func() {}, fleet*(2+fleetSKU+1) + overhead}, // an empty list is read twice
		{"nothing changed", func() { q.later(24 * time.Hour); q.report(0) }, fleet + overhead},
		{"an ordinary day", func() { q.later(24 * time.Hour); q.report(15) }, 70},
		{"the first of a month", func() {
			for _, a := range agreements {
				if _, err := q.sim.InvoiceAgreement(int(a), q.at); err != nil {
					t.Fatal(err)
				}
			}
			q.later(24 * time.Hour)
			q.report(0)
		}, fleet*(1+2*fleetSKU+1) + overhead}, // list, ends and creates, and the second look
	} {
		step.setup()
		writes, began := q.Writes(), time.Now()
		calls := q.post()
		t.Logf("%s: %d calls, %d writes, %s", step.name, calls, q.Writes()-writes, time.Since(began).Round(time.Millisecond))
		if calls > step.most {
			t.Errorf("%s: %d calls, want at most %d", step.name, calls, step.most)
		}
	}
	for _, a := range agreements {
		if n := len(q.sim.AdditionsOf(int(a))); n != 2*fleetSKU {
			t.Fatalf("agreement %d has %d lines, want %d", a, n, 2*fleetSKU)
		}
	}
}

// The alarm about postings that stand still looks at two metrics: what is due,
// and what was completed. A preview completes nothing.
func TestMetricsOfADay(t *testing.T) {
	t.Parallel()
	q := newQuick(t)
	q.fill()
	q.report(0)
	handle := func(m usage.Message) {
		t.Helper()
		if err := q.engine.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	work := func() {
		for ; len(q.queue) > 0; q.queue = q.queue[1:] {
			handle(q.queue[0])
		}
	}
	if _, _, err := q.engine.Start(t.Context(), q.scope, usage.ModePreview, "ann"); err != nil {
		t.Fatal(err)
	}
	work()
	handle(usage.Message{Kind: usage.KindTick})
	if len(q.counted) > 0 {
		t.Errorf("before the day is due: %v", q.counted)
	}
	q.later(24 * time.Hour)
	handle(usage.Message{Kind: usage.KindTick})
	work()
	want := map[string]int{usage.MetricDue: 1, usage.MetricCompleted: 1}
	if diff := cmp.Diff(want, q.counted); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}
