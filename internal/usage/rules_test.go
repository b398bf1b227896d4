package usage

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/psa"
)

func line(product int, was, then int64) guarded {
	return guarded{key: SeriesKey{1, psa.RecordID(product)}, was: Whole(was), then: Whole(then), known: Whole(then)}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	lines := func(zero, rest int) (out []guarded) {
		for i := range zero {
			out = append(out, line(i, 5, 0))
		}
		for i := range rest {
			out = append(out, line(zero+i, 5, 5))
		}
		return out
	}
	newly := line(1, 40, 400)
	newly.known = Whole(40)
	for name, tt := range map[string]struct {
		lines     []guarded
		confirmed []Offence
		want      int
	}{
		"two of two to zero":             {lines(2, 0), nil, 0},
		"three of three to zero":         {lines(3, 0), nil, 3},
		"three of fifteen, a fifth":      {lines(3, 12), nil, 0},
		"three of fourteen":              {lines(3, 11), nil, 3},
		"zero before":                    {[]guarded{line(1, 0, 0), line(2, 0, 0), line(3, 0, 0)}, nil, 0},
		"doubled":                        {[]guarded{line(1, 60, 120)}, nil, 0},
		"more than doubled":              {[]guarded{line(1, 60, 121)}, nil, 1},
		"more than doubled, by fifty":    {[]guarded{line(1, 30, 80)}, nil, 0},
		"more than doubled, by more":     {[]guarded{line(1, 30, 81)}, nil, 1},
		"by what was approved":           {[]guarded{newly}, nil, 0},
		"confirmed":                      {[]guarded{line(1, 30, 90)}, []Offence{{SeriesKey{1, 1}, GuardGrowth, Whole(30), Whole(90)}}, 0},
		"confirmed up to less":           {[]guarded{line(1, 30, 91)}, []Offence{{SeriesKey{1, 1}, GuardGrowth, Whole(30), Whole(90)}}, 1},
		"confirmed for another line":     {[]guarded{line(2, 30, 90)}, []Offence{{SeriesKey{1, 1}, GuardGrowth, Whole(30), Whole(90)}}, 1},
		"three to zero, one of them not": {lines(3, 0), []Offence{{Key: SeriesKey{1, 0}, Code: GuardZero}, {Key: SeriesKey{1, 1}, Code: GuardZero}}, 1},
	} {
		if got := guard(tt.lines, tt.confirmed); len(got) != tt.want {
			t.Errorf("%s: %+v, want %d", name, got, tt.want)
		}
	}
}

