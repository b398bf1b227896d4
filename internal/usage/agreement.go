package usage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// result of working on an agreement.
type result struct {
	counts Counts
	// wait is when to look again; zero if there is no need.
	wait time.Time
}

func (r *result) later(at time.Time) {
	if r.wait.IsZero() || at.Before(r.wait) {
		r.wait = at
	}
}

// desk is an agreement being worked on.
type desk struct {
	*posting
	id     psa.RecordID
	series map[SeriesKey]Series
	listed []Addition
	result result
	// made is set once a line was made: then all lines are looked at again.
	made bool
}

// relook is how soon a list that was not whole is read again.
const relook = time.Minute

// agreement looks at every line of an agreement with one list, does what the
// plans say, and looks once more if a line was made (spec 5.5, 5.7).
func (p *posting) agreement(ctx context.Context, id psa.RecordID) (result, error) {
	d := &desk{posting: p, id: id}
	var err error
	if d.series, err = p.Ledger.Series(ctx, p.run.Scope, id); err != nil {
		return result{}, fmt.Errorf("series of agreement %d: %w", id, err)
	}
	d.result.counts.Agreements = 1
	keys := d.keys()
	if p.closed[id] == nil {
		whole, err := d.list(ctx)
		if err != nil || !whole {
			return d.result, err
		}
	}
	plans, err := d.lines(ctx, keys)
	if err != nil {
		return d.result, err
	}
	if p.run.Mode == ModePreview {
		return d.result, d.keep(ctx, plans)
	}
	if d.made {
		err = d.verify(ctx, keys)
	}
	return d.result, err
}

// lines works on the agreement's series, side by side: none depends on another.
// Each has a desk of its own, of which what is new comes back to this one.
func (d *desk) lines(ctx context.Context, keys []SeriesKey) ([]SeriesPlan, error) {
	plans, errs := make([]SeriesPlan, len(keys)), make([]error, len(keys))
	parts := make([]*desk, 0, len(keys))
	var group sync.WaitGroup
	for i, k := range keys {
		release, err := d.hand(ctx)
		if err != nil {
			errs[i] = err
			break
		}
		own := d.part(k)
		parts = append(parts, own)
		group.Go(func() {
			defer release()
			if plans[i], err = own.one(ctx, k); err != nil {
				errs[i] = fmt.Errorf("series %s: %w", k, err)
				return
			}
			if own.result.counts.Series++; len(plans[i].Look.Attention) > 0 {
				own.result.counts.Attention++
			}
		})
	}
	group.Wait()
	for _, own := range parts {
		d.join(own)
	}
	return plans, errors.Join(errs...)
}

// part is a desk for one series.
func (d *desk) part(k SeriesKey) *desk {
	own := &desk{posting: d.posting, id: d.id, listed: d.listed, series: map[SeriesKey]Series{}}
	if s, ok := d.series[k]; ok {
		own.series[k] = s
	}
	return own
}

func (d *desk) join(own *desk) {
	maps.Copy(d.series, own.series)
	d.result.counts, d.made = d.result.counts.add(own.result.counts), d.made || own.made
	if !own.result.wait.IsZero() {
		d.result.later(own.result.wait)
	}
}

// keys are the agreement's series: those that are used, and those that have
// lines of ours.
func (d *desk) keys() []SeriesKey {
	var out []SeriesKey
	for _, product := range d.book.products[d.id] {
		out = append(out, SeriesKey{d.id, product})
	}
	for k := range d.series {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b SeriesKey) int { return int(a.Product - b.Product) })
	return out
}

// list reads the agreement's additions. A list in which a line of ours is
// missing is believed only if ConnectWise says of that line that it does not
// exist; an empty one, where nothing of ours is missing, only the second time.
func (d *desk) list(ctx context.Context) (whole bool, err error) {
	if err = d.read(ctx); err != nil {
		return false, err
	}
	if len(d.listed) == 0 {
		if err = d.read(ctx); err != nil {
			return false, err
		}
	}
	for _, s := range d.series {
		for _, id := range look(s, d.listed, d.openings[d.id].Date).missing {
			_, err := d.finance.Addition(ctx, d.id, id)
			if err == nil {
				d.result.later(d.opt.Now().Add(relook))
				return false, nil
			}
			if !errors.Is(err, psa.ErrNotFound) {
				return false, fmt.Errorf("addition %d: %w", id, err)
			}
		}
	}
	return true, nil
}

func (d *desk) read(ctx context.Context) error {
	release, err := d.hand(ctx)
	if err != nil {
		return err
	}
	defer release()
	if d.listed, err = d.finance.Additions(ctx, d.id); err != nil {
		return fmt.Errorf("additions of agreement %d: %w", d.id, err)
	}
	return nil
}

// one settles what is pending, plans, and does what the plan says.
func (d *desk) one(ctx context.Context, k SeriesKey) (SeriesPlan, error) {
	s, err := d.settled(ctx, k)
	if err != nil {
		return SeriesPlan{}, err
	}
	if s.Intent != nil {
		return pendingPlan(s, d.book.Series[k]), nil
	}
	plan, err := d.plan(ctx, s)
	if err != nil || d.run.Mode == ModePreview {
		return plan, err
	}
	return plan, d.perform(ctx, s, plan)
}

