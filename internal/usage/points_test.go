package usage_test

import (
	"fmt"
	"testing"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Under every answer to what public material leaves open, a posting, an
// invoice and the next posting leave the same lines.
func TestEveryPoint(t *testing.T) {
	t.Parallel()
	for _, point := range cwsim.FinancePoints() {
		for _, value := range point.Values {
			t.Run(point.Name+"="+value, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, map[string]string{point.Name: value})
				a := w.agreement("2026-11-01")
				item, _ := w.items()
				w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
				w.report("acme", map[usage.SKU]int64{"core": 12})
				w.approve()
				p := w.post(w.process(&mortal{}))
				w.wantLines("posted", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))
				if _, err := w.sim.InvoiceAgreement(int(a), w.now()); err != nil {
					t.Fatal(err)
				}
				w.report("acme", map[usage.SKU]int64{"core": 20})
				if point.Name == cwsim.BilledLineEdit && value == "nothing" {
					w.post(p)
					w.wantLines("a billed line cannot be ended", a, fmt.Sprintf("item %d: 2026-11-01 to open, 12", item))
					w.wantCodes("a billed line cannot be ended", a, usage.PostingRefused)
					return
				}
				for range 2 {
					p = w.post(p)
					w.wantLines("invoiced", a, fmt.Sprintf("item %d: 2026-11-01 to 2026-11-30, 12", item), fmt.Sprintf("item %d: 2026-12-01 to open, 20", item))
				}
				w.wantCodes("invoiced", a)
			})
		}
	}
}

// A server that wants custom fields with every change, small pages, and
// endpoints without forward-only paging.
func TestOtherServers(t *testing.T) {
	t.Parallel()
	for name, sw := range map[string]cwsim.Switches{
		"custom fields":          {PatchNeedsCustomFields: true},
		"small pages":            {MaxPageSize: 1},
		"forward-only refused":   {NoForwardOnly: map[string]string{"/finance/agreements/additions": "refuse", "/finance/agreements": "refuse"}},
		"forward-only not known": {NoForwardOnly: map[string]string{"/finance/agreements/additions": "ignore"}, MaxPageSize: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, a, b := busy(t)
			w.sim.SetSwitches(func(s *cwsim.Switches) { *s = sw })
			want, _ := undisturbed(t)
			w.post(w.process(&mortal{}))
			got := w.final(a, b)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

// Where ConnectWise refuses the period that the rule opens, the next boundary
// is used, and the earlier line ends the day before that.
func TestARefusedPeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{cwsim.InvoicedPeriod: "beforeNextInvoice"})
	a := w.agreement("2026-12-01")
	item, _ := w.items()
	if err := w.watch.service.Configure(t.Context(), w.scope, usage.Settings{Zone: "UTC", Arrears: []psa.RecordID{a}, Rev: 1}); err != nil {
		t.Fatal(err)
	}
	w.want("acme", a, map[usage.SKU]psa.RecordID{"core": item})
	w.report("acme", map[usage.SKU]int64{"core": 12})
	w.approve()
	p := w.post(w.process(&mortal{}))
	w.wantLines("refused", a, fmt.Sprintf("item %d: 2026-12-01 to open, 12", item))
	w.report("acme", map[usage.SKU]int64{"core": 13})
	w.sim.ResetRequests()
	w.post(p)
	w.wantLines("the next day", a, fmt.Sprintf("item %d: 2026-12-01 to open, 13", item))
	for _, r := range w.sim.Requests() {
		if r.Method == "POST" {
			t.Error("the refused period was tried again")
		}
	}
	for _, s := range w.series(a) {
		if s.NotBefore != "2026-12-01" {
			t.Errorf("not before %q", s.NotBefore)
		}
	}
}
