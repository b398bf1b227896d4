package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// lane reads and keeps page after page of a shard, and then of the next one
// that sleeps. It does one thing at a time.
type lane struct {
	*slice
	// awake says that the worker's message goes with this lane: its shards do
	// not count as asleep.
	awake bool
	// shard is the one in hand, as it is stored.
	shard Shard
	// err is why the lane ended early.
	err error
}

// errSource is an error of ConnectWise's: the shard waits, and tries again.
var errSource = errors.New("read from ConnectWise")

// holds reports whether there is a shard to be let go of.
func (l *lane) holds() bool { return l.shard.Owner != "" && !l.lost() }

// failed reports whether the lane ended early, and still has its shard.
func (l *lane) failed() bool { return l.err != nil && !l.lost() }

// lost reports whether the run was cancelled, or another worker has the shard.
func (l *lane) lost() bool { return errors.Is(l.err, psa.ErrConflict) && !errors.Is(l.err, errSource) }

// work goes on until the time is up, nothing sleeps any more, or reading ends:
// then the page in hand is still kept.
func (l *lane) work(ctx, reading context.Context) error {
	for {
		if more, err := l.next(ctx); err != nil || !more {
			return err
		}
		batch, err := l.e.readPart(reading, l.src, l.run, l.typ, l.shard, l.shard.Cursor)
		switch {
		case err != nil && reading.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%w: %w", errSource, err)
		}
		if err := l.keep(ctx, batch); err != nil {
			return err
		}
		if reading.Err() != nil || !l.e.opt.Now().Before(l.until) {
			return ctx.Err()
		}
	}
}

// next takes on a shard that sleeps, if the one in hand is done, and reports
// whether there is one. Should that fail, another worker will.
func (l *lane) next(ctx context.Context) (bool, error) {
	if l.holds() {
		return true, nil
	}
	if l.run.Shards == 1 {
		return false, nil
	}
	shard, err := l.e.claimNext(ctx, l.run, false)
	if err != nil || shard == nil {
		return false, nil //nolint:nilerr // as said
	}
	if l.shard = *shard; l.awake {
		l.shard.WokenAt = l.e.opt.Now() // stored with the first page
	}
	return true, l.e.endStuck(ctx, l.run, l.shard)
}

// keep stores a page and moves the cursor over it.
func (l *lane) keep(ctx context.Context, page Batch) error {
	if l.compares() {
		return l.compare(ctx, page)
	}
	counts, err := l.e.apply(ctx, l.run, l.typ, l.src.Filter, l.shard.Part, page)
	if err != nil {
		return fmt.Errorf("keep %s: %w", l.typ.Name, err)
	}
	return l.advance(ctx, counts, page.Next, !page.More)
}

// advance moves the cursor over what was kept and counted, and lets go of a
// shard that is done in the same write.
func (l *lane) advance(ctx context.Context, counts Counts, cursor psa.RecordID, done bool) error {
	after := l.shard
	after.Counts = after.Counts.Add(counts)
	after.Cursor, after.Done, after.Waiting = cursor, done, nil
	if done || cursor != l.shard.Cursor {
		after.Failures = 0
	}
	if done {
		after.Owner = ""
	}
	return l.store(ctx, after)
}

// store replaces the shard as it is stored.
func (l *lane) store(ctx context.Context, after Shard) error {
	if err := l.e.runs.Advance(ctx, l.run.Scope, l.shard, after); err != nil {
		return fmt.Errorf("advance shard %d: %w", l.shard.No, err)
	}
	l.shard = after
	return nil
}

// leave ends the lane and wakes the next worker, if there is anything to do.
func (l *lane) leave(ctx context.Context) error {
	switch {
	case errors.Is(l.err, errSource):
		return l.pause(ctx, l.err)
	case l.lost():
		return nil
	case l.err != nil:
		return l.letGo(ctx, l.err)
	case l.holds():
		return l.passOn(ctx, 0)
	}
	return l.e.handleRun(ctx, l.run.Scope, l.run.ID)
}

// passOn lets go of the shard and wakes a worker for it.
func (l *lane) passOn(ctx context.Context, delay time.Duration) error {
	after := l.shard
	after.Owner, after.WokenAt = "", l.e.opt.Now().Add(delay)
	err := l.store(ctx, after)
	if errors.Is(err, psa.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.e.wakeShard(ctx, l.run.Scope, l.run.ID, l.shard.No, delay)
}

// pause lets go of the shard after an error: for as long as ConnectWise or
// the budget asks, or longer each time nothing moved, or for good.
func (l *lane) pause(ctx context.Context, cause error) error {
	p := problem.From(cause)
	delay := p.RetryAfter
	l.shard.Waiting = FailureOf(cause)
	if delay > 0 {
		l.shard.Failures = max(l.shard.Failures-1, 0) // to wait is no failure
	} else {
		l.shard.Failures = max(l.shard.Failures, 1)
		delay = min(time.Second<<min(l.shard.Failures, 10), 5*time.Minute)
	}
	if permanent(p.Code) || l.shard.Failures > l.e.opt.MaxFailures {
		return l.e.end(ctx, l.run, Failed, FailureOf(cause), "system")
	}
	l.e.opt.Log.InfoContext(ctx, "shard waits", "run", l.run.ID, "shard", l.shard.No, "code", p.Code, "seconds", delay.Seconds())
	return l.passOn(ctx, delay)
}

// goneIn is how long a worker tries to let go of a shard, also when its own time
// is over.
const goneIn = 3 * time.Second

// letGo is pause after an error of ours, such as a store that does not answer:
// nobody need wait for the lease to end. If that fails too, the tick sees to it.
func (l *lane) letGo(ctx context.Context, cause error) error {
	l.e.opt.Log.WarnContext(ctx, "shard let go", "run", l.run.ID, "shard", l.shard.No, "error", cause.Error())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneIn)
	defer cancel()
	if err := l.pause(ctx, cause); err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

// sleep lets go of the shard without waking anybody. If that fails, it counts
// as asleep once its lease has ended.
func (l *lane) sleep(ctx context.Context) {
	if !l.holds() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneIn)
	defer cancel()
	after := l.shard
	after.Owner, after.WokenAt, after.Failures = "", time.Time{}, max(after.Failures-1, 0)
	if err := l.store(ctx, after); err != nil {
		l.e.opt.Log.InfoContext(ctx, "shard not let go", "run", l.run.ID, "shard", l.shard.No, "error", err.Error())
	}
}
