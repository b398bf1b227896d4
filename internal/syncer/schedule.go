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
// that a person cancelled is left to people.
func (e *Engine) StartDue(ctx context.Context, scope psa.Scope, types []psa.DataType, due time.Time) error {
	var wanted []psa.DataType
	for _, t := range Types() { // parents first
		if !slices.Contains(types, t.Name) {
			continue
		}
		ok, err := e.isDue(ctx, scope, t, due, wanted)
		if err != nil {
			return fmt.Errorf("schedule %s: %w", t.Name, err)
		}
		if ok {
			wanted = append(wanted, t.Name)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	_, err := e.Start(ctx, scope, wanted, "", bySchedule)
	return err
}

// isDue decides for one type; others will be asked for beside it.
func (e *Engine) isDue(ctx context.Context, scope psa.Scope, t *Type, due time.Time, others []psa.DataType) (bool, error) {
	state, err := e.runs.TypeState(ctx, scope, t.Name)
	if err != nil || state.ActiveRun != "" {
		return false, err
	}
	if state.LastRun == "" {
		return true, nil
	}
	last, err := e.runs.Run(ctx, scope, state.LastRun)
	switch {
	case err != nil && !errors.Is(err, psa.ErrNotFound):
		return false, err
	case err == nil && !last.RequestedAt.Before(due):
		return false, nil
	case !state.Watermark.IsZero(), last.refiltered():
		return true, nil
	case last.State != Failed:
		return false, nil
	case last.Failure != nil && last.Failure.Code == problem.ParentNotSynced:
		return e.parentReadable(ctx, scope, t, others)
	default:
		return e.retryDue(ctx, last)
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
