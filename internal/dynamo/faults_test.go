package dynamo_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// No step takes its own success, repeated after a lost answer, for another's.
func TestLostAnswersOfRuns(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	loseTx := func() {
		s.faults.LoseAnswer("TransactWriteItems", 1)
		s.faults.ConflictTransactions(1)
	}
	loseUpdate := func() {
		s.faults.LoseAnswer("UpdateItem", 1)
		s.faults.ConflictWrites("UpdateItem", 1)
	}
	loseTx()
	run := s.create(t, s.newRun("01A"))
	loseTx()
	run.State, run.Shards = syncer.Running, 1
	must(t, s.Runs().PlanRun(t.Context(), run, []syncer.Shard{{RunID: "01A"}}, s.entry("run_started")))
	loseUpdate()
	shard := s.claim(t, "01A", 0)
	if shard.Fence != 1 && shard.Fence != 2 {
		t.Errorf("fence %d", shard.Fence)
	}
	loseUpdate()
	after := shard
	after.Cursor = 10
	must(t, s.Runs().Advance(t.Context(), scope, shard, after))
	loseTx()
	must(t, s.Runs().Mark(t.Context(), run, syncer.Running, syncer.Interrupted, s.entry("run_interrupted")))
	loseUpdate()
	must(t, s.Runs().Postpone(t.Context(), syncer.RunKey{Scope: scope, RunID: "01A"}, s.now(), s.now()))
	loseTx()
	run.State, run.FinishedAt = syncer.Failed, s.now()
	must(t, s.Runs().EndRun(t.Context(), run, time.Time{}, s.entry("run_failed")))
	logs, _, err := s.Runs().Logs(t.Context(), scope, syncer.Page{})
	if err != nil || len(logs) != 4 {
		t.Errorf("log: %v, %v; want 4 entries", logs, err)
	}
}

// A claim by somebody else between the lost answer and its repetition cannot
// be: the lease holds. A refused claim stays refused under faults.
func TestFaultsDoNotMakeSuccess(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.started(t, "01A", 1)
	s.claim(t, "01A", 0)
	s.faults.LoseAnswer("UpdateItem", 1)
	_, err := s.Runs().Claim(t.Context(), scope, "01A", 0, "another", s.now(), s.now().Add(time.Minute))
	wantErr(t, "claim", err, psa.ErrBusy)
}

func TestConflictsThatStayAreErrors(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.faults.ConflictTransactions(1000)
	_, _, err := s.Runs().CreateRun(t.Context(), s.newRun("01A"), s.now().Add(time.Minute), s.entry("x"))
	if err == nil {
		t.Error("a transaction that never passed is reported as a success")
	}
	s.faults.Throttle("GetItem", 1000)
	if _, err = s.Runs().Run(t.Context(), scope, "01A"); err == nil {
		t.Error("a read that was never answered is reported as a success")
	}
}

// A cursor that moved though the answer was lost has moved: the worker goes on.
func TestAdvanceWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.started(t, "01A", 1)
	before := s.claim(t, "01A", 0)
	after := before
	after.Cursor, after.Counts = before.Cursor+9, syncer.Counts{Read: 9, Created: 9}
	s.faults.LoseAnswer("UpdateItem", 1)
	must(t, s.Runs().Advance(t.Context(), scope, before, after))
	shards, err := s.Runs().Shards(t.Context(), scope, "01A")
	must(t, err)
	wantEqual(t, "counts, once", shards[0].Counts, after.Counts)
	wantErr(t, "the same step again", s.Runs().Advance(t.Context(), scope, before, after), psa.ErrConflict)
}
