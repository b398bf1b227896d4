package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Postings keeps what was posted: settings, routes, series, history, previews.
// Each is a JSON body with a revision; the table looks into none.
type Postings struct {
	db   *table
	keep time.Duration
}

var _ usage.Ledger = (*Postings)(nil)

const (
	// keepPostings is the default retention of the history (spec 10.5).
	keepPostings = 7 * 366 * 24 * time.Hour
	keepPlans    = 2 * 24 * time.Hour
)

// Postings implements usage.Ledger. keep is how long history is kept; 0 is
// seven years.
func (s *Store) Postings(keep time.Duration) *Postings {
	if keep <= 0 {
		keep = keepPostings
	}
	return &Postings{db: s.db, keep: keep}
}

// bodyItem is an item with a revision.
type bodyItem struct {
	key
	V         int    `dynamodbav:"v"`
	Rev       int64  `dynamodbav:"rev,omitempty"`
	Body      string `dynamodbav:"body"`
	CPK       string `dynamodbav:"cpk,omitempty"`
	CSK       string `dynamodbav:"csk,omitempty"`
	ExpiresAt int64  `dynamodbav:"expiresAt,omitempty"`
}

// bodyOf is what is stored in it.
func bodyOf[T any](it bodyItem) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(it.Body), &v); err != nil {
		return v, fmt.Errorf("decode %s: %w", it.SK, err)
	}
	return v, nil
}

// revise writes a body over the revision that was read.
func revise(k key, v any, rev int64) (update, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return update{}, fmt.Errorf("encode %s: %w", k.SK, err)
	}
	u := update{key: k, set: with{"v": version, "rev": rev + 1, "body": string(body)}, cond: "attribute_not_exists(#pk)"}
	if rev > 0 {
		u.cond, u.with = "#rev = :seen", with{"seen": rev}
	}
	return u, nil
}

// write makes a revision, and stores its history in the same step.
func (p *Postings) write(ctx context.Context, scope psa.Scope, u update, entries []usage.Entry) error {
	if len(entries) == 0 {
		_, err := p.db.update(ctx, u)
		return err
	}
	tx := p.db.begin()
	tx.update(u)
	for _, e := range entries {
		it, err := p.entryItem(scope, e)
		if err != nil {
			return err
		}
		tx.put(it, "", nil)
	}
	return tx.commit(ctx)
}

func (p *Postings) entryItem(scope psa.Scope, e usage.Entry) (bodyItem, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return bodyItem{}, fmt.Errorf("encode entry: %w", err)
	}
	at := paddedTime(e.At) + "#" + ulid.Make().String()
	return bodyItem{
		key: key{postedPK(scope), at}, V: version, Body: string(body), CPK: postedOfPK(scope, e.Key), CSK: at, ExpiresAt: expiry(e.At, p.keep),
	}, nil
}

// Settings implements usage.Ledger.
func (p *Postings) Settings(ctx context.Context, scope psa.Scope) (usage.Settings, error) {
	it, err := getAs[bodyItem](ctx, p.db, postingSettingsKey(scope))
	if errors.Is(err, psa.ErrNotFound) {
		return usage.Settings{}, nil
	}
	if err != nil {
		return usage.Settings{}, fmt.Errorf("posting settings: %w", err)
	}
	s, err := bodyOf[usage.Settings](it)
	s.Rev = it.Rev
	return s, err
}

// PutSettings implements usage.Ledger.
func (p *Postings) PutSettings(ctx context.Context, scope psa.Scope, s usage.Settings) error {
	u, err := revise(postingSettingsKey(scope), s, s.Rev)
	if err != nil {
		return err
	}
	if err := p.write(ctx, scope, u, nil); err != nil {
		return fmt.Errorf("put posting settings: %w", err)
	}
	return nil
}

// Routes implements usage.Ledger.
func (p *Postings) Routes(ctx context.Context, scope psa.Scope) (map[usage.TenantID]usage.Routes, error) {
	items, err := p.bodies(ctx, query{pk: routesPK(scope)})
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	out := make(map[usage.TenantID]usage.Routes, len(items))
	for _, it := range items {
		routes, err := bodyOf[[]usage.Route](it)
		if err != nil {
			return nil, err
		}
		tenant := usage.TenantID(unescape(it.SK))
		out[tenant] = usage.Routes{Tenant: tenant, Routes: routes, Rev: it.Rev}
	}
	return out, nil
}

// PutRoutes implements usage.Ledger.
func (p *Postings) PutRoutes(ctx context.Context, scope psa.Scope, r usage.Routes, entries ...usage.Entry) error {
	u, err := revise(key{routesPK(scope), escape(string(r.Tenant))}, r.Routes, r.Rev)
	if err != nil {
		return err
	}
	if err := p.write(ctx, scope, u, entries); err != nil {
		return fmt.Errorf("put routes: %w", err)
	}
	return nil
}

