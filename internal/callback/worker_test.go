package callback_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// A change, an addition and a deletion arrive, whatever ConnectWise's open
// points are; the signature is verified with one fetch of the key, with or
// without credentials.
func TestChangesArrive(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"anybody", "members"} {
		for _, entity := range []string{"text", "null"} {
			t.Run(key+" "+entity, func(t *testing.T) {
				t.Parallel()
				w := synced(t)
				must(t, w.sim.SetPoint(cwsim.CallbackKey, key))
				must(t, w.sim.SetPoint(cwsim.CallbackEntity, entity))
				w.rename(w.company(), "Renamed")
				w.work(w.deliveries())
				if got := w.row(w.company()); got.Name != "Renamed" {
					t.Errorf("after the change: %q", got.Name)
				}
				id, err := w.sim.Put(cwsim.Companies, map[string]any{"identifier": "new", "name": "New"})
				must(t, err)
				w.work(w.deliveries())
				if got := w.row(id); got.Name != "New" {
					t.Errorf("the new one: %q", got.Name)
				}
				w.sim.Delete(cwsim.Companies, id)
				w.work(w.deliveries())
				if got := w.row(id); got.Removed != syncer.Deleted {
					t.Errorf("the deleted one: %q", got.Removed)
				}
				want := map[string]int{"anybody": 1, "members": 2}[key]
				if got := w.asked("callbackkey"); got != want {
					t.Errorf("the key was asked for %d times, want %d", got, want)
				}
				if w.counted(callback.MetricForged)+w.counted(callback.MetricUnverified) != 0 {
					t.Errorf("counted %v", w.metrics)
				}
			})
		}
	}
}

// A key that is new with every message, and one that changes, are fetched.
func TestKeysChange(t *testing.T) {
	t.Parallel()
	w := synced(t)
	must(t, w.sim.SetPoint(cwsim.CallbackKeyLife, "oneMessage"))
	for i := range 3 {
		w.rename(w.company(), fmt.Sprint("Name ", i))
		w.work(w.deliveries())
	}
	must(t, w.sim.SetPoint(cwsim.CallbackKeyLife, "long"))
	w.sim.RotateKey()
	w.rename(w.company(), "Last")
	w.work(w.deliveries())
	if got := w.row(w.company()); got.Name != "Last" || w.counted(callback.MetricForged)+w.counted(callback.MetricUnverified) != 0 {
		t.Errorf("%q, counted %v", got.Name, w.metrics)
	}
	if got := w.asked("callbackkey"); got != 4 {
		t.Errorf("keys were asked for %d times, want 4", got)
	}
}

// The key behind the same URL is another one: a look tells, once a minute.
func TestAKeyReplacedInPlace(t *testing.T) {
	t.Parallel()
	w := synced(t)
	keys := &chain{keys: []string{"first", "second"}}
	worker := w.with(keys)
	send := func(key string) {
		e := w.envelope(w.company(), "updated")
		e.Signature = signed(key, e.Body)
		w.pass(time.Second)
		must(t, worker.Handle(t.Context(), marshal(t, e)))
	}
	send("first")
	send("second") // too soon: a forger could have us ask for each of his messages
	if keys.asked != 1 || w.counted(callback.MetricForged) != 1 {
		t.Errorf("asked %d times, counted %v", keys.asked, w.metrics)
	}
	w.pass(2 * time.Minute)
	send("second")
	send("first")
	if keys.asked != 2 || w.counted(callback.MetricForged) != 2 {
		t.Errorf("asked %d times, counted %v", keys.asked, w.metrics)
	}
}

// A forged delivery is dropped before anything is read, and counted.
func TestForgedDeliveriesAreDropped(t *testing.T) {
	t.Parallel()
	w := synced(t)
	w.sim.SetSwitches(func(s *cwsim.Switches) { s.CallbackSignature = "wrong" })
	w.rename(w.company(), "Renamed")
	all := w.deliveries()
	for range 5 {
		w.work(all)
	}
	if got := w.counted(callback.MetricForged); got != 5 {
		t.Errorf("counted %d", got)
	}
	if n := w.reads(w.company()); n != 0 || w.asked("callbackkey") != 1 {
		t.Errorf("%d reads, the key asked for %d times", n, w.asked("callbackkey"))
	}
}

