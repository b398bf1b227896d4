package usage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/psa"
)

// november is a month that is over: tenant t reports core, billed on 1/7.
type november struct {
	statement
	used usedBy
}

func newNovember() *november {
	key := SeriesKey{1, 7}
	n := &november{statement: statement{
		month: "2026-11", on: "2026-11-30", today: "2026-12-05", zone: time.UTC,
		routes: map[TenantID]Routes{"t": {Tenant: "t", Routes: []Route{{SKU: "core", To: key, ApprovedBy: "ann"}}}},
		series: map[SeriesKey]Series{key: {
			Key:   key,
			Lines: []Line{{ID: 9, Start: "2026-11-01", End: "2026-11-30", Quantity: Whole(5), PostedAt: noonOf("2026-11-28")}},
			Look:  Look{Date: "2026-12-01", Invoiced: "2026-12-01", Product: Whole(5)},
		}},
	}}
	n.used = usedBy{tenant: "t", wanted: &Wanted{Tenant: "t", Name: "Initech", Enabled: true, Agreement: 1, Products: map[SKU]psa.RecordID{"core": 7}}}
	n.report("2026-11-30", 5)
	return n
}

func noonOf(d Date) time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t.Add(12 * time.Hour)
}

func (n *november) report(day Date, count int64) {
	n.used.reports = []Report{{Tenant: "t", Day: day, Counts: map[SKU]int64{"core": count}}}
}

// edit changes the series.
func (n *november) edit(f func(*Series)) {
	x := n.series[SeriesKey{1, 7}]
	f(&x)
	n.series[x.Key] = x
}

func (n *november) route(f func(*Route)) { f(&n.routes["t"].Routes[0]) }

// open makes the month the present one, and its period the open one.
func (n *november) open() {
	n.today, n.on = "2026-11-30", "2026-11-30"
	n.edit(func(x *Series) {
		x.Look.Date, x.Look.Invoiced = "2026-11-01", "2026-11-01"
		x.Lines[0].End = ""
	})
}

func (n *november) stop(c Code) {
	n.edit(func(x *Series) { x.Look.Attention = []Attention{{Code: c}} })
}

