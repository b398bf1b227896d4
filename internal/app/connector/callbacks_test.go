package connector_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// tick is the minute's, in a process of its own.
func (w *world) tick(t *testing.T) error {
	t.Helper()
	s := w.service(t)
	s.Journal = connector.Journal{Log: w.store().Runs()}
	return s.Tick(t.Context())
}

func connScope(t *testing.T, w *world) psa.Scope {
	t.Helper()
	st, err := w.service(t).Status(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return st.Connection.Scope()
}

// harmed is an enabled connection, and somebody else's, whose first callback
// ConnectWise has turned off and whose second somebody has changed.
func harmed(t *testing.T, harm []map[string]any) (w *world, foreign int) {
	t.Helper()
	w = newWorld(t, cwsim.Config{})
	if err := press(t, w); err != nil {
		t.Fatal(err)
	}
	foreign, err := w.sim.Put(cwsim.Callbacks, map[string]any{
		"url": "https://other.example.com/callbacks/x/y?recordId=", "type": "company", "level": "owner", "objectId": 1, "inactiveFlag": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, change := range harm {
		change["id"] = w.sim.IDs(cwsim.Callbacks)[i]
		if _, err := w.sim.Put(cwsim.Callbacks, change); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(65 * time.Minute)
	return w, foreign
}

// wantRepaired fails unless each type is called for once, as it was
// registered, and the foreign callback is as it was.
func wantRepaired(t *testing.T, w *world, foreign int) {
	t.Helper()
	st, err := w.service(t).Status(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]int{}
	for _, cb := range w.sim.Snapshot(cwsim.Callbacks) {
		if fmt.Sprint(cb["id"]) == strconv.Itoa(foreign) {
			if cb["inactiveFlag"] != true {
				t.Error("somebody else's callback was touched")
			}
			continue
		}
		url, _ := cb["url"].(string)
		if cb["inactiveFlag"] != false || cb["isSelfSuppressedFlag"] != false || cb["level"] != "owner" ||
			!strings.Contains(url, setup.CallbackPath(st.Connection.ID)) || !strings.HasSuffix(url, "?recordId=") {
			t.Errorf("registered %v", cb)
		}
		types[fmt.Sprint(cb["type"])]++
	}
	if len(types) != len(st.Connection.Callbacks.Types) || types["company"] != 1 || types["contact"] != 1 {
		t.Errorf("registered %v, known %+v", types, st.Connection.Callbacks.Types)
	}
	if broken := st.Connection.Callbacks.Broken(); len(broken) > 0 || st.Connection.Callbacks.State != setup.CallbacksRegistered {
		t.Errorf("%+v", st.Connection.Callbacks)
	}
}

// What became of callbacks at ConnectWise is found within an hour, repaired
// and told.
func TestCallbacksAreRepairedAtConnectWise(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]map[string]any{
		"turned off":      {"inactiveFlag": true},
		"self-suppressed": {"isSelfSuppressedFlag": true},
		"another level":   {"level": "company", "objectId": 3},
		"another object":  {"objectId": 3},
		"another URL":     {"url": "https://bridge.example.com/callbacks/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, foreign := harmed(t, []map[string]any{harm})
			if err := w.tick(t); err != nil {
				t.Fatal(err)
			}
			if name == "another URL" { // which is not known for ours any more
				w.sim.Delete(cwsim.Callbacks, w.sim.IDs(cwsim.Callbacks)[0])
			}
			wantRepaired(t, w, foreign)
			entries, _, err := w.store().Runs().Logs(t.Context(), connScope(t, w), syncer.Page{Limit: 10})
			if err != nil || len(entries) != 1 || entries[0].Event != "callback_repaired" {
				t.Errorf("log %+v, %v", entries, err)
			}
		})
	}
}

// The tick dies at every call to AWS while it repairs; later ones complete it.
func TestARepairDiesAtEveryCallToAWS(t *testing.T) {
	t.Parallel()
	harm := func() []map[string]any {
		return []map[string]any{{"inactiveFlag": true}, {"isSelfSuppressedFlag": true}}
	}
	w, _ := harmed(t, harm())
	w.faults.Revive()
	if err := w.tick(t); err != nil {
		t.Fatal(err)
	}
	calls := len(w.faults.Calls())
	if calls < 10 {
		t.Fatalf("only %d calls", calls)
	}
	for n := 1; n <= calls; n++ {
		for _, when := range []localawstest.When{localawstest.Before, localawstest.After} {
			t.Run(fmt.Sprintf("call %d, %v", n, when), func(t *testing.T) {
				t.Parallel()
				w, foreign := harmed(t, harm())
				w.faults.KillAt(n, when)
				_ = w.tick(t)
				w.faults.Revive()
				for range 5 {
					w.pass(20 * time.Minute)
					if err := w.tick(t); err != nil {
						t.Fatal(err)
					}
				}
				wantRepaired(t, w, foreign)
			})
		}
	}
}

// An answer of ConnectWise's is lost at each of its calls: what it did is not
// done twice, and nothing is left over.
func TestARepairSurvivesLostAnswers(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST", "DELETE"} {
		for nth := 1; nth <= 2; nth++ {
			t.Run(fmt.Sprint(method, " ", nth), func(t *testing.T) {
				t.Parallel()
				w, foreign := harmed(t, []map[string]any{{"inactiveFlag": true}, {"isSelfSuppressedFlag": true}})
				if err := w.sim.SetFaults(cwsim.Fault{Method: method, Path: "/system/callbacks/**", Nth: nth, Kind: cwsim.FaultCutAfter}); err != nil {
					t.Fatal(err)
				}
				for range 8 {
					if err := w.tick(t); err != nil {
						t.Fatal(err)
					}
					w.pass(20 * time.Minute)
				}
				wantRepaired(t, w, foreign)
			})
		}
	}
}
