package usage_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func (w *world) wantLines(what string, agreement psa.RecordID, lines ...string) {
	w.t.Helper()
	if lines == nil {
		lines = []string{}
	}
	if diff := cmp.Diff(lines, w.lines(agreement)); diff != "" {
		w.t.Errorf("%s: lines (-want +got):\n%s", what, diff)
	}
	for k, s := range w.series(agreement) {
		if s.Intent != nil {
			w.t.Errorf("%s: %s has an intent left", what, k)
		}
	}
}

func (w *world) wantCodes(what string, agreement psa.RecordID, codes ...usage.Code) {
	w.t.Helper()
	if codes == nil {
		codes = []usage.Code{}
	}
	if diff := cmp.Diff(codes, w.codes(agreement)); diff != "" {
		w.t.Errorf("%s: attention (-want +got):\n%s", what, diff)
	}
}

// An account's first weeks: nothing goes out before approval; then a line, its
// updates, an invoice, and the next period's line with the terms of the last.
func TestFromApprovalOverAnInvoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.agreement("2026-11-01")
	item, _ := w.items()
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 12})
	p := w.post(w.process(&mortal{}))
	w.wantLines("before approval", a)
	w.wantCodes("before approval", a, usage.AwaitingApproval)

	w.approve()
	p = w.post(p)
	w.wantLines("approved", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))
	w.wantCodes("approved", a)
	w.sim.ResetRequests()
	p = w.post(p)
	if got := w.sim.Counts()["POST /finance/agreements/{parentId}/additions"]; got != 0 {
		t.Errorf("posting again: %d posts", got)
	}
	for _, r := range w.sim.Requests() {
		if r.Method != "GET" {
			t.Errorf("posting again: %s %s", r.Method, r.Path)
		}
	}

	w.later(24 * time.Hour)
	w.report("acme", map[usage.SKU]int64{"core": 14})
	p = w.post(p)
	w.wantLines("another count", a, fmt.Sprintf("item %d: 2026-11-01 to open, 14", item))

	// The MSP changes the price and invoices; the next period's line has it.
	id := w.sim.AdditionsOf(int(a))[0]["id"]
	w.put(cwsim.Additions, map[string]any{"id": id, "unitPrice": 7.125, "lessIncluded": 2, "invoiceDescription": "Seats"})
	if _, err := w.sim.InvoiceAgreement(int(a), w.now()); err != nil {
		t.Fatal(err)
	}
	w.report("acme", map[usage.SKU]int64{"core": 20})
	w.post(p)
	w.wantLines("invoiced", a, fmt.Sprintf("item %d: 2026-11-01 to 2026-11-30, 14", item), fmt.Sprintf("item %d: 2026-12-01 to open, 20", item))
	next := w.sim.AdditionsOf(int(a))[1]
	got := map[string]any{"price": next["unitPrice"], "included": next["lessIncluded"], "text": next["invoiceDescription"]}
	if diff := cmp.Diff(map[string]any{"price": 7.125, "included": 2.0, "text": "Seats"}, got); diff != "" {
		t.Errorf("terms of the new line (-want +got):\n%s", diff)
	}
	entries, _, err := w.watch.store.Postings(0).History(context.Background(), w.scope, usage.SeriesKey{Agreement: a, Product: item}, "", 20)
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	for _, e := range entries {
		events = append(events, fmt.Sprintf("%s %s %s->%s by %s", e.Event, e.Date, e.Was, e.Then, e.By))
	}
	want := []string{
		"create 2026-12-01 14->20 by ann", "end 2026-11-01 14->14 by ann", "update 2026-11-01 12->14 by ann", "create 2026-11-01 0->12 by ann",
		"approved  0->0 by ann",
	}
	less := func(list []string) []string { // entries of one write have one time
		if len(list) > 1 && list[0] > list[1] {
			list[0], list[1] = list[1], list[0]
		}
		return list
	}
	if diff := cmp.Diff(less(want), less(events)); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// The schedule posts each day by itself.
func TestTheSchedulePosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.agreement("2026-11-01")
	item, _ := w.items()
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 12})
	w.approve()
	p := w.process(&mortal{})
	w.later(24 * time.Hour)
	for range 3 { // ticks that overlap and repeat
		if err := p.engine.Handle(context.Background(), usage.Message{Kind: usage.KindTick}); err != nil {
			t.Fatal(err)
		}
	}
	w.drain(p)
	w.wantLines("a day later", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))
	runs, _, err := w.watch.store.PostingRuns().List(context.Background(), w.scope, "", 10)
	runs = slices.DeleteFunc(runs, func(r usage.Run) bool { return r.Mode == usage.ModePreview })
	if err != nil || len(runs) != 1 || runs[0].By != usage.BySchedule || runs[0].State != usage.Done {
		t.Errorf("runs %+v, %v", runs, err)
	}
}

