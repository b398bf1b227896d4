package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// fill gives msp-1 a run, five companies, the fourth of them removed, skips
// and log entries.
func (s *server) fill() {
	s.t.Helper()
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	e := s.engine
	e.runs = append(e.runs, syncer.Run{
		ID: runID(0), Scope: scope, Type: psa.Companies, Mode: syncer.Initial, State: syncer.Running, RequestedBy: "ann",
		RequestedAt: time.Unix(10, 0), Expected: 9, Shards: 4, Totals: syncer.Counts{Read: 5, Created: 5},
	})
	for i := range 5 {
		row := syncer.Row{
			Record: psa.Record{
				Type: psa.Companies, ID: psa.RecordID(40 + i), Name: fmt.Sprintf("Initech %d", i),
				Data: json.RawMessage(`{"name":"Initech","note":"<b>"}`), ReadAt: time.Unix(50, 0), LastUpdated: time.Unix(40, 0),
			},
			ChangedAt: time.Unix(int64(100+i), 0), CreatedRun: runID(0),
		}
		if i == 3 {
			row.Removed, row.RemovedAt, row.Data = syncer.Deleted, time.Unix(104, 0), nil
		}
		e.rows = append(e.rows, scoped[syncer.Row]{scope, row})
		e.skips = append(e.skips, scoped[syncer.Skip]{scope, syncer.Skip{
			Type: psa.Contacts, ID: psa.RecordID(i), Name: "Pat", Reason: syncer.CompanyNotSynced, RunID: runID(0), At: time.Unix(60, 0),
		}})
		e.logs = append(e.logs, scoped[syncer.LogEntry]{scope, syncer.LogEntry{
			At: time.Unix(int64(i), 0), Event: "run_started", Who: "ann", RunID: runID(0), Counts: &syncer.Counts{Read: i},
			Failure: &syncer.Failure{Code: problem.NoProgress, Message: "stuck"},
		}})
	}
}

func TestStartRuns(t *testing.T) {
	t.Parallel()
	s := connected(t)
	var got struct{ Items []httpapi.StartedRun }
	s.do(admin(), "POST", "/v1/runs", "").want(202, "").into(&got)
	if len(got.Items) != 2 || got.Items[0].Joined || got.Items[0].Run.RequestedBy != "person-admin" || !got.Items[0].Run.Active {
		t.Errorf("all enabled: %+v", got.Items)
	}
	s.do(admin(), "POST", "/v1/runs", `{"types":["companies"],"mode":"full"}`).want(202, "").into(&got)
	if len(got.Items) != 1 || !got.Items[0].Joined || got.Items[0].Run.Type != "companies" {
		t.Errorf("joined: %+v", got.Items)
	}
	s.do(admin(), "POST", "/v1/data-types/companies/reset", "").want(204, "")
	s.do(admin(), "POST", "/v1/runs", `{"types":["companies"],"mode":"full"}`).want(202, "").into(&got)
	if got.Items[0].Joined || got.Items[0].Run.Mode != "full" {
		t.Errorf("after a reset: %+v", got.Items)
	}
	s.do(admin(), "POST", "/v1/runs", `{"types":["ghosts"]}`).want(400, "bad_request")
	s.do(admin(), "POST", "/v1/runs", `{"mode":"sideways"}`).want(400, "bad_request")
	s.do(admin(), "PUT", "/v1/data-types", `{"types":[]}`).want(200, "")
	s.do(admin(), "POST", "/v1/runs", "").want(400, "bad_request")
	newServer(t).do(admin(), "POST", "/v1/runs", "").want(409, "not_connected")
}

func TestRunProgressAndCancel(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	var run httpapi.Run
	s.do(member(), "GET", "/v1/runs/"+runID(0), "").want(200, "").into(&run)
	if run.Counts.Created != 5 || run.Expected != 9 || run.Shards != 4 || run.ShardsDone == nil || *run.ShardsDone != 3 || run.State != "running" {
		t.Errorf("%+v", run)
	}
	s.do(admin(), "POST", "/v1/runs/"+runID(0)+"/cancel", "").want(200, "").into(&run)
	if run.State != "cancelled" || run.Active {
		t.Errorf("%+v", run)
	}
	s.do(admin(), "GET", "/v1/runs/"+runID(7), "").want(404, "not_found")
	s.do(admin(), "POST", "/v1/runs/"+runID(7)+"/cancel", "").want(404, "not_found")
	s.do(admin(), "GET", "/v1/runs/nonsense", "").want(400, "bad_request")
}