// pendingPlan is all that can be said while an outcome is unknown: what
// ConnectWise shows may be half of it.
func pendingPlan(s Series, shares []Share) SeriesPlan {
	p := SeriesPlan{Key: s.Key, Date: s.Look.Date, Shares: shares, Steps: []Step{}, Look: s.Look}
	p.Look.Attention = []Attention{{Code: OutcomeUnknown, Day: s.Look.Date}}
	return p
}

// settled is the series with its pending intent looked after.
func (d *desk) settled(ctx context.Context, k SeriesKey) (Series, error) {
	s, ok := d.series[k]
	if !ok {
		s = Series{Scope: d.run.Scope, Key: k}
	}
	if d.closed[d.id] != nil || d.run.Mode == ModePreview {
		return s, nil
	}
	pending, accepted := s.Intent, s.Decisions.Resume != nil
	s, done, wait := settle(s, d.listed, d.opt.Now(), d.opt.Quiet)
	if !wait.IsZero() {
		d.result.later(wait)
		return s, nil
	}
	s = resume(s, d.listed)
	if pending == nil && !accepted {
		return s, nil
	}
	var entries []Entry
	for _, step := range done {
		entries = append(entries, d.entry(s, step, pending.By, 0, nil))
		d.result.counts.step(step.Kind)
		d.made = d.made || step.Kind == StepCreate
	}
	s, err := d.Ledger.PutSeries(ctx, s, entries...)
	if err != nil {
		return s, fmt.Errorf("settle: %w", err)
	}
	d.series[k] = s
	return s, nil
}

func (d *desk) plan(ctx context.Context, s Series) (SeriesPlan, error) {
	in := seriesInput{
		series: s, shares: d.book.Series[s.Key], opening: d.openings[d.id], closed: d.why(s), listed: d.listed,
		policy: d.settings.Policy, today: d.today, since: d.run.AskedAt,
	}
	preview := d.run.Mode == ModePreview
	if len(s.Lines) == 0 && in.closed == nil && (preview || len(approved(in.shares)) > 0) {
		var err error
		if in.item, err = d.item(ctx, s.Key.Product); err != nil {
			return SeriesPlan{}, err
		}
		in.itemRead = true
	}
	return plan(in), nil
}

// why the agreement is closed to the series, nil if it is open.
func (d *desk) why(s Series) *Attention {
	if why := d.closed[d.id]; why != nil {
		return why
	}
	if s.Company != 0 && s.Company != d.agreements[d.id].Company {
		return attention(AgreementMoved)
	}
	return nil
}

// item is a catalog item, read once a slice; nil if there is none.
func (p *posting) item(ctx context.Context, id psa.RecordID) (*Item, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.items) == 0 {
		var ids []psa.RecordID
		for k := range p.book.Series {
			if !slices.Contains(ids, k.Product) {
				ids = append(ids, k.Product)
			}
		}
		slices.Sort(ids)
		found, err := p.finance.Items(ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("catalog items: %w", err)
		}
		for _, id := range ids {
			p.items[id] = nil
			if it, ok := found[id]; ok {
				p.items[id] = &it
			}
		}
	}
	return p.items[id], nil
}

// verify looks once more after lines were made, and voids what is one too
// many.
func (d *desk) verify(ctx context.Context, keys []SeriesKey) error {
	if err := d.read(ctx); err != nil {
		return err
	}
	for _, k := range keys {
		s, ok := d.series[k]
		if !ok || s.Intent != nil {
			continue
		}
		plan, err := d.plan(ctx, s)
		if err != nil {
			return err
		}
		plan.Steps = slices.DeleteFunc(plan.Steps, func(s Step) bool { return s.Kind != StepVoid })
		if len(plan.Steps) == 0 {
			continue
		}
		if err := d.perform(ctx, s, plan); err != nil {
			return err
		}
	}
	return nil
}

// seen keeps the lines of others that a preview saw, so that the admin can
// choose before the first posting.
func (d *desk) seen(ctx context.Context, plan SeriesPlan) error {
	s, ok := d.series[plan.Key]
	if len(plan.Look.Others) == 0 || slices.Equal(s.Look.Others, plan.Look.Others) {
		return nil
	}
	if !ok {
		s = Series{Scope: d.run.Scope, Key: plan.Key}
	}
	s.Look = plan.Look
	return d.store(ctx, s)
}

// keep stores the agreement's part of a preview.
func (d *desk) keep(ctx context.Context, plans []SeriesPlan) error {
	a := d.agreements[d.id]
	part := AgreementPlan{Agreement: d.id, Name: a.Name, Series: plans}
	for i := range plans {
		if err := d.seen(ctx, plans[i]); err != nil {
			return err
		}
		plans[i].Unapproved = slices.ContainsFunc(plans[i].Shares, func(s Share) bool { return s.Unapproved })
	}
	part.ProposeArrears = !slices.Contains(d.settings.Arrears, d.id) && looksInArrears(d.openings[d.id], a, d.listed)
	if err := d.Ledger.PutPlan(ctx, d.run.Scope, d.run.ID, part); err != nil {
		return fmt.Errorf("keep preview: %w", err)
	}
	return nil
}
