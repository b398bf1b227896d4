package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// tickLimit bounds the runs that one tick looks at; what is left is due at
// the next. tickPause keeps two ticks at once from doing the same work.
const (
	tickLimit = 500
	tickPause = 5 * time.Second
)

// Tick finds active runs that nobody works on and wakes workers for them: a
// run or shard whose message was lost, and one whose worker died.
func (e *Engine) Tick(ctx context.Context) error {
	now := e.opt.Now()
	due, err := e.runs.Due(ctx, now, tickLimit)
	if err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	var failed []error
	for _, key := range due {
		if err := e.revive(ctx, key, now); err != nil {
			failed = append(failed, fmt.Errorf("revive %s %s: %w", key.Scope, key.RunID, err))
		}
	}
	return errors.Join(failed...)
}

func (e *Engine) revive(ctx context.Context, key RunKey, now time.Time) error {
	err := e.runs.Postpone(ctx, key, now.Add(min(tickPause, e.timeLeft(ctx)/10)), now.Add(runLease))
	if errors.Is(err, psa.ErrConflict) || errors.Is(err, psa.ErrNotFound) {
		return nil // final meanwhile
	}
	if err != nil {
		return err
	}
	run, err := e.runs.Run(ctx, key.Scope, key.RunID)
	if err != nil {
		return err
	}
	if run.State == Queued {
		return e.handleRun(ctx, key.Scope, key.RunID)
	}
	shards, err := e.runs.Shards(ctx, key.Scope, key.RunID)
	if err != nil {
		return err
	}
	if _, done := sum(shards); done == len(shards) {
		return e.handleRun(ctx, key.Scope, key.RunID)
	}
	return e.reviveShards(ctx, run, shards, now)
}

// reviveShards wakes shards that have stood idle for two time-outs of a
// worker: a living message would have come by then. Those that sleep wait for
// the others, unless too few are awake.
func (e *Engine) reviveShards(ctx context.Context, run Run, shards []Shard, now time.Time) error {
	idle := 2 * e.timeLeft(ctx)
	died := false
	for _, s := range shards {
		abandoned := s.Owner != "" && !s.Held(now)
		forgotten := s.Owner == "" && now.After(s.WokenAt.Add(idle))
		died = died || abandoned && !s.Done
		if s.Done || s.Asleep(now) || (!abandoned && !forgotten) {
			continue
		}
		if err := e.wakeShard(ctx, run.Scope, run.ID, s.No, 0); err != nil {
			return err
		}
	}
	if err := e.rouse(ctx, run, shards, e.opt.InFlight); err != nil {
		return err
	}
	if !died || run.State != Running {
		return nil
	}
	err := e.runs.Mark(ctx, run, Running, Interrupted, e.entry(run, "run_interrupted", "system"))
	if errors.Is(err, psa.ErrConflict) {
		return nil
	}
	return err
}
