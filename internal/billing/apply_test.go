package billing_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/billing"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// happens tells both sides what happened, and compares them.
func (w *world) happens(e billing.Event) {
	w.t.Helper()
	switch e := e.(type) {
	case billing.Reported:
		w.reported(e)
	case billing.Mapped:
		w.mapped(e)
	case billing.Switched:
		w.Edit(w.scope, usage.TenantID(e.Tenant), func(x *usage.Wanted) { x.Enabled, x.Off = e.How == "on", usage.SwitchOff(e.How) })
	case billing.Removed:
		w.Edit(w.scope, usage.TenantID(e.Tenant), func(x *usage.Wanted) { x.State, x.RemovedAt = usage.TenantRemoved, w.now() })
	case billing.Approved:
		w.approve(usage.TenantID(e.Tenant))
	case billing.Posted:
		w.post()
	case billing.Invoiced:
		_, _ = w.sim.InvoiceAgreement(w.ids[e.Agreement], w.now()) // what cannot be invoiced is not by the reference either
	case billing.Decided:
		err := w.decided(e)
		if errors.Is(err, psa.ErrNotFound) || err != nil && problem.From(err).Code == problem.Conflict {
			return // there was nothing to decide about
		}
		w.must(err)
	case billing.Placed:
		w.placed(e)
	case billing.Edited:
		w.edited(e)
	case billing.Over:
		w.over(e)
	}
	w.must(w.books.Apply(e))
	switch e.(type) {
	case billing.Posted:
		w.compareStates()
	case billing.Invoiced:
		w.compareInvoices()
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) reported(e billing.Reported) {
	counts := map[usage.SKU]int64{}
	for sku, n := range e.Counts {
		counts[usage.SKU(sku)] = int64(n)
	}
	w.Report(w.scope, usage.Report{
		Tenant: usage.TenantID(e.Tenant), Day: usage.Date(e.Day.String()), ReportedAt: clock(e.Day, e.Seq, w.zone), Counts: counts,
	})
}

func (w *world) mapped(e billing.Mapped) {
	products := map[usage.SKU]psa.RecordID{}
	for sku, product := range e.Products {
		products[usage.SKU(sku)] = psa.RecordID(w.items[product])
	}
	w.Map(w.scope, usage.Wanted{
		Tenant: usage.TenantID(e.Tenant), Name: e.Tenant, State: usage.TenantActive, Enabled: true, Agreement: psa.RecordID(w.ids[e.Agreement]),
		Products: products,
	})
}

func (w *world) decided(e billing.Decided) error {
	ctx, k := context.Background(), w.key(e.Key)
	switch e.What {
	case billing.Hold:
		return w.service.Hold(ctx, w.scope, k, "ann")
	case billing.Release:
		return w.service.Release(ctx, w.scope, k, "ann")
	case billing.Leave:
		return w.service.Leave(ctx, w.scope, k, "ann")
	case billing.TakeOver:
		return w.service.TakeOver(ctx, w.scope, k, "ann")
	case billing.Resume:
		return w.service.Resume(ctx, w.scope, k, "ann")
	}
	return errors.New("no such decision")
}

func (w *world) placed(e billing.Placed) {
	members := map[string]any{
		"agreementId": w.ids[e.Key.Agreement], "agreement": ref(w.ids[e.Key.Agreement]), "product": ref(w.items[e.Key.Product]), "quantity": e.Quantity, "lessIncluded": e.Included,
		"unitPrice": e.Price, "billCustomer": "Billable", "effectiveDate": e.From.String(),
	}
	if e.Through != 0 {
		members["cancelledDate"] = e.Through.String()
	}
	if e.Prorate != "" {
		members["prorateCurrentPeriodFlag"] = e.Prorate == "yes"
	}
	w.put(cwsim.Additions, members)
}

// edited is a person who changes our line that bills a day.
func (w *world) edited(e billing.Edited) {
	for _, l := range w.ours(e.Key) {
		if l.from > e.On.String() || l.through < e.On.String() {
			continue
		}
		switch e.What {
		case "quantity":
			w.put(cwsim.Additions, map[string]any{"id": l.id, "quantity": e.Quantity})
		case "end":
			w.bent[l.id] = true
			w.put(cwsim.Additions, map[string]any{"id": l.id, "cancelledDate": e.Through.String()})
		case "delete":
			w.sim.Delete(cwsim.Additions, l.id)
		}
		return
	}
}

func (w *world) over(e billing.Over) {
	w.put(cwsim.Agreements, map[string]any{"id": w.ids[e.Agreement], "noEndingDateFlag": false, "endDate": e.Last.String()})
}

// ours are our lines of a key that bill something, as ConnectWise has them: those with our marker, and those taken over.
func (w *world) ours(k billing.Key) []addition {
	all, err := w.Series(context.Background(), w.scope, psa.RecordID(w.ids[k.Agreement]))
	w.must(err)
	lines := all[w.key(k)].Lines
	return slices.DeleteFunc(w.additions(k.Agreement), func(a addition) bool {
		i := slices.IndexFunc(lines, func(l usage.Line) bool { return int(l.ID) == a.id })
		return a.product != k.Product || !a.ours && i < 0 || i >= 0 && lines[i].Void
	})
}

// compareStates holds what stopped the posting, as it is shown to people,
// against the reference's reasons.
func (w *world) compareStates() {
	w.t.Helper()
	all, err := w.Series(context.Background(), w.scope, 0)
	w.must(err)
	for _, k := range w.books.Keys() {
		why := w.books.Stopped(k)
		attention := all[w.key(k)].Look.Attention
		stopped := slices.ContainsFunc(attention, func(a usage.Attention) bool { return a.Code.Stops() })
		listed := slices.ContainsFunc(attention, func(a usage.Attention) bool { return string(a.Code) == string(why) })
		if !w.disturbed && (why != "" && !listed || why == "" && stopped) {
			w.t.Errorf("%s: %+v: stopped by %q, shown as %+v", w.now().Format("2006-01-02"), k, why, attention)
		}
	}
}

// overlaps looks for two lines of ours that bill the same day, and that no
// person made do so.
func (w *world) overlaps(agreement int) {
	w.t.Helper()
	for _, k := range w.books.Keys() {
		if k.Agreement != agreement {
			continue
		}
		lines := w.ours(k)
		for i, a := range lines {
			for _, b := range lines[i+1:] {
				if !w.bent[a.id] && !w.bent[b.id] && a.from <= b.through && b.from <= a.through {
					w.t.Errorf("%s: %+v: lines of ours overlap: %+v and %+v", w.now().Format("2006-01-02"), k, a, b)
				}
			}
		}
	}
}

// compareInvoices holds new invoices against the reference, line by line.
func (w *world) compareInvoices() {
	w.t.Helper()
	got, want := w.sim.Invoices(0), w.books.Invoices()
	if len(got) != len(want) {
		w.t.Fatalf("%s: %d invoices, want %d", w.now().Format("2006-01-02"), len(got), len(want))
	}
	for ; w.seen < len(got); w.seen++ {
		i := want[w.seen]
		w.overlaps(i.Agreement)
		if diff := cmp.Diff(w.expected(i), charged(got[w.seen])); diff != "" {
			w.t.Errorf("%s: invoice of agreement %d for %s to %s (-reference +ConnectWise):\n%s", i.On, i.Agreement, i.From, i.Through, diff)
			for _, l := range w.additions(i.Agreement) {
				w.t.Logf("line %+v", l)
			}
			w.t.FailNow()
		}
	}
}

func (w *world) expected(i billing.Invoice) []string {
	out := []string{fmt.Sprintf("agreement %d", w.ids[i.Agreement])}
	for _, c := range i.Lines {
		reason := cwsim.LinePeriod
		if c.CatchUp {
			reason = cwsim.LineCatchUp
		}
		k := w.key(c.Key)
		out = append(out, chargeText(int(k.Agreement), int(k.Product), float64(c.Quantity), c.Amount, c.From.String(), c.Through.String(), reason))
	}
	sort.Strings(out)
	return out
}

func charged(i cwsim.Invoice) []string {
	out := []string{fmt.Sprintf("agreement %d", i.Agreement)}
	for _, l := range i.Lines {
		out = append(out, chargeText(l.Agreement, l.Product, l.Quantity, l.Amount, l.From, l.Through, l.Reason))
	}
	sort.Strings(out)
	return out
}

func chargeText(agreement, product int, quantity, amount float64, from, through, reason string) string {
	return fmt.Sprintf("%d/%d: %g from %s to %s, %.0f cents, %s", agreement, product, quantity, from, through, math.Round(amount*100), reason)
}