// Routes follow the mapping only as far as it was approved, and change on the
// day that suits both agreements.
func TestRoutes(t *testing.T) {
	t.Parallel()
	monthly := func(nid Date) Opening {
		o, _ := Open(Agreement{Status: "Active", BillStart: "2024-01-01", NID: nid, Cycle: "Monthly"}, nil, false, "2026-11-20")
		return o
	}
	openings := map[psa.RecordID]Opening{1: monthly("2026-11-01"), 2: monthly("2026-12-01"), 3: monthly("2027-02-01")}
	quarter, why := Open(Agreement{Status: "Active", BillStart: "2024-01-01", NID: "2027-01-01", Cycle: "Quarterly"}, nil, false, "2026-11-20")
	if why != nil {
		t.Fatal(why)
	}
	openings[4] = quarter
	open := func(k SeriesKey) (Opening, bool) {
		o, ok := openings[k.Agreement]
		return o, ok
	}
	to := func(agreement psa.RecordID) Wanted {
		return Wanted{Tenant: "t", Enabled: true, Agreement: agreement, Products: map[SKU]psa.RecordID{"core": 7}}
	}
	at := time.Unix(100, 0)
	begun, changed := Routes{Tenant: "t"}.approve(to(1), "ann", at)
	if !changed || len(begun.Routes) != 1 || begun.Routes[0].Undated {
		t.Fatalf("approved: %+v", begun)
	}
	if _, changed := begun.approve(to(1), "bob", at); changed {
		t.Error("approved twice")
	}
	for agreement, want := range map[psa.RecordID]Date{2: "2026-12-01", 3: "2027-02-01", 4: "2027-01-01"} {
		unapproved, turns := begun.place(to(agreement), open)
		if len(turns) != 0 || !cmp.Equal(unapproved, begun) {
			t.Errorf("to %d, not approved: %+v", agreement, turns)
		}
		moved, _ := begun.approve(to(agreement), "ann", at)
		moved, turns = moved.place(to(agreement), open)
		if len(turns) != 1 || turns[0].Date != want || moved.Routes[0].Until != want || moved.Routes[1].From != want {
			t.Errorf("to %d: %+v, want %s", agreement, turns, want)
		}
		if again, turns := moved.place(to(agreement), open); len(turns) != 0 || !cmp.Equal(again, moved) {
			t.Errorf("to %d, again: %+v", agreement, turns)
		}
	}
	waits, _ := begun.approve(to(9), "ann", at) // an agreement that is closed
	if waits, turns := waits.place(to(9), open); len(turns) != 0 || waits.current("core") == nil {
		t.Errorf("to a closed agreement: %+v", turns)
	}
	back, _ := waits.approve(to(1), "ann", at) // the mapping was changed back
	if _, turns := back.place(to(1), open); len(turns) != 0 {
		t.Errorf("changed back: %+v", turns)
	}
	moving, _ := begun.approve(to(2), "ann", at) // approved, and switched off before it had a date
	disabled := to(2)
	disabled.Enabled = false
	moving, _ = moving.place(disabled, open)
	moving, turns := moving.place(to(2), open)
	if rt := moving.current("core"); len(turns) != 1 || rt == nil || rt.To.Agreement != 2 || rt.From != "2026-12-01" {
		t.Errorf("switched off and on while moving: %+v", moving.Routes)
	}
	for off, want := range map[SwitchOff]Date{OffEnd: "2026-12-01", "": "2026-12-01", OffZero: "2026-11-01", OffLeave: "2026-11-01"} {
		w := to(1)
		w.Enabled, w.Off = false, off
		parted, turns := begun.place(w, open)
		if len(turns) != 1 || parted.Routes[0].Until != want {
			t.Errorf("off, %q: %+v, want %s", off, parted.Routes, want)
		}
		elsewhere, _ := parted.approve(to(2), "ann", at)
		if rt := elsewhere.current("core"); rt == nil || rt.To.Agreement != 2 || rt.From != want {
			t.Errorf("elsewhere after %q: %+v, want from %s", off, rt, want)
		}
		if !elsewhere.lacks("core", SeriesKey{1, 7}) {
			t.Errorf("back again after %q needs no approval", off)
		}
		if on, turns := parted.place(to(1), open); len(turns) != 1 || on.Routes[0].Until != "" {
			t.Errorf("on again after %q: %+v", off, on.Routes)
		}
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"12": "12", "12.0": "12", "0.1": "0.1", "1e3": "1000", "-2.50": "-2.5", "0.0000005": "0.000001", "0.0000004": "0", "1e300": "9223372036854.775807",
	} {
		d, err := ParseDecimal(s)
		if err != nil || d.String() != want {
			t.Errorf("%s: %s, %v, want %s", s, d, err, want)
		}
	}
	for _, s := range []string{"", "x", "1/2", "0x10", "Inf", "NaN", "1 2"} {
		if d, err := ParseDecimal(s); err == nil {
			t.Errorf("%q passes as %s", s, d)
		}
	}
	if got := Decimal(math.MaxInt64).Mul(Whole(2)); got != math.MaxInt64 {
		t.Errorf("beyond the end: %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(-1e6, 1e6).Draw(t, "a"), rapid.Int64Range(-1e6, 1e6).Draw(t, "b")
		if got := Whole(a).Mul(Whole(b)); got != Whole(a*b) {
			t.Fatalf("%d * %d = %s", a, b, got)
		}
		d := Decimal(rapid.Int64().Draw(t, "d"))
		if back, err := ParseDecimal(d.String()); err != nil || back != d {
			t.Fatalf("%s comes back as %s, %v", d, back, err)
		}
		if whole, err := ParseDecimal(strconv.FormatInt(a, 10)); err != nil || whole != Whole(a) {
			t.Fatalf("%d is %s", a, whole)
		}
	})
}

// What counts in a period: the removed count no more in periods that begin
// after the day, bounds hold, and the order of things does not matter.
func TestBook(t *testing.T) {
	t.Parallel()
	w := Wanted{
		Tenant: "t", State: TenantRemoved, RemovedOn: "2026-11-08", Enabled: true, Agreement: 1, Products: map[SKU]psa.RecordID{"core": 7, "ato": 7, "new": 8},
	}
	r := Routes{Tenant: "t", Routes: []Route{
		{SKU: "core", To: SeriesKey{1, 7}, ApprovedAt: time.Unix(1, 0), ApprovedBy: "ann"}, {SKU: "ato", To: SeriesKey{1, 7}, ApprovedAt: time.Unix(1, 0), ApprovedBy: "ann", From: "2026-11-01"},
	}}
	report := Report{Tenant: "t", Day: "2026-11-07", Counts: map[SKU]int64{"core": 5}}
	b := newBook("2026-11-20", []Wanted{w}, map[TenantID]Routes{"t": r}, map[TenantID]Report{"t": report})
	list := b.Series[SeriesKey{1, 7}]
	for period, want := range map[Date]int64{"2026-11-01": 5, "2026-11-08": 5, "2026-11-09": 0, "2026-12-01": 0} {
		if got := total(list, period); got != Whole(want) {
			t.Errorf("period of %s: %s, want %d", period, got, want)
		}
	}
	if waiting := b.Series[SeriesKey{1, 8}]; len(waiting) != 1 || len(approved(waiting)) != 0 || !waiting[0].Unapproved {
		t.Errorf("a SKU that nobody approved: %+v", waiting)
	}
	future := newBook("2026-11-06", []Wanted{w}, map[TenantID]Routes{"t": r}, map[TenantID]Report{"t": report})
	if got := total(future.Series[SeriesKey{1, 7}], "2026-11-01"); got != 0 {
		t.Errorf("a report of tomorrow counts %s", got)
	}
}
