package usage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// BySchedule is who posts when no person asked.
const BySchedule = "schedule"

// Deps are what an Engine works with.
type Deps struct {
	Store    Store
	Runs     Runs
	Ledger   Ledger
	Mappings Mappings
	Reports  Reports
	Billing  Billing
	Waker    Waker
	// Events may be nil.
	Events Events
	// Installation stands in every marker.
	Installation string
}

// Options of an Engine; zero values are the defaults.
type Options struct {
	// Slice bounds one piece of work; default 45 s, and never more than three
	// quarters of what the context's deadline leaves.
	Slice time.Duration
	// Act bounds the calls of one intent; default 20 s. A slice begins no
	// intent that it could not end.
	Act time.Duration
	// Quiet is how long ConnectWise may take to commit what it never
	// answered; default 5 minutes (spec 5.7).
	Quiet time.Duration
	// Parallel is how many agreements, and how many of their lines, are worked
	// on at once; default 3, which is how many requests the budget leaves to
	// workers.
	Parallel int
	// MaxFailures without progress end a run; default 20.
	MaxFailures int
	Now         func() time.Time
	Log         *slog.Logger
	// Count, if set, adds to a metric of the installation.
	Count func(ctx context.Context, metric string, n int)
}

// The metrics. Where accounts are due and none is completed for more than a
// day, postings have come to a standstill.
const (
	MetricDue       = "PostingsDue"       // accounts whose day is to begin, at each tick
	MetricCompleted = "PostingsCompleted" // postings that were worked to their end
)

