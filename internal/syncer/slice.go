package syncer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// slice is one worker's time with a run. It works two shards side by side, so
// that a page of one is unzipped, decoded and kept while ConnectWise is asked
// for a page of the other; the budget lets a worker ask for one at a time.
type slice struct {
	e   *Engine
	run Run
	typ *Type
	src Session
	// until is when the worker stops, by the clock of the engine.
	until time.Time
}

// work does a slice of a run, beginning with a shard: pages are read and kept
// until the time is up or there is nothing left to begin with, and then the
// next worker is woken. A shard that another worker holds is left to it.
func (e *Engine) work(ctx context.Context, scope psa.Scope, runID string, no int) error {
	run, err := e.runs.Run(ctx, scope, runID)
	if errors.Is(err, psa.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("work: %w", err)
	}
	if !run.State.Active() || run.State == Queued {
		return e.handleRun(ctx, scope, runID)
	}
	shard, err := e.claim(ctx, run, no)
	switch {
	case errors.Is(err, psa.ErrBusy):
		return nil
	case errors.Is(err, psa.ErrConflict), errors.Is(err, psa.ErrNotFound):
		return e.handleRun(ctx, scope, runID)
	case err != nil:
		return fmt.Errorf("claim shard %d: %w", no, err)
	}
	err = e.endStuck(ctx, run, shard)
	if errors.Is(err, psa.ErrConflict) {
		return nil
	}
	if err == nil {
		err = e.resumed(ctx, run)
	}
	if err != nil {
		return err
	}
	s := &slice{e: e, run: run, until: e.opt.Now().Add(min(e.opt.Slice, e.timeLeft(ctx)*3/4))}
	return s.do(ctx, shard)
}

// claim leases a shard for as long as the function may run.
func (e *Engine) claim(ctx context.Context, run Run, no int) (Shard, error) {
	now, left := e.opt.Now(), e.timeLeft(ctx)
	return e.runs.Claim(ctx, run.Scope, run.ID, no, ulid.Make().String(), now, now.Add(left+left/10))
}

// timeLeft is what the function's deadline leaves; a minute if it has none.
func (e *Engine) timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Minute
	}
	return max(time.Until(deadline), time.Second)
}

// resumed takes the mark off a run that was interrupted.
func (e *Engine) resumed(ctx context.Context, run Run) error {
	if run.State != Interrupted {
		return nil
	}
	err := e.runs.Mark(ctx, run, Interrupted, Running, e.entry(run, "run_resumed", "system"))
	if err != nil && !errors.Is(err, psa.ErrConflict) {
		return fmt.Errorf("resume: %w", err)
	}
	return nil
}

// do works the lanes until both have ended. An error in one has the other stop
// after the page that it keeps.
func (s *slice) do(ctx context.Context, shard Shard) error {
	first, second := &lane{slice: s, shard: shard, awake: true}, &lane{slice: s}
	var err error
	if s.src, err = s.e.connect.Connect(ctx, s.run.Scope); err != nil {
		return first.pause(ctx, err)
	}
	s.typ, _ = TypeNamed(s.run.Type)
	if shard.Part == Removals {
		first.err = first.remove(ctx)
		return first.leave(ctx)
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var both sync.WaitGroup
	for _, l := range []*lane{first, second} {
		both.Go(func() {
			if l.err = l.work(ctx, reading); l.err != nil {
				stop()
			}
		})
	}
	both.Wait()
	return s.leave(ctx, first, second)
}

// leave ends the slice. A worker is woken by one message and sends one on: for
// the shard that failed, else for one that is not done. What else it holds
// sleeps until a worker has a lane for it.
func (s *slice) leave(ctx context.Context, first, second *lane) error {
	on, other := first, second
	if second.failed() && !first.failed() || second.holds() && !first.failed() && !first.holds() {
		on, other = second, first
	}
	other.sleep(ctx)
	return on.leave(ctx)
}

// endStuck ends a run whose workers die over a shard, or come from it as they
// went, time and again.
func (e *Engine) endStuck(ctx context.Context, run Run, shard Shard) error {
	if shard.Failures <= e.opt.MaxFailures+1 {
		return nil
	}
	why := shard.Waiting
	if why == nil {
		why = &Failure{
			Code: problem.NoProgress, Message: "Reading stood still, however often it was tried.",
			Remedy: "Sync again. If it happens again, tell support which run it was.",
		}
	}
	if err := e.end(ctx, run, Failed, why, "system"); err != nil {
		return err
	}
	return fmt.Errorf("shard %d: %w", shard.No, psa.ErrConflict)
}
