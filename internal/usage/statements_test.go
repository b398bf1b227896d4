package usage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func (q *quick) statements() usage.Statements {
	return usage.Statements{Mappings: &q.Product, Kept: &q.Memory, Reports: &q.Product, Now: q.now}
}

func (q *quick) month(t interface{ Fatal(args ...any) }, m usage.Month) []usage.MonthRow {
	var rows []usage.MonthRow
	for after := usage.TenantID(""); ; {
		s, err := q.statements().Month(q.t.Context(), q.scope, m, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, s.Rows...)
		if after = s.Next; after == "" {
			return rows
		}
	}
}

func (q *quick) mapTo(agreement psa.RecordID, tenants ...usage.TenantID) {
	for _, tenant := range tenants {
		q.Map(q.scope, usage.Wanted{
			Tenant: tenant, Name: string(tenant), State: usage.TenantActive, Enabled: true, Agreement: agreement,
			Products: map[usage.SKU]psa.RecordID{"core": 1},
		})
	}
}

func (q *quick) monthly(nid usage.Date) psa.RecordID {
	return q.put(cwsim.Agreements, map[string]any{
		"name": "Managed", "company": map[string]any{"id": q.sim.IDs(cwsim.Companies)[0]}, "type": map[string]any{"id": 1},
		"billingCycle": map[string]any{"name": "Monthly"}, "startDate": "2024-01-01", "billStartDate": "2024-01-01",
		"nextInvoiceDate": string(nid), "prorateFlag": false, "noEndingDateFlag": true,
	})
}

func (q *quick) says(tenant usage.TenantID, count int64) {
	q.Report(q.scope, usage.Report{Tenant: tenant, Day: usage.DateIn(q.at, time.UTC), ReportedAt: q.at, Counts: map[usage.SKU]int64{"core": count}})
}

// Days of anything: what the statement says is billed is what ConnectWise's
// invoice of the month bills, the parts of a shared line add up to it, and what
// is not billed says why.
func TestStatementIsTheInvoice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		q := newQuick(t)
		q.at = time.Date(2026, 9, 25, 12, 0, 0, 0, time.UTC)
		q.sim.SetClock(q.at)
		agreement := q.monthly("2026-09-01")
		arrears := rapid.Bool().Draw(rt, "arrears")
		if arrears {
			q.sim.SetArrears(int(agreement), true)
			if err := q.service.Configure(t.Context(), q.scope, usage.Settings{Zone: "UTC", Rev: 1, Arrears: []psa.RecordID{agreement}}); err != nil {
				rt.Fatal(err)
			}
		}
		q.mapTo(agreement, "a", "b")
		q.approve()
		billed := map[string]usage.Decimal{}
		invoices := rapid.IntRange(0, 3).Draw(rt, "invoices")
		for q.at.Before(time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)) {
			for _, tenant := range []usage.TenantID{"a", "b"} {
				q.says(tenant, rapid.Int64Range(0, 9).Draw(rt, "count"))
			}
			q.post()
			if rapid.IntRange(0, 5).Draw(rt, "invoice") == 0 && invoices > 0 {
				invoices--
				inv, err := q.sim.InvoiceAgreement(int(agreement), q.at)
				if err != nil {
					rt.Fatal(err)
				}
				billed[inv.From[:7]] = 0
				for _, l := range inv.Lines {
					billed[inv.From[:7]] += usage.Whole(int64(l.Quantity))
				}
			}
			q.later(time.Duration(rapid.IntRange(1, 8).Draw(rt, "later")) * 24 * time.Hour)
		}
		q.post()
		for _, month := range []usage.Month{"2026-09", "2026-10", "2026-11"} {
			var posted, bills, line usage.Decimal
			rows := q.month(rt, month)
			for _, r := range rows {
				posted, bills, line = posted+r.Posted, bills+r.Billed, r.Quantity
				if !r.Known || r.Unbilled() != 0 && len(r.Why) == 0 {
					rt.Fatalf("%s: %+v", month, r)
				}
			}
			if len(rows) != 2 || posted != line || bills != billed[string(month)] {
				rt.Fatalf("%s: posted %s of a line of %s, billed %s of %s: %+v", month, posted, line, bills, billed[string(month)], rows)
			}
		}
	})
}

