package usage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// posting is one slice of a run.
type posting struct {
	*Engine
	run Run
	// until is when the slice ends, by the process's own clock.
	until time.Time

	finance    Finance
	settings   Settings
	today      Date
	wanted     []Wanted
	routes     map[TenantID]Routes
	reports    map[TenantID]Report
	agreements map[psa.RecordID]Agreement
	openings   map[psa.RecordID]Opening
	closed     map[psa.RecordID]*Attention
	book       Book

	hands chan struct{} // see hand

	mu    sync.Mutex // guards items
	items map[psa.RecordID]*Item
}

// recheck is for how long the guards' word is good.
const recheck = time.Hour

// do works until the run is over, has to wait, or the slice ends. It leaves in
// p.run what is to be stored.
func (p *posting) do(ctx context.Context) error {
	if err := p.load(ctx); err != nil {
		return err
	}
	if err := p.place(ctx); err != nil {
		return err
	}
	p.book = newBook(p.today, p.wanted, p.routes, p.reports)
	if p.run.Mode == ModePost && p.opt.Now().Sub(p.run.CheckedAt) > recheck {
		if stopped, err := p.guards(ctx); err != nil || stopped {
			return err
		}
	}
	return p.agreementsInTurn(ctx)
}

// load reads all that planning depends on, but the additions.
func (p *posting) load(ctx context.Context) (err error) {
	if stopped, err := p.Ledger.Stopped(ctx); err != nil || stopped {
		return stoppedError(err)
	}
	scope := p.run.Scope
	if p.settings, err = p.Ledger.Settings(ctx, scope); err != nil {
		return fmt.Errorf("posting settings: %w", err)
	}
	zone, err := p.settings.zone()
	if err != nil {
		return err
	}
	if p.settings.Paused != nil && p.run.Mode == ModePost {
		return problem.New(problem.Paused, "Postings are paused.", "Resume them on the connection's page.")
	}
	p.today = DateIn(p.opt.Now(), zone)
	if p.finance, err = p.Billing.Open(ctx, scope); err != nil {
		return fmt.Errorf("open ConnectWise: %w", err)
	}
	if p.settings.ExclusiveEnds {
		p.finance = exclusiveEnds{p.finance}
	}
	if p.wanted, err = p.Mappings.Wanted(ctx, scope); err != nil {
		return fmt.Errorf("mappings: %w", err)
	}
	for i, w := range p.wanted {
		if w.State == TenantRemoved {
			p.wanted[i].RemovedOn = DateIn(w.RemovedAt, zone)
		}
		if p.run.Mode == ModeEnd {
			p.wanted[i].Enabled, p.wanted[i].Off = false, OffEnd
		}
	}
	if p.routes, err = p.Ledger.Routes(ctx, scope); err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	if p.reports, err = p.Reports.Latest(ctx, scope, p.today); err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	return p.open(ctx)
}

func stoppedError(err error) error {
	if err != nil {
		return fmt.Errorf("global stop: %w", err)
	}
	return problem.New(problem.PostingStopped, "The product's operators have stopped all postings.", "Wait until they go on; nothing is lost.").
		After(stopRetry)
}

// open asks the date rule about every agreement that has a series.
func (p *posting) open(ctx context.Context) (err error) {
	ids := agreementsOf(p.wanted, p.routes)
	if p.agreements, err = p.finance.Agreements(ctx, ids); err != nil {
		return fmt.Errorf("agreements: %w", err)
	}
	p.openings, p.closed, p.items = map[psa.RecordID]Opening{}, map[psa.RecordID]*Attention{}, map[psa.RecordID]*Item{}
	for _, id := range ids {
		o, why := p.openOne(id)
		if why != nil {
			p.closed[id] = why
		} else {
			p.openings[id] = o
		}
	}
	return nil
}

// agreementsOf are all agreements that mappings or routes name.
func agreementsOf(wanted []Wanted, routes map[TenantID]Routes) []psa.RecordID {
	ids := map[psa.RecordID]bool{}
	for _, w := range wanted {
		ids[w.Agreement] = true
	}
	for _, r := range routes {
		for _, rt := range r.Routes {
			ids[rt.To.Agreement] = true
		}
	}
	delete(ids, 0)
	return slices.Sorted(maps.Keys(ids))
}

func (p *posting) openOne(id psa.RecordID) (Opening, *Attention) {
	a, ok := p.agreements[id]
	if !ok {
		return Opening{}, attention(AgreementMissing)
	}
	var parent *Agreement
	if up, ok := p.agreements[a.Parent]; ok && a.Parent != 0 {
		parent = &up
	}
	return Open(a, parent, slices.Contains(p.settings.Arrears, id), p.today)
}

// opening is a series' own: its agreement's, behind the periods that were
// refused it.
func (p *posting) opening(k SeriesKey) (Opening, bool) {
	o, ok := p.openings[k.Agreement]
	return o, ok
}

// place dates what mappings changed. A preview shows it as if all had been
// approved, and stores nothing.
func (p *posting) place(ctx context.Context) error {
	preview := p.run.Mode == ModePreview
	for _, w := range p.withRoutes() {
		r := p.routes[w.Tenant]
		r.Tenant = w.Tenant
		if preview {
			r, _ = r.approve(w, "", p.run.AskedAt)
		}
		next, turns := r.place(w, p.opening)
		if p.run.Mode == ModeEnd {
			turns = append(turns, next.endLeft(w.Tenant, p.opening)...)
		}
		if len(turns) > 0 && !preview {
			next = next.prune(p.today)
			if err := p.Ledger.PutRoutes(ctx, p.run.Scope, next, p.turned(turns)...); err != nil {
				return fmt.Errorf("date a changed mapping: %w", err)
			}
			next.Rev++
		}
		p.routes[w.Tenant] = next
	}
	return nil
}

