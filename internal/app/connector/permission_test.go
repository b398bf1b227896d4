package connector_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// asker is a simulated ConnectWise and what asks it about rights.
type asker struct {
	t    *testing.T
	sim  *cwsim.Simulator
	port permission.Port
}

func newAsker(t *testing.T, cfg cwsim.Config) *asker {
	t.Helper()
	cfg.Companies, cfg.ContactsPerCompany = 5, 2
	sim := cwsim.New(cfg)
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	company, public, private := sim.Credentials()
	conn := connector.New(connector.Config{ClientID: clientID, Version: "2025.1", AllowLoopback: true})
	e, err := conn.Discover(t.Context(), srv.URL, company)
	if err != nil {
		t.Fatal(err)
	}
	return &asker{t, sim, permissions(t, conn, e, psa.Credentials{PublicKey: public, PrivateKey: private})}
}

func permissions(t *testing.T, conn *connector.Connector, e setup.Endpoint, creds psa.Credentials) permission.Port {
	t.Helper()
	port, err := conn.Permissions(e, creds)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// matrix asks about all features, and sees to it that nothing was changed.
func (a *asker) matrix(names ...permission.Name) map[permission.Right]permission.Finding {
	a.t.Helper()
	if len(names) == 0 {
		names = allFeatures()
	}
	before := a.snapshot()
	out := map[permission.Right]permission.Finding{}
	for _, f := range permission.Matrix(a.t.Context(), a.port, names, nil, time.Now, permission.Limits{}) {
		out[f.Right] = f
	}
	if diff := cmp.Diff(before, a.snapshot()); diff != "" {
		a.t.Errorf("something was changed: %s", diff)
	}
	return out
}

func (a *asker) snapshot() map[string][]map[string]any {
	out := map[string][]map[string]any{}
	for _, name := range a.sim.Tables() {
		out[name] = a.sim.Snapshot(name)
	}
	return out
}

func allFeatures() []permission.Name {
	var out []permission.Name
	for _, f := range permission.Features() {
		out = append(out, f.Name)
	}
	return out
}

// grant is the simulator's role that holds exactly these rights.
func grant(rights []permission.Right) cwsim.Role {
	r := cwsim.Role{Name: "exact", Cells: map[string]cwsim.Rights{}, Tables: []string{}}
	for _, right := range rights {
		name := right.Module + ": " + right.Permission
		cell := r.Cells[name]
		switch right.Level {
		case permission.Add:
			cell.Add = cwsim.All
		case permission.Edit:
			cell.Edit = cwsim.All
		case permission.Inquire:
			cell.Inquire = cwsim.All
		}
		r.Cells[name] = cell
		if right.Table != "" {
			r.Tables = append(r.Tables, right.Table)
		}
	}
	return r
}

// holds reports whether a simulated role has a right, read from the role and
// not from the product.
func holds(r cwsim.Role, right permission.Right) bool {
	cell := r.Cells[right.Module+": "+right.Permission]
	level := map[permission.Level]cwsim.Level{permission.Add: cell.Add, permission.Edit: cell.Edit, permission.Inquire: cell.Inquire}[right.Level]
	table := right.Table == "" || r.Tables == nil || slices.Contains(r.Tables, right.Table)
	return r.Everything || level == cwsim.All && table
}

// unasked are rights that no harmless call shows, or that this ConnectWise
// does not ask for.
func unasked(r permission.Right) bool {
	return slices.Contains([]string{"Closed Opportunity", "Close Service Tickets"}, r.Permission) || r.Table == "Integrator / Callbacks"
}

// expect compares findings with what the role really has.
func expect(t *testing.T, role cwsim.Role, got map[permission.Right]permission.Finding) {
	t.Helper()
	for right, f := range got {
		want := permission.Missing
		switch {
		case unasked(right):
			want = permission.Unproven
		case !holds(role, right):
		case right.Level == permission.Inquire && !below(right):
			want = permission.Proven
		default:
			want = permission.Likely
		}
		if f.State != want {
			t.Errorf("%s: %s, want %s (%s)", right, f.State, want, f.Detail)
		}
		if named := strings.Contains(f.Remedy, right.Cell.String()+", "+string(right.Level)); named != (want == permission.Missing) {
			t.Errorf("%s: remedy %q", right, f.Remedy)
		}
		if f.Visible != nil && f.State != permission.Proven && f.State != permission.Unproven {
			t.Errorf("%s: %s with a count", right, f.State)
		}
	}
}

// below: lists that exist only below a record, so that a look below record 0
// is all that harmless calls show.
func below(r permission.Right) bool {
	return slices.Contains([]string{"Opportunity Finance", "Project Phase", "Notes", "Team Members"}, r.Permission)
}

// The roles that the guides ask for, all rights and none.
func TestMatrixOfRoles(t *testing.T) {
	t.Parallel()
	for name, role := range map[string]cwsim.Role{
		"guide 1": cwsim.GuideOneRole(), "guide 2": cwsim.GuideTwoRole(), "full": cwsim.FullRole(), "none": cwsim.NoRole(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAsker(t, cwsim.Config{Role: &role})
			got := a.matrix()
			if len(got) < 40 {
				t.Fatalf("only %d rights", len(got))
			}
			expect(t, role, got)
		})
	}
}

