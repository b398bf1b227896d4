package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
	"github.com/psabridge/psabridge/internal/usage/usagetest"
)

const (
	mspAtOnce    = 3
	mspPerMinute = 600
	mspLatency   = 300 * time.Millisecond // on average
)

// msp is one of the fleet.
type msp struct {
	usagetest.Memory
	usagetest.Product

	sim        *cwsim.Simulator
	scope      psa.Scope
	finance    *connectwise.Finance
	engine     *usage.Engine
	budget     *budget
	agreements []psa.RecordID
	mu         sync.Mutex
	queue      []wakeup
}

type wakeup struct {
	message usage.Message
	at      time.Time
}

// sizeOf spreads the tenants over MSPs: 10 to 90 of them, 50 on average.
func sizeOf(i int) int {
	apart := i / 2 * 7 % 41
	if i%2 == 0 {
		apart = -apart
	}
	return fleetTenants + apart
}

// oneMSP goes through its days: the first posting, an ordinary day, the first
// of a month, and for some a month with faults.
func oneMSP(ctx context.Context, i int) (fleetFigures, error) {
	m, err := newMSP(ctx, i, sizeOf(i))
	if err != nil {
		return fleetFigures{}, err
	}
	var f fleetFigures
	f.Lines = len(m.agreements) * fleetSKUs
	for _, day := range []func(context.Context, *fleetFigures) error{m.first, m.ordinary, m.month} {
		if err := day(ctx, &f); err != nil {
			return f, err
		}
	}
	f.AtOnce, f.PerMinute = m.sim.MaxConcurrent(), m.budget.most
	if i%(fleetMSPs/faultyMSPs) == 0 {
		err = m.faulty(ctx, &f)
	}
	return f, err
}

func newMSP(ctx context.Context, i, tenants int) (*msp, error) {
	m := &msp{
		scope:  psa.Scope{Account: psa.AccountID(fmt.Sprintf("msp-%03d", i)), Generation: 1},
		sim:    cwsim.New(cwsim.Config{Seed: uint64(i), Companies: 1}), //nolint:gosec // not negative
		budget: &budget{slots: make(chan struct{}, mspAtOnce)},
	}
	company, public, private := m.sim.Credentials()
	client, err := connectwise.New(connectwise.Config{
		Base:        connectwise.Base{CompanyID: company, API: "https://cwsim.invalid/v2026_1/apis/3.0/"},
		Credentials: psa.Credentials{PublicKey: public, PrivateKey: private}, ClientID: benchClient,
		HTTP: &http.Client{Transport: m.sim.Transport()}, Budget: m.budget,
	})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	m.finance = connectwise.NewFinance(client)
	m.engine = usage.New(usage.Deps{
		Store: &m.Memory, Runs: &m.Memory, Ledger: &m.Memory, Mappings: &m.Product, Reports: &m.Product, Billing: m, Waker: m, Installation: "bench",
	}, usage.Options{})
	if err := m.fill(tenants); err != nil {
		return nil, err
	}
	time.Sleep(9*24*time.Hour + 12*time.Hour) // to the tenth of the month
	m.report(0)
	return m, m.approve(ctx)
}

// approve approves all that a preview shows.
func (m *msp) approve(ctx context.Context) error {
	service := usage.NewService(m.engine)
	if err := service.Configure(ctx, m.scope, usage.Settings{Zone: "UTC"}); err != nil {
		return err
	}
	preview, err := m.work(ctx, usage.ModePreview)
	if err != nil {
		return err
	}
	_, unlike, err := service.Approve(ctx, m.scope, "bench", preview.ID)
	if err == nil && len(unlike) > 0 {
		err = fmt.Errorf("%d lines are not as the preview showed", len(unlike))
	}
	return err
}

func skuNamed(n int) usage.SKU { return usage.SKU(fmt.Sprint("sku-", n)) }

func tenantNamed(i int) usage.TenantID { return usage.TenantID(fmt.Sprintf("t%03d", i)) }

