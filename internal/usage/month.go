package usage

import (
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Month is a calendar month, YYYY-MM.
type Month string

// ParseMonth accepts YYYY-MM.
func ParseMonth(s string) (Month, error) {
	if _, err := time.Parse("2006-01", s); err != nil {
		return "", fmt.Errorf("month: %w", psa.ErrInvalid)
	}
	return Month(s), nil
}

// First is the month's first day.
func (m Month) First() Date { return Date(m + "-01") }

// Last is the month's last day.
func (m Month) Last() Date { return m.First().AddMonths(1).AddDays(-1) }

// MonthRow is what became of one SKU of one tenant in a month: as things stood
// on its last day, or stand today if it is not over. Reported is Posted and
// what was not posted, and Why says why it was not (spec 5.10).
type MonthRow struct {
	Tenant TenantID
	Name   string
	SKU    SKU
	// Key is the line's series; zero if the SKU is billed nowhere.
	Key SeriesKey
	// Reported is the count of the last report up to the day, of ReportedOn:
	// a silent tenant keeps its last quantities. "" is never.
	Reported   Decimal
	ReportedOn Date
	// Posted is the tenant's part of the line that bills the day. On a line
	// of Shares > 1 tenants and SKUs that is what its report counted when the
	// line was posted last, since the line has but their sum, Quantity.
	Posted   Decimal
	Line     psa.RecordID
	Quantity Decimal
	Shares   int
	// Billed is Posted if the next invoice date has passed the day, and 0 if
	// it has not. Known is false where that date is not known.
	Billed Decimal
	Known  bool
	// From is when a line begins that bills later what this month's does not.
	From Date
	Why  []Why
}

// Unposted is what was reported and not posted; less than 0 if more was posted.
func (r MonthRow) Unposted() Decimal { return r.Reported - r.Posted }

// Unbilled is what was reported and not billed.
func (r MonthRow) Unbilled() Decimal { return r.Reported - r.Billed }

// statement is all that the rows of a month depend on, but the reports.
type statement struct {
	month Month
	// on is the day that the rows are about.
	on, today Date
	zone      *time.Location
	settings  Settings
	routes    map[TenantID]Routes
	series    map[SeriesKey]Series
	shares    map[SeriesKey]int
}

// usedBy is one tenant's part of a statement.
type usedBy struct {
	tenant TenantID
	// wanted is its mapping, nil if it never had one.
	wanted *Wanted
	// reports of the month up to the day, oldest first; without one, the last
	// before it.
	reports []Report
	// asOf is the tenant's last report up to a day.
	asOf func(Date) (Report, error)
}

// count is how many SKUs share each line on the day.
func (s *statement) count() {
	s.shares = map[SeriesKey]int{}
	for _, r := range s.routes {
		for _, sku := range r.skus() {
			if rt := r.on(sku, s.on); rt != nil && rt.From <= s.on {
				s.shares[rt.To]++
			}
		}
	}
}

// on is the SKU's route on a day; the one that begins later, if none has yet.
// A line that was left when its mapping was switched off goes on billing.
func (r Routes) on(sku SKU, day Date) *Route {
	var ahead *Route
	for _, rt := range slices.Backward(r.Routes) {
		switch {
		case rt.SKU != sku || rt.Undated:
		case rt.From > day:
			ahead = &rt
		case rt.Until == "" || day < rt.Until || rt.Off == OffLeave:
			return &rt
		}
	}
	return ahead
}

// rows are the tenant's: one for each SKU that was reported in the month, or
// is billed.
func (s *statement) rows(u usedBy) ([]MonthRow, error) {
	skus := map[SKU]bool{}
	for _, r := range u.reports {
		for sku, n := range r.Counts {
			skus[sku] = skus[sku] || n > 0 || r.Day >= s.month.First()
		}
	}
	routes := s.routes[u.tenant]
	for _, sku := range routes.skus() {
		skus[sku] = skus[sku] || false
	}
	var out []MonthRow
	for _, sku := range sortedSKUs(skus) {
		row, err := s.row(u, sku)
		if err != nil {
			return nil, err
		}
		if skus[sku] || row.Posted != 0 {
			out = append(out, row)
		}
	}
	return out, nil
}

func (s *statement) row(u usedBy, sku SKU) (MonthRow, error) {
	row := MonthRow{Tenant: u.tenant, Name: string(u.tenant), SKU: sku, Known: true}
	if u.wanted != nil && u.wanted.Name != "" {
		row.Name = u.wanted.Name
	}
	if len(u.reports) > 0 {
		last := u.reports[len(u.reports)-1]
		row.Reported, row.ReportedOn = Whole(last.Counts[sku]), last.Day
	}
	rt := s.routes[u.tenant].on(sku, s.on)
	if rt == nil {
		row.Key, row.Why = unrouted(u.wanted, sku, row)
		return row, nil
	}
	row.Key = rt.To
	x := s.series[rt.To]
	line := x.lineOn(s.on)
	if rt.From <= s.on && line != nil && !s.anothers(x, *line) {
		if err := s.post(u, &row, x, *line); err != nil {
			return row, err
		}
	} else {
		line = nil
	}
	s.explain(u, &row, *rt, x, line)
	return row, nil
}

// anothers reports whether the line was still another's on the day: it was taken
// over later, for a later period.
func (s *statement) anothers(x Series, l Line) bool {
	return l.Taken && DateIn(l.CreatedAt, s.zone) > s.on && x.Look.Date > s.on
}

// lineOn is our line that bills a day, nil if there is none.
func (s Series) lineOn(day Date) *Line {
	for _, l := range slices.Backward(s.Lines) {
		if !l.Void && !l.Gone && l.Start <= day && (l.End == "" || l.End >= day) {
			return &l
		}
	}
	return nil
}

// post fills in what the line says.
func (s *statement) post(u usedBy, row *MonthRow, x Series, l Line) error {
	row.Line, row.Quantity, row.Shares, row.Posted = l.ID, l.Quantity, max(1, s.shares[row.Key]), l.Quantity
	if row.Shares > 1 {
		report, err := u.asOf(s.postedOn(l))
		if err != nil {
			return err
		}
		row.Posted = Whole(report.Counts[row.SKU])
	}
	row.Known = x.Look.Invoiced != ""
	if s.on < x.Look.Invoiced {
		row.Billed = row.Posted
	}
	return nil
}

// postedOn is the day on which the line's quantity was posted.
func (s *statement) postedOn(l Line) Date {
	at := l.PostedAt
	if at.IsZero() {
		at = l.CreatedAt
	}
	return DateIn(at, s.zone)
}
