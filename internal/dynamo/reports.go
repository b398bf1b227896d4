package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Reports keeps what tenants reported: each day for 13 months, and per tenant
// the newest days together, so that posting reads one item a tenant.
type Reports struct{ db *table }

var (
	_ usage.ReportStore = (*Reports)(nil)
	_ usage.Reports     = (*Reports)(nil)

	_ usage.ReportHistory = (*Reports)(nil)
)

// Reports implements usage.ReportStore and usage.Reports.
func (s *Store) Reports() *Reports { return &Reports{db: s.db} }

const (
	keepReports = 13 * 31 * 24 * time.Hour
	// newestDays are kept together: a product may be a day ahead of an
	// account's date, on either side.
	newestDays = 3
)

func reportKey(a psa.AccountID, t usage.TenantID, day usage.Date) key {
	return key{accountPK(a) + "#reports#" + escape(string(t)), string(day)}
}

func newestPK(a psa.AccountID) string { return accountPK(a) + "#newest" }

func newestKey(a psa.AccountID, t usage.TenantID) key { return key{newestPK(a), escape(string(t))} }

// snapshot is a report of a day.
type snapshot struct {
	Day    usage.Date          `dynamodbav:"day"`
	At     int64               `dynamodbav:"at"`
	Counts map[usage.SKU]int64 `dynamodbav:"counts"`
}

type reportItem struct {
	key
	snapshot

	V       int   `dynamodbav:"v"`
	Expires int64 `dynamodbav:"expiresAt"`
}

// newestItem has the newest days, the latest first.
type newestItem struct {
	key
	V      int            `dynamodbav:"v"`
	Tenant usage.TenantID `dynamodbav:"tenant"`
	Days   []snapshot     `dynamodbav:"days"`
	Rev    int64          `dynamodbav:"rev"`
}

// PutReport implements usage.ReportStore.
func (r *Reports) PutReport(ctx context.Context, account psa.AccountID, rep usage.Report) (stale bool, err error) {
	s := snapshot{Day: rep.Day, At: nanos(rep.ReportedAt), Counts: rep.Counts}
	for range raceTries {
		newest, err := getAs[newestItem](ctx, r.db, newestKey(account, rep.Tenant))
		if err != nil && !errors.Is(err, psa.ErrNotFound) {
			return false, fmt.Errorf("put report: %w", err)
		}
		stale, err = r.put(ctx, account, rep.Tenant, s, newest)
		if stale || err == nil {
			return stale, nil
		}
		if !errors.Is(err, psa.ErrConflict) {
			return false, fmt.Errorf("put report: %w", err)
		}
	}
	return false, fmt.Errorf("put report: too many at once: %w", psa.ErrBusy)
}

func (r *Reports) put(ctx context.Context, account psa.AccountID, tenant usage.TenantID, s snapshot, newest newestItem) (stale bool, err error) {
	tx := r.db.begin()
	day := tx.put(reportItem{
		key: reportKey(account, tenant, s.Day), snapshot: s, V: version, Expires: expiry(r.db.now(), keepReports),
	}, "attribute_not_exists(#pk) OR #at <= :at", with{"at": s.At})
	cond, w := "#rev = :seen", with{"seen": newest.Rev}
	if newest.Rev == 0 {
		cond, w = "attribute_not_exists(#pk)", nil
	}
	tx.put(newestItem{
		key: newestKey(account, tenant), V: version, Tenant: tenant, Days: withSnapshot(newest.Days, s), Rev: newest.Rev + 1,
	}, cond, w)
	err = tx.commit(ctx)
	return failedAt(err, day), err
}

// withSnapshot puts s into its place.
func withSnapshot(days []snapshot, s snapshot) []snapshot {
	days = slices.DeleteFunc(slices.Clone(days), func(d snapshot) bool { return d.Day == s.Day })
	days = append(days, s)
	slices.SortFunc(days, func(a, b snapshot) int { return strings.Compare(string(b.Day), string(a.Day)) })
	return days[:min(len(days), newestDays)]
}

// Latest implements usage.Reports.
func (r *Reports) Latest(ctx context.Context, scope psa.Scope, today usage.Date) (map[usage.TenantID]usage.Report, error) {
	items, err := allAs[newestItem](ctx, r.db, query{pk: newestPK(scope.Account)})
	if err != nil {
		return nil, fmt.Errorf("latest reports: %w", err)
	}
	out := make(map[usage.TenantID]usage.Report, len(items))
	for _, it := range items {
		i := slices.IndexFunc(it.Days, func(s snapshot) bool { return s.Day <= today })
		if i >= 0 {
			s := it.Days[i]
			out[it.Tenant] = usage.Report{Tenant: it.Tenant, Day: s.Day, ReportedAt: fromNanos(s.At), Counts: s.Counts}
		}
	}
	return out, nil
}

// Reported implements usage.ReportHistory.
func (r *Reports) Reported(ctx context.Context, account psa.AccountID, tenant usage.TenantID, first, last usage.Date) ([]usage.Report, error) {
	items, err := allAs[reportItem](ctx, r.db, query{
		pk: reportKey(account, tenant, "").PK, cond: "#sk BETWEEN :first AND :last", with: with{"first": first, "last": last},
	})
	if err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	out := make([]usage.Report, len(items))
	for i, it := range items {
		out[i] = usage.Report{Tenant: tenant, Day: it.Day, ReportedAt: fromNanos(it.At), Counts: it.Counts}
	}
	return out, nil
}

// LastReport implements usage.ReportHistory.
func (r *Reports) LastReport(ctx context.Context, account psa.AccountID, tenant usage.TenantID, day usage.Date) (usage.Report, error) {
	items, _, err := pageAs[reportItem](ctx, r.db, query{
		pk: reportKey(account, tenant, "").PK, cond: "#sk <= :day", with: with{"day": day}, backward: true,
	}, 1)
	if err != nil {
		return usage.Report{}, fmt.Errorf("last report: %w", err)
	}
	if len(items) == 0 {
		return usage.Report{}, nil
	}
	it := items[0]
	return usage.Report{Tenant: tenant, Day: it.Day, ReportedAt: fromNanos(it.At), Counts: it.Counts}, nil
}