// Every list: pages that join without a gap, limits, cursors that are not
// ours, and items that are never null.
func TestLists(t *testing.T) {
	t.Parallel()
	s := connected(t)
	empty := []string{"/v1/runs", "/v1/logs", "/v1/skips", "/v1/records/companies", "/v1/runs/" + runID(0) + "/skips"}
	for _, path := range empty {
		if a := s.do(member(), "GET", path, "").want(200, ""); a.body != "{\"items\":[]}\n" {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	s.fill()
	for path, want := range map[string]int{
		"/v1/logs": 5, "/v1/runs/" + runID(0) + "/skips": 5, "/v1/records/companies": 4, "/v1/runs": 1,
		"/v1/records/companies?changedSince=1970-01-01T00:01:42Z": 3, "/v1/records/contacts": 0, "/v1/runs?type=contacts": 0,
	} {
		if got := s.walk(path); got != want {
			t.Errorf("%s: %d items, want %d", path, got, want)
		}
	}
	for _, q := range []string{"limit=0", "limit=201", "limit=-1", "limit=x", "after=nonsense", "unknown=1", "limit=1&limit=x&page=2"} {
		s.do(member(), "GET", "/v1/logs?"+q, "").want(400, "bad_request")
	}
	s.do(member(), "GET", "/v1/records/ghosts", "").want(404, "not_found")
	s.do(member(), "GET", "/v1/runs?type=ghosts", "").want(404, "not_found")
	s.do(member(), "GET", "/v1/records/companies?changedSince=yesterday", "").want(400, "bad_request")
}

// walk reads a list two items at a time and counts them.
func (s *server) walk(path string) int {
	s.t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		s.t.Fatal(err)
	}
	q := u.Query()
	q.Set("limit", "2")
	total := 0
	for {
		u.RawQuery = q.Encode()
		var page struct {
			Items []json.RawMessage
			Next  string
		}
		s.do(member(), "GET", u.String(), "").want(200, "").into(&page)
		total += len(page.Items)
		if page.Next == "" {
			return total
		}
		if len(page.Items) > 2 {
			s.t.Fatalf("%s: a page of %d", path, len(page.Items))
		}
		q.Set("after", page.Next)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	var rec httpapi.Record
	s.do(member(), "GET", "/v1/records/companies/42", "").want(200, "").into(&rec)
	if rec.ID != 42 || rec.Name != "Initech 2" || string(rec.Data) != `{"name":"Initech","note":"<b>"}` || rec.LastUpdated == nil || rec.RemovedAt != nil {
		t.Errorf("%+v", rec)
	}
	s.do(member(), "GET", "/v1/records/companies/43", "").want(200, "").into(&rec)
	if rec.Removed != "deleted" || rec.RemovedAt == nil {
		t.Errorf("a removed record: %+v", rec)
	}
	s.do(member(), "GET", "/v1/records/companies/99", "").want(404, "not_found")
	for _, path := range []string{"/v1/records/companies/0", "/v1/records/companies/-1", "/v1/records/companies/x", "/v1/records/companies/9223372036854775808"} {
		s.do(member(), "GET", path, "").want(400, "bad_request")
	}
	s.do(member(), "GET", "/v1/records/ghosts/42", "").want(404, "not_found")
	s.do(member(), "GET", "/v1/records/companies/44444", "").want(404, "not_found")
}

// What the core says becomes a status, and only what may be shown is shown.
func TestErrorsOfTheCore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{problem.New(problem.ConnectWiseThrottle, "Slow down.", "Wait.").After(1500 * time.Millisecond), 503, "connectwise_throttled", "2"},
		{problem.New(problem.BudgetExhausted, "Used up.", "Wait.").After(time.Minute), 503, "budget_exhausted", "60"},
		{problem.New(problem.PermissionMissing, "May not.", "Add it."), 422, "permission_missing", ""},
		{problem.New(problem.ConnectWiseDown, "Down.", "Wait."), 422, "connectwise_down", ""},
		{problem.New(problem.AddressRefused, "No.", "Another."), 400, "address_refused", ""},
		{fmt.Errorf("lease: %w", psa.ErrBusy), 503, "busy", "5"},
		{fmt.Errorf("write: %w", psa.ErrConflict), 409, "conflict", ""},
		{fmt.Errorf("cursor: %w", psa.ErrInvalid), 400, "bad_request", ""},
		{errors.New("table psabridge-prod: throughput exceeded"), 500, "internal", ""},
	} {
		s := connected(t)
		s.engine.err = tc.err
		a := s.do(admin(), "POST", "/v1/runs", "").want(tc.status, tc.code)
		if a.header.Get("Retry-After") != tc.retry {
			t.Errorf("%s: Retry-After %q, want %q", tc.code, a.header.Get("Retry-After"), tc.retry)
		}
		var p httpapi.Problem
		a.into(&p)
		if strconv.Itoa(p.RetryAfter) != tc.retry && tc.retry != "" {
			t.Errorf("%s: retryAfter %d", tc.code, p.RetryAfter)
		}
		if tc.code == "internal" && (p.Detail == tc.err.Error() || p.Remedy == "") {
			t.Errorf("the inside is shown: %s", a.body)
		}
	}
}

// Records as large as records can be: a page of them is cut to what an answer
// may hold, and the pages together are still all of them, once each.
func TestLargeRecordsArePagedBySize(t *testing.T) {
	t.Parallel()
	s := connected(t)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	data := json.RawMessage(`{"note":"` + strings.Repeat("x", syncer.MaxDataBytes-20) + `"}`)
	for i := range 40 {
		s.engine.rows = append(s.engine.rows, scoped[syncer.Row]{scope, syncer.Row{Record: psa.Record{Type: psa.Companies, ID: psa.RecordID(1 + i), Data: data}}})
	}
	seen, after := map[int64]bool{}, ""
	for pages := 1; ; pages++ {
		var got struct {
			Items []httpapi.Record
			Next  string
		}
		a := s.do(member(), "GET", "/v1/records/companies?limit=200&after="+url.QueryEscape(after), "").want(200, "")
		if len(a.body) > 6<<20 {
			t.Fatalf("an answer of %d bytes", len(a.body))
		}
		a.into(&got)
		for _, r := range got.Items {
			if seen[r.ID] {
				t.Errorf("record %d twice", r.ID)
			}
			seen[r.ID] = true
		}
		if after = got.Next; after == "" {
			break
		}
		if pages > 10 {
			t.Fatal("too many pages")
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d records, want 40", len(seen))
	}
}
