package usage

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
)

// scene is a series on an agreement with months from the 1st.
type scene struct {
	nid, today Date
	arrears    bool
	policy     Policy
	lines      []Line
	listed     []Addition
	shares     []Share
	decisions  Decisions
	notBefore  Date
	lost       []string
	since      time.Time
}

func use(tenant TenantID, count int64) Share {
	return Share{Tenant: tenant, SKU: "core", Count: count, Day: "2026-11-19", Reported: true, Approved: time.Unix(1, 0)}
}

// own is a line of ours as we and ConnectWise have it.
func own(id psa.RecordID, start, end Date, quantity int64) (Line, Addition) {
	return Line{ID: id, Start: start, Shown: start, End: end, Quantity: Whole(quantity)},
		Addition{ID: id, Product: 7, Start: start, End: end, Quantity: Whole(quantity), Price: Whole(10)}
}

func (s scene) with(id psa.RecordID, start, end Date, quantity int64) scene {
	l, a := own(id, start, end, quantity)
	s.lines, s.listed = append(slices.Clip(s.lines), l), append(slices.Clip(s.listed), a)
	return s
}

func (s scene) other(id psa.RecordID, start, end Date, quantity int64) scene {
	_, a := own(id, start, end, quantity)
	s.listed = append(slices.Clip(s.listed), a)
	return s
}

func (s scene) edit(f func(*scene)) scene {
	s.listed, s.lines, s.shares = append([]Addition{}, s.listed...), append([]Line{}, s.lines...), append([]Share{}, s.shares...)
	f(&s)
	return s
}

func (s scene) plan(t *testing.T) SeriesPlan {
	t.Helper()
	a := Agreement{ID: 1, Status: "Active", Start: "2024-01-01", BillStart: "2024-01-01", NID: s.nid, Cycle: "Monthly"}
	o, why := Open(a, nil, s.arrears, s.today)
	series := Series{Key: SeriesKey{1, 7}, Lines: s.lines, Decisions: s.decisions, NotBefore: s.notBefore, Lost: s.lost}
	return plan(seriesInput{
		series: series, shares: s.shares, opening: o, closed: why, listed: s.listed, policy: s.policy, today: s.today, since: s.since,
		item: &Item{ID: 7, Name: "Seat", Price: Whole(10)}, itemRead: true,
	})
}

// invoiced is after the invoice of November, due is before it.
var (
	invoiced = scene{nid: "2026-12-01", today: "2026-11-20", shares: []Share{use("a", 12)}, since: time.Unix(1e9, 0)}
	due      = scene{nid: "2026-11-01", today: "2026-11-20", shares: []Share{use("a", 12)}, since: time.Unix(1e9, 0)}
)

type want struct {
	steps []string
	codes []Code
}

