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

func TestPlanDayOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	sch := usage.Schedule{Scope: scope, Zone: "UTC", NextAt: s.now()}
	must(t, s.Usage().PutSchedule(t.Context(), sch))
	day := usage.Day{Scope: scope, Date: "2026-11-22", PlannedAt: s.now()}
	next := s.now().Add(24 * time.Hour)
	s.faults.LoseAnswer("TransactWriteItems", 1)
	s.faults.ConflictTransactions(1)
	wins := atOnce(t, 6, psa.ErrConflict, func(int) error { return s.Usage().PlanDay(t.Context(), sch, day, next) })
	if wins != 1 {
		t.Errorf("planned %d times", wins)
	}
	got, err := s.Usage().Day(t.Context(), scope, "2026-11-22")
	must(t, err)
	wantEqual(t, "day", got, day)
	sch.NextAt = next
	stored, err := s.Usage().Schedule(t.Context(), scope)
	must(t, err)
	wantEqual(t, "schedule", stored, sch)

	// The day again, as after a change of zone: it stays as it was planned,
	// and the schedule moves on.
	s.faults.LoseAnswer("UpdateItem", 1)
	later := day
	later.PlannedAt = next
	must(t, s.Usage().PlanDay(t.Context(), sch, later, next.Add(time.Hour)))
	got, err = s.Usage().Day(t.Context(), scope, "2026-11-22")
	must(t, err)
	wantEqual(t, "day", got, day)
	due, err := s.Usage().DueSchedules(t.Context(), next, 10)
	if err != nil || len(due) != 0 {
		t.Errorf("due before its time: %v, %v", due, err)
	}
	for _, other := range others {
		_, err := s.Usage().Day(t.Context(), other, "2026-11-22")
		wantErr(t, "day of "+other.String(), err, psa.ErrNotFound)
	}
}
