package usage_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// span is a line of ConnectWise's.
type span struct {
	start, end usage.Date
	quantity   float64
}

func (q *quick) spans(agreement psa.RecordID) []span {
	var out []span
	for _, a := range q.sim.AdditionsOf(int(agreement)) {
		s := span{}
		start, _ := a["effectiveDate"].(string)
		end, _ := a["cancelledDate"].(string)
		s.quantity, _ = a["quantity"].(float64)
		s.start, _ = usage.ReadDate(start)
		s.end, _ = usage.ReadDate(end)
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b span) int {
		if a.start < b.start {
			return -1
		}
		return 1
	})
	return out
}

// Days of anything: counts that change, invoices early, in time, late or never,
// hand edits, days on which nothing runs, either policy, any cycle. Lines never
// overlap, frozen lines are left alone, and the open period's line is what the
// tenant uses.
func TestDaysOfAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		q := newQuick(t)
		arrears := rapid.Bool().Draw(rt, "arrears")
		policy := rapid.SampledFrom([]usage.Policy{usage.EachPeriod, usage.OnChange}).Draw(rt, "policy")
		cycle := rapid.SampledFrom([]string{"Monthly", "Weekly", "Quarterly"}).Draw(rt, "cycle")
		start := usage.Date("2026-08-01").AddDays(rapid.IntRange(0, 40).Draw(rt, "start"))
		agreement := q.put(cwsim.Agreements, map[string]any{
			"name": "Managed", "company": map[string]any{"id": q.sim.IDs(cwsim.Companies)[0]}, "type": map[string]any{"id": 1},
			"billingCycle": map[string]any{"name": cycle}, "startDate": string(start), "billStartDate": string(start),
			"nextInvoiceDate": string(start), "prorateFlag": false, "noEndingDateFlag": true,
		})
		set := usage.Settings{Zone: "UTC", Policy: policy, Rev: 1}
		if arrears {
			q.sim.SetArrears(int(agreement), true)
			set.Arrears = []psa.RecordID{agreement}
		}
		if err := q.service.Configure(t.Context(), q.scope, set); err != nil {
			rt.Fatal(err)
		}
		q.Map(q.scope, usage.Wanted{
			Tenant: "acme", State: usage.TenantActive, Enabled: true, Agreement: agreement, Products: map[usage.SKU]psa.RecordID{"core": 1},
		})
		q.approve()
		q.at = time.Date(2026, 9, 15, 12, 0, 0, 0, time.UTC)
		count := int64(0)
		for range rapid.IntRange(1, 25).Draw(rt, "days") {
			q.later(time.Duration(rapid.IntRange(1, 9).Draw(rt, "later")) * 24 * time.Hour)
			switch rapid.IntRange(0, 5).Draw(rt, "event") {
			case 0, 1:
				count = rapid.Int64Range(0, 50).Draw(rt, "count")
			case 2, 3:
				if _, err := q.sim.InvoiceAgreement(int(agreement), q.at); err != nil {
					rt.Fatal(err)
				}
			}
			q.Report(q.scope, usage.Report{Tenant: "acme", Day: usage.DateIn(q.at, time.UTC), ReportedAt: q.at, Counts: map[usage.SKU]int64{"core": count}})
			before := q.spans(agreement)
			q.post()
			q.check(rt, agreement, arrears, count, before)
		}
	})
}

func (q *quick) check(t *rapid.T, agreement psa.RecordID, arrears bool, count int64, before []span) {
	found, err := q.finance.Agreements(q.t.Context(), []psa.RecordID{agreement})
	if err != nil {
		t.Fatal(err)
	}
	open, why := usage.Open(found[agreement], nil, arrears, usage.DateIn(q.at, time.UTC))
	if why != nil {
		t.Fatalf("%+v: %s", found[agreement], why.Code)
	}
	lines := q.spans(agreement)
	bills := int64(0)
	for i, l := range lines {
		if i+1 < len(lines) && (l.end == "" || l.end >= lines[i+1].start) {
			t.Fatalf("lines overlap: %+v", lines)
		}
		if l.start <= open.Date && (l.end == "" || l.end >= open.Date) {
			bills = int64(l.quantity)
		}
		if l.start < open.Date && i < len(before) && before[i].quantity != l.quantity {
			t.Fatalf("a frozen line was changed: %+v, then %+v, open from %s", before[i], l, open.Date)
		}
	}
	if bills != count {
		t.Fatalf("%d in use, %d billed from %s on: %+v", count, bills, open.Date, lines)
	}
}
