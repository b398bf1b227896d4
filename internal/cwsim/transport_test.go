package cwsim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// within is a client of a simulator in the same process.
func within(sim *Simulator) func(method, path, body string) (int, string, error) {
	company, public, private := sim.Credentials()
	client := http.Client{Transport: sim.Transport(), Timeout: time.Minute}
	return func(method, path, body string) (int, string, error) {
		req, err := http.NewRequestWithContext(context.Background(), method, "https://anywhere.invalid/v2026_1/apis/3.0"+path, bytes.NewBufferString(body))
		if err != nil {
			return 0, "", err
		}
		req.SetBasicAuth(company+"+"+public, private)
		req.Header.Set("clientId", testClient)
		if body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := client.Do(req)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		return res.StatusCode, string(raw), err
	}
}

func TestInProcess(t *testing.T) {
	t.Parallel()
	sim := New(Config{Companies: 2, Now: clock})
	do := within(sim)
	if status, body, err := do("GET", "/company/companies/count", ""); status != 200 || body != `{"count":2}` || err != nil {
		t.Errorf("%d %s %v", status, body, err)
	}
	if status, body, err := do("POST", "/company/contacts", `{"firstName":"A"}`); status != 201 || err != nil {
		t.Errorf("%d %s %v", status, body, err)
	}
	for kind, want := range map[FaultKind]error{
		FaultCutBefore: io.EOF, FaultCutAfter: io.EOF, FaultCommitLater: io.EOF, FaultTruncate: io.ErrUnexpectedEOF,
	} {
		if err := sim.SetFaults(Fault{Kind: kind}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := do("GET", "/company/companies", ""); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", kind, err, want)
		}
	}
}

// Time in a bubble is the simulator's too, without a clock of its own.
func TestInProcessInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := New(Config{Latency: 30 * time.Second})
		begin := time.Now()
		if _, _, err := within(sim)("GET", "/company/companies", ""); err != nil || time.Since(begin) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		if err := sim.SetFaults(Fault{Kind: FaultLatency, DelayMS: 3_600_000}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := within(sim)("GET", "/company/companies", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// handed passes callbacks to a handler without a network.
type handed struct{ to http.Handler }

func (h handed) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &memory{header: http.Header{}}
	h.to.ServeHTTP(w, r)
	return w.response(r)
}

func TestCallbacksInProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{statuses: []int{429, 429}}
		sim := New(Config{CallbackTransport: handed{r}, Switches: Switches{DeliverCallbacks: true}})
		put(t, sim, Callbacks, map[string]any{"url": "https://h.invalid/?recordId=", "type": "contact", "level": "owner", "objectId": 1})
		begin := time.Now()
		put(t, sim, Contacts, map[string]any{"firstName": "Ann"})
		sim.WaitForCallbacks()
		if len(r.got) != 3 || time.Since(begin) != 6*time.Second {
			t.Errorf("%d attempts after %s", len(r.got), time.Since(begin))
		}
	})
}

// Registering several callbacks can fail in the middle.
func TestRegistrationFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	a.faults(Fault{Kind: FaultStatus, Status: 500, Method: "POST", Path: "/system/callbacks", Nth: 2})
	for _, kind := range []string{"company", "contact", "agreement"} {
		a.do("POST", "/system/callbacks", `{"url":"https://h.example/?recordId=","objectId":1,"type":"`+kind+`","level":"owner"}`)
	}
	if n := len(a.sim.IDs(Callbacks)); n != 2 {
		t.Errorf("%d callbacks are registered", n)
	}
}

// A late answer tells what was true when the request arrived.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := New(Config{})
		if err := sim.SetFaults(Fault{Kind: FaultLateAnswer, DelayMS: 5000, Times: 1}); err != nil {
			t.Fatal(err)
		}
		do, answers := within(sim), make(chan string)
		go func() {
			_, body, err := do("GET", "/company/contacts/count", "")
			if err != nil {
				t.Error(err)
			}
			answers <- body
		}()
		synctest.Wait()
		put(t, sim, Contacts, map[string]any{"firstName": "meanwhile"})
		if _, body, err := do("GET", "/company/contacts/count", ""); body != `{"count":1}` || err != nil {
			t.Errorf("meanwhile: %s %v", body, err)
		}
		if got := <-answers; got != `{"count":0}` {
			t.Errorf("late: %s", got)
		}
	})
}
