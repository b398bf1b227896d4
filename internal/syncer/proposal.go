package syncer

import (
	"context"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// DecideRemoval confirms or dismisses the removal that a run proposed. Only the
// type's newest comparison can be decided about, and once; to confirm again
// what was confirmed is harmless. A confirmed removal begins as soon as no
// other run of the type is active, and is begun again by schedule should it
// fail.
func (e *Engine) DecideRemoval(ctx context.Context, scope psa.Scope, runID string, confirm bool, by string) error {
	run, err := e.runs.Run(ctx, scope, runID)
	if err != nil {
		return fmt.Errorf("decide about a removal: %w", err)
	}
	if run.Proposal == nil {
		return problem.New(problem.Conflict, "This run proposes no removal.", "")
	}
	if run.Proposal.State == ProposalConfirmed && confirm {
		return e.startConfirmed(ctx, scope, run.Type)
	}
	proposal := *run.Proposal
	proposal.State, proposal.DecidedBy, proposal.DecidedAt = ProposalDismissed, by, e.opt.Now()
	if confirm {
		proposal.State = ProposalConfirmed
	}
	if run.Proposal.State != ProposalOpen {
		return decidedAlready(run.Proposal.State)
	}
	run.Proposal = &proposal
	err = e.runs.Decide(ctx, run, ProposalOpen, e.entry(run, "removal_"+string(proposal.State), by))
	if errors.Is(err, psa.ErrConflict) {
		return e.decidedMeanwhile(ctx, run, confirm)
	}
	if err != nil || !confirm {
		return err
	}
	return e.startConfirmed(ctx, scope, run.Type)
}

// decidedMeanwhile looks at what somebody else, or a lost answer, decided.
func (e *Engine) decidedMeanwhile(ctx context.Context, run Run, confirm bool) error {
	now, err := e.runs.Run(ctx, run.Scope, run.ID)
	switch {
	case err != nil:
		return fmt.Errorf("decide about a removal: %w", err)
	case now.Proposal.State == ProposalConfirmed && confirm:
		return e.startConfirmed(ctx, run.Scope, run.Type)
	case now.Proposal.State == run.Proposal.State:
		return nil
	default:
		return decidedAlready(now.Proposal.State)
	}
}

func decidedAlready(state ProposalState) error {
	switch state {
	case ProposalOutdated:
		return problem.New(problem.Conflict, "A later run has compared everything again.", "See what that run found.")
	case ProposalConfirmed:
		return problem.New(problem.Conflict, "This removal was confirmed already.", "")
	default:
		return problem.New(problem.Conflict, "This removal was dismissed already.", "Sync everything again; the run will propose what is missing then.")
	}
}

// startConfirmed asks for the run that removes what a person confirmed, if
// there is such a thing and no run of the type is active.
func (e *Engine) startConfirmed(ctx context.Context, scope psa.Scope, typ psa.DataType) error {
	state, err := e.runs.TypeState(ctx, scope, typ)
	if err != nil {
		return fmt.Errorf("start a removal: %w", err)
	}
	if state.Confirmed == "" || state.ActiveRun != "" {
		return nil
	}
	from, err := e.runs.Run(ctx, scope, state.Confirmed)
	if err != nil {
		return fmt.Errorf("start a removal: %w", err)
	}
	by := from.RequestedBy
	if from.Proposal != nil {
		by = from.Proposal.DecidedBy
	}
	now := e.opt.Now()
	run := Run{
		ID: ulid.Make().String(), Scope: scope, Type: typ, Mode: Removal, State: Queued,
		RequestedBy: by, RequestedAt: now, From: state.Confirmed,
	}
	got, _, err := e.runs.CreateRun(ctx, run, now.Add(runLease), e.entry(run, "run_queued", by))
	if err != nil {
		return fmt.Errorf("start a removal: %w", err)
	}
	return e.wakeRun(ctx, got, 0)
}
