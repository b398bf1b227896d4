package cwsim

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func (a *api) faults(rules ...Fault) {
	a.t.Helper()
	if err := a.sim.SetFaults(rules...); err != nil {
		a.t.Fatal(err)
	}
}

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 3})
	for _, c := range []struct {
		fault  Fault
		status int
		body   string
		header string
	}{
		{Fault{Kind: FaultStatus, Status: 500}, 500, `{"code":"ConnectWiseApi","message":"internal server error"}`, ""},
		{Fault{Kind: FaultStatus, Status: 403}, 403, `{"code":"Security","message":"You do not have security permission to perform this action."}`, ""},
		{Fault{Kind: FaultHTML}, 200, "<!DOCTYPE html>", ""},
		{Fault{Kind: FaultHTML, Status: 429, RetryAfter: 7}, 429, "<!DOCTYPE html>", "7"},
		{Fault{Kind: FaultThrottle}, 429, `{"error":"ConnectWiseAPI"`, "30"},
		{Fault{Kind: FaultThrottle, RetryAfter: 5}, 429, `{"error":"ConnectWiseAPI","message":"Too many requests. Please try again in 5 seconds."}`, "5"},
		{Fault{Kind: FaultThrottle, RetryAfter: -1}, 429, `{"error"`, ""},
		{Fault{Kind: FaultEmptyList}, 200, `[]`, ""},
		{Fault{Kind: FaultNull}, 200, `null`, ""},
		{Fault{Kind: FaultHuge, Size: 1 << 20}, 200, `[  `, ""},
		{Fault{Kind: FaultDrip, DelayMS: 1}, 200, `{"count":3}`, ""},
	} {
		a.faults(c.fault)
		out := a.get("/company/companies/count", nil)
		if out.status != c.status || !strings.HasPrefix(out.body, c.body) || out.header.Get("Retry-After") != c.header {
			t.Errorf("%+v: got %d %.80s %v", c.fault, out.status, out.body, out.header)
		}
	}
	a.faults(Fault{Kind: FaultContentType})
	if got := a.get("/company/companies/count", nil).header.Get("Content-Type"); got != "text/plain" {
		t.Errorf("content type %q", got)
	}
}

// fetch is a request whose body may fail to arrive.
func (a *api) fetch(method, path, body string) (string, error) {
	res, err := http.DefaultClient.Do(a.request(method, a.base+path, body))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return string(raw), err
}

func TestCutConnections(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	post := func(name string) error {
		_, err := a.fetch("POST", "/company/contacts", `{"firstName":"`+name+`"}`)
		return err
	}
	count := func() int { return len(a.sim.IDs(Contacts)) }
	a.faults(Fault{Kind: FaultCutBefore, Method: "POST"})
	if err := post("before"); err == nil || count() != 0 {
		t.Errorf("cut before: err %v, %d contacts", err, count())
	}
	a.faults(Fault{Kind: FaultCutAfter, Method: "POST"})
	if err := post("after"); err == nil || count() != 1 {
		t.Errorf("cut after: err %v, %d contacts", err, count())
	}
	a.faults(Fault{Kind: FaultTruncate})
	body, err := a.fetch("GET", "/company/contacts", "")
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(body) == 0 {
		t.Errorf("truncate: err %v, body %q", err, body)
	}
}

func TestGzipBomb(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	a.faults(Fault{Kind: FaultGzipBomb, Size: 8 << 20})
	req := a.request("GET", a.base+"/company/companies", "", "Accept-Encoding", "gzip")
	out := a.send(req)
	z, err := gzip.NewReader(strings.NewReader(out.body))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, z)
	if err != nil || n != 8<<20 || len(out.body) > 64<<10 {
		t.Errorf("%d bytes became %d, err %v", len(out.body), n, err)
	}
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	statuses := func(path string, n int) string {
		var out strings.Builder
		for range n {
			if a.get(path, nil).status == 200 {
				out.WriteByte('.')
			} else {
				out.WriteByte('x')
			}
		}
		return out.String()
	}
	broken := func(f Fault) Fault { f.Kind, f.Status = FaultStatus, 500; return f }
	for _, c := range []struct {
		fault      Fault
		path, want string
	}{
		{Fault{Nth: 2}, "/company/companies", ".x.."},
		{Fault{Times: 2}, "/company/companies", "xx.."},
		{Fault{Path: "/company/contacts"}, "/company/companies", "...."},
		{Fault{Path: "/company/companies/*"}, "/company/companies/1", "xxxx"},
		{Fault{Path: "/company/companies/*"}, "/company/companies", "...."},
		{Fault{Path: "/company/**"}, "/company/companies/1", "xxxx"},
		{Fault{Method: "POST"}, "/company/companies", "...."},
	} {
		a.faults(broken(c.fault))
		if got := statuses(c.path, 4); got != c.want {
			t.Errorf("%+v on %s: got %s", c.fault, c.path, got)
		}
	}
	a.faults(broken(Fault{Probability: 0.5}))
	if got := statuses("/company/companies", 64); !strings.Contains(got, "x") || !strings.Contains(got, ".") {
		t.Errorf("probability: got %s", got)
	}
	for _, bad := range []Fault{{Kind: "nonsense"}, {Kind: FaultStatus}, {Kind: FaultNull, Path: "["}} {
		if err := a.sim.SetFaults(bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestLatencyEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	a := start(t, Config{})
	a.faults(Fault{Kind: FaultLatency, DelayMS: 60_000})
	client := http.Client{Timeout: 50 * time.Millisecond}
	if _, err := client.Do(a.request("GET", a.base+"/company/companies", "")); err == nil {
		t.Error("an answer arrived")
	}
}

func TestGzipWhenAccepted(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 25})
	plain := a.get("/company/companies", nil, "Accept-Encoding", "identity")
	packed := a.get("/company/companies", nil, "Accept-Encoding", "gzip")
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(plain.body) {
		t.Fatalf("%v, %d bytes against %d", packed.header, len(packed.body), len(plain.body))
	}
	z, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil || string(got) != plain.body {
		t.Errorf("unpacked body differs: %v", err)
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := New(Config{Companies: 1, Latency: time.Second})
		do := within(sim)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if status, _, err := do("GET", "/company/companies/1", ""); status != 200 || err != nil {
					t.Errorf("%d, %v", status, err)
				}
			})
		}
		wg.Wait()
		if got := sim.Counts()["GET /company/companies/{id}"]; got != 3 {
			t.Errorf("count %d", got)
		}
		if got := sim.MaxConcurrent(); got != 3 {
			t.Errorf("most at once %d", got)
		}
		last := sim.Requests()
		if len(last) != 3 || last[0].Path != "/v2026_1/apis/3.0/company/companies/1" {
			t.Errorf("log %+v", last)
		}
		sim.ResetRequests()
		if len(sim.Counts()) != 0 || len(sim.Requests()) != 0 {
			t.Error("the log was not reset")
		}
	})
}
