package usage_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

var errDead = errors.New("the process is dead")

// mortal is a process's thread of life: it is cut before or after the nth
// remote call, and everything the process does from then on fails.
type mortal struct {
	mu    sync.Mutex
	calls int
	at    int  // 0: never
	after bool // the call is made, its answer never seen
	dead  bool
}

func (m *mortal) call(do func() error) error {
	m.mu.Lock()
	m.calls++
	doomed := m.calls == m.at
	m.dead = m.dead || doomed && !m.after
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return errDead
	}
	err := do()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = m.dead || doomed
	if m.dead {
		return errDead
	}
	return err
}

// RoundTrip makes calls to ConnectWise mortal.
func (m *mortal) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	died := m.call(func() error {
		resp, err = http.DefaultTransport.RoundTrip(r)
		return nil
	})
	if died == nil {
		return resp, err
	}
	if resp != nil {
		_ = resp.Body.Close() // nobody is left to read it
	}
	return nil, died
}

// apply makes calls to the table mortal.
func (m *mortal) apply(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("mortal",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
			died := m.call(func() error {
				out, md, err = next.HandleInitialize(ctx, in)
				return nil
			})
			if died != nil {
				return middleware.InitializeOutput{}, md, died
			}
			return out, md, err
		}), middleware.Before)
}

// world is a ConnectWise, a table, a queue, and an MSP with its product.
type world struct {
	t     testing.TB
	sim   *cwsim.Simulator
	url   string
	table string
	scope psa.Scope
	opt   usage.Options
	// watch never dies and never works: it looks at what is stored.
	watch   *process
	company int
	// hook, if set, sees every request before ConnectWise does.
	hook atomic.Pointer[func(*http.Request)]

	mu      sync.Mutex
	at      time.Time
	queue   []queued
	wanted  []usage.Wanted
	reports map[usage.TenantID][]usage.Report
}

type queued struct {
	usage.Message
	at time.Time
}

// noon of the day on which worlds begin, in the account's zone.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, points map[string]string) *world {
	t.Helper()
	w := &world{t: t}
	sim := cwsim.New(cwsim.Config{Companies: 1, Switches: cwsim.Switches{Points: points}, OnRequest: func(r *http.Request) {
		if hook := w.hook.Load(); hook != nil {
			(*hook)(r)
		}
	}})
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	_, table := dynamotest.New(t)
	w.sim, w.url, w.table, w.scope, w.at = sim, srv.URL, table, psa.Scope{Account: "msp-1", Generation: 1}, noon
	w.company, w.reports, w.opt = sim.IDs(cwsim.Companies)[0], map[usage.TenantID][]usage.Report{}, usage.Options{Parallel: 1}
	sim.SetClock(noon)
	w.watch = w.process(&mortal{})
	if err := w.watch.service.Configure(t.Context(), w.scope, usage.Settings{Zone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	w.at = w.at.Add(d)
	at := w.at
	w.mu.Unlock()
	w.sim.SetClock(at)
}

// Wanted implements usage.Mappings.
func (w *world) Wanted(context.Context, psa.Scope) ([]usage.Wanted, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.wanted), nil
}

// Latest implements usage.Reports.
func (w *world) Latest(_ context.Context, _ psa.Scope, today usage.Date) (map[usage.TenantID]usage.Report, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[usage.TenantID]usage.Report{}
	for tenant, list := range w.reports {
		for _, r := range list {
			if old, ok := out[tenant]; r.Day <= today && (!ok || r.Day > old.Day || r.Day == old.Day && !r.ReportedAt.Before(old.ReportedAt)) {
				out[tenant] = r
			}
		}
	}
	return out, nil
}

// process is one life of a worker.
type process struct {
	*mortal
	w       *world
	engine  *usage.Engine
	service *usage.Service
	store   *dynamo.Store
	finance *connectwise.Finance
}

