package syncer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Options of an Engine; zero values are the defaults.
type Options struct {
	// Slice bounds one piece of work, so that others get their turn; default
	// 15 s, and never more than three quarters of what the context's deadline
	// leaves.
	Slice time.Duration
	// InFlight bounds the shards of a run that are worked on at a time;
	// default 3, which leaves people the fourth request of the budget.
	InFlight int
	// PageSize asked of ConnectWise; default 1,000.
	PageSize int
	// Overlap is subtracted from the watermark; default 5 minutes.
	Overlap time.Duration
	// MaxFailures without progress end a run; default 8.
	MaxFailures int
	// Mapped reports whether something outside, a mapping, depends on any of
	// the records: no run removes those by itself. Nil means that nothing does.
	Mapped func(ctx context.Context, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (bool, error)
	// Events is told what happened; nil if nobody is.
	Events Events
	Now    func() time.Time
	Log    *slog.Logger
}

// Engine runs syncs. It keeps no state between calls: everything is in the
// stores, so any number of engines may work side by side and die.
type Engine struct {
	runs    RunStore
	records RecordStore
	connect Connector
	wake    Waker
	opt     Options
}

// New makes an engine.
func New(runs RunStore, records RecordStore, connect Connector, wake Waker, opt Options) *Engine {
	opt.Slice = orDefault(opt.Slice, 15*time.Second)
	opt.InFlight = orDefault(opt.InFlight, 3)
	opt.PageSize = orDefault(opt.PageSize, 1000)
	opt.Overlap = orDefault(opt.Overlap, 5*time.Minute)
	opt.MaxFailures = orDefault(opt.MaxFailures, 8)
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{runs: runs, records: records, connect: connect, wake: wake, opt: opt}
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// runLease is how long a run keeps its type without the tick looking at it.
const runLease = 15 * time.Minute

// Start asks for runs of types in mode ("" decides: Initial before the first
// full read, Incremental after), parents first. A parent that was never read
// is added by itself. A type whose run is active joins it.
func (e *Engine) Start(ctx context.Context, scope psa.Scope, types []psa.DataType, mode Mode, by string) ([]Started, error) {
	modes := map[psa.DataType]Mode{}
	for _, name := range types {
		modes[name] = mode
	}
	return e.start(ctx, scope, types, modes, by)
}

func (e *Engine) start(ctx context.Context, scope psa.Scope, types []psa.DataType, modes map[psa.DataType]Mode, by string) ([]Started, error) {
	wanted, err := e.withParents(ctx, scope, types)
	if err != nil {
		return nil, err
	}
	var started []Started
	parents := map[psa.DataType]string{}
	for _, t := range wanted {
		s, err := e.startOne(ctx, scope, t, modes[t.Name], by, parents[t.Parent])
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", t.Name, err)
		}
		parents[t.Name] = s.Run.ID
		started = append(started, s)
	}
	return started, nil
}

// StartInitial asks for the first run of every type that was never read.
func (e *Engine) StartInitial(ctx context.Context, scope psa.Scope, types []psa.DataType, by string) error {
	var missing []psa.DataType
	for _, name := range types {
		state, err := e.runs.TypeState(ctx, scope, name)
		if err != nil {
			return fmt.Errorf("start initial: %w", err)
		}
		if state.Watermark.IsZero() && state.LastRun == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err := e.Start(ctx, scope, missing, Initial, by)
	return err
}

// withParents returns the rows of types in the table's order, with parents
// that were never read.
func (e *Engine) withParents(ctx context.Context, scope psa.Scope, types []psa.DataType) ([]*Type, error) {
	want := map[psa.DataType]bool{}
	for _, name := range types {
		if _, ok := TypeNamed(name); !ok {
			return nil, problem.New(problem.BadRequest, "There is no such data type.", "Choose one of the listed data types.")
		}
		want[name] = true
	}
	for _, t := range slices.Backward(Types()) { // children first: a parent may have one itself
		if !want[t.Name] || t.Parent == "" {
			continue
		}
		state, err := e.runs.TypeState(ctx, scope, t.Parent)
		if err != nil {
			return nil, fmt.Errorf("state of %s: %w", t.Parent, err)
		}
		want[t.Parent] = want[t.Parent] || state.Watermark.IsZero()
	}
	var rows []*Type
	for _, t := range Types() {
		if want[t.Name] {
			rows = append(rows, t)
		}
	}
	return rows, nil
}

func (e *Engine) startOne(ctx context.Context, scope psa.Scope, t *Type, mode Mode, by, after string) (Started, error) {
	state, err := e.runs.TypeState(ctx, scope, t.Name)
	if err != nil {
		return Started{}, fmt.Errorf("type state: %w", err)
	}
	now := e.opt.Now()
	run := Run{
		ID: ulid.Make().String(), Scope: scope, Type: t.Name, Mode: t.possible(mode), State: Queued,
		RequestedBy: by, RequestedAt: now, After: after,
	}
	switch {
	case state.Watermark.IsZero():
		run.Mode = Initial
	case mode == "":
		run.Mode = Incremental
	}
	if run.Mode == Incremental {
		run.Since = state.Watermark.Add(-e.opt.Overlap)
	}
	got, joined, err := e.runs.CreateRun(ctx, run, now.Add(runLease), e.entry(run, "run_queued", by))
	if err != nil {
		return Started{}, fmt.Errorf("create run: %w", err)
	}
	// A joined run is woken too: should its first message have been lost,
	// the person who presses again need not wait for the tick.
	return Started{Run: got, Joined: joined}, e.wakeRun(ctx, got, 0)
}

// Progress of a run.
type Progress struct {
	// Run with Totals added up to now.
	Run Run
	// ShardsDone of Run.Shards.
	ShardsDone int
}

// Progress adds up the shards of a run.
func (e *Engine) Progress(ctx context.Context, scope psa.Scope, id string) (Progress, error) {
	run, err := e.runs.Run(ctx, scope, id)
	if err != nil {
		return Progress{}, fmt.Errorf("progress: %w", err)
	}
	p := Progress{Run: run, ShardsDone: run.Shards}
	if !run.State.Active() {
		return p, nil
	}
	shards, err := e.runs.Shards(ctx, scope, id)
	if err != nil {
		return Progress{}, fmt.Errorf("progress: %w", err)
	}
	p.Run.Totals, p.ShardsDone = sum(shards)
	return p, nil
}

func sum(shards []Shard) (Counts, int) {
	var c Counts
	done := 0
	for _, s := range shards {
		c = c.Add(s.Counts)
		if s.Done {
			done++
		}
	}
	return c, done
}

// Cancel ends an active run where it stands; what was kept stays. A run that
// is final already is left alone.
func (e *Engine) Cancel(ctx context.Context, scope psa.Scope, id, by string) error {
	run, err := e.runs.Run(ctx, scope, id)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if !run.State.Active() {
		return nil
	}
	return e.end(ctx, run, Cancelled, nil, by)
}

// Reset ends whatever run of the type is active, so that a new one can start.
func (e *Engine) Reset(ctx context.Context, scope psa.Scope, typ psa.DataType, by string) error {
	state, err := e.runs.TypeState(ctx, scope, typ)
	if err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	if state.ActiveRun == "" {
		return nil
	}
	return e.Cancel(ctx, scope, state.ActiveRun, by)
}

// Handle does what a message asks for. A nil error means that the message is
// done with; any other puts it back on the queue. Nothing depends on it
// coming exactly once.
func (e *Engine) Handle(ctx context.Context, m Message) error {
	switch m.Kind {
	case KindTick:
		return e.Tick(ctx)
	case KindRun:
		return e.handleRun(ctx, m.Scope(), m.Key)
	case KindShard:
		return e.work(ctx, m.Scope(), m.Key, m.No)
	case KindRecord:
		return e.handleRecord(ctx, m)
	default:
		return fmt.Errorf("message of kind %q: %w", m.Kind, psa.ErrInvalid)
	}
}

// end makes the run final and wakes the runs that waited for it. A run that
// somebody else ended is no error.
func (e *Engine) end(ctx context.Context, run Run, state State, failure *Failure, by string) error {
	shards, err := e.runs.Shards(ctx, run.Scope, run.ID)
	if err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	totals, _ := sum(shards)
	return e.endWith(ctx, run, totals, state, failure, by)
}

// endWith is end where the totals are known.
func (e *Engine) endWith(ctx context.Context, run Run, totals Counts, state State, failure *Failure, by string) error {
	run.Totals, run.State, run.Failure, run.FinishedAt = totals, state, failure, e.opt.Now()
	var watermark time.Time
	if run.Mode.reads() && (state == Succeeded || state == Partial) {
		watermark = run.ServerStart
	}
	err := e.runs.EndRun(ctx, run, watermark, e.entry(run, "run_"+string(state), by))
	if errors.Is(err, psa.ErrConflict) {
		return e.wakeOthers(ctx, run)
	}
	if err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	return e.over(ctx, run)
}

// over tells that a run is final, and does what it has held up. It may be
// repeated.
func (e *Engine) over(ctx context.Context, run Run) error {
	if err := e.finished(ctx, run); err != nil {
		return err
	}
	return e.wakeOthers(ctx, run)
}

// wakeOthers does what a final run has held up.
func (e *Engine) wakeOthers(ctx context.Context, run Run) error {
	if err := e.wakeParked(ctx, run); err != nil {
		return err
	}
	if run.Mode != Removal { // one that failed is tried again by schedule
		if err := e.startConfirmed(ctx, run.Scope, run.Type); err != nil {
			return err
		}
	}
	return e.wakeChildren(ctx, run)
}

// wakeChildren wakes the active runs of types whose parent has just become
// final; one that waits for another run goes on waiting.
func (e *Engine) wakeChildren(ctx context.Context, run Run) error {
	var children errgroup.Group
	for _, t := range Types() {
		if t.Parent != run.Type {
			continue
		}
		children.Go(func() error {
			state, err := e.runs.TypeState(ctx, run.Scope, t.Name)
			if err != nil {
				return fmt.Errorf("wake children: %w", err)
			}
			if state.ActiveRun == "" {
				return nil
			}
			return e.wakeRun(ctx, Run{Scope: run.Scope, ID: state.ActiveRun}, 0)
		})
	}
	return children.Wait() //nolint:wrapcheck // ours
}

func (e *Engine) wakeRun(ctx context.Context, run Run, delay time.Duration) error {
	m := Message{V: MessageVersion, Kind: KindRun, Account: run.Scope.Account, Generation: run.Scope.Generation, Key: run.ID}
	if err := e.wake.Wake(ctx, m, delay); err != nil {
		return fmt.Errorf("wake run: %w", err)
	}
	return nil
}

func (e *Engine) wakeShard(ctx context.Context, scope psa.Scope, runID string, no int, delay time.Duration) error {
	m := Message{V: MessageVersion, Kind: KindShard, Account: scope.Account, Generation: scope.Generation, Key: runID, No: no}
	if err := e.wake.Wake(ctx, m, delay); err != nil {
		return fmt.Errorf("wake shard: %w", err)
	}
	return nil
}

// entry is the log entry of a transition of run.
func (e *Engine) entry(run Run, event, who string) LogEntry {
	entry := LogEntry{At: e.opt.Now(), Event: event, Type: run.Type, RunID: run.ID, Who: who, Failure: run.Failure}
	if !run.State.Active() {
		totals := run.Totals
		entry.Counts = &totals
	}
	return entry
}
