package syncertest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// run is a stored run with its shards.
type run struct {
	syncer.Run

	lease, due time.Time
	// lost is set when another run took its lease.
	lost   bool
	shards []shard
}

type shard struct {
	syncer.Shard

	// stopped is set when its run is over.
	stopped bool
}

func (r *run) holds() bool { return r.State.Active() && !r.lost }

func (r *run) stop() {
	for i := range r.shards {
		r.shards[i].stopped = r.shards[i].stopped || !r.shards[i].Done
	}
}

func (t *Table) run(scope psa.Scope, id string) (*run, error) {
	r := t.runs[syncer.RunKey{Scope: scope, RunID: id}]
	if r == nil {
		return nil, fmt.Errorf("run %s: %w", id, psa.ErrNotFound)
	}
	return r, nil
}

// CreateRun implements syncer.RunStore.
func (s *Store) CreateRun(
	ctx context.Context, asked syncer.Run, leaseUntil time.Time, entry syncer.LogEntry,
) (got syncer.Run, joined bool, err error) {
	err = s.do(ctx, "create run", func(t *Table) error {
		state := t.typeOf(asked.Scope, asked.Type)
		key := syncer.RunKey{Scope: asked.Scope, RunID: asked.ID}
		last, _ := t.run(asked.Scope, state.LastRun)
		active := last != nil && last.ID == state.ActiveRun && last.holds()
		switch {
		case active && (last.ID == asked.ID || last.lease.After(s.now())),
			asked.Mode == syncer.Initial && !state.Watermark.IsZero() && last != nil:
			got, joined = last.Run, last.ID != asked.ID
			return nil
		case t.runs[key] != nil:
			return psa.ErrConflict
		case active:
			last.lost, last.State, last.FinishedAt = true, syncer.Interrupted, s.now()
			last.stop()
		}
		state.Fence++
		asked.State, asked.Fence = syncer.Queued, state.Fence
		state.LastRun, state.ActiveRun = asked.ID, asked.ID
		t.runs[key] = &run{Run: asked, lease: leaseUntil, due: asked.RequestedAt}
		t.made = append(t.made, key)
		t.log(asked.Scope, entry)
		got = asked
		return nil
	})
	return got, joined, err
}

// Run implements syncer.RunStore.
func (s *Store) Run(ctx context.Context, scope psa.Scope, id string) (got syncer.Run, err error) {
	err = s.do(ctx, "run", func(t *Table) error {
		r, err := t.run(scope, id)
		if err == nil {
			got = r.Run
		}
		return err
	})
	return got, err
}

// Runs implements syncer.RunStore.
func (s *Store) Runs(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) (runs []syncer.Run, next string, err error) {
	err = s.do(ctx, "runs", func(t *Table) (err error) {
		order := map[string]string{}
		var list []syncer.Run
		for i, k := range slices.Backward(t.made) {
			if r := t.runs[k]; k.Scope == scope && (typ == "" || r.Type == typ) {
				list = append(list, r.Run)
				order[r.ID] = padded(int64(len(t.made) - i))
			}
		}
		runs, next, err = page(list, p, func(r syncer.Run) string { return order[r.ID] })
		return err
	})
	return runs, next, err
}

// PlanRun implements syncer.RunStore.
func (s *Store) PlanRun(ctx context.Context, planned syncer.Run, shards []syncer.Shard, entry syncer.LogEntry) error {
	return s.do(ctx, "plan run", func(t *Table) error {
		r, err := t.run(planned.Scope, planned.ID)
		if err != nil || r.State != syncer.Queued || r.Fence != planned.Fence || r.lost {
			return psa.ErrConflict
		}
		r.State, r.Mode, r.StartedAt, r.Since = syncer.Running, planned.Mode, planned.StartedAt, planned.Since
		r.ServerStart, r.Expected, r.MaxID = planned.ServerStart, planned.Expected, planned.MaxID
		r.Shards, r.Filter = len(shards), planned.Filter
		for _, sh := range shards {
			sh.RunID = planned.ID
			sh.Of = slices.Clone(sh.Of)
			r.shards = append(r.shards, shard{Shard: sh})
		}
		t.log(planned.Scope, entry)
		return nil
	})
}

