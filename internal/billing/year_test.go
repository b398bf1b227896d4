package billing_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/billing"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/usage"
)

// One tenant, three months.
func TestOneTenant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jan := begin()
		w := newWorld(t, nil, []billing.Agreement{{ID: 1, Months: 1, Start: jan, Next: jan}}, usage.Settings{Zone: "Europe/Berlin"})
		w.happens(billing.Mapped{Tenant: "acme", Agreement: 1, Products: map[string]int{"core": 0}})
		w.happens(billing.Approved{Tenant: "acme"})
		bounds := map[billing.Day]bool{jan: true, billing.DayOf(2026, 2, 1): true, billing.DayOf(2026, 3, 1): true}
		for d := jan; d < jan+90; d++ {
			w.until(clock(d, 3, w.zone))
			w.happens(billing.Reported{Tenant: "acme", Day: d, Counts: map[string]int{"core": 10 + int(d-jan)/7}})
			w.until(clock(d, 5, w.zone))
			w.happens(billing.Posted{Today: d})
			if bounds[d] {
				w.until(clock(d, 12, w.zone))
				w.happens(billing.Invoiced{Agreement: 1, On: d})
			}
		}
		invoices := w.books.Invoices()
		if len(invoices) != 3 || len(invoices[2].Lines) != 1 || invoices[2].Lines[0].Quantity == invoices[0].Lines[0].Quantity {
			t.Errorf("invoices %+v", invoices)
		}
	})
}

// Forty tenants on chosen profiles, for a year; other seeds have other answers
// to what public material leaves open.
func TestFleet(t *testing.T) {
	t.Parallel()
	seeds := uint64(1)
	if *reach == "all" {
		seeds = 6
	}
	for seed := range seeds {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			w := fleet(seed, 365).run(t, answers(int(seed)*7919%combinations()), usage.Settings{Zone: "America/New_York"}, nil)
			t.Logf("365 days in %s: %s", time.Since(began).Round(time.Millisecond), w.summary())
		})
	}
}

// What a person's line says about its first period is taken over with it: lines
// that begin within a period are billed by the day, or are not, whatever their
// agreement says, if the server sees it so.
func TestTakenWithItsFlag(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"yes", "no"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			known, mine := &explored{}, &tally{}
			for n := 0; n < combinations(); n += formats {
				points := answers(n)
				_, err := mine.one(known, points, func() *world { return flagged(flag).run(t, points, usage.Settings{Zone: "UTC"}, nil) })
				if err != nil || t.Failed() {
					t.Fatalf("under %v: %v", points, err)
				}
			}
			t.Logf("%d combinations: %s", mine.covered, mine)
			if !mine.points[cwsim.ProrateCurrentPeriod] {
				t.Error("the flag made no difference")
			}
		})
	}
}

// A new line only where the quantity changes bills the same.
func TestLinesOnChange(t *testing.T) {
	t.Parallel()
	for _, point := range cwsim.FinancePoints() {
		for _, value := range point.Values {
			t.Run(point.Name+"="+value, func(t *testing.T) {
				t.Parallel()
				set := usage.Settings{Zone: "Australia/Lord_Howe", Policy: usage.OnChange}
				w := small(120).run(t, map[string]string{point.Name: value}, set, nil)
				if len(w.books.Invoices()) < 8 {
					t.Errorf("%d invoices only", len(w.books.Invoices()))
				}
			})
		}
	}
}