// What another company of the same cloud posts, genuine in every other way,
// goes no further than the receiver, and is not believed by the worker either.
func TestAnotherCompanysDelivery(t *testing.T) {
	t.Parallel()
	w := synced(t)
	company, _, _ := w.sim.Credentials()
	other := strings.ReplaceAll(string(w.envelope(w.company(), "deleted").Body), company, "evil_twin")
	key := strings.ReplaceAll(string(w.envelope(w.company(), "deleted").Body), "companyName="+company, "companyName=evil_twin")
	both := strings.ReplaceAll(string(w.envelope(w.company(), "deleted").Body), "companyName="+company, "companyName="+company+"&companyname=evil_twin")
	for name, tt := range map[string]struct {
		body   string
		status int
	}{"its body": {other, 400}, "its key": {key, 400}, "its key beside ours": {both, 204}} {
		if got := w.post(t, tt.body, w.sim.Sign([]byte(tt.body))); got != tt.status {
			t.Errorf("%s: status %d, want %d", name, got, tt.status)
		}
	}
	w.work(w.deliveries())
	if n := w.asked("callbackkey"); n != 0 || w.row(w.company()).Removed != "" {
		t.Errorf("the key was asked for %d times; the record is %q", n, w.row(w.company()).Removed)
	}
}

// Keys that cannot be had, and missing signatures, lead to reads under a
// limit. What is over it waits, and is read by itself: deletions too.
func TestUnverifiedDeliveriesAreLimited(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"missing", "error", "huge", "redirect", "foreign", "unsigned"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			w := synced(t)
			w.sim.SetSwitches(func(s *cwsim.Switches) {
				switch fault {
				case "foreign":
					s.KeyURL = "https://169.254.169.254/latest/callbackkey/x?companyName=" + company(w)
				case "unsigned":
					s.CallbackSignature = "none"
				default:
					s.KeyFault = fault
				}
			})
			var ids []int
			for i := range 40 {
				id, err := w.sim.Put(cwsim.Companies, map[string]any{"identifier": fmt.Sprint("c", i), "name": "Many"})
				must(t, err)
				ids = append(ids, id)
			}
			w.minute(func() { w.work(w.deliveries()) })
			if n := w.asked("/company/companies/"); n != 30 {
				t.Errorf("%d reads in a minute, want 30", n)
			}
			if n := w.asked("callbackkey"); n > 2 { // without and with credentials
				t.Errorf("keys were asked for %d times", n)
			}
			for range 3 {
				w.pass(time.Minute)
				must(t, w.worker.Tick(t.Context()))
				w.drain(nil)
			}
			for _, id := range ids {
				if w.row(id).Name != "Many" {
					t.Errorf("company %d was never read", id)
				}
			}
			if got := w.counted(callback.MetricUnverified); got != 40 || w.counted(callback.MetricForged) != 0 {
				t.Errorf("counted %v", w.metrics)
			}
			must(t, w.worker.Tick(t.Context()))
			if due, err := w.store.Callbacks().DueLots(t.Context(), w.now().Add(time.Hour), 10); err != nil || len(due) > 0 {
				t.Errorf("the tick still looks at %v, %v", due, err)
			}
		})
	}
}

func company(w *world) string {
	id, _, _ := w.sim.Credentials()
	return id
}

