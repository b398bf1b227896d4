package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Run is one attempt to bring one data type up to date.
type Run struct {
	ID          string     `json:"id"`
	Type        string     `json:"type"`
	Mode        string     `json:"mode" enum:"initial,incremental,full,reconcile,removal" doc:"removal carries out a proposal."`
	State       string     `json:"state" enum:"queued,running,interrupted,succeeded,partial,failed,cancelled" doc:"Three are under way, the rest final."`
	Active      bool       `json:"active" doc:"Whether it may still do work."`
	RequestedBy string     `json:"requestedBy" doc:"A person's id, schedule or system."`
	RequestedAt time.Time  `json:"requestedAt"`
	StartedAt   *time.Time `json:"startedAt,omitempty"`
	FinishedAt  *time.Time `json:"finishedAt,omitempty"`
	WaitsFor    string     `json:"waitsFor,omitempty" doc:"The run of the parent type that must be over first."`
	Expected    int        `json:"expected" doc:"How many records ConnectWise said there are."`
	Shards      int        `json:"shards" doc:"Into how many parts it is split; 0 until planned."`
	ShardsDone  *int       `json:"shardsDone,omitempty" doc:"How many parts are done; only where one run is asked for."`
	Counts      Counts     `json:"counts" doc:"Exact. In a list, those of a run under way are still 0."`
	Failure     *Failure   `json:"failure,omitempty"`
	Proposal    *Proposal  `json:"proposal,omitempty" doc:"Set if the run found more missing than it may remove by itself; a person decides."`
	From        string     `json:"from,omitempty" doc:"The run whose proposal this one carries out."`
}

// Proposal asks whether the records that a run missed shall be removed.
type Proposal struct {
	State     string     `json:"state" enum:"open,confirmed,dismissed,outdated" doc:"outdated: a later run has compared everything again."`
	Missing   int        `json:"missing" doc:"How many records are proposed for removal."`
	Stored    int        `json:"stored" doc:"Of how many that are stored."`
	Reason    string     `json:"reason" doc:"Why the run did not remove them by itself."`
	DecidedBy string     `json:"decidedBy,omitempty"`
	DecidedAt *time.Time `json:"decidedAt,omitempty"`
}

func proposalOf(p *syncer.Proposal) *Proposal {
	if p == nil {
		return nil
	}
	return &Proposal{
		State: string(p.State), Missing: p.Missing, Stored: p.Stored, Reason: p.Reason, DecidedBy: p.DecidedBy, DecidedAt: optional(p.DecidedAt),
	}
}

// Counts are records.
type Counts struct {
	Read       int `json:"read"`
	Created    int `json:"created"`
	Updated    int `json:"updated"`
	Unchanged  int `json:"unchanged"`
	Skipped    int `json:"skipped"`
	OutOfScope int `json:"outOfScope" doc:"Read, and not kept since the filter does not choose its company."`
	Removed    int `json:"removed"`
	Missing    int `json:"missing" doc:"Stored, and not returned by ConnectWise: what may be removed."`
}

// Failure is why a run failed.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

func runOf(r syncer.Run) Run {
	return Run{
		ID: r.ID, Type: string(r.Type), Mode: string(r.Mode), State: string(r.State), Active: r.State.Active(),
		RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt.UTC(), StartedAt: optional(r.StartedAt),
		FinishedAt: optional(r.FinishedAt), WaitsFor: r.After, Expected: r.Expected, Shards: r.Shards,
		Counts: Counts(r.Totals), Failure: failureOf(r.Failure),
		Proposal: proposalOf(r.Proposal), From: r.From,
	}
}

func failureOf(f *syncer.Failure) *Failure {
	if f == nil {
		return nil
	}
	return &Failure{Code: string(f.Code), Message: f.Message, Remedy: f.Remedy}
}

func progressOf(p syncer.Progress) Run {
	r := runOf(p.Run)
	r.ShardsDone = &p.ShardsDone
	return r
}

