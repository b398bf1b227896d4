package usage

import (
	"context"
	"fmt"
	"slices"

	"github.com/psabridge/psabridge/internal/psa"
)

// Trend is what a tenant used, day by day, and what its lines bill.
type Trend struct {
	Tenant      TenantID
	First, Last Date
	SKUs        []SKUTrend
}

// SKUTrend is one SKU's part.
type SKUTrend struct {
	SKU SKU
	// Days are those on which the tenant reported, oldest first.
	Days []DayCount
	// Lines are ours that bill the SKU, oldest first.
	Lines []BilledSpan
}

// DayCount is what a report counted.
type DayCount struct {
	Day   Date
	Count int64
}

// BilledSpan is what a line bills from Start to End, "" for no end. A line of
// Shares > 1 tenants and SKUs has the sum of all.
type BilledSpan struct {
	Start, End Date
	Quantity   Decimal
	Shares     int
}

// maxTrend is how far back a trend goes at most, in days.
const maxTrend = 366

// Trend returns the last days of a tenant, up to the account's today.
func (s Statements) Trend(ctx context.Context, scope psa.Scope, tenant TenantID, days int) (Trend, error) {
	settings, err := s.Kept.Settings(ctx, scope)
	if err != nil {
		return Trend{}, fmt.Errorf("posting settings: %w", err)
	}
	zone, err := settings.zone()
	if err != nil {
		return Trend{}, err
	}
	today := DateIn(s.Now(), zone)
	out := Trend{Tenant: tenant, First: today.AddDays(1 - min(max(days, 1), maxTrend)), Last: today}
	reports, err := s.Reports.Reported(ctx, scope.Account, tenant, out.First, out.Last)
	if err != nil {
		return Trend{}, wrapReports(tenant, err)
	}
	routes, err := s.Kept.Routes(ctx, scope)
	if err != nil {
		return Trend{}, fmt.Errorf("routes: %w", err)
	}
	m := &statement{on: today, routes: routes}
	if m.series, err = s.Kept.Series(ctx, scope, 0); err != nil {
		return Trend{}, fmt.Errorf("series: %w", err)
	}
	m.count()
	out.SKUs = m.trend(routes[tenant], reports, out.First)
	return out, nil
}

func (s *statement) trend(routes Routes, reports []Report, first Date) []SKUTrend {
	skus := map[SKU]bool{}
	for _, r := range reports {
		for sku := range r.Counts {
			skus[sku] = true
		}
	}
	for _, sku := range routes.skus() {
		skus[sku] = true
	}
	out := []SKUTrend{}
	for _, sku := range sortedSKUs(skus) {
		t := SKUTrend{SKU: sku, Lines: s.spans(routes, sku, first)}
		for _, r := range reports {
			t.Days = append(t.Days, DayCount{r.Day, r.Counts[sku]})
		}
		if len(t.Days) > 0 || len(t.Lines) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// spans are the SKU's lines that are not over before a day, within the bounds
// of its routes.
func (s *statement) spans(routes Routes, sku SKU, first Date) []BilledSpan {
	var out []BilledSpan
	for _, rt := range routes.Routes {
		if rt.SKU != sku || rt.Undated {
			continue
		}
		for _, l := range s.series[rt.To].Lines {
			before := rt.Until != "" && rt.Off != OffLeave && l.Start >= rt.Until
			if l.Void || l.Gone || l.Start < rt.From || before || over(l.End, first) {
				continue
			}
			out = append(out, BilledSpan{Start: l.Start, End: l.End, Quantity: l.Quantity, Shares: max(1, s.shares[rt.To])})
		}
	}
	slices.SortFunc(out, func(a, b BilledSpan) int { return a.Start.DaysSince(b.Start) })
	return out
}