// Whoever reported is there once, mapped or not; pages go on where they ended.
func TestStatementPages(t *testing.T) {
	t.Parallel()
	q := newQuick(t)
	q.mapTo(q.monthly("2026-11-01"), "a", "c")
	for i, tenant := range []usage.TenantID{"e", "d", "c", "b", "a"} {
		q.says(tenant, int64(i+1))
	}
	q.mapTo(0, "never reported")
	q.approve("a")
	q.post()
	var got []string
	for _, r := range q.month(t, "2026-11") {
		got = append(got, fmt.Sprint(r.Tenant, " ", r.Reported, " ", r.Posted, " ", r.Why))
	}
	want := []string{
		"a 5 5 [not_invoiced]", "b 4 0 [tenant_unmapped]", "c 3 0 [awaiting_approval]", "d 2 0 [tenant_unmapped]", "e 1 0 [tenant_unmapped]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, month := range []usage.Month{"2026-12", "2025-09"} {
		if _, err := q.statements().Month(t.Context(), q.scope, month, "", 2); err == nil {
			t.Errorf("a statement of %s", month)
		}
	}
}

func TestTrend(t *testing.T) {
	t.Parallel()
	q := newQuick(t)
	agreement := q.monthly("2026-11-01")
	q.mapTo(agreement, "a")
	q.approve()
	for day := range 3 {
		q.says("a", int64(5+day))
		q.post()
		q.later(24 * time.Hour)
	}
	got, err := q.statements().Trend(t.Context(), q.scope, "a", 3)
	if err != nil {
		t.Fatal(err)
	}
	want := usage.Trend{Tenant: "a", First: "2026-11-21", Last: "2026-11-23", SKUs: []usage.SKUTrend{{
		SKU: "core", Days: []usage.DayCount{{Day: "2026-11-21", Count: 6}, {Day: "2026-11-22", Count: 7}},
		Lines: []usage.BilledSpan{{Start: "2026-11-01", Quantity: usage.Whole(7), Shares: 1}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// found are the findings, in their order.
func (q *quick) found(latest, done *usage.Run) string {
	q.t.Helper()
	list, err := q.statements().Checks(q.t.Context(), q.scope, latest, done)
	if err != nil {
		q.t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range list {
		out.WriteString(string(c.ID) + ":" + string(c.Finding) + " ")
		if c.Looked == "" || (c.Remedy == "") != (c.Finding != usage.FindingAttention) {
			q.t.Errorf("%+v", c)
		}
	}
	return out.String()
}

func TestChecks(t *testing.T) {
	t.Parallel()
	q := newQuick(t)
	want := func(what, findings string) {
		t.Helper()
		run, err := q.Newest(t.Context(), q.scope, usage.ModePost)
		latest := &run
		if err != nil {
			latest = nil
		}
		if got := q.found(latest, latest); got != findings+" " {
			t.Errorf("%s:\n got %s\nwant %s", what, got, findings)
		}
	}
	want("nothing yet", "mapped:unknown additions:unknown this_period:unknown next_period:unknown daily:unknown same_counts:unknown single_line:unknown")
	ahead, now := q.monthly("2026-12-01"), q.monthly("2026-11-01")
	q.mapTo(ahead, "a")
	q.mapTo(now, "b")
	q.says("a", 5)
	q.says("b", 5)
	q.says("c", 5)
	q.post()
	want("not approved", "mapped:attention additions:attention this_period:unknown next_period:unknown daily:pass same_counts:unknown single_line:unknown")
	q.mapTo(now, "c")
	q.approve()
	q.post()
	want("posted", "mapped:pass additions:pass this_period:pass next_period:pass daily:pass same_counts:pass single_line:pass")

	q.put(cwsim.Additions, map[string]any{
		"agreement": map[string]any{"id": int(now)}, "product": map[string]any{"id": 1}, "quantity": 1, "effectiveDate": "2026-11-01T00:00:00Z", "billCustomer": "Billable",
	})
	if _, err := q.sim.Put(cwsim.Agreements, map[string]any{"id": int(ahead), "nextInvoiceDate": "2026-12-01", "billingCycle": map[string]any{"name": "NotRecurring"}}); err != nil {
		t.Fatal(err)
	}
	q.later(4 * 24 * time.Hour)
	q.post()
	want("four days later", "mapped:pass additions:pass this_period:attention next_period:unknown daily:attention same_counts:pass single_line:attention")
}
