package usage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Billed is one SKU of a tenant: what an approval is about.
type Billed struct {
	Tenant TenantID
	SKU    SKU
}

// Offer is what a person is asked to approve: where a SKU is billed, from when
// on, and at what price. How many there are is not part of it, since usage
// grows by itself.
type Offer struct {
	To SeriesKey
	// Date is when the open period begins; From, where a changed mapping
	// takes effect.
	Date, From Date
	// Price of a new line is the catalog's; a series that has lines keeps
	// theirs, and Priced is false.
	Price  Decimal
	Priced bool
}

// Unlike is an offer that was not approved, since it is not what the preview
// showed: Shown is nil if the preview did not have it, Now if nothing waits for
// approval any more.
type Unlike struct {
	Billed

	Name       string
	Shown, Now *Offer
}

// waiting is an offer with what else is known of it.
type waiting struct {
	Offer

	name string
	// count is what was reported, nil before the first report.
	count *int64
}

// waits adds the shares of a series that wait for approval.
func waits(out map[Billed]waiting, o Offer, list []Share) {
	for _, s := range list {
		if !s.Unapproved {
			continue
		}
		w := waiting{Offer: o, name: s.Name}
		if w.From = s.From; s.Reported {
			w.count = &s.Count
		}
		out[Billed{s.Tenant, s.SKU}] = w
	}
}

// Approve lets the first posting of tenants' mappings go out, and their changed
// mappings, exactly as a preview showed them; of all tenants if none are named.
// What is otherwise by now is left and returned by name.
func (s *Service) Approve(ctx context.Context, scope psa.Scope, by, preview string, tenants ...TenantID) (approved int, _ []Unlike, err error) {
	for try := 1; ; try++ {
		approved, unlike, err := s.approve(ctx, scope, by, preview, tenants)
		if err == nil || !errors.Is(err, psa.ErrConflict) || try == decideTries {
			return approved, unlike, err
		}
	}
}

func (s *Service) approve(ctx context.Context, scope psa.Scope, by, preview string, tenants []TenantID) (approved int, unlike []Unlike, err error) {
	shown, err := s.shown(ctx, scope, preview)
	if err != nil {
		return 0, nil, err
	}
	p := posting{Engine: s.Engine, run: Run{Scope: scope, Mode: ModePreview, AskedAt: s.opt.Now()}}
	if err := p.load(ctx); err != nil {
		return 0, nil, err
	}
	stored := maps.Clone(p.routes)
	now, err := p.offers(ctx, shown)
	if err != nil {
		return 0, nil, err
	}
	same := map[TenantID][]SKU{}
	for _, b := range billedOf(shown, now, tenants) {
		then, was := shown[b]
		is, waits := now[b]
		switch {
		case was && waits && then.Offer == is.Offer:
			same[b.Tenant] = append(same[b.Tenant], b.SKU)
			approved++
		case was && !waits && p.settled(stored[b.Tenant], b, then.To):
			approved++ // by somebody else, or by the same press of a button
		default:
			unlike = append(unlike, unlikely(b, then, was, is, waits))
		}
	}
	for _, w := range p.wanted {
		r := stored[w.Tenant]
		r.Tenant = w.Tenant
		if err := s.approveSKUs(ctx, scope, r, w.only(same[w.Tenant]), by, shown); err != nil {
			return 0, nil, err
		}
	}
	return approved, unlike, nil
}

// approveSKUs stores the routes of what a tenant's mapping wants.
func (s *Service) approveSKUs(ctx context.Context, scope psa.Scope, r Routes, w Wanted, by string, shown map[Billed]waiting) error {
	now := s.opt.Now()
	next, changed := r.approve(w, by, now)
	if !changed {
		return nil
	}
	for i, rt := range next.Routes {
		if !slices.Contains(r.Routes, rt) {
			next.Routes[i].Seen = shown[Billed{w.Tenant, rt.SKU}].count
		}
	}
	if err := s.Ledger.PutRoutes(ctx, scope, next, approvals(r, next, by, now)...); err != nil {
		return fmt.Errorf("approve %s: %w", w.Tenant, err)
	}
	return nil
}

