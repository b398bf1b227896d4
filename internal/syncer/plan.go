package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// planPatience is how long a run may stay queued for want of an answer from
// ConnectWise before it fails; planRetry is the pause between two tries.
const (
	planPatience = 30 * time.Minute
	planRetry    = 30 * time.Second
)

// handleRun plans a queued run and ends one whose shards are all done.
func (e *Engine) handleRun(ctx context.Context, scope psa.Scope, id string) error {
	run, err := e.runs.Run(ctx, scope, id)
	if errors.Is(err, psa.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("handle run: %w", err)
	}
	switch {
	case !run.State.Active():
		// Perhaps the process that ended it died before it told of that and
		// woke the runs that waited for it.
		return e.over(ctx, run)
	case run.State == Queued:
		return e.plan(ctx, run)
	default:
		return e.finish(ctx, run)
	}
}

// finish ends the run if every shard is done.
func (e *Engine) finish(ctx context.Context, run Run) error {
	shards, err := e.runs.Shards(ctx, run.Scope, run.ID)
	if err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	totals, done := sum(shards)
	nothingToRemove := removals(shards) != nil && run.Mode != Removal && totals.Missing == 0
	if done < len(shards) && !nothingToRemove {
		return e.rouse(ctx, run, shards, 1)
	}
	state := Succeeded
	if totals.Skipped > 0 {
		state = Partial
	}
	return e.endWith(ctx, run, totals, state, nil, "system")
}

func (e *Engine) plan(ctx context.Context, run Run) error {
	since, ready, err := e.parentReady(ctx, run)
	if err != nil || !ready {
		return err
	}
	if run.Mode == Removal {
		return e.planRemoval(ctx, run)
	}
	src, err := e.connect.Connect(ctx, run.Scope)
	if err != nil {
		return e.planFailed(ctx, run, since, err)
	}
	t, ok := TypeNamed(run.Type)
	if !ok {
		return fmt.Errorf("run of type %q: %w", run.Type, psa.ErrInvalid)
	}
	named, err := e.scoped(ctx, src, &run, t)
	if err != nil {
		return e.planFailed(ctx, run, since, err)
	}
	extent, err := src.Extent(ctx, t, run.Since)
	if err != nil {
		return e.planFailed(ctx, run, since, err)
	}
	run.ServerStart, run.Expected, run.MaxID = extent.ServerTime, extent.Count, extent.MaxID
	return e.planned(ctx, run, e.split(run, t, extent, named))
}

// planned stores the plan of a run and wakes the shards that are to be worked
// on first.
func (e *Engine) planned(ctx context.Context, run Run, shards []Shard) error {
	run.State, run.StartedAt, run.Shards = Running, e.opt.Now(), len(shards)
	err := e.runs.PlanRun(ctx, run, shards, e.entry(run, "run_started", "system"))
	if errors.Is(err, psa.ErrConflict) {
		return nil // planned by another worker, with other shards perhaps; or cancelled
	}
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	for _, s := range shards {
		if s.WokenAt.IsZero() {
			continue
		}
		if err := e.wakeShard(ctx, run.Scope, run.ID, s.No, 0); err != nil {
			return err
		}
	}
	return nil
}

// scoped notes the filter in the run and makes the shards of what it reads by
// name. It turns an incremental run into a full one where another filter holds
// than when everything was decided, or where there is too much to name.
func (e *Engine) scoped(ctx context.Context, session Session, run *Run, t *Type) ([]Shard, error) {
	full := false
	if t.Filtered {
		run.Filter = session.FilterKey
		state, err := e.runs.TypeState(ctx, run.Scope, t.Name)
		if err != nil {
			return nil, fmt.Errorf("filter of %s: %w", t.Name, err)
		}
		full = state.Filter != run.Filter
	}
	if run.Mode != Incremental {
		return nil, nil
	}
	named, all, err := e.named(ctx, session, *run, t)
	if full || all {
		run.Mode, run.Since = Full, time.Time{}
		return nil, err
	}
	return named, err
}

// parentReady reports whether the run need not wait for its parent's, and
// since when. A run whose parent failed goes on only if the parent type was
// read before.
func (e *Engine) parentReady(ctx context.Context, run Run) (since time.Time, ready bool, err error) {
	if run.After == "" {
		if run.RequestedBy == bySystem { // for a parent that just came or went
			return e.settled(ctx, run, run.RequestedAt)
		}
		return run.RequestedAt, true, nil
	}
	parent, err := e.runs.Run(ctx, run.Scope, run.After)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return time.Time{}, false, fmt.Errorf("parent run: %w", err)
	}
	t, _ := TypeNamed(run.Type)
	state, err := e.runs.TypeState(ctx, run.Scope, t.Parent)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("parent type: %w", err)
	}
	// One that lost its lease never ends: the run that took its place does.
	if parent.State.Active() && state.ActiveRun != "" {
		return time.Time{}, false, nil
	}
	if state.Watermark.IsZero() {
		failure := &Failure{
			Code:    problem.ParentNotSynced,
			Message: fmt.Sprintf("%s could not be read, and %s need them.", t.Parent, t.Name),
			Remedy:  fmt.Sprintf("See why the run of %s failed, then sync again.", t.Parent),
		}
		return time.Time{}, false, e.end(ctx, run, Failed, failure, "system")
	}
	if parent.State.Active() { // what took its place may have flipped something
		return e.settled(ctx, run, state.LastSuccess)
	}
	if run.Mode != Initial && parent.Totals.mayFlip() {
		return e.settled(ctx, run, parent.FinishedAt)
	}
	return parent.FinishedAt, true, nil
}

