package syncer

import (
	"context"
	"fmt"
	"slices"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// byFilters is who ends runs because the filters were changed.
const byFilters = "filters changed"

// Refilter ends every active run, children first, since it was planned by a
// filter that is no longer the connection's, and asks for a run of every type;
// planning notices the new filter and reads what it may concern. Repeating it
// is harmless, and what a death leaves out the schedule does: a run that ended
// here is due again.
func (e *Engine) Refilter(ctx context.Context, scope psa.Scope, types []psa.DataType, by string) error {
	for _, t := range slices.Backward(Types()) {
		if err := e.supersede(ctx, scope, t); err != nil {
			return fmt.Errorf("end the run of %s: %w", t.Name, err)
		}
	}
	return e.StartAll(ctx, scope, types, by)
}

func (e *Engine) supersede(ctx context.Context, scope psa.Scope, t *Type) error {
	state, err := e.runs.TypeState(ctx, scope, t.Name)
	if err != nil || state.ActiveRun == "" {
		return err
	}
	run, err := e.runs.Run(ctx, scope, state.ActiveRun)
	if err != nil || !run.State.Active() {
		return err
	}
	return e.end(ctx, run, Cancelled, &Failure{
		Code: problem.FiltersChanged, Message: "The filters were changed; a new run reads by them.",
	}, byFilters)
}

// refiltered reports whether a run ended because the filters were changed.
func (r Run) refiltered() bool {
	return r.State == Cancelled && r.Failure != nil && r.Failure.Code == problem.FiltersChanged
}