// The role table, and then without each of its rights in turn: the right one
// is named, and no other.
func TestMatrixWithOneRightMissing(t *testing.T) {
	t.Parallel()
	var rights []permission.Right
	for _, row := range permission.RoleTable(allFeatures()).Rows {
		for _, n := range row.Needs {
			rights = append(rights, n.Right)
		}
	}
	for i := -1; i < len(rights); i++ {
		role, name := grant(rights), "none"
		if i >= 0 {
			role, name = grant(slices.Delete(slices.Clone(rights), i, i+1)), rights[i].String()
		}
		if i >= 0 && rights[i].Table != "" {
			role.Cells["System: Table Setup"] = cwsim.Rights{Inquire: cwsim.All}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newAsker(t, cwsim.Config{Role: &role}).matrix()
			expect(t, role, got)
			var missing []permission.Right
			for _, f := range got {
				if f.State == permission.Missing {
					missing = append(missing, f.Right)
				}
			}
			var want []permission.Right
			if i >= 0 && !unasked(rights[i]) {
				want = rights[i : i+1]
			}
			if !slices.Equal(missing, want) {
				t.Errorf("missing: %v", missing)
			}
		})
	}
}

// The simulator's own reading of the guides agrees with the table's.
func TestGuidesAgree(t *testing.T) {
	t.Parallel()
	for source, role := range map[permission.Source]cwsim.Role{
		permission.Guide1: cwsim.GuideOneRole(), permission.Guide2: cwsim.GuideTwoRole(),
	} {
		got := map[string]cwsim.Rights{}
		for _, g := range permission.Guide(source) {
			var c cwsim.Rights
			for _, l := range g.Levels {
				*map[permission.Level]*cwsim.Level{permission.Add: &c.Add, permission.Edit: &c.Edit, permission.Delete: &c.Delete, permission.Inquire: &c.Inquire}[l] = cwsim.All
			}
			got[g.Module+": "+g.Permission] = c
			if g.Tables != nil && !slices.Equal(g.Tables, role.Tables) {
				t.Errorf("%s: tables %v", source, g.Tables)
			}
		}
		if diff := cmp.Diff(role.Cells, got); diff != "" {
			t.Errorf("%s: %s", source, diff)
		}
	}
}

// ConnectWise's own quirks, each of which must not turn a cell green or red.
func TestMatrixQuirks(t *testing.T) {
	t.Parallel()
	wrongClient := []string{"00000000-0000-4000-8000-000000000000"}
	every := func(kind cwsim.FaultKind, status int) []cwsim.Fault {
		return []cwsim.Fault{{Path: "/**", Kind: kind, Status: status}}
	}
	for name, tc := range map[string]struct {
		cfg    cwsim.Config
		faults []cwsim.Fault
		state  permission.State
		code   problem.Code
	}{
		"clientId by 400":       {cwsim.Config{ClientIDs: wrongClient}, nil, permission.Failed, problem.ClientIDRefused},
		"clientId by 401":       {cwsim.Config{ClientIDs: wrongClient, Switches: cwsim.Switches{ClientIDStatus: 401}}, nil, permission.Failed, problem.ClientIDRefused},
		"clientId by 403":       {cwsim.Config{ClientIDs: wrongClient, Switches: cwsim.Switches{ClientIDStatus: 403}}, nil, permission.Failed, problem.ClientIDRefused},
		"403 for whatever call": {cwsim.Config{}, every(cwsim.FaultStatus, 403), permission.Failed, problem.ClientIDRefused},
		"401 for whatever call": {cwsim.Config{}, every(cwsim.FaultStatus, 401), permission.Failed, problem.CredentialsRefused},
		"404 for whatever call": {cwsim.Config{}, every(cwsim.FaultStatus, 404), permission.Failed, problem.ConnectWiseNotFound},
		"500 for whatever call": {cwsim.Config{}, every(cwsim.FaultStatus, 500), permission.Failed, problem.ConnectWiseDown},
		"a web page":            {cwsim.Config{}, every(cwsim.FaultHTML, 0), permission.Failed, problem.ConnectWiseGarbled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAsker(t, tc.cfg)
			if err := a.sim.SetFaults(tc.faults...); err != nil {
				t.Fatal(err)
			}
			for right, f := range a.matrix("companies", permission.Usage, permission.Closing) {
				if unasked(right) {
					continue
				}
				if f.State != tc.state || f.Code != tc.code || f.Detail == "" {
					t.Errorf("%s: %s, %s: %s", right, f.State, f.Code, f.Detail)
				}
			}
		})
	}
}

