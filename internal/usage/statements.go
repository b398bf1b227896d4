package usage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// ReportHistory is what was reported before today. Calls are safe for
// concurrent use.
type ReportHistory interface {
	Reports
	// Reported returns a tenant's reports from day first to day last, oldest
	// first.
	Reported(ctx context.Context, account psa.AccountID, tenant TenantID, first, last Date) ([]Report, error)
	// LastReport returns a tenant's report of the latest day up to day, the
	// zero value if there is none.
	LastReport(ctx context.Context, account psa.AccountID, tenant TenantID, day Date) (Report, error)
}

// Kept is what statements read of the Ledger.
type Kept interface {
	Settings(ctx context.Context, scope psa.Scope) (Settings, error)
	Routes(ctx context.Context, scope psa.Scope) (map[TenantID]Routes, error)
	Series(ctx context.Context, scope psa.Scope, agreement psa.RecordID) (map[SeriesKey]Series, error)
}

// Statements say what became of what tenants reported. They read what is
// stored, and ask ConnectWise nothing.
type Statements struct {
	Mappings Mappings
	Kept     Kept
	Reports  ReportHistory
	Now      func() time.Time
}

// Statement is a page of a month's rows.
type Statement struct {
	Month Month
	// On is the day that the rows are about: the month's last, or today.
	On   Date
	Rows []MonthRow
	// Next is the tenant after which the following page begins, "" if there
	// is none.
	Next TenantID
}

// readers is how many tenants' reports are read at once.
const readers = 16

// Month returns the rows of up to limit tenants after one, by tenant and SKU.
// A tenant's reports are held no longer than its page.
func (s Statements) Month(ctx context.Context, scope psa.Scope, month Month, after TenantID, limit int) (Statement, error) {
	m, wanted, err := s.open(ctx, scope, month)
	if err != nil {
		return Statement{}, err
	}
	out := Statement{Month: month, On: m.on}
	tenants, err := s.tenants(ctx, scope, m.today, wanted)
	if err != nil {
		return Statement{}, err
	}
	from, found := slices.BinarySearch(tenants, after)
	if found {
		from++
	}
	page := tenants[from:min(from+limit, len(tenants))]
	if from+len(page) < len(tenants) {
		out.Next = page[len(page)-1]
	}
	rows := make([][]MonthRow, len(page))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, tenant := range page {
		g.Go(func() (err error) {
			rows[i], err = s.tenant(ctx, scope.Account, m, tenant, wanted[tenant])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return Statement{}, err
	}
	out.Rows = slices.Concat(rows...)
	return out, nil
}

// open reads what all rows depend on.
func (s Statements) open(ctx context.Context, scope psa.Scope, month Month) (*statement, map[TenantID]*Wanted, error) {
	m := &statement{month: month}
	var err error
	if m.settings, err = s.Kept.Settings(ctx, scope); err != nil {
		return nil, nil, fmt.Errorf("posting settings: %w", err)
	}
	if m.zone, err = m.settings.zone(); err != nil {
		return nil, nil, err
	}
	now := s.Now()
	m.today = DateIn(now, m.zone)
	if m.on = min(m.today, month.Last()); month.First() > m.today || month.Last() < DateIn(now.Add(-tooOld), m.zone) {
		return nil, nil, problem.New(problem.BadRequest, "There is no statement of that month.",
			"Choose this month, or one of the last twelve: reports are kept no longer.").Wrap(psa.ErrInvalid)
	}
	if m.routes, err = s.Kept.Routes(ctx, scope); err != nil {
		return nil, nil, fmt.Errorf("routes: %w", err)
	}
	if m.series, err = s.Kept.Series(ctx, scope, 0); err != nil {
		return nil, nil, fmt.Errorf("series: %w", err)
	}
	m.count()
	list, err := s.Mappings.Wanted(ctx, scope)
	if err != nil {
		return nil, nil, fmt.Errorf("mappings: %w", err)
	}
	wanted := make(map[TenantID]*Wanted, len(list))
	for _, w := range list {
		if w.State == TenantRemoved {
			w.RemovedOn = DateIn(w.RemovedAt, m.zone)
		}
		wanted[w.Tenant] = &w
	}
	return m, wanted, nil
}

// tenants are all that reported or are billed, in order.
func (s Statements) tenants(ctx context.Context, scope psa.Scope, today Date, wanted map[TenantID]*Wanted) ([]TenantID, error) {
	reported, err := s.Reports.Latest(ctx, scope, today)
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	all := map[TenantID]bool{}
	for t := range reported {
		all[t] = true
	}
	for t := range wanted {
		all[t] = true
	}
	return slices.Sorted(maps.Keys(all)), nil
}

func (s Statements) tenant(ctx context.Context, account psa.AccountID, m *statement, tenant TenantID, w *Wanted) ([]MonthRow, error) {
	u := usedBy{tenant: tenant, wanted: w, asOf: func(day Date) (Report, error) {
		r, err := s.Reports.LastReport(ctx, account, tenant, day)
		return r, wrapReports(tenant, err)
	}}
	var err error
	if u.reports, err = s.Reports.Reported(ctx, account, tenant, m.month.First(), m.on); err != nil {
		return nil, wrapReports(tenant, err)
	}
	if len(u.reports) == 0 {
		last, err := u.asOf(m.on)
		if err != nil {
			return nil, err
		}
		if last.Day != "" {
			u.reports = []Report{last}
		}
	}
	return m.rows(u)
}

func wrapReports(tenant TenantID, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("reports of %s: %w", tenant, err)
}

// Checks looks at what is stored. latest and done are the latest posting, and
// the latest that ended well.
func (s Statements) Checks(ctx context.Context, scope psa.Scope, latest, done *Run) ([]Check, error) {
	in := checkInput{Now: s.Now(), Latest: latest, Done: done}
	var err error
	if in.Settings, err = s.Kept.Settings(ctx, scope); err != nil {
		return nil, fmt.Errorf("posting settings: %w", err)
	}
	zone, err := in.Settings.zone()
	if err != nil {
		return nil, err
	}
	if in.Wanted, err = s.Mappings.Wanted(ctx, scope); err != nil {
		return nil, fmt.Errorf("mappings: %w", err)
	}
	if in.Reports, err = s.Reports.Latest(ctx, scope, DateIn(in.Now, zone)); err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	if in.Series, err = s.Kept.Series(ctx, scope, 0); err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	return checks(in, zone), nil
}