// fill maps tenants, each to an agreement of its own.
func (m *msp) fill(tenants int) error {
	products := map[usage.SKU]psa.RecordID{}
	for n := range fleetSKUs {
		id, err := m.sim.Put(cwsim.Catalog, map[string]any{
			"identifier": fmt.Sprint("item-", n), "description": "Seat", "productClass": "Service", "price": 10, "customerDescription": "Seat",
		})
		if err != nil {
			return fmt.Errorf("catalog: %w", err)
		}
		products[skuNamed(n)] = psa.RecordID(id)
	}
	for i := range tenants {
		id, err := m.sim.Put(cwsim.Agreements, map[string]any{
			"name": fmt.Sprintf("Managed %d", i), "company": map[string]any{"id": m.sim.IDs(cwsim.Companies)[0]}, "type": map[string]any{"id": 1},
			"billingCycle": map[string]any{"name": "Monthly"}, "startDate": "1998-01-01", "billStartDate": "1998-01-01",
			"nextInvoiceDate": "2000-01-01", "prorateFlag": false, "noEndingDateFlag": true,
		})
		if err != nil {
			return fmt.Errorf("agreements: %w", err)
		}
		m.agreements = append(m.agreements, psa.RecordID(id))
		m.Map(m.scope, usage.Wanted{
			Tenant: tenantNamed(i), State: usage.TenantActive, Enabled: true, Agreement: psa.RecordID(id), Products: products,
		})
	}
	return nil
}

// counted is what a tenant uses; of the fleet's lines the first ones are
// different, spread over the agreements.
func (m *msp) counted(tenant, sku, changed int) int64 {
	count := int64(20 + tenant)
	if sku*len(m.agreements)+tenant < changed {
		count++
	}
	return count
}

func (m *msp) report(changed int) {
	now := time.Now()
	for i := range m.agreements {
		counts := map[usage.SKU]int64{}
		for n := range fleetSKUs {
			counts[skuNamed(n)] = m.counted(i, n, changed)
		}
		m.Report(m.scope, usage.Report{Tenant: tenantNamed(i), Day: usage.DateIn(now, time.UTC), ReportedAt: now, Counts: counts})
	}
}

// Open implements usage.Billing.
func (m *msp) Open(context.Context, psa.Scope) (usage.Finance, error) { return m.finance, nil }

// Wake implements usage.Waker.
func (m *msp) Wake(_ context.Context, message usage.Message, delay time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queue = append(m.queue, wakeup{message, time.Now().Add(delay)})
	return nil
}

// post posts to the end, and returns how long that took.
func (m *msp) post(ctx context.Context) (time.Duration, error) {
	m.sim.ResetRequests()
	began := time.Now()
	_, err := m.work(ctx, usage.ModePost)
	return time.Since(began), err
}

// work works on a run to its end.
func (m *msp) work(ctx context.Context, mode usage.Mode) (usage.Run, error) {
	if _, _, err := m.engine.Start(ctx, m.scope, mode, "bench"); err != nil {
		return usage.Run{}, err
	}
	for len(m.queue) > 0 {
		next := m.queue[0]
		m.queue = m.queue[1:]
		time.Sleep(time.Until(next.at))
		if err := m.slice(ctx, next.message); err != nil {
			return usage.Run{}, err
		}
	}
	run, err := m.Newest(ctx, m.scope, mode)
	if err == nil && run.State != usage.Done {
		err = fmt.Errorf("the %s is %s: %+v", mode, run.State, run.Failure)
	}
	return run, err
}

// slice has the deadline that the function has.
func (m *msp) slice(ctx context.Context, message usage.Message) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return m.engine.Handle(ctx, message)
}

// first is not measured: ConnectWise answers at once, and after that as it
// would far away.
func (m *msp) first(ctx context.Context, _ *fleetFigures) error {
	if _, err := m.post(ctx); err != nil {
		return err
	}
	const least = 200
	return m.sim.SetFaults(
		cwsim.Fault{Kind: cwsim.FaultLatency, DelayMS: least},
		cwsim.Fault{Kind: cwsim.FaultLatency, DelayMS: 2 * (int(mspLatency.Milliseconds()) - least), Probability: 0.5},
	)
}

func (m *msp) ordinary(ctx context.Context, f *fleetFigures) error {
	time.Sleep(24 * time.Hour)
	m.report(f.Lines / 20)
	if _, err := m.post(ctx); err != nil {
		return err
	}
	requests := m.sim.Requests()
	f.Ordinary += len(requests)
	lists := map[string]int{}
	for _, r := range requests {
		if r.Method == http.MethodGet && strings.HasSuffix(r.Path, "/additions") {
			lists[r.Path]++
		}
	}
	for _, n := range lists {
		if n == 1 {
			f.Looked += fleetSKUs
		}
	}
	_, wrong := m.audit(f.Lines / 20)
	f.Wrong += wrong
	return nil
}

