package cwsim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
)

const testClient = "11111111-2222-4333-8444-555555555555"

// api is a client of one simulator, as strict about nothing as possible.
type api struct {
	t    *testing.T
	sim  *Simulator
	url  string
	base string
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   string
}

func start(t *testing.T, cfg Config) *api {
	t.Helper()
	sim := New(cfg)
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return &api{t: t, sim: sim, url: srv.URL, base: srv.URL + "/v2026_1/apis/3.0"}
}

// clock is a fixed time for tests whose data carries times.
func clock() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 890, time.UTC) }

func (a *api) request(method, target, body string, headers ...string) *http.Request {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, target, bytes.NewBufferString(body))
	if err != nil {
		a.t.Fatal(err)
	}
	company, public, private := a.sim.Credentials()
	req.SetBasicAuth(company+"+"+public, private)
	req.Header.Set("clientId", testClient)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (a *api) do(method, path, body string, headers ...string) answer {
	a.t.Helper()
	return a.send(a.request(method, a.base+path, body, headers...))
}

func (a *api) send(req *http.Request) answer {
	a.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(raw)}
}

func (a *api) get(path string, params url.Values, headers ...string) answer {
	a.t.Helper()
	if len(params) > 0 {
		path += "?" + params.Encode()
	}
	return a.do(http.MethodGet, path, "", headers...)
}

// ids reads the ids of a list.
func (a *api) ids(path string, params url.Values, headers ...string) []int {
	a.t.Helper()
	out := a.get(path, params, headers...)
	if out.status != http.StatusOK {
		a.t.Fatalf("%s %v: %d %s", path, params, out.status, out.body)
	}
	var list []struct{ ID int }
	out.decode(a.t, &list)
	ids := make([]int, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return ids
}

func (a *api) control(method, path, body string) answer {
	a.t.Helper()
	return a.send(a.request(method, a.url+path, body, controlHeader, "test"))
}

func (a answer) decode(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// object decodes a body that is one object.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	a.decode(t, &out)
	return out
}

func (a answer) want(t *testing.T, status int, body string) {
	t.Helper()
	if a.status != status || body != "" && a.body != body {
		t.Errorf("got %d %s\nwant %d %s", a.status, a.body, status, body)
	}
}

func put(t *testing.T, s *Simulator, entity string, members map[string]any) int {
	t.Helper()
	id, err := s.Put(entity, members)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func conditions(text string) url.Values { return url.Values{"conditions": {text}} }
