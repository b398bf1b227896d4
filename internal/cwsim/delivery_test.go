package cwsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// receiver records callbacks and answers with the statuses it is given, 204 once they run out.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	got      []received
}

type received struct{ query, signature, body string }

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, received{req.URL.RawQuery, req.Header.Get("x-content-signature"), string(body)})
	status := http.StatusNoContent
	if len(r.statuses) > 0 {
		status, r.statuses = r.statuses[0], r.statuses[1:]
	}
	w.WriteHeader(status)
}

// listening is a simulator with one callback to a receiver.
func listening(t *testing.T, kind, more string, statuses ...int) (*api, *receiver) {
	t.Helper()
	r := &receiver{statuses: statuses}
	srv := httptest.NewServer(r)
	t.Cleanup(srv.Close)
	a := start(t, Config{Now: clock, RetryAfter: []time.Duration{time.Millisecond, time.Millisecond}, Switches: Switches{DeliverCallbacks: true}})
	a.do("POST", "/system/callbacks", `{"url":"`+srv.URL+`/x?a=1&recordId=","objectId":1,"type":"`+kind+`","level":"owner"`+more+`}`).want(t, 201, "")
	return a, r
}

func TestCallbackShape(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", "")
	a.do("POST", "/company/contacts", `{"firstName":"Ann"}`).want(t, 201, "")
	a.sim.WaitForCallbacks()
	if len(r.got) != 1 {
		t.Fatalf("%d callbacks", len(r.got))
	}
	if want := "a=1&recordId=1&action=added&memberId=PsabridgeAPI"; r.got[0].query != want {
		t.Errorf("query %s, want %s", r.got[0].query, want)
	}
	if r.got[0].signature != a.sim.Sign([]byte(r.got[0].body)) {
		t.Error("the signature does not match")
	}
	var body struct {
		Entity   string            `json:"Entity"`
		Metadata map[string]string `json:"Metadata"`
	}
	if err := json.Unmarshal([]byte(r.got[0].body), &body); err != nil {
		t.Fatal(err)
	}
	var entity map[string]any
	if err := json.Unmarshal([]byte(body.Entity), &entity); err != nil || entity["firstName"] != "Ann" {
		t.Errorf("entity %q: %v", body.Entity, err)
	}
	key := a.send(a.request("GET", body.Metadata["key_url"], ""))
	if key.status != 200 || key.object(t)["signing_key"] == "" || !strings.Contains(body.Metadata["key_url"], "/v2026_1//system/callbackkey/index.rails?companyName=psabridge_demo&id=") {
		t.Errorf("key_url %s: %d %s", body.Metadata["key_url"], key.status, key.body)
	}
	a.send(a.request("GET", strings.Replace(body.Metadata["key_url"], "psabridge_demo", "other", 1), "")).want(t, 404, "")
}

// The members of a callback are those of the bodies that the vendor's integrators publish.
func TestCallbackMembers(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", "")
	id := put(t, a.sim, Contacts, map[string]any{"firstName": "Ann"})
	a.sim.WaitForCallbacks()
	a.do("DELETE", "/company/contacts/"+itoa(id), "").want(t, 204, "")
	a.sim.WaitForCallbacks()
	var body map[string]any
	if err := json.Unmarshal([]byte(r.got[len(r.got)-1].body), &body); err != nil {
		t.Fatal(err)
	}
	if entity, present := body["Entity"]; !present || entity != nil || body["Action"] != "deleted" || body["ID"] != float64(id) {
		t.Errorf("got %v", body)
	}
	want := map[string]bool{}
	for _, name := range []string{
		"Action", "CallbackObjectRecId", "CompanyId", "Entity", "FromUrl", "ID", "MemberId", "MessageId", "Metadata", "PartnerId", "ProductInstanceId", "Type",
	} {
		want[name] = true
	}
	got := map[string]bool{}
	for name := range body {
		got[name] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name := range sharedJSON(t, "connectwise/callback-samples/contact-delete.json") {
		if !got[name] {
			t.Errorf("the published body has %s", name)
		}
	}
}

func TestCallbackRetries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		statuses []int
		want     int
	}{
		{[]int{200}, 1}, {[]int{429, 200}, 2}, {[]int{404, 409, 200}, 3}, {[]int{429, 429, 429, 429}, 3}, {[]int{419, 500, 200}, 2}, {[]int{500, 200}, 1}, {[]int{401}, 1},
	} {
		a, _ := listening(t, "company", "", c.statuses...)
		put(t, a.sim, Companies, map[string]any{"name": "x"})
		a.sim.WaitForCallbacks()
		if got := a.sim.CallbackAttempts(); got != c.want {
			t.Errorf("%v: %d attempts, want %d", c.statuses, got, c.want)
		}
	}
}

func TestCallbackSwitchedOffAfterThreeDays(t *testing.T) {
	t.Parallel()
	a, _ := listening(t, "company", "", 500, 500, 500, 500)
	inactive := func() any { return a.sim.Get(Callbacks, 1)["inactiveFlag"] }
	for day, want := range []any{nil, nil, true} {
		for range 2 - min(day, 1) { // two failures on one day count once
			put(t, a.sim, Companies, map[string]any{"name": "x"})
			a.sim.WaitForCallbacks()
		}
		if got := inactive(); got != want {
			t.Errorf("day %d: inactiveFlag %v", day, got)
		}
		a.sim.Advance(24 * time.Hour)
	}
	before := a.sim.CallbackAttempts()
	put(t, a.sim, Companies, map[string]any{"name": "x"})
	a.sim.WaitForCallbacks()
	if a.sim.CallbackAttempts() != before {
		t.Error("an inactive callback was sent")
	}
}

func TestCallbackSelfSuppression(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", `,"isSelfSuppressedFlag":true`)
	a.do("POST", "/company/contacts", `{"firstName":"Own change"}`).want(t, 201, "")
	put(t, a.sim, Contacts, map[string]any{"firstName": "Somebody else's"})
	a.sim.WaitForCallbacks()
	if len(r.got) != 1 || !strings.Contains(r.got[0].body, "Somebody else's") {
		t.Errorf("got %+v", r.got)
	}
}

func TestNoCallbacksUnlessSwitchedOn(t *testing.T) {
	t.Parallel()
	a, r := listening(t, "contact", "")
	a.sim.SetSwitches(func(sw *Switches) { sw.DeliverCallbacks = false })
	put(t, a.sim, Contacts, map[string]any{"firstName": "Ann"})
	a.sim.WaitForCallbacks()
	if len(r.got) != 0 {
		t.Errorf("got %+v", r.got)
	}
}