// month posts after all agreements were invoiced. The rules of posting ask for
// a list of each agreement, an end and a create of each line and a look
// afterwards; what is asked of the whole account comes on top.
func (m *msp) month(ctx context.Context, f *fleetFigures) error {
	if err := m.invoice(); err != nil {
		return err
	}
	took, err := m.post(ctx)
	if err != nil {
		return err
	}
	requests := m.sim.Requests()
	calls := len(m.agreements) * (1 + 2*fleetSKUs + 1)
	for _, r := range requests {
		if !strings.Contains(r.Path, "/additions") {
			calls++
		}
	}
	f.Month, f.FloorCalls, f.Took = len(requests), calls, took
	f.Floor = max(time.Duration(calls)*time.Minute/mspPerMinute, time.Duration(calls)*mspLatency/mspAtOnce)
	double, wrong := m.audit(0)
	f.Double, f.Wrong = f.Double+double, f.Wrong+wrong
	return nil
}

func (m *msp) invoice() error {
	for _, a := range m.agreements {
		if _, err := m.sim.InvoiceAgreement(int(a), time.Now()); err != nil {
			return fmt.Errorf("invoice agreement %d: %w", a, err)
		}
	}
	time.Sleep(24 * time.Hour)
	m.report(0)
	return nil
}

// faulty is another month, in which calls of all kinds fail.
func (m *msp) faulty(ctx context.Context, f *fleetFigures) error {
	if err := m.invoice(); err != nil {
		return err
	}
	kinds := []cwsim.Fault{
		{Kind: cwsim.FaultCutBefore},
		{Kind: cwsim.FaultCutAfter},
		{Kind: cwsim.FaultTruncate},
		{Kind: cwsim.FaultEmptyList, Method: http.MethodGet},
		{Kind: cwsim.FaultCommitLater, Method: http.MethodPost, DelayMS: 120_000},
		{Kind: cwsim.FaultStatus, Status: http.StatusServiceUnavailable},
	}
	for i := range kinds {
		kinds[i].Path, kinds[i].Probability = "/finance/agreements/**", faultShare/float64(len(kinds))
	}
	if err := m.sim.SetFaults(kinds...); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	_, failed := m.post(ctx)
	for _, r := range m.sim.Requests() {
		if r.Status == 0 || r.Status >= http.StatusInternalServerError { // beside those whose answers were only spoilt
			f.Faults++
		}
	}
	if err := m.sim.SetFaults(); err != nil {
		return fmt.Errorf("faults: %w", err)
	}
	time.Sleep(time.Hour)
	_, err := m.post(ctx)
	double, wrong := m.audit(0)
	f.Double, f.Wrong = f.Double+double, f.Wrong+wrong
	if err != nil {
		err = errors.Join(err, failed)
	}
	return err
}

// audit counts what ConnectWise has twice, and what it has otherwise than it
// was reported: of each agreement and item one line is open, with the count.
func (m *msp) audit(changed int) (double, wrong int) {
	for tenant, agreement := range m.agreements {
		open := map[string][]map[string]any{}
		for _, a := range m.sim.AdditionsOf(int(agreement)) {
			if end, _ := a["cancelledDate"].(string); end == "" {
				product, _ := a["product"].(map[string]any)
				key := fmt.Sprint(product["identifier"])
				open[key] = append(open[key], a)
			}
		}
		for n := range fleetSKUs {
			lines := open[fmt.Sprint("item-", n)]
			switch {
			case len(lines) > 1:
				double++
			case len(lines) == 0, fmt.Sprint(lines[0]["quantity"]) != strconv.FormatInt(m.counted(tenant, n, changed), 10):
				wrong++
			}
		}
	}
	return double, wrong
}

// budget is an MSP's allowance: so many requests at once and in a minute of
// the clock.
type budget struct {
	slots  chan struct{}
	mu     sync.Mutex
	minute time.Time
	used   int
	most   int
}

// Take implements connectwise.Budget.
func (b *budget) Take(ctx context.Context) (func(), error) {
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for !b.token() {
		select {
		case <-time.After(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))):
		case <-ctx.Done():
			<-b.slots
			return nil, ctx.Err()
		}
	}
	return func() { <-b.slots }, nil
}

func (b *budget) token() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now().Truncate(time.Minute); !now.Equal(b.minute) {
		b.minute, b.used = now, 0
	}
	if b.used == mspPerMinute {
		return false
	}
	b.used++
	b.most = max(b.most, b.used)
	return true
}

// Throttled implements connectwise.Budget.
func (b *budget) Throttled(context.Context, time.Time) error { return nil }
