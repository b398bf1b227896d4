package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

func (s store) departure(c setup.Connection) setup.Departure {
	return setup.Departure{
		Connection: c, By: "bob", At: s.now(), State: setup.Leaving, Erase: true, Remaining: []psa.DataType{psa.Contacts},
		Warning: &setup.Warning{Code: problem.Busy, Message: "m", Remedy: "r"}, LookAt: s.now().Add(time.Minute),
	}
}

func TestDepart(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	draft, err := s.Setup().PutDraft(t.Context(), s.draft("msp-1"), setup.SecretNote{})
	must(t, err)
	note := setup.SecretNote{Account: "msp-1", Name: "psabridge/dev/01", SweepAt: s.now()}
	older := s.departure(c)
	older.Connection.Rev += 5
	_, err = s.Setup().Depart(t.Context(), older, &draft, nil)
	wantErr(t, "with an older connection", err, psa.ErrConflict)
	s.faults.LoseAnswer("TransactWriteItems", 1)
	d, err := s.Setup().Depart(t.Context(), s.departure(c), &draft, []setup.SecretNote{note})
	must(t, err)
	got, err := s.Setup().Departure(t.Context(), "msp-1")
	must(t, err)
	wantEqual(t, "departure", got, d)
	_, err = s.Setup().Connection(t.Context(), "msp-1")
	wantErr(t, "connection", err, psa.ErrNotFound)
	_, err = s.Setup().Draft(t.Context(), "msp-1")
	wantErr(t, "draft", err, psa.ErrNotFound)
	_, err = s.Setup().CallbackEndpoint(t.Context(), c.ID)
	wantErr(t, "endpoint", err, psa.ErrNotFound)
	wantErr(t, "token of a connection that has gone", s.Setup().PutCallbackEndpoint(t.Context(), psa.CallbackEndpoint{ConnectionID: c.ID}), psa.ErrNotFound)
	_, err = s.Setup().CallbackEndpoint(t.Context(), c.ID)
	wantErr(t, "endpoint that came back", err, psa.ErrNotFound)
	_, err = s.Setup().Claim(t.Context(), c.Endpoint.Identity)
	wantErr(t, "claim", err, psa.ErrNotFound)
	schedules, err := s.Setup().DueSchedules(t.Context(), s.now().Add(time.Hour), 10)
	if err != nil || len(schedules) != 0 {
		t.Errorf("schedules %v %v", schedules, err)
	}
	notes, err := s.Setup().DueSecrets(t.Context(), s.now(), 10)
	must(t, err)
	wantEqual(t, "notes", notes, []setup.SecretNote{note})
	_, err = s.Setup().Depart(t.Context(), s.departure(c), nil, nil)
	wantErr(t, "twice", err, psa.ErrConflict)
}

// A claim that another account took over is that account's.
func TestDepartLeavesTheClaimOfAnother(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	_, err = s.activate(t, "msp-2", true)
	must(t, err)
	_, err = s.Setup().Depart(t.Context(), s.departure(c), nil, nil)
	must(t, err)
	claim, err := s.Setup().Claim(t.Context(), c.Endpoint.Identity)
	if err != nil || claim.Account != "msp-2" {
		t.Errorf("claim %+v, %v", claim, err)
	}
}

func TestDueDepartures(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.activate(t, "msp-1", false)
	must(t, err)
	d, err := s.Setup().Depart(t.Context(), s.departure(c), nil, nil)
	must(t, err)
	due, err := s.Setup().DueDepartures(t.Context(), s.now(), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("too early: %v %v", due, err)
	}
	due, err = s.Setup().DueDepartures(t.Context(), d.LookAt, 10)
	must(t, err)
	wantEqual(t, "due", due, []setup.Departure{d})
	d.State, d.LookAt, d.Warning, d.Remaining = setup.Kept, time.Time{}, nil, nil
	wins := atOnce(t, 4, psa.ErrConflict, func(int) error {
		_, err := s.Setup().UpdateDeparture(t.Context(), d)
		return err
	})
	if wins != 1 {
		t.Errorf("%d of 4 updated the same departure", wins)
	}
	due, err = s.Setup().DueDepartures(t.Context(), s.now().Add(time.Hour), 10)
	if err != nil || len(due) != 0 {
		t.Errorf("nothing is left to do: %v %v", due, err)
	}
}

// A kept departure gives way to its connection's return; another one does not.
func TestActivateAfterADeparture(t *testing.T) {
	t.Parallel()
	for state, want := range map[setup.DepartureState]error{setup.Kept: nil, setup.Leaving: psa.ErrConflict, setup.Erasing: psa.ErrConflict} {
		s := newStore(t)
		c, err := s.activate(t, "msp-1", false)
		must(t, err)
		d := s.departure(c)
		d.State = state
		_, err = s.Setup().Depart(t.Context(), d, nil, nil)
		must(t, err)
		_, err = s.activate(t, "msp-1", false)
		wantErr(t, fmt.Sprintf("activate after %s", state), err, want)
		_, err = s.Setup().Departure(t.Context(), "msp-1")
		if (want == nil) != (err != nil) {
			t.Errorf("departure %s: %v", state, err)
		}
	}
}

// The newest is that of the highest generation.
func TestDeparturesOfGenerations(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, g := range []psa.Generation{2, 10, 9} {
		d, err := s.Setup().PutDraft(t.Context(), s.draft("msp-1"), setup.SecretNote{})
		must(t, err)
		c, e := s.connection("msp-1")
		c.Generation = g
		c, err = s.Setup().Activate(t.Context(), c, d, e, false)
		must(t, err)
		_, err = s.Setup().Depart(t.Context(), s.departure(c), nil, nil)
		must(t, err)
	}
	got, err := s.Setup().Departure(t.Context(), "msp-1")
	if err != nil || got.Connection.Generation != 10 {
		t.Errorf("generation %d, %v", got.Connection.Generation, err)
	}
	_, err = s.Setup().Departure(t.Context(), "msp-11")
	wantErr(t, "another account's", err, psa.ErrNotFound)
}