// Series implements usage.Ledger.
func (p *Postings) Series(ctx context.Context, scope psa.Scope, agreement psa.RecordID) (map[usage.SeriesKey]usage.Series, error) {
	q := query{pk: seriesPK(scope)}
	if agreement != 0 {
		q.cond, q.with = "begins_with(#sk, :agreement)", with{"agreement": paddedID(agreement) + "#"}
	}
	items, err := p.bodies(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	out := make(map[usage.SeriesKey]usage.Series, len(items))
	for _, it := range items {
		s, err := bodyOf[usage.Series](it)
		if err != nil {
			return nil, err
		}
		s.Scope, s.Rev = scope, it.Rev
		out[s.Key] = s
	}
	return out, nil
}

// PutSeries implements usage.Ledger.
func (p *Postings) PutSeries(ctx context.Context, s usage.Series, entries ...usage.Entry) (usage.Series, error) {
	u, err := revise(seriesKey(s.Scope, s.Key), s, s.Rev)
	if err != nil {
		return s, err
	}
	if err := p.write(ctx, s.Scope, u, entries); err != nil {
		return s, fmt.Errorf("put series %s: %w", s.Key, err)
	}
	s.Rev++
	return s, nil
}

// PutPlan implements usage.Ledger.
func (p *Postings) PutPlan(ctx context.Context, scope psa.Scope, run string, plan usage.AgreementPlan) error {
	body, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	it, err := marshal(bodyItem{
		key: key{plansPK(scope), planSK(run) + paddedID(plan.Agreement)}, V: version, Body: string(body),
		ExpiresAt: expiry(p.db.now(), keepPlans),
	})
	if err != nil {
		return err
	}
	return p.db.put(ctx, it, "", nil)
}

// Plans are the agreements of a preview, in order. next is the cursor of the
// following page, "" if there is none.
func (p *Postings) Plans(ctx context.Context, scope psa.Scope, run, after string, limit int) (_ []usage.AgreementPlan, next string, err error) {
	prefix := planSK(run)
	from, err := parseCursor(after)
	if err != nil {
		return nil, "", err
	}
	q := query{
		pk: plansPK(scope), cond: "#sk BETWEEN :from AND :until",
		with: with{"from": max(prefix, from+"\x00"), "until": prefix + "~"},
	}
	items, next, err := pageAs[bodyItem](ctx, p.db, q, limit)
	if err != nil {
		return nil, "", fmt.Errorf("preview: %w", err)
	}
	plans, err := bodiesOf[usage.AgreementPlan](items)
	return plans, next, err
}

// History is what was done, newest first; of one series, if key is not zero.
// next is the cursor of the following page, "" if there is none.
func (p *Postings) History(
	ctx context.Context, scope psa.Scope, k usage.SeriesKey, before string, limit int,
) (_ []usage.Entry, next string, err error) {
	q := query{pk: postedPK(scope), backward: true}
	if k != (usage.SeriesKey{}) {
		q.index, q.pk = changedIndex, postedOfPK(scope, k)
	}
	sk, err := parseCursor(before)
	if err != nil {
		return nil, "", err
	}
	if sk != "" {
		q.cond, q.with = map[string]string{"": "#sk < :cursor", changedIndex: "#csk < :cursor"}[q.index], with{"cursor": sk}
	}
	items, next, err := pageAs[bodyItem](ctx, p.db, q, limit)
	if err != nil {
		return nil, "", fmt.Errorf("posting history: %w", err)
	}
	entries, err := bodiesOf[usage.Entry](items)
	return entries, next, err
}

// Stopped implements usage.Ledger.
func (p *Postings) Stopped(ctx context.Context) (bool, error) {
	_, err := p.db.get(ctx, stopKey())
	if errors.Is(err, psa.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SetStopped stops all postings of all accounts, or lets them go on.
func (p *Postings) SetStopped(ctx context.Context, stopped bool) error {
	if !stopped {
		return p.db.delete(ctx, stopKey(), "", nil)
	}
	it, err := marshal(bodyItem{key: stopKey(), V: version})
	if err != nil {
		return err
	}
	return p.db.put(ctx, it, "", nil)
}

func (p *Postings) bodies(ctx context.Context, q query) ([]bodyItem, error) {
	items, err := p.db.all(ctx, q)
	if err != nil {
		return nil, err
	}
	return unmarshalAll[bodyItem](items)
}

func bodiesOf[T any](items []bodyItem) ([]T, error) {
	out := make([]T, len(items))
	for i, it := range items {
		var err error
		if out[i], err = bodyOf[T](it); err != nil {
			return nil, err
		}
	}
	return out, nil
}