// shown is what a preview offered.
func (s *Service) shown(ctx context.Context, scope psa.Scope, preview string) (map[Billed]waiting, error) {
	run, err := s.Runs.Run(ctx, scope, preview)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return nil, fmt.Errorf("approve: %w", err)
	}
	if run.Mode != ModePreview || run.State != Done {
		return nil, previewAgain()
	}
	out := map[Billed]waiting{}
	kept := false
	const page = 200
	for after, more := "", true; more; more = after != "" {
		var plans []AgreementPlan
		if plans, after, err = s.Ledger.Plans(ctx, scope, preview, after, page); err != nil {
			return nil, fmt.Errorf("approve: %w", err)
		}
		for _, x := range plans {
			kept = true
			for _, l := range x.Series {
				waits(out, l.offer(), l.Shares)
			}
		}
	}
	if !kept && run.Counts.Series > 0 { // previews are not kept for long
		return nil, previewAgain()
	}
	return out, nil
}

func previewAgain() error {
	return problem.New(problem.Stale, "There is no such preview any more.", "Preview again, and approve what that shows.")
}

func (p SeriesPlan) offer() Offer {
	o := Offer{To: p.Key, Date: p.Date}
	if p.Price != nil {
		o.Price, o.Priced = *p.Price, true
	}
	return o
}

// offers are what a preview would show now. Only prices that were shown are
// asked for again.
func (p *posting) offers(ctx context.Context, shown map[Billed]waiting) (map[Billed]waiting, error) {
	if err := p.place(ctx); err != nil {
		return nil, err
	}
	series, err := p.Ledger.Series(ctx, p.run.Scope, 0)
	if err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	prices, err := p.prices(ctx, shown)
	if err != nil {
		return nil, err
	}
	out := map[Billed]waiting{}
	for key, list := range newBook(p.today, p.wanted, p.routes, p.reports).Series {
		o := Offer{To: key}
		if opening, ok := p.opening(key); ok {
			o.Date = seriesInput{series: series[key], opening: opening}.notBefore().Date
		}
		o.Price, o.Priced = prices[key], false
		if _, ok := prices[key]; ok {
			o.Priced = true
		}
		waits(out, o, list)
	}
	return out, nil
}

// prices are the catalog's, of the series for which one was shown.
func (p *posting) prices(ctx context.Context, shown map[Billed]waiting) (map[SeriesKey]Decimal, error) {
	products := map[psa.RecordID]bool{}
	for _, w := range shown {
		if w.Priced {
			products[w.To.Product] = true
		}
	}
	if len(products) == 0 {
		return nil, nil
	}
	items, err := p.finance.Items(ctx, slices.Sorted(maps.Keys(products)))
	if err != nil {
		return nil, fmt.Errorf("catalog items: %w", err)
	}
	out := map[SeriesKey]Decimal{}
	for _, w := range shown {
		if it, ok := items[w.To.Product]; ok && w.Priced {
			out[w.To] = it.Price
		}
	}
	return out, nil
}

// settled reports whether a SKU is billed as it was shown, with approval.
func (p *posting) settled(r Routes, b Billed, to SeriesKey) bool {
	i := slices.IndexFunc(p.wanted, func(w Wanted) bool { return w.Tenant == b.Tenant })
	if i < 0 {
		return false
	}
	target, ok := p.wanted[i].target(b.SKU)
	return ok && target == to && !r.lacks(b.SKU, to)
}

func unlikely(b Billed, then waiting, was bool, is waiting, waits bool) Unlike {
	u := Unlike{Billed: b, Name: cmp.Or(is.name, then.name)}
	if was {
		u.Shown = &then.Offer
	}
	if waits {
		u.Now = &is.Offer
	}
	return u
}

// billedOf are what either side has of some tenants, in order; of all, if none
// are named.
func billedOf(shown, now map[Billed]waiting, tenants []TenantID) []Billed {
	all := maps.Clone(shown)
	maps.Copy(all, now)
	out := slices.SortedFunc(maps.Keys(all), func(a, b Billed) int { return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.SKU, b.SKU)) })
	return slices.DeleteFunc(out, func(b Billed) bool { return len(tenants) > 0 && !slices.Contains(tenants, b.Tenant) })
}

// only is a mapping of some of its SKUs.
func (w Wanted) only(skus []SKU) Wanted {
	w.Products = maps.Clone(w.Products)
	maps.DeleteFunc(w.Products, func(sku SKU, _ psa.RecordID) bool { return !slices.Contains(skus, sku) })
	return w
}

// approvals are the entries of the routes that next has and r has not.
func approvals(r, next Routes, by string, now time.Time) []Entry {
	var out []Entry
	for _, rt := range next.Routes {
		if !slices.Contains(r.Routes, rt) {
			out = append(out, Entry{At: now, By: by, Key: rt.To, Event: EventApproved, Turn: &Turn{Tenant: next.Tenant, SKU: rt.SKU, To: rt.To, By: by}})
		}
	}
	return out
}
