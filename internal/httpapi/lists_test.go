package httpapi_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func TestLogsAreFiltered(t *testing.T) {
	t.Parallel()
	s := connected(t)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	for i, e := range []syncer.LogEntry{
		{Type: psa.Companies, RunID: runID(1), Event: "run_queued", Who: "ann"},
		{Type: psa.Companies, RunID: runID(1), Event: "run_failed", Who: "system"},
		{Type: psa.Contacts, RunID: runID(2), Event: "run_queued", Who: "schedule"},
	} {
		e.At = time.Unix(int64(i), 0)
		s.engine.logs = append(s.engine.logs, scoped[syncer.LogEntry]{scope, e})
	}
	for query, want := range map[string]int{
		"": 3, "?type=companies": 2, "?type=ghosts": 0, "?run=" + runID(2): 1, "?event=run_queued": 2, "?who=ann": 1,
		"?from=1970-01-01T00:00:01Z": 2, "?to=1970-01-01T02:00:01%2B02:00": 1, "?type=companies&event=run_failed&who=system": 1,
	} {
		if got := s.walk("/v1/logs" + query); got != want {
			t.Errorf("%s: %d entries, want %d", query, got, want)
		}
	}
	for _, bad := range []string{
		"?run=1", "?event=Run+failed", "?event=" + strings.Repeat("a", 41), "?type=..%2F", "?from=yesterday", "?who=" + strings.Repeat("a", 201),
		"?limit=201", "?limit=0", "?unknown=1",
	} {
		s.do(member(), "GET", "/v1/logs"+bad, "").want(400, "bad_request")
	}
}

