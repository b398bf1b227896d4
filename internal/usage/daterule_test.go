package usage_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/usage"
)

// monthly is an agreement with months from the 1st.
func monthly(nid usage.Date) usage.Agreement {
	return usage.Agreement{ID: 1, Status: "Active", Start: "2024-01-01", BillStart: "2024-01-01", NID: nid, Cycle: "Monthly"}
}

func with(a usage.Agreement, f func(*usage.Agreement)) usage.Agreement {
	f(&a)
	return a
}

func cycle(name string, start, nid usage.Date) usage.Agreement {
	return with(monthly(nid), func(a *usage.Agreement) { a.Cycle, a.Start, a.BillStart = name, start, start })
}

// The date rule on both sides of every boundary it has.
func TestDateRule(t *testing.T) {
	t.Parallel()
	basis := func(a usage.Agreement, b string) usage.Agreement { a.Basis = b; return a }
	for _, tt := range []struct {
		name    string
		a       usage.Agreement
		arrears bool
		today   usage.Date
		want    usage.Date
		code    usage.Code
	}{
		{"NID long ago", monthly("2026-06-01"), false, "2026-11-20", "2026-11-01", ""},
		{"NID yesterday", monthly("2026-11-19"), false, "2026-11-20", "2026-11-01", ""},
		{"NID today", monthly("2026-11-20"), false, "2026-11-20", "2026-11-01", ""},
		{"NID tomorrow", monthly("2026-11-21"), false, "2026-11-20", "2026-12-01", ""},
		{"NID is the next 1st", monthly("2026-12-01"), false, "2026-11-20", "2026-12-01", ""},
		{"NID is the next 1st, on its eve", monthly("2026-12-01"), false, "2026-11-30", "2026-12-01", ""},
		{"NID is the next 1st, on the day", monthly("2026-12-01"), false, "2026-12-01", "2026-12-01", ""},
		{"NID after the next 1st", monthly("2026-12-02"), false, "2026-11-20", "2027-01-01", ""},
		{"early invoicing, two months ahead", monthly("2027-01-01"), false, "2026-11-20", "2027-01-01", ""},
		{"turn of the year", monthly("2027-01-01"), false, "2026-12-31", "2027-01-01", ""},
		{"leap day", monthly("2028-02-29"), false, "2028-02-29", "2028-02-01", ""},
		{"the day before the leap day", monthly("2028-02-29"), false, "2028-02-28", "2028-03-01", ""},

		{"billing starts later", cycle("Monthly", "2027-02-01", "2026-11-01"), false, "2026-11-20", "2027-02-01", ""},
		{"billing starts this month", cycle("Monthly", "2026-11-01", "2026-11-01"), false, "2026-11-20", "2026-11-01", ""},
		{"first period cut short by a calendar", basis(cycle("Monthly", "2026-11-16", "2026-11-16"), "CalendarYear"), false, "2026-11-20", "2026-11-16", ""},
		{"after the cut period", basis(cycle("Monthly", "2026-11-16", "2026-12-01"), "CalendarYear"), false, "2026-11-20", "2026-12-01", ""},

		{"quarter, last invoiced", cycle("Quarterly", "2026-01-01", "2027-01-01"), false, "2026-11-20", "2027-01-01", ""},
		{"quarter, not invoiced", cycle("Quarterly", "2026-01-01", "2026-10-01"), false, "2026-11-20", "2026-10-01", ""},
		{"quarter, eve", cycle("Quarterly", "2026-01-01", "2027-01-01"), false, "2026-12-31", "2027-01-01", ""},
		{"quarter, on the day", cycle("Quarterly", "2026-01-01", "2027-01-01"), false, "2027-01-01", "2027-01-01", ""},
		{"quarters by the calendar", basis(cycle("Quarterly", "2026-02-10", "2027-01-01"), "CalendarYear"), false, "2026-11-20", "2027-01-01", ""},
		{"year", cycle("Yearly", "2025-03-01", "2027-03-01"), false, "2026-11-20", "2027-03-01", ""},
		{"year, invoice due", cycle("Yearly", "2025-03-01", "2026-03-01"), false, "2026-11-20", "2026-03-01", ""},
		{"half-year", cycle("SemiAnnual", "2026-01-01", "2026-07-01"), false, "2026-11-20", "2026-07-01", ""},
		{"two months", cycle("BiMonthly", "2026-01-01", "2027-01-01"), false, "2026-11-20", "2027-01-01", ""},
		{"weeks", cycle("Weekly", "2026-11-02", "2026-11-16"), false, "2026-11-20", "2026-11-16", ""},
		{"weeks, invoiced", cycle("Weekly", "2026-11-02", "2026-11-23"), false, "2026-11-20", "2026-11-23", ""},
		{"fortnight", cycle("BiWeekly", "2026-11-02", "2026-11-16"), false, "2026-11-29", "2026-11-16", ""},

		{"own boundaries, due", cycle("Monthly", "2026-01-15", "2026-11-15"), false, "2026-11-20", "2026-11-15", ""},
		{"own boundaries, eve", cycle("Monthly", "2026-01-15", "2026-12-15"), false, "2026-12-14", "2026-12-15", ""},
		{"own boundaries, on the day", cycle("Monthly", "2026-01-15", "2026-12-15"), false, "2026-12-15", "2026-12-15", ""},
		{"own boundaries on a 31st", cycle("Monthly", "2026-01-31", "2026-11-30"), false, "2026-11-30", "2026-11-30", ""},
		{"own boundaries on a 31st, February", cycle("Monthly", "2026-01-31", "2026-02-28"), false, "2026-02-27", "2026-02-28", ""},
		{"own boundaries on a 31st, after February", cycle("Monthly", "2026-01-31", "2026-03-31"), false, "2026-03-05", "2026-03-31", ""},

		{"arrears", monthly("2026-12-01"), true, "2026-11-20", "2026-11-01", ""},
		{"arrears, invoice due", monthly("2026-12-01"), true, "2026-12-01", "2026-11-01", ""},
		{"arrears, invoice late", monthly("2026-12-01"), true, "2026-12-09", "2026-11-01", ""},
		{"arrears, invoiced", monthly("2027-01-01"), true, "2026-12-09", "2026-12-01", ""},
		{"arrears, quarter", cycle("Quarterly", "2026-01-01", "2027-01-01"), true, "2026-12-09", "2026-10-01", ""},
		{"arrears, before the first invoice", cycle("Monthly", "2026-11-01", "2026-11-01"), true, "2026-11-20", "2026-11-01", ""},

		{"no NID", monthly(""), false, "2026-11-20", "", usage.NoNextInvoice},
		{"no periods", cycle("NotRecurring", "2026-01-01", "2026-12-01"), false, "2026-11-20", "", usage.NotRecurring},
		{"unknown cycle", cycle("", "2026-01-01", "2026-12-01"), false, "2026-11-20", "", usage.NotRecurring},
		{"quarters that the NID is not on", cycle("Quarterly", "2026-01-01", "2026-12-01"), false, "2026-11-20", "", usage.PeriodsDisagree},
		{"contract periods, calendar NID", basis(cycle("Monthly", "2026-01-15", "2026-12-01"), "ContractYear"), false, "2026-11-20", "", usage.PeriodsDisagree},
		{"mid-month start, NID on neither", cycle("Monthly", "2026-01-15", "2026-12-07"), false, "2026-11-20", "", usage.PeriodsDisagree},
		{"no billing start at all", with(monthly("2026-12-15"), func(a *usage.Agreement) { a.Start, a.BillStart = "", "" }), false, "2026-11-20", "2027-01-01", ""},
		{"ended on the eve of the date", with(monthly("2026-12-01"), func(a *usage.Agreement) { a.End = "2026-11-30" }), false, "2026-11-20", "", usage.AgreementEnded},
		{"ends on the date", with(monthly("2026-12-01"), func(a *usage.Agreement) { a.End = "2026-12-01" }), false, "2026-11-20", "2026-12-01", ""},
		{"cancelled before it ends", with(monthly("2026-12-01"), func(a *usage.Agreement) { a.End, a.Cancelled = "2027-12-01", "2026-11-15" }), false, "2026-11-20", "", usage.AgreementEnded},
		{"inactive", with(monthly("2026-12-01"), func(a *usage.Agreement) { a.Status = "Inactive" }), false, "2026-11-20", "", usage.AgreementEnded},
		{
			"inactive since it starts later", with(cycle("Monthly", "2027-02-01", "2027-02-01"), func(a *usage.Agreement) { a.Status, a.Start = "Inactive", "2027-02-01" }),
			false, "2026-11-20", "2027-02-01", "",
		},
		{"a date that is none", with(monthly("2026-12-01"), func(a *usage.Agreement) { a.Unreadable = []string{"billStartDate"} }), false, "2026-11-20", "", usage.DatesUnreadable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, why := usage.Open(tt.a, nil, tt.arrears, tt.today)
			code := usage.Code("")
			if why != nil {
				code = why.Code
			}
			if got.Date != tt.want || code != tt.code {
				t.Errorf("%s %q, want %s %q", got.Date, code, tt.want, tt.code)
			}
			if why == nil && got.Next <= got.Date {
				t.Errorf("the period %s ends on %s", got.Date, got.Next)
			}
		})
	}
}

