package connector_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// connected is a world with a connection and a record of it.
func connected(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, cwsim.Config{})
	if err := press(t, w); err != nil {
		t.Fatal(err)
	}
	row := syncer.Row{Record: psa.Record{Type: psa.Companies, ID: 7, Name: "Initech", ReadAt: w.now()}, ChangedAt: w.now()}
	if _, err := w.store().Records().Write(t.Context(), psa.Scope{Account: account, Generation: 1}, []syncer.Row{row}); err != nil {
		t.Fatal(err)
	}
	// Another integration's callback is nobody's to remove.
	_, err := w.sim.Put(cwsim.Callbacks, map[string]any{
		"description": "other", "url": "https://other.example.com/callbacks/x?recordId=", "objectId": 1, "type": "company", "level": "owner",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.rest(t)
	return w
}

// wantGone fails unless the connection has gone, and its data as said.
func wantGone(t *testing.T, w *world, state setup.DepartureState, records int) {
	t.Helper()
	st, err := w.service(t).Status(t.Context(), account)
	if err != nil || st.State != setup.StateNone || st.Former == nil || st.Former.State != state {
		t.Fatalf("status %+v %v", st, err)
	}
	if got := w.sim.Snapshot(cwsim.Callbacks); len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]["url"]), "other.example.com") {
		t.Errorf("callbacks %v, want the other integration's", got)
	}
	if got := w.secretNames(t); len(got) != 0 {
		t.Errorf("secrets %v", got)
	}
	scope := psa.Scope{Account: account, Generation: 1}
	rows, _, err := w.store().Records().List(t.Context(), scope, psa.Companies, syncer.Page{Limit: 10})
	if err != nil || len(rows) != records {
		t.Errorf("%d records, %v", len(rows), err)
	}
	if _, err := w.connector(true).Connect(t.Context(), scope); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("the connection opens: %v", err)
	}
	if _, err := w.store().Setup().Claim(t.Context(), st.Former.Connection.Endpoint.Identity); !errors.Is(err, psa.ErrNotFound) {
		t.Errorf("claim: %v", err)
	}
}

// minutes lets ticks and sweeps pass.
func (w *world) minutes(t *testing.T, n int) {
	t.Helper()
	for range n {
		w.pass(time.Minute)
		if err := w.service(t).Tick(t.Context()); err != nil {
			t.Fatalf("tick: %v", err)
		}
		w.sweep(t)
	}
}

func TestDisconnectAndComeBack(t *testing.T) {
	t.Parallel()
	w := connected(t)
	for range 2 {
		if _, err := w.service(t).Disconnect(t.Context(), account, "bob", true); err != nil {
			t.Fatal(err)
		}
		wantGone(t, w, setup.Kept, 1)
	}
	if err := press(t, w); err != nil {
		t.Fatal(err)
	}
	st, err := w.service(t).Status(t.Context(), account)
	if err != nil || st.Connection == nil || st.Connection.Generation != 1 || st.Former != nil {
		t.Errorf("back to the data that was kept: %+v %v", st, err)
	}
	if got := w.runner.All(); len(got) != defaults() {
		t.Errorf("not brought up to date: %v", got)
	}
	if _, err := w.service(t).Disconnect(t.Context(), account, "bob", false); err != nil {
		t.Fatal(err)
	}
	wantGone(t, w, setup.Erasing, 1)
	w.minutes(t, 4)
	wantGone(t, w, setup.Erased, 0)
}

// A warm process has nothing left of the keys before: the connection that took
// the place of another may have the same revision.
func TestAWarmProcessSeesTheNewKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	company, _, _ := w.sim.Credentials()
	warm := w.connector(true)
	for _, keys := range []string{"first", "second"} {
		w.sim.SetMember(cwsim.Member{Identifier: "Sync", PublicKey: keys + "pub", PrivateKey: keys + "key", Role: cwsim.FullRole()})
		in := setup.Input{ServerURL: w.url, CompanyID: company, PublicKey: keys + "pub", PrivateKey: keys + "key"}
		if _, err := w.service(t).Save(t.Context(), account, "ann", in); err != nil {
			t.Fatal(err)
		}
		out, err := w.service(t).Enable(t.Context(), account, "ann", false)
		if err != nil {
			t.Fatal(err)
		}
		src, err := warm.Connect(t.Context(), out.Status.Connection.Scope())
		if err != nil {
			t.Fatal(err)
		}
		companies, _ := syncer.TypeNamed(psa.Companies)
		if err := src.Control(t.Context(), companies, 0); err != nil {
			t.Errorf("%s keys, revision %d: %v", keys, out.Status.Connection.Rev, err)
		}
		if _, err := w.service(t).Disconnect(t.Context(), account, "ann", true); err != nil {
			t.Fatal(err)
		}
	}
}

// Dies at every call to AWS on the way, before it and after it; nobody presses
// again.
func TestDyingWhileDisconnectingAtEveryCallToAWS(t *testing.T) {
	t.Parallel()
	w := connected(t)
	w.faults.Revive()
	if _, err := w.service(t).Disconnect(t.Context(), account, "bob", false); err != nil {
		t.Fatal(err)
	}
	calls := len(w.faults.Calls())
	if calls < 10 {
		t.Fatalf("only %d calls: the faults do not see them", calls)
	}
	for n := 1; n <= calls; n++ {
		for _, when := range []localawstest.When{localawstest.Before, localawstest.After} {
			t.Run(fmt.Sprintf("call %d, %v", n, when), func(t *testing.T) {
				t.Parallel()
				w := connected(t)
				w.faults.KillAt(n, when)
				_, _ = w.service(t).Disconnect(t.Context(), account, "bob", false)
				w.faults.Revive()
				if st, err := w.service(t).Status(t.Context(), account); err != nil || st.Connection != nil {
					if _, err := w.service(t).Disconnect(t.Context(), account, "bob", false); err != nil {
						t.Fatalf("it had not begun, and does not now: %v", err)
					}
				}
				w.minutes(t, 15)
				wantGone(t, w, setup.Erased, 0)
			})
		}
	}
}