// A burst costs one read of the record, and so does its replay; so do changes
// that leave nothing to store, such as echoes of our own.
func TestBurstsReplaysAndEchoesCostOneRead(t *testing.T) {
	t.Parallel()
	w := synced(t)
	for i := range 8 {
		w.rename(w.company(), fmt.Sprint("Name ", i))
	}
	burst := w.deliveries()
	if len(burst) != 8 {
		t.Fatalf("%d deliveries", len(burst))
	}
	w.work(burst)
	w.work(burst) // each came again from the queue
	w.process()   // and once more to a worker that knows nothing
	w.work(burst)
	if n := w.reads(w.company()); n != 1 {
		t.Errorf("a burst cost %d reads", n)
	}
	if got := w.row(w.company()); got.Name != "Name 7" {
		t.Errorf("read %q", got.Name)
	}
	w.sim.ResetRequests()
	_, err := w.sim.Put(cwsim.Companies, map[string]any{"id": w.company(), "_info": map[string]any{"lastUpdated": "2020-01-01T00:00:00Z"}})
	must(t, err)
	echo := w.deliveries()
	for range 4 {
		echo = append(echo, echo[0])
	}
	before := w.row(w.company())
	w.work(echo)
	if n := w.reads(w.company()); n != 1 || w.row(w.company()).ChangedAt != before.ChangedAt {
		t.Errorf("an echo cost %d reads; changed at %s, was %s", n, w.row(w.company()).ChangedAt, before.ChangedAt)
	}
}

// An old genuine delivery that comes again, and deliveries that come in the
// wrong order, change nothing: what is stored is what ConnectWise says now.
func TestReplaysAndDisorderChangeNothing(t *testing.T) {
	t.Parallel()
	w := synced(t)
	id := w.company()
	must(t, w.sim.SetDeliveryFaults(cwsim.DeliveryFault{Kind: cwsim.DeliveryHeld}))
	w.rename(id, "First")
	w.rename(id, "Second")
	w.sim.Delete(cwsim.Companies, id)
	w.sim.ReleaseCallbacks(true)
	all := w.deliveries()
	if len(all) < 3 {
		t.Fatalf("%d deliveries", len(all))
	}
	for _, raw := range all { // the deletion first
		w.work([][]byte{raw})
	}
	if got := w.row(id); got.Removed != syncer.Deleted {
		t.Errorf("after disorder: %+v", got.Removed)
	}
	must(t, w.sim.SetDeliveryFaults())
	_, err := w.sim.Put(cwsim.Companies, map[string]any{"id": id, "identifier": "back", "name": "Back"})
	must(t, err)
	w.work(w.deliveries())
	before := w.row(id)
	var e callback.Envelope
	must(t, json.Unmarshal(all[0], &e))
	for range 3 { // the deletion is posted again, to the day's receiver
		w.pass(time.Hour)
		if got := w.post(t, string(e.Body), e.Signature); got != http.StatusNoContent {
			t.Fatalf("status %d", got)
		}
		w.work(w.deliveries())
	}
	if got := w.row(id); got.Removed != "" || got.Name != "Back" || !got.ChangedAt.Equal(before.ChangedAt) {
		t.Errorf("a replay made it %q %q", got.Name, got.Removed)
	}
}

// Twice delivered is once stored.
func TestDoubledDeliveries(t *testing.T) {
	t.Parallel()
	w := synced(t)
	must(t, w.sim.SetDeliveryFaults(cwsim.DeliveryFault{Kind: cwsim.DeliveryDouble}))
	w.rename(w.company(), "Renamed")
	w.work(w.deliveries())
	if n := w.reads(w.company()); n != 1 || w.row(w.company()).Name != "Renamed" {
		t.Errorf("%d reads, %q", n, w.row(w.company()).Name)
	}
}

// A key that takes its time holds a delivery up for some seconds and no more.
func TestASlowKey(t *testing.T) {
	t.Parallel()
	w := synced(t)
	w.sim.SetSwitches(func(s *cwsim.Switches) { s.KeyFault = "slow" })
	w.rename(w.company(), "Renamed")
	w.work(w.deliveries())
	if n := w.asked("callbackkey"); n != 1 { // which takes four seconds at most, by a test of its own
		t.Errorf("the key was asked for %d times", n)
	}
	if w.row(w.company()).Name != "Renamed" || w.counted(callback.MetricUnverified) != 1 {
		t.Errorf("%q, counted %v", w.row(w.company()).Name, w.metrics)
	}
}

// chain is a source of keys, each asked for once.
type chain struct {
	keys  []string
	asked int
}

func (c *chain) SigningKey(context.Context, psa.Scope, string) (string, error) {
	c.asked++
	return c.keys[min(c.asked, len(c.keys))-1], nil
}