func TestLineRule(t *testing.T) {
	t.Parallel()
	off := func(until Date, how SwitchOff) func(*scene) {
		return func(s *scene) { s.shares[0].Until, s.shares[0].Off = until, how }
	}
	count := func(n int64) func(*scene) { return func(s *scene) { s.shares[0].Count = n } }
	for name, tt := range map[string]struct {
		scene
		want
	}{
		"first line, not invoiced": {due, want{steps: []string{"create 0 2026-11-01 0->12"}}},
		"first line, invoiced":     {invoiced, want{steps: []string{"create 0 2026-12-01 0->12"}}},
		"zero makes no line":       {due.edit(count(0)), want{}},
		"open line, same quantity": {due.with(5, "2026-11-01", "", 12), want{}},
		"open line, another quantity": {
			due.with(5, "2026-11-01", "", 9), want{steps: []string{"update 5 2026-11-01 9->12"}},
		},
		"zero updates a line": {due.with(5, "2026-11-01", "", 9).edit(count(0)), want{steps: []string{"update 5 2026-11-01 9->0"}}},
		"a new period": {
			invoiced.with(5, "2026-11-01", "", 9), want{steps: []string{"end 5 2026-11-01 9->9 ->2026-11-30", "create 0 2026-12-01 9->12"}},
		},
		"a new period, same quantity": {
			invoiced.with(5, "2026-11-01", "", 12), want{steps: []string{"end 5 2026-11-01 12->12 ->2026-11-30", "create 0 2026-12-01 12->12"}},
		},
		"a new period, nothing used": {
			invoiced.with(5, "2026-11-01", "", 9).edit(count(0)), want{steps: []string{"end 5 2026-11-01 9->9 ->2026-11-30"}},
		},
		"a frozen line's end is not moved again": {invoiced.with(5, "2026-11-01", "2026-11-30", 9), want{steps: []string{"create 0 2026-12-01 9->12"}}},
		"both lines there":                       {invoiced.with(5, "2026-11-01", "2026-11-30", 9).with(6, "2026-12-01", "", 12), want{}},
		"line on change, same quantity":          {invoiced.with(5, "2026-08-01", "", 12).edit(func(s *scene) { s.policy = OnChange }), want{}},
		"line on change, another quantity": {
			invoiced.with(5, "2026-08-01", "", 9).edit(func(s *scene) { s.policy = OnChange }),
			want{steps: []string{"end 5 2026-08-01 9->9 ->2026-11-30", "create 0 2026-12-01 9->12"}},
		},
		"before a later line of ours": {due.with(6, "2026-12-01", "", 12), want{steps: []string{"create 0 2026-11-01 0->12 ->2026-11-30"}}},
		"arrears": {
			invoiced.with(5, "2026-11-01", "", 9).edit(func(s *scene) { s.arrears = true }), want{steps: []string{"update 5 2026-11-01 9->12"}},
		},
		"refused before": {due.edit(func(s *scene) { s.notBefore = "2026-12-01" }), want{steps: []string{"create 0 2026-12-01 0->12"}}},
		"two tenants": {
			due.with(5, "2026-11-01", "", 9).edit(func(s *scene) { s.shares = append(s.shares, use("b", 30)) }),
			want{steps: []string{"update 5 2026-11-01 9->42"}},
		},

		"another's line":          {due.other(8, "2026-01-01", "", 3), want{codes: []Code{OtherLines}}},
		"another's line, over":    {due.other(8, "2026-01-01", "2026-10-31", 3), want{steps: []string{"create 0 2026-11-01 0->12"}}},
		"another's line, to come": {due.other(8, "2027-01-01", "", 3), want{codes: []Code{OtherLines}}},
		"another's line, left": {
			due.other(8, "2026-01-01", "", 3).edit(func(s *scene) { s.decisions.Leave = &Decision{} }), want{codes: []Code{LeftToOthers}},
		},
		"held": {due.with(5, "2026-11-01", "", 9).edit(func(s *scene) { s.decisions.Hold = &Decision{} }), want{codes: []Code{Held}}},

		"quantity changed by hand": {
			due.with(5, "2026-11-01", "", 12).edit(func(s *scene) { s.listed[0].Quantity = Whole(40) }),
			want{steps: []string{"update 5 2026-11-01 40->12"}, codes: []Code{QuantityChanged}},
		},
		"ended by hand": {
			due.with(5, "2026-11-01", "", 9).edit(func(s *scene) { s.listed[0].End = "2026-11-15" }), want{codes: []Code{EndChanged}},
		},
		"deleted by hand": {
			due.with(5, "2026-11-01", "", 9).edit(func(s *scene) { s.listed = nil }), want{codes: []Code{LineVanished}},
		},
		"an old line deleted by hand": {
			invoiced.with(5, "2026-11-01", "2026-11-30", 9).with(6, "2026-12-01", "", 12).edit(func(s *scene) { s.listed = s.listed[1:] }), want{},
		},

		"waits for approval": {due.edit(func(s *scene) { s.shares[0].Approved = time.Time{} }), want{codes: []Code{AwaitingApproval}}},
		"one of two waits for approval": {
			due.edit(func(s *scene) {
				s.shares = append(s.shares, Share{Tenant: "b", Count: 30, Reported: true, Day: "2026-11-19"})
			}),
			want{steps: []string{"create 0 2026-11-01 0->12"}},
		},
		"never reported": {due.edit(func(s *scene) { s.shares = append(s.shares, Share{Tenant: "b", Approved: time.Unix(1, 0)}) }), want{codes: []Code{AwaitingReport}}},
		"silent": {
			due.with(5, "2026-11-01", "", 9).edit(func(s *scene) { s.shares[0].Day = "2026-11-17" }),
			want{steps: []string{"update 5 2026-11-01 9->12"}, codes: []Code{TenantSilent}},
		},
		"removed in the open period": {
			due.with(5, "2026-11-01", "", 12).edit(func(s *scene) { s.shares[0].Removed = "2026-11-08" }), want{},
		},
		"removed before the period": {
			invoiced.with(5, "2026-11-01", "", 12).edit(func(s *scene) { s.shares[0].Removed = "2026-11-08" }),
			want{steps: []string{"end 5 2026-11-01 12->12 ->2026-11-30"}},
		},

		"switched off, end":              {due.with(5, "2026-11-01", "", 12).edit(off("2026-12-01", OffEnd)), want{steps: []string{"end 5 2026-11-01 12->12 ->2026-11-30"}}},
		"switched off, zero":             {due.with(5, "2026-11-01", "", 12).edit(off("2026-11-01", OffZero)), want{steps: []string{"update 5 2026-11-01 12->0"}}},
		"switched off, leave":            {due.with(5, "2026-11-01", "", 12).edit(off("2026-11-01", OffLeave)), want{codes: []Code{LeftOpen}}},
		"replaced from the open period":  {due.with(5, "2026-11-01", "", 12).edit(off("2026-11-01", "")), want{steps: []string{"void 5 2026-11-01 12->0 ->2026-11-01"}}},
		"replaced from the next period":  {due.with(5, "2026-11-01", "", 9).edit(off("2026-12-01", "")), want{steps: []string{"update 5 2026-11-01 9->12 ->2026-11-30"}}},
		"replaced, a frozen line":        {invoiced.with(5, "2026-11-01", "", 12).edit(off("2026-12-01", "")), want{steps: []string{"end 5 2026-11-01 12->12 ->2026-11-30"}}},
		"replaced, and long since ended": {invoiced.with(5, "2026-11-01", "2026-11-30", 12).edit(off("2026-12-01", "")), want{}},

		"a lost line turns up": {
			due.with(5, "2026-11-01", "", 12).other(9, "2026-11-01", "", 12).edit(func(s *scene) { s.listed[1].Serial, s.lost = "m1", []string{"m1"} }),
			want{steps: []string{"void 9 2026-11-01 12->0 ->2026-11-01"}, codes: []Code{DoubledLine}},
		},
		"a copy of our line is another's": {
			due.with(5, "2026-11-01", "", 12).other(9, "2026-11-01", "", 12).edit(func(s *scene) { s.listed[0].Serial, s.listed[1].Serial = "m1", "m1" }),
			want{codes: []Code{OtherLines}},
		},
		"another's line made at the same moment": {
			due.with(5, "2026-11-01", "", 12).other(9, "2026-11-01", "", 30).edit(func(s *scene) { s.lines[0].CreatedAt = time.Unix(2e9, 0) }),
			want{steps: []string{"void 5 2026-11-01 12->0 ->2026-11-01"}, codes: []Code{DoubledLine, OtherLines}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tt.plan(t)
			var got want
			for _, s := range p.Steps {
				got.steps = append(got.steps, words(s))
			}
			for _, a := range p.Look.Attention {
				got.codes = append(got.codes, a.Code)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func words(s Step) string {
	out := string(s.Kind) + " " + Whole(int64(s.Line)).String() + " " + string(s.Date) + " " + s.Was.String() + "->" + s.Then.String()
	if s.EndThen != s.EndWas {
		out += " " + string(s.EndWas) + "->" + string(s.EndThen)
	}
	return out
}

func TestPriceEffect(t *testing.T) {
	t.Parallel()
	s := due.with(5, "2026-11-01", "", 9)
	s.listed[0].Included, s.listed[0].Price = Whole(10), 2_500_000
	if got := s.plan(t).Effect; got != Whole(5) { // 2 of 12 are not included
		t.Errorf("effect %s, want 5", got)
	}
	if got := invoiced.with(5, "2026-11-01", "", 9).plan(t).Effect; got != Whole(30) {
		t.Errorf("effect of a new period %s, want 30: the earlier line ends", got)
	}
}
