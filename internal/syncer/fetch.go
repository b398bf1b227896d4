package syncer

import (
	"context"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// page is a page that was fetched, or why there is none.
type page struct {
	// shard is as it was claimed.
	shard Shard
	batch Batch
	// cursor is where the shard stands once the page is kept.
	cursor psa.RecordID
	// last says that the slice ends with this page.
	last bool
	err  error
}

// fetch reads page after page of a shard, and then of the next shard that
// sleeps, until the slice's time is up or an error ends it. It is one page
// ahead of keep, and asks for nothing that will not be kept but for an error
// there.
func (s *slice) fetch(ctx context.Context, shard Shard, pages chan<- page) {
	defer close(pages)
	p := page{shard: shard, cursor: shard.Cursor}
	for {
		p.batch, p.err = s.e.readPart(ctx, s.src, s.run, s.typ, p.shard, p.cursor)
		if p.err == nil {
			p.cursor = p.batch.Next
		}
		p.last = p.err != nil || !s.e.opt.Now().Before(s.until)
		pages <- p // somebody takes it, to keep it or to give it back
		if p.last || ctx.Err() != nil {
			return
		}
		if p.batch.More {
			continue
		}
		next, err := s.e.claimNext(ctx, s.run, false)
		if err != nil || next == nil { // an error meets the shard's own worker again
			return
		}
		p = page{shard: *next, cursor: next.Cursor}
	}
}

// Asleep reports whether no worker was ever woken for the shard.
func (s Shard) Asleep() bool { return !s.Done && s.WokenAt.IsZero() && s.Owner == "" }

// awake is how many of the shards have a worker, or a message on its way to one.
func awake(shards []Shard) (n int) {
	for _, s := range shards {
		if !s.Done && !s.Asleep() {
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
	for _, s := range shards {
		if !s.Asleep() || s.Part == Removals && (!withRemovals || removals(shards) == nil) {
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
