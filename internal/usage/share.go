package usage

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// silentDays is after how many days without a report a tenant is flagged.
const silentDays = 2

// Share is one tenant's SKU in a series: what its line's quantity is the sum
// of.
type Share struct {
	Tenant TenantID `json:"tenant"`
	Name   string   `json:"name"`
	SKU    SKU      `json:"sku"`
	// Count of the latest report, of Day; Reported is false before the first.
	Count    int64 `json:"count"`
	Day      Date  `json:"day,omitempty"`
	Reported bool  `json:"reported"`
	// Removed is the day on which the tenant was removed, "" if it was not.
	Removed Date `json:"removed,omitempty"`
	// From and Until are the route's; see Route.
	From  Date      `json:"from,omitempty"`
	Until Date      `json:"until,omitempty"`
	Off   SwitchOff `json:"off,omitempty"`
	// Approved is when the route was; zero while it waits for approval. A
	// preview plans as if it had been, and leaves Unapproved set.
	Approved   time.Time `json:"approved,omitzero"`
	Unapproved bool      `json:"unapproved,omitempty"`
	// Undated is a changed mapping that has no date yet: a preview shows it.
	Undated bool `json:"undated,omitempty"`

	seen *int64 // see Route.Seen
}

// in is what the share counts in the period that begins on date: nothing
// outside of its route's bounds, and nothing in a period that begins after the
// tenant was removed. A SKU that a report leaves out is zero; a tenant that is
// silent keeps its last quantities (spec 5.1).
func (s Share) in(period Date) int64 {
	if !s.living(period) {
		return 0
	}
	return s.Count
}

// living reports whether the share still belongs to the period.
func (s Share) living(period Date) bool {
	return !s.Undated && period >= s.From && (s.Until == "" || period < s.Until) && (s.Removed == "" || period <= s.Removed)
}

// shares of a tenant, by series. Those that wait for approval have a zero
// Approved.
func shares(w Wanted, r Routes, report *Report) map[SeriesKey][]Share {
	out := map[SeriesKey][]Share{}
	add := func(sku SKU, to SeriesKey, rt Route) {
		s := Share{
			Tenant: w.Tenant, Name: w.Name, SKU: sku, From: rt.From, Until: rt.Until, Off: rt.Off, Approved: rt.ApprovedAt,
			Unapproved: rt.ApprovedBy == "", Undated: rt.Undated, seen: rt.Seen,
		}
		if w.State == TenantRemoved {
			s.Removed = w.RemovedOn
		}
		if report != nil {
			s.Count, s.Day, s.Reported = report.Counts[sku], report.Day, true
		}
		out[to] = append(out[to], s)
	}
	for _, rt := range r.Routes {
		if !rt.Undated || rt.ApprovedBy == "" { // the latter only in previews
			add(rt.SKU, rt.To, rt)
		}
	}
	for _, sku := range sortedSKUs(w.Products) {
		if to, ok := w.target(sku); ok && r.lacks(sku, to) {
			add(sku, to, Route{})
		}
	}
	return out
}

// Book is what an account's tenants use, by the series that bill it.
type Book struct {
	Today  Date
	Series map[SeriesKey][]Share
	// products of each agreement.
	products map[psa.RecordID][]psa.RecordID
}

// newBook adds up mappings, routes and reports. It is the same book whatever
// their order.
func newBook(today Date, wanted []Wanted, routes map[TenantID]Routes, reports map[TenantID]Report) Book {
	b := Book{Today: today, Series: map[SeriesKey][]Share{}, products: map[psa.RecordID][]psa.RecordID{}}
	for _, w := range wanted {
		var report *Report
		if r, ok := reports[w.Tenant]; ok && r.Day <= today {
			report = &r
		}
		for key, list := range shares(w, routes[w.Tenant], report) {
			b.Series[key] = append(b.Series[key], list...)
		}
	}
	for key, list := range b.Series {
		b.products[key.Agreement] = append(b.products[key.Agreement], key.Product)
		slices.SortFunc(list, func(x, y Share) int { return cmp.Or(cmp.Compare(x.Tenant, y.Tenant), cmp.Compare(x.SKU, y.SKU)) })
	}
	return b
}

// Agreements are those that have a series, in order.
func (b Book) Agreements() []psa.RecordID { return slices.Sorted(maps.Keys(b.products)) }

// approved are the shares that may be posted.
func approved(list []Share) []Share {
	return slices.DeleteFunc(slices.Clone(list), func(s Share) bool { return s.Approved.IsZero() })
}

// total is the sum of the shares in the period that begins on date.
func total(list []Share, period Date) Decimal {
	var sum int64
	for _, s := range list {
		sum += s.in(period)
	}
	return Whole(sum)
}

// unreported is the first tenant on the line that never reported, "" if all
// did: before that there is no sum (spec 5.3).
func unreported(list []Share, period Date) TenantID {
	for _, s := range list {
		if !s.Reported && s.living(period) && s.Until == "" && s.Removed == "" {
			return s.Tenant
		}
	}
	return ""
}

// silent is a tenant that has not reported for more than two days.
func silent(list []Share, today Date) (Share, bool) {
	for _, s := range list {
		if s.Reported && s.Removed == "" && s.Until == "" && s.Day < today.AddDays(-silentDays) {
			return s, true
		}
	}
	return Share{}, false
}

// lastDay is the last day of a series whose shares all end, "" if one goes on.
// zeroed says that no line has to end, since it was chosen to be set to zero.
func lastDay(list []Share) (last Date, zeroed, left bool) {
	zeroed, left = len(list) > 0, len(list) > 0
	for _, s := range list {
		if s.Until == "" {
			return "", false, false
		}
		zeroed, left = zeroed && s.Off == OffZero, left && s.Off == OffLeave
		last = later(last, s.Until.AddDays(-1))
	}
	return last, zeroed, left
}
