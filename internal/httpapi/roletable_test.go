package httpapi_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/httpapi"
)

func TestRoleTable(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	table := func(query string) (out httpapi.RoleTable) {
		s.do(member(), "GET", "/v1/role-table"+query, "").want(200, "").into(&out)
		return out
	}
	row := func(out httpapi.RoleTable, permission string) httpapi.RoleRow {
		i := slices.IndexFunc(out.Rows, func(r httpapi.RoleRow) bool { return r.Permission == permission })
		if i < 0 {
			return httpapi.RoleRow{}
		}
		return out.Rows[i]
	}
	defaults := table("")
	if r := row(defaults, "Contacts"); r.Module != "Companies" || r.Add != "None" || r.Edit != "None" || r.Delete != "None" || r.Inquire != "All" || r.Tables == nil {
		t.Errorf("contacts: %+v", r)
	}
	if r := row(defaults, "Table Setup"); len(r.Tables) != 3 || len(r.Needs) != 3 || len(r.Needs[0].Without) != 1 || !r.Needs[0].Optional {
		t.Errorf("table setup: %+v", r)
	}
	if len(defaults.Later) != 3 || len(defaults.Differences) == 0 {
		t.Errorf("later %v, differences %d", defaults.Later, len(defaults.Differences))
	}
	posting := table("?types=companies&features=usage,close_tickets")
	if r := row(posting, "Agreements"); r.Add != "All" || r.Edit != "All" || r.Delete != "None" || r.Inquire != "All" || !slices.Equal(r.Needs[0].Sources, []string{"guide2"}) {
		t.Errorf("agreements: %+v", r)
	}
	if r := row(posting, "Contacts"); r.Permission != "" {
		t.Errorf("contacts were not asked for: %+v", r)
	}
	more := slices.ContainsFunc(posting.Differences, func(d httpapi.RoleDifference) bool {
		return d.Guide == "guide2" && d.Kind == "not_needed" && d.Permission == "Close Service Tickets" && slices.Equal(d.Levels, []string{"Add"})
	})
	if !more {
		t.Errorf("differences: %+v", posting.Differences)
	}
	for _, f := range posting.Features {
		want := slices.Contains([]string{"connection", "callbacks", "filters", "companies", "usage", "close_tickets"}, f.Name)
		if f.Chosen != want || f.Label == "" {
			t.Errorf("%+v", f)
		}
	}
	s.do(member(), "GET", "/v1/role-table?types=nonsense", "").want(400, "bad_request")
	s.do(member(), "GET", "/v1/role-table?features=nonsense", "").want(400, "bad_request")
	s.do(customer(), "GET", "/v1/role-table", "").want(404, "not_found")
}

// The account's own types are what the table is for.
func TestRoleTableOfAnAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.do(admin(), "PUT", "/v1/connection", connectionBody()).want(200, "")
	s.do(admin(), "PUT", "/v1/data-types", `{"types":["companies"]}`).want(200, "")
	var out httpapi.RoleTable
	s.do(member(), "GET", "/v1/role-table", "").want(200, "").into(&out)
	if slices.ContainsFunc(out.Rows, func(r httpapi.RoleRow) bool { return r.Permission == "Contacts" }) || len(out.Rows) != 2 {
		t.Errorf("%+v", out.Rows)
	}
}

// The test's report names what is missing, and what that costs.
func TestMatrixInTheReport(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.world.CW.Forbidden = []string{"/company/marketDescriptions"}
	var report httpapi.Report
	s.do(admin(), "POST", "/v1/connection/test", connectionBody()).want(200, "").into(&report)
	states := map[string]string{}
	for _, r := range report.Rights {
		states[r.Permission+" "+r.Level+" "+r.Table] = r.State
		if r.At == nil || r.Detail == "" || len(r.Features) == 0 || len(r.Sources) == 0 {
			t.Errorf("%+v", r)
		}
	}
	want := map[string]string{
		"Company Maintenance Inquire ":                 "proven",
		"Contacts Inquire ":                            "proven",
		"Table Setup Inquire Company / Company Status": "proven",
		"Table Setup Inquire Company / Company Type":   "proven",
		"Table Setup Inquire Company / Market":         "missing",
		"Table Setup Inquire Integrator / Callbacks":   "unproven",
		"Table Setup Add Integrator / Callbacks":       "unproven",
		"Table Setup Edit Integrator / Callbacks":      "unproven",
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	if len(report.Losses) != 1 || report.Losses[0].Feature != "filters" || !report.Losses[0].Works || !report.OK {
		t.Errorf("%+v", report.Losses)
	}
}