func TestMonthRows(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change         func(*november)
		posted, billed int64
		why            string
		from           Date
	}{
		"posted and billed":      {func(*november) {}, 5, 5, "[]", ""},
		"not invoiced yet":       {func(n *november) { n.open() }, 5, 0, "[not_invoiced]", ""},
		"more after the invoice": {func(n *november) { n.report("2026-11-30", 7) }, 5, 5, "[period_invoiced]", ""},
		"less after the invoice": {func(n *november) { n.report("2026-11-30", 3) }, 5, 5, "[period_invoiced]", ""},
		"the next posting's":     {func(n *november) { n.open(); n.report("2026-11-30", 7) }, 5, 0, "[posting_due not_invoiced]", ""},
		"paused":                 {func(n *november) { n.open(); n.report("2026-11-30", 7); n.settings.Paused = &Decision{} }, 5, 0, "[postings_paused not_invoiced]", ""},
		"held":                   {func(n *november) { n.open(); n.report("2026-11-30", 7); n.stop(Held) }, 5, 0, "[held not_invoiced]", ""},
		"what does not stop":     {func(n *november) { n.open(); n.report("2026-11-30", 7); n.stop(QuantityChanged) }, 5, 0, "[posting_due not_invoiced]", ""},
		"stopped only since":     {func(n *november) { n.report("2026-11-30", 7); n.stop(Held) }, 5, 5, "[period_invoiced]", ""},
		"over, and never invoiced": {func(n *november) {
			n.report("2026-11-30", 7)
			n.edit(func(x *Series) { x.Look.Invoiced = "2026-06-01" })
		}, 5, 0, "[period_closed not_invoiced]", ""},
		"an old line, not invoiced for it": {func(n *november) {
			n.edit(func(x *Series) { x.Lines[0].Start, x.Look.Invoiced = "2026-09-01", "2026-11-01" })
		}, 5, 0, "[not_invoiced]", ""},
		"a closed agreement": {func(n *november) {
			n.report("2026-11-30", 7)
			n.edit(func(x *Series) { x.Look = Look{Attention: []Attention{{Code: AgreementMissing}}} })
		}, 5, 0, "[agreement_missing invoicing_unknown]", ""},
		"follows until the invoice": {func(n *november) {
			n.open()
			n.today = "2026-12-03"
			n.edit(func(x *Series) { x.Lines[0].PostedAt = noonOf("2026-12-02") })
			n.report("2026-11-30", 4)
		}, 5, 0, "[later_count not_invoiced]", ""},
		"begins next month":         {func(n *november) { n.edit(func(x *Series) { x.Lines[0].Start, x.Lines[0].End = "2026-12-01", "" }) }, 0, 0, "[period_invoiced]", "2026-12-01"},
		"never posted":              {func(n *november) { n.open(); n.series = map[SeriesKey]Series{} }, 0, 0, "[posting_due]", ""},
		"a changed mapping to come": {func(n *november) { n.route(func(r *Route) { r.From = "2026-12-01" }) }, 0, 0, "[period_invoiced]", "2026-12-01"},
		"switched off": {func(n *november) {
			n.route(func(r *Route) { r.Until, r.Off = "2026-11-01", OffEnd })
			n.used.wanted.Enabled = false
		}, 0, 0, "[switched_off]", ""},
		"left when switched off": {func(n *november) {
			n.route(func(r *Route) { r.Until, r.Off = "2026-11-01", OffLeave })
			n.report("2026-11-30", 7)
		}, 5, 5, "[switched_off]", ""},
		"removed": {func(n *november) {
			n.used.wanted.State, n.used.wanted.RemovedOn = TenantRemoved, "2026-10-20"
			n.edit(func(x *Series) { x.Lines[0].Quantity = 0 })
		}, 0, 0, "[tenant_removed]", ""},
		"silent":      {func(n *november) { n.report("2026-10-20", 5) }, 5, 5, "[tenant_silent]", ""},
		"a void line": {func(n *november) { n.open(); n.edit(func(x *Series) { x.Lines[0].Void = true }) }, 0, 0, "[posting_due]", ""},
		"another's until December": {func(n *november) {
			n.edit(func(x *Series) { x.Lines[0].Taken, x.Lines[0].CreatedAt = true, noonOf("2026-12-03") })
		}, 0, 0, "[period_invoiced]", ""},
		"taken over in November": {func(n *november) {
			n.edit(func(x *Series) { x.Lines[0].Taken, x.Lines[0].CreatedAt = true, noonOf("2026-11-03") })
		}, 5, 5, "[]", ""},
		"unmapped":         {func(n *november) { n.routes, n.used.wanted = nil, nil }, 0, 0, "[tenant_unmapped]", ""},
		"tickets only":     {func(n *november) { n.routes = nil; n.used.wanted.Agreement = 0 }, 0, 0, "[no_agreement]", ""},
		"no catalog item":  {func(n *november) { n.routes = nil; n.used.wanted.Products = nil }, 0, 0, "[sku_unmapped]", ""},
		"not approved":     {func(n *november) { n.routes = nil }, 0, 0, "[awaiting_approval]", ""},
		"an unmapped zero": {func(n *november) { n.routes, n.used.wanted = nil, nil; n.report("2026-11-30", 0) }, 0, 0, "[]", ""},
	} {
		n := newNovember()
		tt.change(n)
		n.count()
		rows, err := n.rows(n.used)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %+v, %v", name, rows, err)
		}
		r := rows[0]
		if got, want := fmt.Sprintln(r.Posted, r.Billed, r.Why, r.From), fmt.Sprintln(tt.posted, tt.billed, tt.why, tt.from); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		for _, w := range r.Why {
			if w.Words() == "" {
				t.Errorf("%s: no words for %s", name, w)
			}
		}
	}
}