func (w *world) process(m *mortal) *process {
	w.t.Helper()
	p := &process{mortal: m, w: w}
	client := dynamotest.Client(w.t, m.apply)
	p.store = dynamo.New(dynamodb.New(client.Options()), w.table, w.now)
	opt := w.opt
	opt.Now = w.now
	p.engine = usage.New(usage.Deps{
		Store: p.store.Usage(), Runs: p.store.PostingRuns(), Ledger: p.store.Postings(0), Mappings: w, Reports: w, Billing: p, Waker: p,
		Installation: "test",
	}, opt)
	p.service = usage.NewService(p.engine)
	return p
}

// Open implements usage.Billing.
func (p *process) Open(ctx context.Context, _ psa.Scope) (usage.Finance, error) {
	if p.finance != nil {
		return p.finance, nil
	}
	hc := &http.Client{Transport: p.mortal}
	companyID, public, private := p.w.sim.Credentials()
	address, _, err := connectwise.CleanServerURL(p.w.url, true)
	if err != nil {
		return nil, err
	}
	base, err := connectwise.Discoverer{HTTP: hc}.Discover(ctx, address, companyID)
	if err != nil {
		return nil, err
	}
	client, err := connectwise.New(connectwise.Config{
		Base: base, Credentials: psa.Credentials{PublicKey: public, PrivateKey: private},
		ClientID: "11111111-2222-3333-4444-555555555555", HTTP: hc, Now: p.w.now,
	})
	if err != nil {
		return nil, err
	}
	p.finance = connectwise.NewFinance(client)
	return p.finance, nil
}

// Wake implements usage.Waker: the world's queue, which loses nothing.
func (p *process) Wake(_ context.Context, m usage.Message, delay time.Duration) error {
	return p.call(func() error {
		at := p.w.now().Add(delay)
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		p.w.queue = append(p.w.queue, queued{m, at})
		return nil
	})
}

// take removes the message that is due first, and waits for it.
func (w *world) take() (usage.Message, bool) {
	w.mu.Lock()
	if len(w.queue) == 0 {
		w.mu.Unlock()
		return usage.Message{}, false
	}
	slices.SortStableFunc(w.queue, func(a, b queued) int { return a.at.Compare(b.at) })
	m := w.queue[0]
	w.queue = w.queue[1:]
	wait := m.at.Sub(w.at)
	w.mu.Unlock()
	if wait > 0 {
		w.later(wait)
	}
	return m.Message, true
}

// drain works until the queue is empty. A process that dies leaves its message
// on the queue, and the next one begins when the leases have run out.
func (w *world) drain(p *process) *process {
	w.t.Helper()
	for range 500 {
		m, ok := w.take()
		if !ok {
			return p
		}
		err := p.engine.Handle(context.Background(), m)
		switch {
		case p.dead:
			w.mu.Lock()
			w.queue = append(w.queue, queued{m, w.at.Add(2 * time.Minute)})
			w.mu.Unlock()
			p = w.process(&mortal{})
		case err != nil:
			w.t.Fatalf("message %+v: %v", m, err)
		}
	}
	w.t.Fatal("the queue does not get empty")
	return nil
}

// settle drains and ticks until no run is under way.
func (w *world) settle(p *process) *process {
	w.t.Helper()
	for range 20 {
		p = w.drain(p)
		if w.run().State != usage.Running {
			return p
		}
		w.later(3 * time.Minute)
		if err := p.engine.Handle(context.Background(), usage.Message{Kind: usage.KindTick}); err != nil && !p.dead {
			w.t.Fatalf("tick: %v", err)
		}
		if p.dead {
			p = w.process(&mortal{})
		}
	}
	w.t.Fatal("a run does not end")
	return nil
}

// run is the newest posting.
func (w *world) run() usage.Run {
	w.t.Helper()
	run, err := w.watch.store.PostingRuns().Newest(context.Background(), w.scope, usage.ModePost)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		w.t.Fatal(err)
	}
	return run
}

// post asks for a posting as a client would: again, until there is an answer;
// and works until it is over.
func (w *world) post(p *process) *process {
	w.t.Helper()
	for range 3 {
		_, _, err := p.engine.Start(context.Background(), w.scope, usage.ModePost, "ann")
		if err == nil {
			return w.settle(p)
		}
		if !p.dead {
			w.t.Fatal(err)
		}
		p = w.process(&mortal{})
	}
	w.t.Fatal("the request never succeeds")
	return nil
}

