package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// slice is one worker's hold on a run: on one shard, and when that is done on
// the next one that sleeps, until the time is up.
type slice struct {
	e   *Engine
	run Run
	typ *Type
	src Session
	// shard is the one whose pages are being kept, as it is stored.
	shard Shard
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
	if shard.Failures > e.opt.MaxFailures+1 {
		return e.end(ctx, run, Failed, stuck(shard), "system")
	}
	if err := e.resumed(ctx, run); err != nil {
		return err
	}
	s := &slice{e: e, run: run, shard: shard, until: e.opt.Now().Add(min(e.opt.Slice, e.timeLeft(ctx)*3/4))}
	return s.do(ctx)
}

// stuck is why a run fails whose workers die over a shard, or come from it as
// they went.
func stuck(shard Shard) *Failure {
	if shard.Waiting != nil {
		return shard.Waiting
	}
	return &Failure{
		Code: problem.NoProgress, Message: "Reading stood still, however often it was tried.",
		Remedy: "Sync again. If it happens again, tell support which run it was.",
	}
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

func (s *slice) do(ctx context.Context) error {
	var err error
	if s.src, err = s.e.connect.Connect(ctx, s.run.Scope); err != nil {
		return s.pause(ctx, err)
	}
	s.typ, _ = TypeNamed(s.run.Type)
	if s.shard.Part == Removals {
		err = s.remove(ctx)
	} else {
		err = s.keepAll(ctx)
	}
	switch {
	case errors.Is(err, errSource):
		return s.pause(ctx, err)
	case errors.Is(err, psa.ErrConflict):
		return nil // cancelled, or another worker has the shard now
	case err != nil:
		return s.letGo(ctx, err)
	case s.shard.Done:
		return s.e.handleRun(ctx, s.run.Scope, s.run.ID)
	case s.shard.Owner != "":
		return nil // pause has seen to it
	}
	return s.e.wakeShard(ctx, s.run.Scope, s.run.ID, s.shard.No, 0)
}

// keepAll keeps pages in the order in which they are fetched, while the next
// one is on its way. What is fetched when it ends early is given up.
func (s *slice) keepAll(ctx context.Context) error {
	fetching, stop := context.WithCancel(ctx)
	pages := make(chan page) // without room: one page is kept, one fetched, and that is all
	go s.fetch(fetching, s.shard, pages)
	defer func() {
		stop()
		for p := range pages { // until fetch has ended
			s.giveBack(ctx, p.shard)
		}
	}()
	for p := range pages {
		if p.shard.No != s.shard.No {
			s.shard = p.shard
		}
		if p.err != nil {
			return s.pause(ctx, p.err)
		}
		if err := s.keep(ctx, p); err != nil {
			return err
		}
		if s.shard.Owner == "" && !s.shard.Done {
			break // the time was up before the page was
		}
	}
	return ctx.Err()
}

// keep stores a page and moves the cursor over it. The shard is let go of in
// the same write when it is done or the slice ends.
func (s *slice) keep(ctx context.Context, p page) error {
	if s.compares() {
		return s.compare(ctx, p)
	}
	counts, err := s.e.apply(ctx, s.run, s.typ, s.src.Filter, s.shard.Part, p.batch)
	if err != nil {
		return fmt.Errorf("keep %s: %w", s.typ.Name, err)
	}
	return s.advance(ctx, counts, p.cursor, !p.batch.More, p.last)
}

// advance moves the cursor over what was kept and counted, and lets go of the
// shard if it is done or the slice ends.
func (s *slice) advance(ctx context.Context, counts Counts, cursor psa.RecordID, done, last bool) error {
	after := s.shard
	after.Counts = after.Counts.Add(counts)
	after.Cursor, after.Done = cursor, done
	after.Waiting, after.WokenAt = nil, s.e.opt.Now()
	if done || cursor != s.shard.Cursor {
		after.Failures = 0
	}
	if done || last {
		after.Owner = ""
	}
	if err := s.e.runs.Advance(ctx, s.run.Scope, s.shard, after); err != nil {
		return fmt.Errorf("advance shard %d: %w", s.shard.No, err)
	}
	s.shard = after
	return nil
}

// pause lets go of the shard after an error: for as long as ConnectWise or
// the budget asks, or longer each time nothing moved, or for good.
func (s *slice) pause(ctx context.Context, cause error) error {
	p := problem.From(cause)
	after := s.shard
	after.Owner, after.Waiting = "", FailureOf(cause)
	delay := p.RetryAfter
	if delay > 0 {
		after.Failures = max(after.Failures-1, 0) // to wait is no failure
	} else {
		after.Failures = max(after.Failures, 1)
		delay = min(time.Second<<min(after.Failures, 10), 5*time.Minute)
	}
	if permanent(p.Code) || after.Failures > s.e.opt.MaxFailures {
		return s.e.end(ctx, s.run, Failed, FailureOf(cause), "system")
	}
	after.WokenAt = s.e.opt.Now().Add(delay)
	err := s.e.runs.Advance(ctx, s.run.Scope, s.shard, after)
	if errors.Is(err, psa.ErrConflict) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pause shard %d: %w", s.shard.No, err)
	}
	s.e.opt.Log.InfoContext(ctx, "shard waits", "run", s.run.ID, "shard", s.shard.No, "code", p.Code, "seconds", delay.Seconds())
	return s.e.wakeShard(ctx, s.run.Scope, s.run.ID, s.shard.No, delay)
}

// goneIn is how long a worker tries to let go of a shard, also when its own time
// is over.
const goneIn = 3 * time.Second

// letGo is pause after an error of ours, such as a store that does not answer:
// nobody need wait for the lease to end. If that fails too, the tick sees to it.
func (s *slice) letGo(ctx context.Context, cause error) error {
	s.e.opt.Log.WarnContext(ctx, "shard let go", "run", s.run.ID, "shard", s.shard.No, "error", cause.Error())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneIn)
	defer cancel()
	if err := s.pause(ctx, cause); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

// giveBack puts a shard back to sleep that was claimed ahead, and of which
// nothing was kept.
func (s *slice) giveBack(ctx context.Context, claimed Shard) {
	if claimed.No == s.shard.No {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneIn)
	defer cancel()
	after := claimed
	after.Owner, after.Failures = "", max(after.Failures-1, 0)
	if err := s.e.runs.Advance(ctx, s.run.Scope, claimed, after); err != nil {
		s.e.opt.Log.InfoContext(ctx, "shard not given back", "run", s.run.ID, "shard", claimed.No, "error", err.Error())
	}
}
