package usage_test

import (
	"context"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

type takesAll struct{}

func (takesAll) PutReport(context.Context, psa.AccountID, usage.Report) (bool, error) {
	return false, nil
}

func TestIntake(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	in := usage.Intake{Store: takesAll{}, Now: func() time.Time { return now }}
	good := usage.Report{Tenant: "t", Day: "2026-11-22", ReportedAt: now, Counts: map[usage.SKU]int64{"core": 0}}
	for name, tc := range map[string]struct {
		change func(*usage.Report)
		ok     bool
	}{
		"good":                   {func(*usage.Report) {}, true},
		"nothing used":           {func(r *usage.Report) { r.Counts = nil }, true},
		"tomorrow, somewhere":    {func(r *usage.Report) { r.Day = "2026-11-23" }, true},
		"no tenant":              {func(r *usage.Report) { r.Tenant = "" }, false},
		"no day":                 {func(r *usage.Report) { r.Day = "2026-02-30" }, false},
		"a day with a time":      {func(r *usage.Report) { r.Day = "2026-11-22T00:00:00Z" }, false},
		"next week":              {func(r *usage.Report) { r.Day = "2026-11-29" }, false},
		"years ago":              {func(r *usage.Report) { r.Day = "2020-01-01" }, false},
		"no time":                {func(r *usage.Report) { r.ReportedAt = time.Time{} }, false},
		"reported next week":     {func(r *usage.Report) { r.ReportedAt = now.Add(7 * 24 * time.Hour) }, false},
		"less than nothing":      {func(r *usage.Report) { r.Counts = map[usage.SKU]int64{"core": -1} }, false},
		"more than there can be": {func(r *usage.Report) { r.Counts = map[usage.SKU]int64{"core": 1 << 60} }, false},
		"no SKU":                 {func(r *usage.Report) { r.Counts = map[usage.SKU]int64{"": 1} }, false},
	} {
		r := good
		tc.change(&r)
		_, err := in.Report(t.Context(), "msp-1", r)
		if tc.ok != (err == nil) || err != nil && problem.CodeOf(err) != problem.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}