// settled reports whether parents that came or went at a time can be found by
// now, and wakes the run when they can.
func (e *Engine) settled(ctx context.Context, run Run, at time.Time) (since time.Time, ready bool, err error) {
	wait := at.Add(flipsShown).Sub(e.opt.Now())
	if wait <= 0 {
		return at, true, nil
	}
	return at, false, e.wakeRun(ctx, run, wait)
}

// mayFlip reports whether records may have come or gone: out of scope may be
// new or known.
func (c Counts) mayFlip() bool { return c.Created+c.OutOfScope+c.Skipped+c.Removed > 0 }

// planFailed ends the run if trying again cannot help or was tried for long
// enough, and wakes it later otherwise. During a pause it waits for the tick
// that finds the pause over.
func (e *Engine) planFailed(ctx context.Context, run Run, since time.Time, err error) error {
	p := problem.From(err)
	if p.Code == problem.Paused {
		return nil
	}
	if permanent(p.Code) || e.opt.Now().Sub(since) > planPatience {
		return e.end(ctx, run, Failed, FailureOf(err), "system")
	}
	e.opt.Log.WarnContext(ctx, "plan failed, will try again", "run", run.ID, "type", run.Type, "code", p.Code)
	delay := p.RetryAfter
	if delay == 0 {
		delay = planRetry
	}
	return e.wakeRun(ctx, run, delay)
}

// permanent reports whether an error with this code stays until a person
// does something.
func permanent(code problem.Code) bool {
	switch code {
	case problem.CredentialsRefused, problem.ClientIDRefused, problem.PermissionMissing, problem.CompanyUnknown,
		problem.AddressInvalid, problem.AddressRefused, problem.NotConnected, problem.ConnectWiseInvalid,
		problem.ConnectWiseNotFound:
		return true
	default:
		return false
	}
}

// split cuts the type's ids into ranges, from the newest to the oldest, of which
// the first few are woken. The first has no upper bound, so that records added
// meanwhile are read too. Should it take a request more to know that nothing
// follows, none of the others waits for that at the end.
// What changed since a time is one range if it is short, but where every parent
// has to be asked for it. The shards of what is read by name follow.
func (e *Engine) split(run Run, t *Type, extent Extent, named []Shard) []Shard {
	var shards []Shard
	add := func(lo, hi psa.RecordID) {
		shards = append(shards, Shard{RunID: run.ID, No: len(shards), Lo: lo, Hi: hi, Cursor: lo})
	}
	if run.Since.IsZero() || t.Under() || extent.Count > 2*e.opt.PageSize {
		lo, hi := extent.MaxID, psa.RecordID(0)
		for _, width := range e.widths(extent) {
			lo = max(lo-width, 0)
			add(lo, hi)
			hi = lo
		}
	}
	if len(shards) == 0 {
		add(0, 0)
	}
	for _, s := range named {
		s.No = len(shards)
		shards = append(shards, s)
	}
	for i := range min(e.opt.InFlight, len(shards)) {
		shards[i].WokenAt = e.opt.Now()
	}
	if run.Mode.Enumerates() {
		shards = append(shards, Shard{RunID: run.ID, No: len(shards), Part: Removals})
	}
	return shards
}

// widths cuts ids into ranges for the lanes of InFlight workers: wide ones first,
// each lane's share of half of what is left, and pages at the end, so that the
// lanes end together however the records lie, with few ranges to keep.
func (e *Engine) widths(extent Extent) (widths []psa.RecordID) {
	count, paged := extent.Count, e.opt.PageSize
	if extent.Parents > 0 {
		count, paged = extent.Parents, parentsAtOnce
	}
	if count == 0 || extent.MaxID == 0 {
		return nil
	}
	// A page covers so many ids where records lie evenly.
	page := max(extent.MaxID*psa.RecordID(paged)/psa.RecordID(count), 1)
	lanes := psa.RecordID(2 * e.opt.InFlight)
	for left := extent.MaxID; left > 0; {
		width := max(left/(2*lanes)/page, 1) * page
		for range lanes {
			if left > 0 {
				widths = append(widths, width)
				left -= width
			}
		}
	}
	return widths
}
