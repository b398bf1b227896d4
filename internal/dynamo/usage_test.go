package dynamo_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func TestDueSchedules(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var want []usage.Schedule
	for i := range 30 {
		sch := usage.Schedule{
			Scope: psa.Scope{Account: psa.AccountID(fmt.Sprintf("msp-%02d", i)), Generation: 2}, Zone: "Europe/Oslo",
			NextAt: s.now().Add(time.Duration(i-20) * time.Minute),
		}
		must(t, s.Usage().PutSchedule(t.Context(), sch))
		if i <= 20 {
			want = append(want, sch)
		}
	}
	s.faults.LeaveUnprocessed(2)
	got, err := s.Usage().DueSchedules(t.Context(), s.now(), 100)
	must(t, err)
	slices.SortFunc(got, func(a, b usage.Schedule) int { return cmp.Compare(a.Scope.Account, b.Scope.Account) })
	wantEqual(t, "due", got, want)
	got, err = s.Usage().DueSchedules(t.Context(), s.now(), 5)
	if err != nil || len(got) != 5 {
		t.Errorf("at most five: %v, %v", got, err)
	}
}

// Ticks at once, lost answers and transactions in each other's way: a day's run
// is started once, and the schedule moves on with it.
func TestStartRunOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	sch := usage.Schedule{Scope: scope, Zone: "UTC", At: 300, NextAt: s.now()}
	must(t, s.Usage().PutSchedule(t.Context(), sch))
	next := s.now().Add(24 * time.Hour)
	s.faults.LoseAnswer("TransactWriteItems", 1)
	s.faults.ConflictTransactions(1)
	started := 0
	wins := atOnce(t, 6, psa.ErrConflict, func(i int) error {
		run := s.postingRun(fmt.Sprintf("run-%d", i))
		_, joined, err := s.PostingRuns().StartRun(t.Context(), run, &sch, next)
		if err == nil && joined {
			return psa.ErrConflict
		}
		return err
	})
	if wins != 1 {
		t.Errorf("started %d times, %d", wins, started)
	}
	sch.NextAt = next
	stored, err := s.Usage().Schedule(t.Context(), scope)
	must(t, err)
	wantEqual(t, "schedule", stored, sch)
	due, err := s.PostingRuns().DueRuns(t.Context(), s.now(), 10)
	if err != nil || len(due) != 1 || due[0].Scope != scope {
		t.Errorf("due: %v, %v", due, err)
	}
	must(t, s.Usage().DropSchedule(t.Context(), scope))
	_, err = s.Usage().Schedule(t.Context(), scope)
	wantErr(t, "schedule", err, psa.ErrNotFound)
}

func (s store) postingRun(id string) usage.Run {
	return usage.Run{ID: id, Scope: scope, Mode: usage.ModePost, State: usage.Running, Day: "2026-11-22", By: "ann", AskedAt: s.now(), DueAt: s.now()}
}
