package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Asleep reports whether the shard waits for a worker that has a lane for it:
// nobody is at it at now, or was woken for it.
func (s Shard) Asleep(now time.Time) bool { return !s.Done && s.WokenAt.IsZero() && !s.Held(now) }

// awake is how many of the shards have a message, or a worker that was woken by
// one.
func awake(shards []Shard) (n int) {
	for _, s := range shards {
		if !s.Done && !s.WokenAt.IsZero() {
			n++
		}
	}
	return n
}

// claimNext claims the first shard that sleeps; nil if none does.
func (e *Engine) claimNext(ctx context.Context, run Run, withRemovals bool) (*Shard, error) {
	shards, err := e.runs.Shards(ctx, run.Scope, run.ID)
	if err != nil {
		return nil, fmt.Errorf("next shard: %w", err)
	}
	now := e.opt.Now()
	for _, s := range shards {
		if !s.Asleep(now) || s.Part == Removals && (!withRemovals || removals(shards) == nil) {
			continue
		}
		claimed, err := e.claim(ctx, run, s.No)
		if errors.Is(err, psa.ErrBusy) || errors.Is(err, psa.ErrConflict) {
			continue // another worker was faster
		}
		if err != nil {
			return nil, fmt.Errorf("claim shard %d: %w", s.No, err)
		}
		return &claimed, nil
	}
	return nil, nil
}

// rouse wakes shards that sleep, as long as fewer than Options.InFlight are
// awake, and at most so many. Each is claimed and let go of, so that no other
// worker wakes it too.
func (e *Engine) rouse(ctx context.Context, run Run, shards []Shard, most int) error {
	for n := min(most, e.opt.InFlight-awake(shards)); n > 0; n-- {
		next, err := e.claimNext(ctx, run, true)
		if err != nil || next == nil {
			return err
		}
		after := *next
		after.Owner, after.WokenAt, after.Failures = "", e.opt.Now(), max(after.Failures-1, 0)
		if err := e.runs.Advance(ctx, run.Scope, *next, after); err != nil {
			return fmt.Errorf("rouse shard %d: %w", next.No, err)
		}
		if err := e.wakeShard(ctx, run.Scope, run.ID, next.No, 0); err != nil {
			return err
		}
	}
	return nil
}
