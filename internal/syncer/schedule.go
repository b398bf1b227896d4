package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// bySchedule is who asks for a run that is due.
const bySchedule = "schedule"

// A first run that failed is tried again firstRetry later; the pause doubles
// with each failure in a row, retryDoublings times at most: four hours.
const (
	firstRetry     = 15 * time.Minute
	retryDoublings = 4
)

// StartDue asks by schedule for a run of those of types that have had none
// asked for since due, so that asking again, in another process or after a
// death, starts nothing twice. A type that was never asked for is read for the
// first time; a first run that failed is tried again, ever more rarely; one
// that a person cancelled is left to people. A type that was not compared with
// ConnectWise since night is compared instead; what a person confirmed to
// remove goes before everything else.
func (e *Engine) StartDue(ctx context.Context, scope psa.Scope, types []psa.DataType, due, night time.Time) error {
	var wanted []psa.DataType
	modes := map[psa.DataType]Mode{}
	for _, t := range Types() { // parents first
		if !slices.Contains(types, t.Name) {
			continue
		}
		mode, ok, err := e.isDue(ctx, scope, t, times{due, night}, wanted)
		switch {
		case err != nil:
			return fmt.Errorf("schedule %s: %w", t.Name, err)
		case ok && mode == Removal:
			if err := e.startConfirmed(ctx, scope, t.Name); err != nil {
				return fmt.Errorf("schedule %s: %w", t.Name, err)
			}
		case ok:
			wanted = append(wanted, t.Name)
			modes[t.Name] = mode
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	_, err := e.start(ctx, scope, wanted, modes, bySchedule)
	return err
}

// times are when runs of a connection were due last, and when comparing was.
type times struct{ due, night time.Time }

// possible is mode, or the one in its place where ids alone show nothing: of a
// type that is read parent by parent they lie in no order.
func (t *Type) possible(mode Mode) Mode {
	if mode == Reconcile && t.Under() {
		return Full
	}
	return mode
}

// nightly is how a type is compared: by ids alone, but for one whose entries
// change without a trace that an incremental run would find, and for one of
// which ids cost as many requests as records.
func (t *Type) nightly() Mode {
	if t.Touched != "" || t.Under() {
		return Full
	}
	return t.possible(Reconcile)
}

// rest is how much longer than its last run a type that is read parent by
// parent is left alone by the schedule. ConnectWise does not say below which
// parents something changed, so every run asks about each of them: this way
// that takes no more than a tenth of the requests.
const rest = 9

func (e *Engine) rested(last Run) bool {
	return !e.opt.Now().Before(last.FinishedAt.Add(rest * last.FinishedAt.Sub(last.StartedAt)))
}

// isDue decides for one type, and in which mode; others will be asked for
// beside it.
func (e *Engine) isDue(ctx context.Context, scope psa.Scope, t *Type, at times, others []psa.DataType) (Mode, bool, error) {
	state, err := e.runs.TypeState(ctx, scope, t.Name)
	if err != nil || state.ActiveRun != "" {
		return "", false, err
	}
	if state.LastRun == "" {
		return "", true, nil
	}
	last, err := e.runs.Run(ctx, scope, state.LastRun)
	switch {
	case err != nil && !errors.Is(err, psa.ErrNotFound):
		return "", false, err
	case err == nil && !last.RequestedAt.Before(at.due):
		return "", false, nil
	case !state.Watermark.IsZero():
		mode := scheduled(t, state, last, at.night)
		return mode, mode != "" || !t.Under() || e.rested(last), nil
	case last.refiltered():
		return "", true, nil
	case last.State != Failed:
		return "", false, nil
	case last.Failure != nil && last.Failure.Code == problem.ParentNotSynced:
		ok, err := e.parentReadable(ctx, scope, t, others)
		return "", ok, err
	default:
		ok, err := e.retryDue(ctx, last)
		return "", ok, err
	}
}

// scheduled is what the next run of a type does that was read before. A removal
// or a comparison that failed lets another run go first, since it may fail for
// long.
func scheduled(t *Type, state TypeState, last Run, night time.Time) Mode {
	switch {
	case state.Confirmed != "" && last.Mode != Removal:
		return Removal
	case state.Compared.Before(night) && (!last.Mode.Enumerates() || last.RequestedAt.Before(night)):
		return t.nightly()
	default:
		return ""
	}
}

// parentReadable reports whether the type's parent was read, or is about to
// be: what failed for want of it need not wait on its own account.
func (e *Engine) parentReadable(ctx context.Context, scope psa.Scope, t *Type, others []psa.DataType) (bool, error) {
	if slices.Contains(others, t.Parent) {
		return true, nil
	}
	parent, err := e.runs.TypeState(ctx, scope, t.Parent)
	return !parent.Watermark.IsZero(), err
}

// retryDue reports whether a failed first run is to be tried again.
func (e *Engine) retryDue(ctx context.Context, last Run) (bool, error) {
	runs, _, err := e.runs.Runs(ctx, last.Scope, last.Type, Page{Limit: retryDoublings + 1})
	if err != nil {
		return false, err
	}
	failures := slices.IndexFunc(runs, func(r Run) bool { return r.State != Failed })
	if failures < 0 {
		failures = len(runs)
	}
	wait := firstRetry << max(failures-1, 0)
	return !e.opt.Now().Before(last.FinishedAt.Add(wait)), nil
}

// StartAll asks for a run of every type. Active runs are joined.
func (e *Engine) StartAll(ctx context.Context, scope psa.Scope, types []psa.DataType, by string) error {
	_, err := e.Start(ctx, scope, types, "", by)
	return err
}

// CancelAll ends every active run of the scope, children first: a run whose
// parent's ends would be planned, or fail.
func (e *Engine) CancelAll(ctx context.Context, scope psa.Scope, by string) error {
	for _, t := range slices.Backward(Types()) {
		if err := e.Reset(ctx, scope, t.Name, by); err != nil {
			return fmt.Errorf("cancel %s: %w", t.Name, err)
		}
	}
	return nil
}