func TestAChildUsesItsParentsNextInvoiceDate(t *testing.T) {
	t.Parallel()
	parent := monthly("2026-12-01")
	child := usage.Agreement{ID: 2, Parent: 1, Status: "Active", Start: "2025-01-01", BillStart: "2025-01-01", Cycle: "Monthly"}
	got, why := usage.Open(child, &parent, false, "2026-11-20")
	if why != nil || got.Date != "2026-12-01" {
		t.Errorf("%s, %v", got.Date, why)
	}
	child.NID = "2026-11-01" // its own comes first
	if got, _ := usage.Open(child, &parent, false, "2026-11-20"); got.Date != "2026-11-01" {
		t.Errorf("with its own: %s", got.Date)
	}
}

// The same moment is another day, and so another period, elsewhere; and no
// hour of daylight saving moves a day.
func TestTodayIsTheAccounts(t *testing.T) {
	t.Parallel()
	a := monthly("2026-12-01")
	for _, tt := range []struct{ zone, at, want string }{
		{"Pacific/Auckland", "2026-11-30T10:59:59Z", "2026-12-01"}, // 23:59 on the 30th: tomorrow's period
		{"Pacific/Auckland", "2026-11-30T11:00:00Z", "2026-12-01"},
		{"America/New_York", "2026-12-01T04:59:59Z", "2026-12-01"},
		{"Europe/Berlin", "2026-11-30T23:00:00Z", "2026-12-01"},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		today := usage.DateIn(at, zone(t, tt.zone))
		if got, _ := usage.Open(a, nil, false, today); string(got.Date) != tt.want {
			t.Errorf("%s at %s: %s, want %s", tt.zone, tt.at, got.Date, tt.want)
		}
	}
	// On these instants an NID of that very day turns from "after today" to
	// "today": midnight of the zone, also on days of 23 and 25 hours.
	for _, tt := range []struct{ zone, nid string }{
		{"America/New_York", "2026-03-08"},
		{"America/New_York", "2026-11-01"},
		{"America/New_York", "2026-03-09"},
		{"Europe/Berlin", "2026-03-29"},
		{"Europe/Berlin", "2026-10-25"},
		{"Europe/Berlin", "2026-10-26"},
		{"Pacific/Auckland", "2026-09-27"},
		{"Pacific/Auckland", "2026-04-05"},
	} {
		z := zone(t, tt.zone)
		midnight, err := time.ParseInLocation(time.DateOnly, tt.nid, z)
		if err != nil {
			t.Fatal(err)
		}
		nid := usage.Date(tt.nid)
		for at, want := range map[time.Time]usage.Date{
			midnight.Add(-time.Second): nid.FirstOfMonth().AddMonths(1), midnight: nid.FirstOfMonth(),
		} {
			if nid == nid.FirstOfMonth() && at.Before(midnight) {
				want = nid
			}
			if got, why := usage.Open(monthly(nid), nil, false, usage.DateIn(at, z)); got.Date != want {
				t.Errorf("%s, NID %s at %s: %s (%v), want %s", tt.zone, tt.nid, at.In(z), got.Date, why, want)
			}
		}
	}
}

