package dynamo_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 22, 10, 0, 0, 123456789, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	return c.t
}

// store is a store on a fresh table.
type store struct {
	*clock
	*dynamo.Store
	faults *dynamotest.Faults
}

func newStore(t *testing.T) store {
	t.Helper()
	client, table, faults := dynamotest.NewFaulty(t)
	c := newClock()
	return store{clock: c, Store: dynamo.New(client, table, c.now), faults: faults}
}

var (
	scope = psa.Scope{Account: "msp-1", Generation: 1}
	// others are scopes whose data is never scope's.
	others = []psa.Scope{
		{Account: "msp-1", Generation: 2}, {Account: "msp-1", Generation: 11}, {Account: "msp-11", Generation: 1}, {Account: "msp", Generation: 1},
	}
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// atOnce calls f n times side by side and returns how often it succeeded; any
// error but loss fails the test.
func atOnce(t *testing.T, n int, loss error, f func(i int) error) (wins int) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	for _, err := range errs {
		switch {
		case err == nil:
			wins++
		case !errors.Is(err, loss):
			t.Errorf("one of %d at once: %v, want %v", n, err, loss)
		}
	}
	return wins
}

// newRun is a run as the engine asks for it.
func (s store) newRun(id string) syncer.Run {
	return syncer.Run{
		ID: id, Scope: scope, Type: psa.Companies, Mode: syncer.Full, State: syncer.Queued,
		RequestedBy: "ann", RequestedAt: s.now(),
	}
}

func (s store) entry(event string) syncer.LogEntry {
	return syncer.LogEntry{At: s.now(), Event: event, Type: psa.Companies, Who: "ann"}
}

func (s store) create(t *testing.T, run syncer.Run) syncer.Run {
	t.Helper()
	got, joined, err := s.Runs().CreateRun(t.Context(), run, s.now().Add(time.Minute), s.entry("run_queued"))
	must(t, err)
	if joined {
		t.Fatalf("run %s joined %s", run.ID, got.ID)
	}
	return got
}

// started creates a run and plans it with n shards of 100 ids.
func (s store) started(t *testing.T, id string, n int) (syncer.Run, []syncer.Shard) {
	t.Helper()
	run := s.create(t, s.newRun(id))
	run.State, run.StartedAt, run.ServerStart, run.Expected, run.Shards = syncer.Running, s.now(), s.now(), 100*n, n
	shards := make([]syncer.Shard, n)
	for i := range shards {
		lo := psa.RecordID(100 * i)
		shards[i] = syncer.Shard{RunID: id, No: i, Lo: lo, Hi: lo + 100, Cursor: lo, WokenAt: s.now()}
	}
	must(t, s.Runs().PlanRun(t.Context(), run, shards, s.entry("run_started")))
	return run, shards
}

func (s store) claim(t *testing.T, runID string, no int) syncer.Shard {
	t.Helper()
	shard, err := s.Runs().Claim(t.Context(), scope, runID, no, "worker", s.now(), s.now().Add(time.Minute))
	must(t, err)
	return shard
}