// Mark implements syncer.RunStore.
func (s *Store) Mark(ctx context.Context, marked syncer.Run, from, to syncer.State, entry syncer.LogEntry) error {
	if !from.Active() || !to.Active() {
		return fmt.Errorf("mark run from %s to %s: %w", from, to, psa.ErrInvalid)
	}
	return s.do(ctx, "mark", func(t *Table) error {
		r, err := t.run(marked.Scope, marked.ID)
		if err != nil || r.State != from || r.lost {
			return psa.ErrConflict
		}
		r.State = to
		t.log(marked.Scope, entry)
		return nil
	})
}

// EndRun implements syncer.RunStore.
func (s *Store) EndRun(ctx context.Context, ended syncer.Run, watermark time.Time, entry syncer.LogEntry) error {
	if ended.State.Active() {
		return fmt.Errorf("end run %s as %s: %w", ended.ID, ended.State, psa.ErrInvalid)
	}
	return s.do(ctx, "end run", func(t *Table) error {
		r, err := t.run(ended.Scope, ended.ID)
		if err != nil {
			return err
		}
		state := t.typeOf(ended.Scope, ended.Type)
		if !r.holds() || r.Fence != ended.Fence || state.ActiveRun != r.ID {
			return psa.ErrConflict
		}
		r.State, r.Totals, r.FinishedAt, r.Failure = ended.State, ended.Totals, ended.FinishedAt, ended.Failure
		if ended.Proposal != nil {
			proposal := *ended.Proposal
			r.Proposal = &proposal
		}
		r.stop()
		state.ActiveRun = ""
		if !watermark.IsZero() {
			state.Watermark, state.LastSuccess, state.PlannedAt = watermark, ended.FinishedAt, ended.StartedAt
			if ended.Mode != syncer.Incremental {
				state.Filter = ended.Filter
			}
		}
		t.settle(ended, state)
		t.log(ended.Scope, entry)
		return nil
	})
}

// settle takes down in the type what a run that ends has compared or removed.
func (t *Table) settle(ended syncer.Run, state *syncer.TypeState) {
	if ended.Mode == syncer.Removal && ended.State != syncer.Failed && ended.Failure == nil {
		if state.Confirmed == ended.From {
			state.Confirmed = ""
		}
		return
	}
	if !ended.Compares() {
		return
	}
	if earlier, err := t.run(ended.Scope, state.Proposal); err == nil && earlier.Proposal != nil {
		earlier.Proposal.State = syncer.ProposalOutdated
	}
	state.Compared, state.Proposal = ended.RequestedAt, ""
	if ended.Proposal != nil {
		state.Proposal = ended.ID
	}
}

// Decide implements syncer.RunStore.
func (s *Store) Decide(ctx context.Context, decided syncer.Run, from syncer.ProposalState, entry syncer.LogEntry) error {
	if decided.Proposal == nil || decided.Proposal.State == from {
		return fmt.Errorf("decide about run %s: %w", decided.ID, psa.ErrInvalid)
	}
	return s.do(ctx, "decide", func(t *Table) error {
		r, err := t.run(decided.Scope, decided.ID)
		state := t.typeOf(decided.Scope, decided.Type)
		if err != nil || r.Proposal == nil || r.Proposal.State != from || state.Proposal != r.ID {
			return psa.ErrConflict
		}
		proposal := *decided.Proposal
		r.Proposal, state.Proposal = &proposal, ""
		if proposal.State == syncer.ProposalConfirmed {
			state.Confirmed = r.ID
		}
		t.log(decided.Scope, entry)
		return nil
	})
}

// Due implements syncer.RunStore.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (due []syncer.RunKey, err error) {
	err = s.do(ctx, "due", func(t *Table) error {
		for _, k := range t.made {
			if r := t.runs[k]; r.holds() && !r.due.After(now) {
				due = append(due, k)
			}
		}
		slices.SortStableFunc(due, func(a, b syncer.RunKey) int { return t.runs[a].due.Compare(t.runs[b].due) })
		due = due[:min(len(due), limit)]
		return nil
	})
	return due, err
}

// Postpone implements syncer.RunStore.
func (s *Store) Postpone(ctx context.Context, key syncer.RunKey, dueAt, leaseUntil time.Time) error {
	return s.do(ctx, "postpone", func(t *Table) error {
		r, err := t.run(key.Scope, key.RunID)
		switch {
		case err != nil:
			return err
		case !r.holds():
			return psa.ErrConflict
		}
		r.due, r.lease = dueAt, leaseUntil
		return nil
	})
}