// Whatever the agreement: the date is a boundary, not before the billing start,
// in no period that is invoiced, and moves with time only forwards.
func TestDateRuleProperties(t *testing.T) {
	t.Parallel()
	cycles := []string{"Monthly", "BiMonthly", "Quarterly", "SemiAnnual", "Yearly", "Weekly", "BiWeekly"}
	rapid.Check(t, func(t *rapid.T) {
		start := usage.Date("2024-01-01").AddDays(rapid.IntRange(0, 800).Draw(t, "start"))
		a := cycle(rapid.SampledFrom(cycles).Draw(t, "cycle"), start, start)
		for range rapid.IntRange(0, 12).Draw(t, "invoices") {
			a.NID = mustOpen(t, a, a.NID).Next
		}
		today := start.AddDays(rapid.IntRange(0, 1500).Draw(t, "today"))
		got := mustOpen(t, a, today)
		switch {
		case got.Date < a.BillStart:
			t.Fatalf("%s is before the billing start", got.Date)
		case a.NID > today && got.Date < a.NID:
			t.Fatalf("%s is invoiced already: the next invoice is %s", got.Date, a.NID)
		case a.NID <= today && (got.Date > today || today >= got.Next):
			t.Fatalf("%s to %s is not the period of %s", got.Date, got.Next, today)
		}
		if tomorrow := mustOpen(t, a, today.AddDays(1)); tomorrow.Date < got.Date {
			t.Fatalf("goes back from %s to %s", got.Date, tomorrow.Date)
		}
	})
}

func mustOpen(t *rapid.T, a usage.Agreement, today usage.Date) usage.Opening {
	o, why := usage.Open(a, nil, false, today)
	if why != nil {
		t.Fatal(fmt.Sprint(a, today, *why))
	}
	return o
}