// A preview plans what a posting would do, as if it were approved, and changes
// nothing.
func TestPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.agreement("2026-12-01")
	item, _ := w.items()
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 12})
	p := w.process(&mortal{})
	run, _, err := p.engine.Start(t.Context(), w.scope, usage.ModePreview, "ann")
	if err != nil {
		t.Fatal(err)
	}
	w.drain(p)
	plans, _, err := w.watch.store.Postings(0).Plans(t.Context(), w.scope, run.ID, "", 10)
	if err != nil || len(plans) != 1 || len(plans[0].Series) != 1 {
		t.Fatalf("plans %+v, %v", plans, err)
	}
	s := plans[0].Series[0]
	if len(s.Steps) != 1 || s.Steps[0].Kind != usage.StepCreate || s.Date != "2026-12-01" || !s.Unapproved || s.Effect <= 0 {
		t.Errorf("plan %+v", s)
	}
	w.wantLines("previewed", a)
	for _, r := range w.sim.Requests() {
		if r.Method != "GET" {
			t.Errorf("a preview sent %s %s", r.Method, r.Path)
		}
	}
}

// A changed mapping ends one agreement's line and begins the other's on one
// day, and is one entry of the history.
func TestRemapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a, b := w.agreement("2026-11-01"), w.agreement("2026-12-01")
	item, _ := w.items()
	products := map[usage.SKU]psa.RecordID{"core": item}
	w.want("acme", a, products)
	w.report("acme", map[usage.SKU]int64{"core": 12})
	w.approve()
	p := w.post(w.process(&mortal{}))
	w.want("acme", b, products)
	p = w.post(p)
	w.wantLines("not approved yet", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))
	w.wantCodes("not approved yet", b, usage.AwaitingApproval)
	w.approve()
	p = w.post(p)
	w.wantLines("old agreement", a, fmt.Sprintf("item %d: 2026-11-01 to 2026-11-30, 12", item))
	w.wantLines("new agreement", b, fmt.Sprintf("item %d: 2026-12-01 to open, 12", item))
	w.post(p)
	w.wantLines("new agreement, again", b, fmt.Sprintf("item %d: 2026-12-01 to open, 12", item))
}

func TestSwitchingOff(t *testing.T) {
	t.Parallel()
	for off, want := range map[usage.SwitchOff]string{
		usage.OffEnd: "to 2026-11-30, 12", usage.OffZero: "to open, 0", usage.OffLeave: "to open, 12",
	} {
		t.Run(string(off), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			a := w.agreement("2026-11-01")
			item, _ := w.items()
			w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
			w.report("acme", map[usage.SKU]int64{"core": 12})
			w.approve()
			p := w.post(w.process(&mortal{}))
			w.edit("acme", func(x *usage.Wanted) { x.Enabled, x.Off = false, off })
			for range 2 {
				p = w.post(p)
				w.wantLines(string(off), a, fmt.Sprintf("item %d: 2026-11-01 %s", item, want))
			}
			w.edit("acme", func(x *usage.Wanted) { x.Enabled = true })
			if _, err := w.sim.InvoiceAgreement(int(a), w.now()); err != nil {
				t.Fatal(err)
			}
			w.post(p)
			if got := w.lines(a); len(got) != 2 || got[1] != fmt.Sprintf("item %d: 2026-12-01 to open, 12", item) {
				t.Errorf("switched on again: %v", got)
			}
		})
	}
}

func TestPeoplesChangesAndDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.agreement("2026-11-01")
	item, _ := w.items()
	key := usage.SeriesKey{Agreement: a, Product: item}
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 12})
	w.approve()
	foreign := w.put(cwsim.Additions, map[string]any{
		"agreementId": a, "product": map[string]any{"id": item}, "quantity": 3, "billCustomer": "Billable", "effectiveDate": "2026-01-01",
	})
	p := w.post(w.process(&mortal{}))
	w.wantLines("another's line", a, fmt.Sprintf("item %d: 2026-01-01 to open, 3", item))
	w.wantCodes("another's line", a, usage.OtherLines)
	ctx, service := context.Background(), w.watch.service
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	do("leave", service.Leave(ctx, w.scope, key, "ann"))
	p = w.post(p)
	w.wantCodes("left", a, usage.LeftToOthers)
	do("take over", service.TakeOver(ctx, w.scope, key, "ann"))
	p = w.post(p)
	w.wantLines("taken over", a, fmt.Sprintf("item %d: 2026-01-01 to 2026-10-31, 3", item), fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))
	w.wantCodes("taken over", a)

	mine := int(w.series(a)[key].Lines[1].ID)
	w.put(cwsim.Additions, map[string]any{"id": mine, "quantity": 40})
	do("hold", service.Hold(ctx, w.scope, key, "ann"))
	p = w.post(p)
	w.wantCodes("held", a, usage.Held, usage.QuantityChanged)
	do("release", service.Release(ctx, w.scope, key, "ann"))
	p = w.post(p)
	w.wantLines("corrected", a, fmt.Sprintf("item %d: 2026-01-01 to 2026-10-31, 3", item), fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))

	w.put(cwsim.Additions, map[string]any{"id": mine, "cancelledDate": "2026-11-25"})
	w.report("acme", map[usage.SKU]int64{"core": 15})
	p = w.post(p)
	w.wantCodes("ended by hand", a, usage.EndChanged)
	do("resume", service.Resume(ctx, w.scope, key, "ann"))
	p = w.post(p)
	w.wantLines("end accepted", a, fmt.Sprintf("item %d: 2026-01-01 to 2026-10-31, 3", item), fmt.Sprintf("item %d: 2026-11-01 to 2026-11-25, 15", item))

	if !w.sim.Delete(cwsim.Additions, mine) || foreign == 0 {
		t.Fatal("not deleted")
	}
	p = w.post(p)
	w.wantCodes("deleted by hand", a, usage.LineVanished)
	do("resume", service.Resume(ctx, w.scope, key, "ann"))
	w.post(p)
	w.wantLines("made anew", a, fmt.Sprintf("item %d: 2026-01-01 to 2026-10-31, 3", item), fmt.Sprintf("item %d: 2026-11-01 to open, 15", item))
}

// The guard stops a run before anything is sent; confirming lets just that go.
func TestGuards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.agreement("2026-11-01")
	item, _ := w.items()
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 40})
	w.approve()
	p := w.post(w.process(&mortal{}))
	w.later(24 * time.Hour)
	w.report("acme", map[usage.SKU]int64{"core": 400})
	p = w.post(p)
	run := w.run()
	if run.State != usage.NeedsWord || len(run.Offences) != 1 || run.Offences[0].Code != usage.GuardGrowth {
		t.Fatalf("run %+v", run)
	}
	w.wantLines("stopped", a, fmt.Sprintf("item %d: 2026-11-01 to open, 40", item))
	if err := w.watch.service.Confirm(t.Context(), w.scope, run.ID, "ann"); err != nil {
		t.Fatal(err)
	}
	w.report("acme", map[usage.SKU]int64{"core": 401}) // not what was confirmed
	p = w.settle(p)
	if got := w.run(); got.State != usage.NeedsWord {
		t.Errorf("another count than confirmed: %s", got.State)
	}
	if err := w.watch.service.Confirm(t.Context(), w.scope, run.ID, "ann"); err != nil {
		t.Fatal(err)
	}
	p = w.settle(p)
	w.wantLines("confirmed", a, fmt.Sprintf("item %d: 2026-11-01 to open, 401", item))

	// Operators stop everything, and a pause holds an account.
	if err := w.watch.store.Postings(0).SetStopped(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	w.report("acme", map[usage.SKU]int64{"core": 402})
	if _, _, err := p.engine.Start(t.Context(), w.scope, usage.ModePost, "ann"); err != nil {
		t.Fatal(err)
	}
	m, _ := w.take()
	if err := p.engine.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	w.wantLines("stopped by operators", a, fmt.Sprintf("item %d: 2026-11-01 to open, 401", item))
	if err := w.watch.store.Postings(0).SetStopped(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	p = w.settle(p)
	w.wantLines("going on", a, fmt.Sprintf("item %d: 2026-11-01 to open, 402", item))
	if err := w.watch.service.Pause(t.Context(), w.scope, "ann", true); err != nil {
		t.Fatal(err)
	}
	w.report("acme", map[usage.SKU]int64{"core": 403})
	w.post(p)
	if got := w.run(); got.State != usage.Failed || got.Failure == nil {
		t.Errorf("paused: %+v", got)
	}
	w.wantLines("paused", a, fmt.Sprintf("item %d: 2026-11-01 to open, 402", item))
}