func (o Options) withDefaults() Options {
	o.Slice = orDefault(o.Slice, 45*time.Second)
	o.Act = orDefault(o.Act, 20*time.Second)
	o.Quiet = orDefault(o.Quiet, 5*time.Minute)
	o.Parallel = orDefault(o.Parallel, 3)
	o.MaxFailures = orDefault(o.MaxFailures, 20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Count == nil {
		o.Count = func(context.Context, string, int) {}
	}
	return o
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// Engine posts. It keeps no state between calls: everything is in the stores,
// so any number of engines may work side by side and die.
type Engine struct {
	Deps
	opt    Options
	ticker *Ticker
}

// New makes an engine.
func New(deps Deps, opt Options) *Engine {
	opt = opt.withDefaults()
	return &Engine{Deps: deps, opt: opt, ticker: NewTicker(deps.Store, deps.Runs, opt)}
}

// Handle does what a message asks for. A nil error means that the message is
// done with; any other puts it back on the queue. Nothing depends on it coming
// exactly once.
func (e *Engine) Handle(ctx context.Context, m Message) error {
	switch m.Kind {
	case KindTick:
		return e.Tick(ctx)
	case KindPost:
		return e.work(ctx, m.Scope(), m.Key)
	default:
		return fmt.Errorf("message of kind %q: %w", m.Kind, psa.ErrInvalid)
	}
}

// Tick plans the days that are due, and wakes the runs that nobody works on.
func (e *Engine) Tick(ctx context.Context) error {
	planned := e.ticker.Tick(ctx)
	due, err := e.Runs.DueRuns(ctx, e.opt.Now(), tickLimit)
	if err != nil {
		return errors.Join(planned, fmt.Errorf("due runs: %w", err))
	}
	failed := []error{planned}
	for _, k := range due {
		failed = append(failed, e.wake(ctx, k.Scope, k.ID, 0))
	}
	return errors.Join(failed...)
}

// Start asks for a run now: Post now, or a preview. If one is running, that
// one is joined.
func (e *Engine) Start(ctx context.Context, scope psa.Scope, mode Mode, by string) (_ Run, joined bool, err error) {
	zone, err := e.zone(ctx, scope)
	if err != nil {
		return Run{}, false, err
	}
	run, joined, err := e.Runs.StartRun(ctx, newRun(scope, mode, by, e.opt.Now(), zone), nil, time.Time{})
	if err != nil {
		return Run{}, false, fmt.Errorf("start posting: %w", err)
	}
	return run, joined, e.wake(ctx, scope, run.ID, 0)
}

func newRun(scope psa.Scope, mode Mode, by string, now time.Time, zone *time.Location) Run {
	return Run{
		ID: ulid.Make().String(), Scope: scope, Mode: mode, State: Running, Day: DateIn(now, zone), By: by, AskedAt: now, DueAt: now,
	}
}

// zone is the account's. Without one there is no today, and nothing is posted.
func (e *Engine) zone(ctx context.Context, scope psa.Scope) (*time.Location, error) {
	s, err := e.Ledger.Settings(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("posting settings: %w", err)
	}
	return s.zone()
}

func (s Settings) zone() (*time.Location, error) {
	if s.Zone == "" {
		return nil, problem.New(problem.PostingNotSetUp, "The account has no time zone yet.", "Choose the time zone in which your days begin.")
	}
	z, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, problem.New(problem.PostingNotSetUp, "The account's time zone is not known.", "Choose the time zone again.").Wrap(err)
	}
	return z, nil
}

func (e *Engine) wake(ctx context.Context, scope psa.Scope, run string, delay time.Duration) error {
	m := Message{V: MessageVersion, Kind: KindPost, Account: scope.Account, Generation: scope.Generation, Key: run}
	if err := e.Waker.Wake(ctx, m, delay); err != nil {
		return fmt.Errorf("wake posting: %w", err)
	}
	return nil
}

// leaseSlack is for clocks that differ, and for the last write of a slice.
const leaseSlack = 15 * time.Second

// early is how much before its time a message may come.
const early = 2 * time.Second

// work does one slice of a run. A run that somebody works on, that has to wait
// or is over is left alone.
func (e *Engine) work(ctx context.Context, scope psa.Scope, id string) error {
	run, err := e.Runs.Run(ctx, scope, id)
	if errors.Is(err, psa.ErrNotFound) {
		return nil // erased
	}
	if err != nil {
		return fmt.Errorf("posting: %w", err)
	}
	now := e.opt.Now()
	if run.State != Running || run.LeaseUntil.After(now) || run.DueAt.After(now.Add(early)) {
		return nil
	}
	slice := e.sliceOf(ctx)
	run.Owner, run.LeaseUntil = ulid.Make().String(), now.Add(slice+leaseSlack)
	run.DueAt = run.LeaseUntil
	if run, err = e.Runs.PutRun(ctx, run); err != nil {
		return ignoreConflict(err)
	}
	return e.slice(ctx, run, slice)
}

// sliceOf is how long a slice may take.
func (e *Engine) sliceOf(ctx context.Context) time.Duration {
	slice := e.opt.Slice
	if deadline, ok := ctx.Deadline(); ok {
		slice = min(slice, time.Until(deadline)*3/4)
	}
	return slice
}

// ignoreConflict: somebody else was faster, and goes on.
func ignoreConflict(err error) error {
	if errors.Is(err, psa.ErrConflict) {
		return nil
	}
	return err
}

// slice works for a while, stores how far that went and sees to it that
// somebody goes on.
func (e *Engine) slice(ctx context.Context, run Run, d time.Duration) error {
	sctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	before := run.Cursor
	p := posting{Engine: e, run: run, until: time.Now().Add(d), hands: make(chan struct{}, e.opt.Parallel)}
	err := p.do(sctx)
	run = p.run
	if run.Cursor != before {
		run.Failures = 0
	}
	if err != nil {
		e.failed(ctx, &run, err)
	}
	return e.release(ctx, run)
}

// release gives the run back.
func (e *Engine) release(ctx context.Context, run Run) error {
	now := e.opt.Now()
	run.Owner, run.LeaseUntil = "", time.Time{}
	if !run.State.Active() && run.EndedAt.IsZero() {
		run.EndedAt = now
	}
	if err := e.tell(ctx, run); err != nil { // it is not over until it is told
		e.opt.Log.WarnContext(ctx, "a posting cannot be told of", "run", run.ID, "error", err.Error())
		run.State, run.EndedAt, run.DueAt = Running, time.Time{}, now.Add(retryFirst)
	}
	run, err := e.Runs.PutRun(ctx, run)
	if err != nil {
		return ignoreConflict(err)
	}
	if run.State != Running {
		e.opt.Log.InfoContext(ctx, "posting", "run", run.ID, "state", run.State, "mode", run.Mode, "created", run.Counts.Created,
			"updated", run.Counts.Updated, "ended", run.Counts.Ended, "voided", run.Counts.Voided, "attention", run.Counts.Attention)
		if run.State == Done && run.Mode == ModePost {
			e.opt.Count(ctx, MetricCompleted, 1)
		}
		return nil
	}
	return e.wake(ctx, run.Scope, run.ID, max(0, run.DueAt.Sub(now)))
}

// tell is before the run's last write, so that a death in between tells twice
// and never not at all.
func (e *Engine) tell(ctx context.Context, run Run) error {
	if e.Events == nil || run.State == Running || run.Mode == ModePreview {
		return nil
	}
	if err := e.Events.PostingEnded(ctx, run); err != nil {
		return fmt.Errorf("tell of a posting: %w", err)
	}
	return nil
}

const (
	retryFirst = 15 * time.Second
	retryMost  = 10 * time.Minute
	stopRetry  = 5 * time.Minute
)

// failed decides what a failure means: waiting, trying again, or the run's
// end. What a person has to mend ends it; the next day begins another.
func (e *Engine) failed(ctx context.Context, run *Run, err error) {
	p := problem.From(err)
	run.Failure = failureOf(err)
	switch p.Code {
	case problem.PostingStopped, problem.BudgetExhausted, problem.ConnectWiseThrottle:
		run.DueAt = e.opt.Now().Add(max(p.RetryAfter, retryFirst/5))
		return
	case problem.NotConnected, problem.Paused, problem.CredentialsRefused, problem.ClientIDRefused, problem.PermissionMissing,
		problem.PostingNotSetUp, problem.AddressRefused:
		run.State = Failed
		if p.Code == problem.NotConnected {
			e.forget(ctx, run.Scope)
		}
		return
	}
	run.Failures++
	if run.Failures >= e.opt.MaxFailures {
		run.State = Failed
	}
	wait := min(retryFirst<<min(run.Failures, 10), retryMost)
	run.DueAt = e.opt.Now().Add(max(p.RetryAfter, wait))
	e.opt.Log.WarnContext(ctx, "posting is held up", "run", run.ID, "failures", run.Failures, "error", err.Error())
}

// forget ends the schedule of a connection that is no more. Should that fail,
// the next day's run tries again.
func (e *Engine) forget(ctx context.Context, scope psa.Scope) {
	if err := e.Store.DropSchedule(ctx, scope); err != nil {
		e.opt.Log.WarnContext(ctx, "the schedule of a departed connection stays", "error", err.Error())
	}
}