// agreement is one of ConnectWise's, with months from the 1st.
func (w *world) agreement(nid string, members ...any) psa.RecordID {
	w.t.Helper()
	all := map[string]any{
		"name": "Managed", "company": map[string]any{"id": w.company}, "type": map[string]any{"id": 1},
		"billingCycle": map[string]any{"name": "Monthly"}, "startDate": "2024-01-01", "billStartDate": "2024-01-01", "nextInvoiceDate": nid,
		"prorateFlag": false, "noEndingDateFlag": true,
	}
	for i := 0; i+1 < len(members); i += 2 {
		all[fmt.Sprint(members[i])] = members[i+1]
	}
	return w.put(cwsim.Agreements, all)
}

func (w *world) put(table string, members map[string]any) psa.RecordID {
	w.t.Helper()
	id, err := w.sim.Put(table, members)
	if err != nil {
		w.t.Fatal(err)
	}
	return psa.RecordID(id)
}

// items are two of the catalog's.
func (w *world) items() (a, b psa.RecordID) {
	ids := w.sim.IDs(cwsim.Catalog)
	return psa.RecordID(ids[0]), psa.RecordID(ids[1])
}

// want maps a tenant.
func (w *world) want(tenant usage.TenantID, agreement psa.RecordID, products map[usage.SKU]psa.RecordID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = slices.DeleteFunc(w.wanted, func(x usage.Wanted) bool { return x.Tenant == tenant })
	w.wanted = append(w.wanted, usage.Wanted{
		Tenant: tenant, Name: string(tenant), State: usage.TenantActive, Enabled: true, Agreement: agreement, Products: products,
	})
}

func (w *world) edit(tenant usage.TenantID, f func(*usage.Wanted)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.wanted {
		if w.wanted[i].Tenant == tenant {
			f(&w.wanted[i])
		}
	}
}

// report is what a tenant uses today.
func (w *world) report(tenant usage.TenantID, counts map[usage.SKU]int64) {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports[tenant] = append(w.reports[tenant], usage.Report{Tenant: tenant, Day: usage.DateIn(now, time.UTC), ReportedAt: now, Counts: counts})
}

// approve previews, and approves all that the preview shows.
func (w *world) approve() {
	w.t.Helper()
	ctx := context.Background()
	run, _, err := w.watch.engine.Start(ctx, w.scope, usage.ModePreview, "ann")
	if err != nil {
		w.t.Fatal(err)
	}
	w.drain(w.watch)
	if _, unlike, err := w.watch.service.Approve(ctx, w.scope, "ann", run.ID); err != nil || len(unlike) > 0 {
		w.t.Fatal(unlike, err)
	}
}

// lines are an agreement's additions as ConnectWise has them, in short.
func (w *world) lines(agreement psa.RecordID) []string {
	w.t.Helper()
	out := []string{}
	for _, a := range w.sim.AdditionsOf(int(agreement)) {
		end := "open"
		if s, ok := a["cancelledDate"].(string); ok && s != "" {
			end = s[:10]
		}
		product, _ := a["product"].(map[string]any)
		start, _ := a["effectiveDate"].(string)
		out = append(out, fmt.Sprintf("item %v: %s to %s, %v", product["id"], start[:10], end, a["quantity"]))
	}
	slices.Sort(out)
	return out
}

// series are what our table has of an agreement.
func (w *world) series(agreement psa.RecordID) map[usage.SeriesKey]usage.Series {
	w.t.Helper()
	all, err := w.watch.store.Postings(0).Series(context.Background(), w.scope, agreement)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// codes are what needs attention, of all series of an agreement.
func (w *world) codes(agreement psa.RecordID) []usage.Code {
	w.t.Helper()
	out := []usage.Code{}
	for _, s := range w.series(agreement) {
		for _, a := range s.Look.Attention {
			out = append(out, a.Code)
		}
	}
	slices.Sort(out)
	return out
}
