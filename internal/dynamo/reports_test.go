package dynamo_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func report(tenant usage.TenantID, day usage.Date, at time.Time, n int64) usage.Report {
	return usage.Report{Tenant: tenant, Day: day, ReportedAt: at, Counts: map[usage.SKU]int64{"core": n}}
}

// Of the snapshots of a day the one that was reported last counts, in whatever
// order they come; of the days the latest up to the account's today.
func TestLatestReport(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	at := s.now()
	put := func(r usage.Report, stale bool) {
		t.Helper()
		got, err := s.Reports().PutReport(t.Context(), "msp-1", r)
		must(t, err)
		wantEqual(t, "stale", got, stale)
	}
	put(report("a", "2026-11-21", at.Add(-time.Hour), 5), false)
	put(report("a", "2026-11-21", at, 6), false)
	put(report("a", "2026-11-21", at, 6), false)
	put(report("a", "2026-11-21", at.Add(-time.Minute), 7), true)
	put(report("a", "2026-11-20", at.Add(time.Minute), 4), false)
	put(report("a", "2026-11-23", at, 9), false)
	put(report("a", "2026-11-01", at.Add(time.Minute), 1), false)
	put(report("b#", "2026-11-25", at, 3), false)
	s.pass(time.Minute)

	for today, want := range map[usage.Date]map[usage.TenantID]usage.Report{
		"2026-11-22": {"a": report("a", "2026-11-21", at, 6)},
		"2026-11-20": {"a": report("a", "2026-11-20", at.Add(time.Minute), 4)},
		"2026-11-30": {"a": report("a", "2026-11-23", at, 9), "b#": report("b#", "2026-11-25", at, 3)},
	} {
		got, err := s.Reports().Latest(t.Context(), scope, today)
		must(t, err)
		wantEqual(t, "latest up to "+string(today), got, want)
	}
	for _, other := range []psa.Scope{{Account: "msp-11", Generation: 1}, {Account: "msp", Generation: 1}} {
		got, err := s.Reports().Latest(t.Context(), other, "2026-11-30")
		must(t, err)
		wantEqual(t, "another account's", len(got), 0)
	}
	days, err := s.Reports().Reported(t.Context(), "msp-1", "a", "2026-11-01", "2026-11-21")
	must(t, err)
	wantEqual(t, "days", days, []usage.Report{
		report("a", "2026-11-01", at.Add(time.Minute), 1), report("a", "2026-11-20", at.Add(time.Minute), 4), report("a", "2026-11-21", at, 6),
	})
	for day, want := range map[usage.Date]usage.Report{
		"2026-11-22": report("a", "2026-11-21", at, 6), "2026-11-19": report("a", "2026-11-01", at.Add(time.Minute), 1), "2026-10-31": {},
	} {
		got, err := s.Reports().LastReport(t.Context(), "msp-1", "a", day)
		must(t, err)
		wantEqual(t, "last report up to "+string(day), got, want)
	}
}

// Two processes report at once: neither is lost.
func TestReportsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	days := []usage.Date{"2026-11-20", "2026-11-21", "2026-11-22"}
	atOnce(t, len(days), psa.ErrBusy, func(i int) error {
		_, err := s.Reports().PutReport(t.Context(), "msp-1", report("a", days[i], s.now(), int64(i)))
		return err
	})
	for i, day := range days {
		got, err := s.Reports().Latest(t.Context(), scope, day)
		must(t, err)
		wantEqual(t, string(day), got["a"].Counts["core"], int64(i))
	}
}