// On a line of several the tenant's part is what it counted when the line was
// posted, so that the parts add up to the line.
func TestMonthSharedLine(t *testing.T) {
	t.Parallel()
	n := newNovember()
	n.open()
	n.routes["u"] = Routes{Tenant: "u", Routes: slices.Clone(n.routes["t"].Routes)}
	counts := map[TenantID]map[Date]int64{"t": {"2026-11-28": 3, "2026-11-30": 4}, "u": {"2026-11-28": 2, "2026-11-30": 1}}
	n.count()
	var got []string
	for _, tenant := range []TenantID{"t", "u"} {
		used := n.used
		used.tenant = tenant
		used.reports = []Report{{Tenant: tenant, Day: "2026-11-30", Counts: map[SKU]int64{"core": counts[tenant]["2026-11-30"]}}}
		used.asOf = func(day Date) (Report, error) {
			return Report{Day: day, Counts: map[SKU]int64{"core": counts[tenant][day]}}, nil
		}
		rows, err := n.rows(used)
		if err != nil {
			t.Fatal(err)
		}
		r := rows[0]
		got = append(got, fmt.Sprint(r.Reported, r.Posted, r.Quantity, r.Shares, r.Why))
	}
	if diff := cmp.Diff([]string{"4 3 5 2 [shared_line not_invoiced]", "1 2 5 2 [shared_line not_invoiced]"}, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever is stored: a SKU comes once, what was not posted or not billed says
// why, and what says nothing is posted and billed.
func TestNothingUnpostedIsSilent(t *testing.T) {
	t.Parallel()
	codes := slices.Sorted(func(yield func(Code) bool) {
		for c := range remedies() {
			if !yield(c) {
				return
			}
		}
	})
	days := rapid.SampledFrom([]Date{"", "2026-10-01", "2026-10-31", "2026-11-01", "2026-11-15", "2026-11-30", "2026-12-01", "2027-01-01"})
	rapid.Check(t, func(rt *rapid.T) {
		n := newNovember()
		n.today = rapid.SampledFrom([]Date{"2026-11-10", "2026-11-30", "2026-12-01", "2026-12-20"}).Draw(rt, "today")
		n.on = min(n.today, "2026-11-30")
		if rapid.Bool().Draw(rt, "paused") {
			n.settings.Paused = &Decision{}
		}
		n.report(rapid.SampledFrom([]Date{"2026-10-09", "2026-11-02", "2026-11-10"}).Draw(rt, "reported"), rapid.Int64Range(0, 3).Draw(rt, "count"))
		n.route(func(r *Route) {
			r.From, r.Until, r.Undated = days.Draw(rt, "from"), days.Draw(rt, "until"), rapid.Bool().Draw(rt, "undated")
			r.Off = rapid.SampledFrom([]SwitchOff{"", OffEnd, OffZero, OffLeave}).Draw(rt, "off")
		})
		w := n.used.wanted
		w.Enabled, w.Agreement = rapid.Bool().Draw(rt, "enabled"), psa.RecordID(rapid.IntRange(0, 1).Draw(rt, "agreement"))
		w.State, w.RemovedOn = rapid.SampledFrom([]TenantState{TenantActive, TenantRemoved}).Draw(rt, "state"), days.Draw(rt, "removed")
		n.edit(func(x *Series) {
			x.Look.Date, x.Look.Invoiced = days.Draw(rt, "open"), days.Draw(rt, "invoiced")
			x.Look.Attention = nil
			if rapid.Bool().Draw(rt, "attention") {
				x.Look.Attention = []Attention{{Code: rapid.SampledFrom(codes).Draw(rt, "code")}}
			}
			l := &x.Lines[0]
			l.Start, l.End, l.Void = days.Draw(rt, "start"), days.Draw(rt, "end"), rapid.Bool().Draw(rt, "void")
			l.Quantity, l.PostedAt = Whole(rapid.Int64Range(0, 3).Draw(rt, "quantity")), noonOf(days.Draw(rt, "posted"))
		})
		n.count()
		rows, err := n.rows(n.used)
		if err != nil || len(rows) > 1 || n.used.reports[0].Counts["core"] > 0 && len(rows) == 0 {
			rt.Fatalf("%+v, %v", rows, err)
		}
		for _, r := range rows {
			if reasons(r) == 0 && r.Unposted() != 0 {
				rt.Errorf("unposted and silent: %+v", r)
			}
			if len(r.Why) == 0 && (!r.Known || r.Unbilled() != 0) {
				rt.Errorf("unbilled and silent: %+v", r)
			}
			if r.Unposted() == 0 && reasons(r) > 0 {
				rt.Errorf("posted, with a reason why not: %+v", r)
			}
		}
	})
}

// reasons counts why something was not posted.
func reasons(r MonthRow) int {
	n := 0
	for _, w := range r.Why {
		if w != WhyNotInvoiced && w != WhyUnknown && w != WhySilent {
			n++
		}
	}
	return n
}
