package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	first := setup.FirstSchedule(c)
	due, err := s.Setup().DueSchedules(t.Context(), first.LookAt.Add(-1), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("too early: %v, %v", due, err)
	}
	due, err = s.Setup().DueSchedules(t.Context(), first.LookAt, 10)
	must(t, err)
	wantEqual(t, "due", due, []setup.Schedule{first})
	next := setup.Schedule{Scope: c.Scope(), Due: s.now().Add(time.Hour), LookAt: s.now().Add(2 * time.Hour)}
	s.faults.LoseAnswer("UpdateItem", 1)
	wins := atOnce(t, 5, psa.ErrConflict, func(int) error { return s.Setup().MoveSchedule(t.Context(), first, next) })
	if wins != 1 {
		t.Errorf("%d of 5 moved the same schedule", wins)
	}
	due, err = s.Setup().DueSchedules(t.Context(), next.LookAt, 10)
	must(t, err)
	wantEqual(t, "moved", due, []setup.Schedule{next})
	older := next
	older.Scope.Generation = 7
	wantErr(t, "another generation's", s.Setup().MoveSchedule(t.Context(), older, first), psa.ErrConflict)
	other := next
	other.Scope.Account = "msp-2"
	wantErr(t, "another account's", s.Setup().MoveSchedule(t.Context(), other, first), psa.ErrNotFound)
}

func TestSchedulesOfManyAccounts(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const want = 20
	for i := range want {
		account := psa.AccountID(fmt.Sprint("msp-", i))
		_, err := s.activate(t, account, true)
		must(t, err)
	}
	due, err := s.Setup().DueSchedules(t.Context(), s.now().Add(time.Hour), 100)
	if err != nil || len(due) != want {
		t.Errorf("%d schedules, %v", len(due), err)
	}
	due, err = s.Setup().DueSchedules(t.Context(), s.now().Add(time.Hour), 7)
	if err != nil || len(due) != 7 {
		t.Errorf("%d schedules of at most 7, %v", len(due), err)
	}
}
