package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
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

func TestSetFilter(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	now := setup.Schedule{Scope: c.Scope(), Due: s.now(), LookAt: s.now()}
	c.Filter = filter.Filter{Types: []int64{1, 4}}
	change := setup.FilterChange{After: c.Filter, By: "bob", At: s.now()}
	s.faults.LoseAnswer("TransactWriteItems", 1)
	next, err := s.Setup().SetFilter(t.Context(), c, now, change)
	must(t, err)
	stored, err := s.Setup().Connection(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "connection", stored, next)
	due, err := s.Setup().DueSchedules(t.Context(), s.now(), 10)
	must(t, err)
	wantEqual(t, "schedule", due, []setup.Schedule{now})
	_, err = s.Setup().SetFilter(t.Context(), c, now, change)
	wantErr(t, "of an older connection", err, psa.ErrConflict)
	log, _, err := s.Runs().Logs(t.Context(), c.Scope(), syncer.Page{Limit: 10})
	must(t, err)
	if len(log) != 1 || log[0].Event != "filters_changed" || log[0].Who != "bob" || log[0].Message != change.String() {
		t.Errorf("log %+v", log)
	}
	// During a pause the schedule stays as it is.
	next.Pause.Sync = true
	later := setup.Schedule{Scope: c.Scope(), Due: s.now().Add(1), LookAt: s.now().Add(1)}
	_, err = s.Setup().SetFilter(t.Context(), next, later, change)
	must(t, err)
	due, err = s.Setup().DueSchedules(t.Context(), s.now().Add(1), 10)
	must(t, err)
	wantEqual(t, "schedule during a pause", due, []setup.Schedule{now})
}

func TestSetPause(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	first := setup.FirstSchedule(c)
	paused := func(want bool) {
		t.Helper()
		e, err := s.Setup().CallbackEndpoint(t.Context(), c.ID)
		if err != nil || e.Paused != want || len(e.TokenHashes) == 0 {
			t.Errorf("endpoint %+v, %v", e, err)
		}
	}
	now := setup.Schedule{Scope: c.Scope(), Due: s.now(), LookAt: s.now()}
	c.Pause = setup.Pause{Sync: true, By: "bob", At: s.now()}
	s.faults.LoseAnswer("TransactWriteItems", 1)
	next, err := s.Setup().SetPause(t.Context(), c, now)
	must(t, err)
	stored, err := s.Setup().Connection(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "connection", stored, next)
	paused(true)
	due, err := s.Setup().DueSchedules(t.Context(), first.LookAt, 10)
	must(t, err)
	wantEqual(t, "schedule during the pause", due, []setup.Schedule{first})
	_, err = s.Setup().SetPause(t.Context(), c, now)
	wantErr(t, "of an older connection", err, psa.ErrConflict)
	// A new token leaves the pause as it is.
	must(t, s.Setup().PutCallbackEndpoint(t.Context(), psa.CallbackEndpoint{ConnectionID: c.ID, Scope: c.Scope(), TokenHashes: []string{"cc"}}))
	paused(true)
	next.Pause.Sync = false
	_, err = s.Setup().SetPause(t.Context(), next, now)
	must(t, err)
	paused(false)
	due, err = s.Setup().DueSchedules(t.Context(), s.now(), 10)
	must(t, err)
	wantEqual(t, "schedule after the pause", due, []setup.Schedule{now})
}