// withRoutes are the mappings, and an empty one for each tenant that has
// routes and no mapping any more.
func (p *posting) withRoutes() []Wanted {
	list := slices.Clone(p.wanted)
	known := map[TenantID]bool{}
	for _, w := range list {
		known[w.Tenant] = true
	}
	for tenant := range p.routes {
		if !known[tenant] {
			list = append(list, Wanted{Tenant: tenant})
		}
	}
	p.wanted = list
	return list
}

// turned records changed mappings: one entry for the series that ends and the
// series that begins.
func (p *posting) turned(turns []Turn) []Entry {
	var entries []Entry
	for _, t := range turns {
		key, by := t.To, t.By
		if key == (SeriesKey{}) {
			key = t.From
		}
		entries = append(entries, Entry{
			At: p.opt.Now(), Run: p.run.ID, By: orDefault(by, p.run.By), Key: key, Event: EventMapping, Day: p.today, Date: t.Date,
			Reason: ReasonOff, Turn: &t,
		})
	}
	return entries
}

// guards stops the run if they say so.
func (p *posting) guards(ctx context.Context) (stopped bool, err error) {
	all, err := p.Ledger.Series(ctx, p.run.Scope, 0)
	if err != nil {
		return false, fmt.Errorf("series: %w", err)
	}
	var lines []guarded
	for key, shares := range p.book.Series {
		s, ok := all[key]
		if !ok {
			s = Series{Key: key}
		}
		o, ok := p.opening(key)
		if !ok || s.Decisions.Hold != nil {
			continue
		}
		if l, ok := lineOf(s, shares, o); ok {
			lines = append(lines, l)
		}
	}
	if p.run.Offences = guard(lines, p.run.Confirmed); len(p.run.Offences) > 0 {
		p.run.State = NeedsWord
		return true, nil
	}
	p.run.CheckedAt = p.opt.Now()
	return false, nil
}

// agreementsInTurn works on the agreements behind the cursor, then once more on
// those whose outcome is unknown.
func (p *posting) agreementsInTurn(ctx context.Context) error {
	ids := p.book.Agreements()
	from, found := slices.BinarySearch(ids, p.run.Cursor)
	if found {
		from++
	}
	left := ids[from:]
	done, err := p.several(ctx, left)
	if done > 0 {
		p.run.Cursor = left[done-1]
	}
	if err != nil {
		return err
	}
	if done < len(left) {
		p.run.DueAt = p.opt.Now()
		return nil
	}
	return p.again(ctx, ids)
}

// over: the slice has no time for another intent.
func (p *posting) over() bool { return time.Until(p.until) < p.opt.Act }

// again looks once more where a look was put off, and ends the run when there
// is nothing left to look at.
func (p *posting) again(ctx context.Context, ids []psa.RecordID) error {
	if !p.run.AgainAt.After(p.opt.Now()) {
		list := slices.DeleteFunc(p.run.Again, func(id psa.RecordID) bool { return !slices.Contains(ids, id) }) // has no series any more
		p.run.Again = nil
		done, err := p.several(ctx, list)
		for _, id := range list[done:] {
			p.putOff(id, p.opt.Now())
		}
		if err != nil {
			return err
		}
	}
	if p.run.DueAt = p.run.AgainAt; len(p.run.Again) == 0 {
		p.run.State, p.run.Failure = Done, nil
	}
	return nil
}

// several works on agreements in their order, on a few at once, until the slice
// is over or one fails; what is begun is ended. done says how many are before
// the first that failed or was not begun.
func (p *posting) several(ctx context.Context, ids []psa.RecordID) (done int, _ error) {
	outcomes, begun := make([]agreementOutcome, len(ids)), 0
	var (
		group  sync.WaitGroup
		failed atomic.Bool
		errs   []error
	)
	open := make(chan struct{}, p.opt.Parallel)
	for i, id := range ids {
		open <- struct{}{}
		if failed.Load() || p.over() {
			break
		}
		if i%p.opt.Parallel == 0 {
			if stopped, err := p.Ledger.Stopped(ctx); err != nil || stopped {
				errs = append(errs, stoppedError(err))
				break
			}
		}
		begun++
		group.Go(func() {
			defer func() { <-open }()
			r, err := p.agreement(ctx, id)
			outcomes[i] = agreementOutcome{id, r, err}
			failed.CompareAndSwap(false, err != nil)
		})
	}
	group.Wait()
	for i, o := range outcomes[:begun] {
		p.run.Counts = p.run.Counts.add(o.counts)
		if !o.wait.IsZero() && o.err == nil {
			p.putOff(o.id, o.wait)
		}
		if errs = append(errs, o.err); o.err == nil && done == i {
			done++
		}
	}
	return done, errors.Join(errs...)
}

// agreementOutcome is what became of one.
type agreementOutcome struct {
	id psa.RecordID
	result
	err error
}

// hand waits for one of the few requests that may be under way at once: an
// agreement's lines are worked on side by side, too, so that the last ones of a
// run are not behind one another.
func (p *posting) hand(ctx context.Context) (release func(), err error) {
	select {
	case p.hands <- struct{}{}:
		return func() { <-p.hands }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for others: %w", ctx.Err())
	}
}

// putOff notes an agreement to be looked at again.
func (p *posting) putOff(id psa.RecordID, at time.Time) {
	if len(p.run.Again) == 0 || at.Before(p.run.AgainAt) {
		p.run.AgainAt = at
	}
	if !slices.Contains(p.run.Again, id) {
		p.run.Again = append(p.run.Again, id)
	}
}