func (a *api) registerRuns() {
	const tag = "Runs"
	add(a, operation{
		id: "startRuns", method: "POST", path: "/v1/runs", tag: tag, access: changes, status: http.StatusAccepted,
		summary: "Sync now; a type that is being synced joins its run",
	}, a.startRuns)
	add(a, operation{
		id: "listRuns", method: "GET", path: "/v1/runs", tag: tag, access: reads,
		summary: "Runs, newest first",
	}, a.listRuns)
	add(a, operation{
		id: "getRun", method: "GET", path: "/v1/runs/{id}", tag: tag, access: reads,
		summary: "A run with its progress",
	}, a.getRun)
	add(a, operation{
		id: "decideRemoval", method: "POST", path: "/v1/runs/{id}/removals", tag: tag, access: changes,
		summary: "Confirm or dismiss the removal that the run proposes; what is confirmed is looked for once more before it is removed",
	}, a.decideRemoval)
	add(a, operation{
		id: "cancelRun", method: "POST", path: "/v1/runs/{id}/cancel", tag: tag, access: changes,
		summary: "End a run where it stands; what it kept stays",
	}, a.cancelRun)
}

type startRunsInput struct {
	Body *struct {
		Types []string `json:"types,omitempty" nullable:"false" maxItems:"100" doc:"None means all enabled."`
		Mode  string   `json:"mode,omitempty" enum:"auto,incremental,full,reconcile" doc:"auto: incremental. A type that was never read is read whole."`
	}
}

// StartedRun is a run that was asked for.
type StartedRun struct {
	Run    Run  `json:"run"`
	Joined bool `json:"joined" doc:"Whether it was under way already."`
}

type startRunsOutput struct {
	Body struct {
		Items []StartedRun `json:"items" nullable:"false"`
	} `nameHint:"StartedRuns"`
}

func (a *api) startRuns(ctx context.Context, in *startRunsInput) (*startRunsOutput, error) {
	scope, st, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := running(st.Connection); err != nil {
		return nil, err
	}
	types, mode := st.Connection.Types, syncer.Mode("")
	if in.Body != nil {
		if len(in.Body.Types) > 0 {
			types = dataTypes(in.Body.Types)
		}
		if in.Body.Mode != "auto" {
			mode = syncer.Mode(in.Body.Mode)
		}
	}
	if len(types) == 0 {
		return nil, problem.New(problem.BadRequest, "No data type is enabled.", "Choose the data types to sync first.")
	}
	started, err := a.Engine.Start(ctx, scope, types, mode, callerOf(ctx).subject)
	if err != nil {
		return nil, err
	}
	out := &startRunsOutput{}
	out.Body.Items, _ = listOf(started, "", func(s syncer.Started) StartedRun { return StartedRun{runOf(s.Run), s.Joined} })
	return out, nil
}

type listRunsInput struct {
	PageInput

	Type string `query:"type" pattern:"^[a-zA-Z][a-zA-Z_-]{0,39}$" doc:"Only runs of this data type."`
}

type listRunsOutput struct {
	Body struct {
		Items []Run  `json:"items" nullable:"false"`
		Next  string `json:"next,omitempty" doc:"Where the next page begins; absent on the last."`
	} `nameHint:"Runs"`
}

func (a *api) listRuns(ctx context.Context, in *listRunsInput) (*listRunsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if in.Type != "" {
		if _, err := (TypeInput{in.Type}).known(); err != nil {
			return nil, err
		}
	}
	runs, next, err := a.Runs.Runs(ctx, scope, psa.DataType(in.Type), in.page())
	if err != nil {
		return nil, err
	}
	out := &listRunsOutput{}
	out.Body.Items, out.Body.Next = listOf(runs, next, runOf)
	return out, nil
}

type runOutput struct{ Body Run }

func (a *api) getRun(ctx context.Context, in *RunInput) (*runOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	p, err := a.Engine.Progress(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &runOutput{progressOf(p)}, nil
}

func (a *api) cancelRun(ctx context.Context, in *RunInput) (*runOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Engine.Cancel(ctx, scope, in.ID, callerOf(ctx).subject); err != nil {
		return nil, err
	}
	return a.getRun(ctx, in)
}

type decideInput struct {
	RunInput

	Body struct {
		Confirm bool `json:"confirm" doc:"true: remove them; false: leave everything as it is."`
	}
}

func (a *api) decideRemoval(ctx context.Context, in *decideInput) (*runOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Engine.DecideRemoval(ctx, scope, in.ID, in.Body.Confirm, callerOf(ctx).subject); err != nil {
		return nil, err
	}
	return a.getRun(ctx, &in.RunInput)
}