// One broken path is one failure.
func TestMatrixFailuresAreSeparate(t *testing.T) {
	t.Parallel()
	a := newAsker(t, cwsim.Config{})
	if err := a.sim.SetFaults(cwsim.Fault{Path: "/company/contacts**", Kind: cwsim.FaultStatus, Status: 500}); err != nil {
		t.Fatal(err)
	}
	for right, f := range a.matrix() {
		if failed := f.State == permission.Failed; failed != (right.Permission == "Contacts") {
			t.Errorf("%s: %s (%s)", right, f.State, f.Detail)
		}
	}
}

// Where callbacks need Table Setup, that is found out, and is no reason to ask
// for it elsewhere.
func TestMatrixOfCallbacks(t *testing.T) {
	t.Parallel()
	role := cwsim.GuideTwoRole()
	a := newAsker(t, cwsim.Config{Role: &role, Switches: cwsim.Switches{CallbacksNeedTableSetup: true}})
	got := a.matrix(permission.Callbacks)
	if len(got) != 3 {
		t.Errorf("%d rights", len(got))
	}
	for right, f := range got {
		if f.State != permission.Missing || !f.Optional || f.Without[permission.Callbacks] == "" {
			t.Errorf("%s: %+v", right, f)
		}
	}
	if rows := permission.RoleTable([]permission.Name{permission.Callbacks}); len(rows.Rows) != 0 || len(rows.Later) != 3 {
		t.Errorf("%+v", rows)
	}
}

// What a pass shows beside itself.
func TestMatrixCounts(t *testing.T) {
	t.Parallel()
	role := cwsim.ReadRole("mine", "Companies: Company Maintenance")
	role.Cells["Companies: Company Maintenance"] = cwsim.Rights{Inquire: cwsim.Mine}
	a := newAsker(t, cwsim.Config{Role: &role})
	for _, f := range a.matrix("companies") {
		if f.State != permission.Proven || f.Visible == nil || *f.Visible >= 5 || f.Open == "" {
			t.Errorf("%+v", f)
		}
	}
}

// The connection test's report has the matrix, which decides nothing by itself
// and asks nothing twice.
func TestMatrixInTheConnectionTest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		role    cwsim.Role
		change  func(*setup.Input)
		ok      bool
		rights  bool
		missing []string
	}{
		"all rights": {cwsim.FullRole(), nil, true, true, nil},
		"guide 2": {cwsim.GuideTwoRole(), nil, true, true, []string{
			"Companies > Configurations, Inquire",
			"Companies > Contacts, Inquire",
			"Sales > Opportunity, Inquire",
			"Sales > Opportunity Finance, Inquire",
			"System > Table Setup, Inquire, Company / Company Type",
			"System > Table Setup, Inquire, Company / Market",
		}},
		"wrong keys": {cwsim.FullRole(), wrongKey, false, false, nil},
		"no rights": {cwsim.NoRole(), nil, false, true, []string{
			"Companies > Company Maintenance, Inquire",
			"Companies > Configurations, Inquire",
			"Companies > Contacts, Inquire",
			"Finance > Agreements, Inquire",
			"Procurement > Product Catalog, Inquire",
			"Sales > Opportunity, Inquire",
			"Sales > Opportunity Finance, Inquire",
			"System > Table Setup, Inquire, Company / Company Status",
			"System > Table Setup, Inquire, Company / Company Type",
			"System > Table Setup, Inquire, Company / Market",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{Role: &tc.role})
			in := w.input()
			if tc.change != nil {
				tc.change(&in)
			}
			r, err := w.service(t).Test(t.Context(), account, in)
			if err != nil || r.OK != tc.ok || len(r.Rights) > 0 != tc.rights {
				t.Fatalf("%v, ok %v, %d rights", err, r.OK, len(r.Rights))
			}
			var missing []string
			for _, f := range r.Rights {
				if f.State == permission.Missing {
					missing = append(missing, f.Right.String())
				}
			}
			if diff := cmp.Diff(tc.missing, missing); diff != "" {
				t.Error(diff)
			}
			for path, n := range w.sim.Counts() {
				if n > 1 {
					t.Errorf("%s was asked %d times", path, n)
				}
			}
		})
	}
}

// A data type of the engine's is a feature of the table, with the same list
// and the same cell.
func TestEveryDataTypeIsAFeature(t *testing.T) {
	t.Parallel()
	for _, row := range syncer.Types() {
		f, ok := permission.Named(permission.Name(row.Name))
		if !ok || f.Type != row.Name {
			t.Errorf("%s is no feature", row.Name)
			continue
		}
		want := permission.Cell{Module: row.Permission.Module, Permission: row.Permission.Name}
		if c := f.Calls[0]; c.Path != row.Path || c.Needs.Cell != want {
			t.Errorf("%s: %s, %s", row.Name, c.Path, c.Needs)
		}
	}
}
