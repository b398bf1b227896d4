package billing_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/billing"
	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
	"github.com/psabridge/psabridge/internal/usage/usagetest"
)

// world is an MSP with its ConnectWise, the poster, and the reference. What
// happens is told to both sides; time is the bubble's.
type world struct {
	usagetest.Memory
	usagetest.Product

	t       testing.TB
	sim     *cwsim.Simulator
	books   *billing.Books
	scope   psa.Scope
	zone    *time.Location
	ahead   time.Duration // of the bubble's clock
	finance usage.Finance
	engine  *usage.Engine
	service *usage.Service
	queue   []queued
	ids     map[int]int // agreements of the reference, in ConnectWise
	items   []int
	// seen are the invoices that were compared.
	seen int
	// disturbed: a fault is in force, so states of a day may differ.
	disturbed bool
	failures  int
	// replies are what the reference asked.
	replies []cwsim.Asked
	// bent are lines whose end a person changed.
	bent map[int]bool
}

type queued struct {
	usage.Message
	at time.Time
}

const account = "msp-1"

// begin is the day on which worlds begin.
func begin() billing.Day { return billing.DayOf(2026, 1, 1) }

// newWorld must be called within a bubble.
func newWorld(t testing.TB, points map[string]string, agreements []billing.Agreement, set usage.Settings) *world {
	t.Helper()
	w := &world{t: t, scope: psa.Scope{Account: account, Generation: 1}, ids: map[int]int{}, bent: map[int]bool{}}
	var err error
	if w.zone, err = time.LoadLocation(set.Zone); err != nil {
		t.Fatal(err)
	}
	w.ahead = time.Until(clock(begin()-1, 12, w.zone))
	w.sim = cwsim.New(cwsim.Config{Companies: 1, Now: w.now, Switches: cwsim.Switches{Points: points}, Trace: true})
	w.catalog(agreements, points)
	w.books.OnChange = set.Policy == usage.OnChange
	for _, a := range agreements {
		w.agreement(a)
		if a.Marked {
			set.Arrears = append(set.Arrears, psa.RecordID(w.ids[a.ID]))
		}
	}
	company, public, private := w.sim.Credentials()
	client, err := connectwise.New(connectwise.Config{
		Base:        connectwise.Base{CompanyID: company, API: "https://cwsim.invalid/v2026_1/apis/3.0/"},
		Credentials: psa.Credentials{PublicKey: public, PrivateKey: private}, ClientID: "11111111-2222-3333-4444-555555555555",
		HTTP: &http.Client{Transport: w.sim.Transport()}, Now: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.finance = &remembering{Finance: connectwise.NewFinance(client), world: w}
	w.engine = usage.New(usage.Deps{
		Store: &w.Memory, Runs: &w.Memory, Ledger: &w.Memory, Mappings: &w.Product, Reports: &w.Product, Billing: w, Waker: w, Installation: "test",
	}, usage.Options{Now: w.now, Parallel: 1})
	w.service = usage.NewService(w.engine)
	if err := w.service.Configure(context.Background(), w.scope, set); err != nil {
		t.Fatal(err)
	}
	return w
}

// catalog lists the products that can be on agreements.
func (w *world) catalog(agreements []billing.Agreement, points map[string]string) {
	prices := map[int]float64{}
	for _, id := range w.sim.IDs(cwsim.Catalog) {
		item := w.sim.Get(cwsim.Catalog, id)
		if item["productClass"] == "Bundle" || item["inactiveFlag"] == true {
			continue
		}
		w.items = append(w.items, id)
		price, _ := item["price"].(float64)
		prices[len(w.items)-1] = price
	}
	w.books = billing.New(agreements, prices, func(a billing.Answer) bool {
		q := inForce()[a]
		q.Answer = replied(q, points)
		if !slices.Contains(w.replies, q) {
			w.replies = append(w.replies, q)
		}
		return q.Answer == "true"
	})
}

func (w *world) agreement(a billing.Agreement) {
	names := map[[2]int]string{
		{1, 0}: "Monthly", {2, 0}: "BiMonthly", {3, 0}: "Quarterly", {6, 0}: "SemiAnnual", {12, 0}: "Yearly", {0, 7}: "Weekly", {0, 14}: "BiWeekly",
		{0, 0}: "NotRecurring",
	}
	cycle := 0
	for _, c := range w.sim.Snapshot(cwsim.BillingCycles) {
		if c["billingOptions"] == names[[2]int{a.Months, a.Days}] {
			cycle = int(c["id"].(float64))
		}
	}
	if cycle == 0 && a.Months+a.Days > 0 {
		w.t.Fatalf("no billing cycle for %+v", a)
	}
	members := map[string]any{
		"name": fmt.Sprint("Managed ", a.ID), "company": ref(w.sim.IDs(cwsim.Companies)[0]), "type": ref(1), "startDate": a.Start.String(),
		"billStartDate": a.Start.String(), "prorateFlag": a.Prorate, "noEndingDateFlag": true, "invoicingCycle": "ContractYear",
	}
	if cycle != 0 {
		members["billingCycle"] = ref(cycle)
	}
	if a.Next != 0 {
		members["nextInvoiceDate"] = a.Next.String()
	}
	if a.Calendar {
		members["invoicingCycle"] = "CalendarYear"
	}
	if a.Parent != 0 {
		members["parentAgreement"] = ref(w.ids[a.Parent])
	}
	w.ids[a.ID] = w.put(cwsim.Agreements, members)
	if a.Next == 0 {
		w.put(cwsim.Agreements, map[string]any{"id": w.ids[a.ID], "nextInvoiceDate": nil})
	}
	w.sim.SetArrears(w.ids[a.ID], a.Arrears)
	if a.Ends != 0 {
		w.over(billing.Over{Agreement: a.ID, Last: a.Ends})
	}
}

func ref(id int) map[string]any { return map[string]any{"id": id} }

func (w *world) put(table string, members map[string]any) int {
	w.t.Helper()
	id, err := w.sim.Put(table, members)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// clock is an hour of a day, by an account's clock.
func clock(d billing.Day, hour int, zone *time.Location) time.Time {
	day, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return time.Time{}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, 30, 0, 0, zone)
}

func (w *world) now() time.Time { return time.Now().Add(w.ahead) }

// until waits; a posting that took longer than that is not waited for.
func (w *world) until(at time.Time) { time.Sleep(at.Sub(w.now())) }

// Open implements usage.Billing.
func (w *world) Open(context.Context, psa.Scope) (usage.Finance, error) { return w.finance, nil }

// Wake implements usage.Waker: a queue that loses nothing.
func (w *world) Wake(_ context.Context, m usage.Message, delay time.Duration) error {
	w.queue = append(w.queue, queued{m, w.now().Add(delay)})
	return nil
}

// approve previews, and approves of that what is a tenant's.
func (w *world) approve(tenant usage.TenantID) {
	w.t.Helper()
	ctx := context.Background()
	preview, _, err := w.engine.Start(ctx, w.scope, usage.ModePreview, "ann")
	for preview.State == usage.Running && err == nil {
		w.until(w.now().Add(time.Second))
		w.queue = nil // of messages to post there are none now
		if err = w.engine.Handle(ctx, usage.Message{Kind: usage.KindPost, Account: w.scope.Account, Generation: w.scope.Generation, Key: preview.ID}); err == nil {
			preview, err = w.Run(ctx, w.scope, preview.ID)
		}
	}
	w.must(err)
	_, unlike, err := w.service.Approve(ctx, w.scope, "ann", preview.ID, tenant)
	if err != nil { // a person presses again
		_, unlike, err = w.service.Approve(ctx, w.scope, "ann", preview.ID, tenant)
	}
	if w.must(err); len(unlike) > 0 {
		w.t.Fatalf("approved of another preview: %+v", unlike)
	}
}

// post lets the schedule post, and works until that is done.
func (w *world) post() {
	w.t.Helper()
	ctx := context.Background()
	if err := w.engine.Tick(ctx); err != nil {
		w.t.Fatal(err)
	}
	run, err := w.Newest(ctx, w.scope, usage.ModePost)
	if err == nil && run.State == usage.Done { // it was posted today: Post now
		_, _, err = w.engine.Start(ctx, w.scope, usage.ModePost, "ann")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	for range 200 {
		if len(w.queue) == 0 {
			if !w.next(ctx) {
				return
			}
			continue
		}
		slices.SortStableFunc(w.queue, func(a, b queued) int { return a.at.Compare(b.at) })
		m := w.queue[0]
		w.queue = w.queue[1:]
		w.until(m.at)
		if err := w.engine.Handle(ctx, m.Message); err != nil {
			w.failures++
			w.until(w.now().Add(time.Minute))
			_ = w.Wake(ctx, m.Message, 0)
		}
	}
	w.t.Fatal("a posting does not end")
}

// next ends a posting: a person confirms what the guards ask. It reports
// whether there is more to do.
func (w *world) next(ctx context.Context) bool {
	run, err := w.Newest(ctx, w.scope, usage.ModePost)
	switch {
	case err != nil:
		w.t.Fatal(err)
	case run.State == usage.NeedsWord:
		if err := w.service.Confirm(ctx, w.scope, run.ID, "ann"); err != nil {
			w.t.Fatal(err)
		}
		return true
	case run.State == usage.Running:
		w.until(w.now().Add(2 * time.Minute))
		if err := w.engine.Tick(ctx); err != nil {
			w.t.Fatal(err)
		}
		return true
	case run.State != usage.Done:
		w.t.Fatalf("the posting of %s ended as %s: %+v", run.Day, run.State, run.Failure)
	}
	return false
}

// key is a line's of the reference, in ConnectWise.
func (w *world) key(k billing.Key) usage.SeriesKey {
	return usage.SeriesKey{Agreement: psa.RecordID(w.ids[k.Agreement]), Product: psa.RecordID(w.items[k.Product])}
}

// addition is a line as ConnectWise has it.
type addition struct {
	id            int
	product       int
	quantity      float64
	from, through string
	ours          bool
}

func (w *world) additions(agreement int) []addition {
	var out []addition
	for _, l := range w.sim.Lines(w.ids[agreement]) {
		out = append(out, addition{
			id: l.ID, product: slices.Index(w.items, l.Product), quantity: l.Quantity, ours: strings.HasPrefix(l.Serial, "psabridge"),
			from: l.First, through: cmp.Or(l.Last, "open"),
		})
	}
	slices.SortFunc(out, func(a, b addition) int { return cmp.Or(a.product-b.product, cmp.Compare(a.from, b.from), a.id-b.id) })
	return out
}