func TestOpenSkips(t *testing.T) {
	t.Parallel()
	s := connected(t)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	for i := range 30 {
		skip := syncer.Skip{Type: psa.Contacts, ID: psa.RecordID(i + 1), Reason: syncer.CompanyNotSynced, At: time.Unix(60, 0)}
		if i%3 == 0 {
			skip.Type, skip.Reason = psa.Companies, syncer.InvalidRecord
		}
		if i == 29 {
			skip.ID, skip.Under, skip.Reason = 0, 7, syncer.NoPermission
		}
		s.engine.skips = append(s.engine.skips, scoped[syncer.Skip]{scope, skip})
	}
	for query, want := range map[string]int{
		"": 30, "?type=contacts": 20, "?reason=invalid": 10, "?type=contacts&reason=invalid": 0, "?reason=permission": 1,
	} {
		if got := s.walk("/v1/skips" + query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	var got struct{ Items []httpapi.Skip }
	s.do(member(), "GET", "/v1/skips?reason=permission", "").want(200, "").into(&got)
	if len(got.Items) == 1 && (got.Items[0].Under != 7 || got.Items[0].ID != 0 || got.Items[0].RunID != "") {
		t.Errorf("%+v", got.Items)
	}
	s.do(member(), "GET", "/v1/skips?type=ghosts", "").want(404, "not_found")
	for _, bad := range []string{"?reason=mood", "?after=ghosts.1", "?after=contacts.nonsense", "?after=x"} {
		s.do(member(), "GET", "/v1/skips"+bad, "").want(400, "bad_request")
	}
}

func TestRecordsOfACompany(t *testing.T) {
	t.Parallel()
	s := connected(t)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	for i := range 20 {
		row := syncer.Row{Record: psa.Record{Type: psa.Contacts, ID: psa.RecordID(i + 1), Parent: psa.RecordID(40 + i%2)}, ChangedAt: time.Unix(int64(100+i), 0)}
		if i >= 18 {
			row.Removed = syncer.OutOfScope
		}
		s.engine.rows = append(s.engine.rows, scoped[syncer.Row]{scope, row})
	}
	for query, want := range map[string]int{
		"?company=40": 9, "?company=41": 9, "?company=42": 0, "?company=40&changedSince=1970-01-01T00:01:50Z": 5,
	} {
		if got := s.walk("/v1/records/contacts" + query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	s.do(member(), "GET", "/v1/records/companies?company=40", "").want(400, "bad_request")
	for _, bad := range []string{"0", "-1", "x", "1.5", "99999999999999999999"} {
		s.do(member(), "GET", "/v1/records/contacts?company="+url.QueryEscape(bad), "").want(400, "bad_request")
	}
}

func TestDecideRemoval(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	path := "/v1/runs/" + runID(0) + "/removals"
	s.do(admin(), "POST", path, `{"confirm":true}`).want(409, "conflict")
	s.engine.runs[0].State = syncer.Partial
	s.engine.runs[0].Proposal = &syncer.Proposal{State: syncer.ProposalOpen, Missing: 600, Stored: 1000, Reason: "many"}
	s.do(member(), "POST", path, `{"confirm":true}`).want(403, "forbidden")
	for _, bad := range []string{"", `{}`, `{"confirm":"yes"}`, `{"confirm":true,"all":true}`} {
		s.do(admin(), "POST", path, bad).want(400, "bad_request")
	}
	var run httpapi.Run
	s.do(member(), "GET", "/v1/runs/"+runID(0), "").want(200, "").into(&run)
	if p := run.Proposal; p == nil || p.State != "open" || p.Missing != 600 || p.Stored != 1000 || p.DecidedAt != nil {
		t.Errorf("proposal %+v", run.Proposal)
	}
	s.do(admin(), "POST", path, `{"confirm":false}`).want(200, "").into(&run)
	if p := run.Proposal; p == nil || p.State != "dismissed" || p.DecidedBy != "person-admin" || p.DecidedAt == nil {
		t.Errorf("proposal %+v", run.Proposal)
	}
	s.do(admin(), "POST", "/v1/runs/"+runID(9)+"/removals", `{"confirm":true}`).want(404, "not_found")
}

func TestModes(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{"auto": "initial", "incremental": "incremental", "full": "full", "reconcile": "reconcile"} {
		var got struct{ Items []httpapi.StartedRun }
		connected(t).do(admin(), "POST", "/v1/runs", `{"types":["companies"],"mode":"`+asked+`"}`).want(202, "").into(&got)
		if got.Items[0].Run.Mode != want {
			t.Errorf("%s: a run in mode %s", asked, got.Items[0].Run.Mode)
		}
	}
	connected(t).do(admin(), "POST", "/v1/runs", `{"types":["companies"],"mode":"removal"}`).want(400, "bad_request")
}

func TestWhatBecameOfARecord(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	ask := func(id string) (out httpapi.RecordOutcome) {
		s.do(admin(), "POST", "/v1/records/companies/"+id+"/sync", "").want(200, "").into(&out)
		return out
	}
	if got := ask("40"); got.Outcome != "kept" || got.Record == nil || !strings.Contains(got.Record.Name, "read again") || got.Skip != nil {
		t.Errorf("kept: %+v", got)
	}
	if got := ask("43"); got.Outcome != "removed" || got.Record.Removed != "deleted" {
		t.Errorf("removed: %+v", got)
	}
	if got := ask("99"); got.Outcome != "unknown" || got.Record != nil {
		t.Errorf("unknown: %+v", got)
	}
	s.engine.rows[0].v.Removed = syncer.OutOfScope
	if got := ask("40"); got.Outcome != "out_of_scope" {
		t.Errorf("out of scope: %+v", got)
	}
	s.engine.rows[0].v.Removed = syncer.Skipped
	s.engine.outcome.Skip = &syncer.Skip{Type: psa.Companies, ID: 40, Reason: syncer.InvalidRecord, Detail: "why"}
	if got := ask("40"); got.Outcome != "skipped" || got.Skip == nil || got.Skip.Detail != "why" {
		t.Errorf("skipped: %+v", got)
	}
}

// Who changes something is known by name from then on; who looks is not noted.
func TestPeople(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	list := func(who token) (got struct{ Items []httpapi.Person }) {
		s.do(who, "GET", "/v1/people", "").want(200, "").into(&got)
		return got
	}
	s.do(member(), "GET", "/v1/me", "").want(200, "")
	s.do(member(), "DELETE", "/v1/connection/draft", "").want(403, "forbidden")
	if got := list(member()); got.Items == nil || len(got.Items) != 0 {
		t.Errorf("before anything: %+v", got)
	}
	for range 3 {
		s.do(admin(), "DELETE", "/v1/connection/draft", "").want(204, "")
	}
	if len(s.names.notes) != 1 {
		t.Errorf("noted %v", s.names.notes)
	}
	renamed := admin()
	renamed["name"] = " \u202eAnn\x00 " + strings.Repeat("x", 500)
	s.do(renamed, "DELETE", "/v1/connection/draft", "").want(204, "")
	byMail := person("msp-1", "admin")
	delete(byMail, "name")
	byMail["sub"], byMail["email"] = "b", "bob@example.com"
	s.do(byMail, "DELETE", "/v1/connection/draft", "").want(204, "")
	got := list(member())
	if len(got.Items) != 2 || got.Items[1] != (httpapi.Person{ID: "b", Name: "bob@example.com"}) || !strings.HasPrefix(got.Items[0].Name, "Ann x") || len(got.Items[0].Name) != 100 {
		t.Errorf("people: %+v", got)
	}
	if got := list(person("msp-2", "member")); len(got.Items) != 0 {
		t.Errorf("another account's: %+v", got)
	}
	// A day later the name is noted again, so that it does not expire.
	s.world.Pass(25 * time.Hour)
	s.do(admin(), "DELETE", "/v1/connection/draft", "").want(204, "")
	if len(s.names.notes) != 4 {
		t.Errorf("noted %v", s.names.notes)
	}
	s.world.Pass(25 * time.Hour)
	s.names.err = errors.New("the table is away")
	s.do(admin(), "DELETE", "/v1/connection/draft", "").want(500, "internal")
	if strings.Contains(strings.Split(s.captured.String(), "request failed")[1], "Pat") {
		t.Error("a name is in the log")
	}
}

func TestTheHealthOfCallbacks(t *testing.T) {
	t.Parallel()
	var c httpapi.Connection
	connected(t).do(member(), "GET", "/v1/connection", "").want(200, "").into(&c)
	types := c.Enabled.Callbacks.Types
	if len(types) != 2 || types[0].Type != "companies" || types[0].State != "active" || types[0].Since == nil || types[0].RepairedAt != nil {
		t.Errorf("%+v", types)
	}
}
