package permission_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/permission"
)

// lines writes a role as people copy it.
func lines(r permission.Role) []string {
	var out []string
	for _, row := range r.Rows {
		s := row.Cell.String() + ": " + strings.Trim(fmt.Sprint(row.Levels), "[]")
		if len(row.Tables) > 0 {
			s += " (" + strings.Join(row.Tables, ", ") + ")"
		}
		out = append(out, s)
	}
	return out
}

func TestRoleTable(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		features []permission.Name
		want     []string
	}{
		"nothing":  {nil, nil},
		"unknown":  {[]permission.Name{"nonsense"}, nil},
		"contacts": {[]permission.Name{"companies", "contacts"}, []string{"Companies > Company Maintenance: Inquire", "Companies > Contacts: Inquire"}},
		"as guide 2 does": {
			[]permission.Name{permission.Mapping, permission.Usage, permission.Ticketing, permission.Closing},
			[]string{
				"Companies > Company Maintenance: Inquire",
				"Companies > Configurations: Inquire",
				"Companies > Contacts: Inquire",
				"Finance > Agreements: Add Edit Inquire",
				"Procurement > Product Catalog: Inquire",
				"Service Desk > Close Service Tickets: Edit Inquire",
				"Service Desk > Service Tickets: Add Edit Inquire",
				"System > Table Setup: Inquire (Company / Company Status, Service / Priority, Service / Service Board, Time / Work Type)",
			},
		},
	} {
		if diff := cmp.Diff(tc.want, lines(permission.RoleTable(tc.features))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	find := func(role permission.Role, g permission.Source, k permission.Kind, p string) permission.Difference {
		i := slices.IndexFunc(role.Differences, func(d permission.Difference) bool { return d.Guide == g && d.Kind == k && d.Permission == p })
		if i < 0 {
			return permission.Difference{}
		}
		return role.Differences[i]
	}
	role := permission.RoleTable([]permission.Name{"companies", "contacts", permission.Usage, permission.Closing})
	for _, tc := range []struct {
		guide      permission.Source
		kind       permission.Kind
		permission string
		levels     []permission.Level
	}{
		{permission.Guide1, permission.NotNeeded, "Contacts", []permission.Level{permission.Add, permission.Edit, permission.Delete}},
		{permission.Guide1, permission.NotNeeded, "Accounting Interface", []permission.Level{permission.Add, permission.Edit, permission.Delete, permission.Inquire}},
		{permission.Guide1, permission.NotNamed, "Agreements", []permission.Level{permission.Add, permission.Edit}},
		{permission.Guide2, permission.NotNamed, "Contacts", []permission.Level{permission.Inquire}},
		{permission.Guide2, permission.NotNeeded, "Close Service Tickets", []permission.Level{permission.Add}},
		{permission.Guide1, permission.NotNeeded, "Company Maintenance", nil},
	} {
		if d := find(role, tc.guide, tc.kind, tc.permission); !slices.Equal(d.Levels, tc.levels) {
			t.Errorf("%s, %s, %s: %v, want %v", tc.guide, tc.kind, tc.permission, d.Levels, tc.levels)
		}
	}
	if d := find(role, permission.Guide1, permission.NotNeeded, "Opportunity"); !slices.Contains(d.For, permission.WriteBack) {
		t.Errorf("what a right would be for: %v", d.For)
	}
	for _, d := range role.Differences {
		if d.Kind == permission.NotNeeded && slices.Contains(d.For, "contacts") && d.Permission != "Contacts" {
			t.Errorf("%+v", d)
		}
	}
}

// Whatever the table grows into: probes change nothing, and nothing asks for
// Delete.
func TestProbesAreHarmless(t *testing.T) {
	t.Parallel()
	// Creating these wants fields that {} does not have (facts, section 7).
	wanting := []string{"/service/tickets", "/system/callbacks"}
	for _, f := range permission.Features() {
		for _, c := range f.Calls {
			onNothing := strings.HasSuffix(c.Path, "{id}")
			switch c.Method {
			case http.MethodGet:
			case http.MethodPost:
				if !strings.Contains(c.Path, "{id}") && !slices.Contains(wanting, c.Path) {
					t.Errorf("%s: POST %s might create something", f.Name, c.Path)
				}
			case http.MethodPatch:
				if !onNothing {
					t.Errorf("%s: PATCH %s", f.Name, c.Path)
				}
			default:
				t.Errorf("%s: %s", f.Name, c.Method)
			}
			if c.Needs.Level == permission.Delete || c.Needs != (permission.Right{}) && (c.Needs.Module == "" || c.Needs.Permission == "" || c.Needs.Level == "") {
				t.Errorf("%s: %+v", f.Name, c.Needs)
			}
			if (c.Needs.Permission == "Table Setup") != (c.Needs.Table != "") {
				t.Errorf("%s: %s names the table %q", f.Name, c.Needs, c.Needs.Table)
			}
		}
	}
}

func TestTheTableNamesEachFeatureOnce(t *testing.T) {
	t.Parallel()
	seen := map[permission.Name]bool{}
	for _, f := range permission.Features() {
		if seen[f.Name] || f.Label == "" || len(f.Calls) == 0 || f.Type != "" && string(f.Type) != string(f.Name) {
			t.Errorf("%+v", f)
		}
		seen[f.Name] = true
	}
	if _, ok := permission.Named("nonsense"); ok {
		t.Error("found nonsense")
	}
}

// Guide 1 syncs its types with nothing but the cells that it names.
func TestSources(t *testing.T) {
	t.Parallel()
	named := func(source permission.Source, features ...permission.Name) {
		for _, n := range permission.Needs(features) {
			if !slices.Contains(n.Sources, source) {
				t.Errorf("%s does not name %s", source, n.Right)
			}
		}
	}
	named(permission.Guide1, "companies", "contacts", "opportunities", "configurations", "catalog", "agreements", permission.Filters)
	named(permission.Guide2, permission.Usage, permission.Mapping, permission.Closing)
	for _, n := range permission.Needs([]permission.Name{permission.WriteBack}) {
		if ours := slices.Equal(n.Sources, []permission.Source{permission.Ours}); ours != (n.Level != permission.Inquire) {
			t.Errorf("%s: %v", n.Right, n.Sources)
		}
	}
}

func TestLosses(t *testing.T) {
	t.Parallel()
	m := &member{errs: map[permission.Probe]error{{Method: "GET", Path: "/company/contacts"}: refused()}}
	got := permission.Losses(permission.Matrix(t.Context(), m, []permission.Name{"contacts", permission.Ticketing}, nil, clock, permission.Limits{}))
	want := []permission.Loss{
		{Feature: "contacts", Label: "Contacts", Says: "None of it works without this right."},
		{Feature: permission.Ticketing, Label: "Tickets", Works: true, Says: "Tickets are not linked to the person concerned."},
	}
	for i := range want {
		want[i].Right = permission.Right{Cell: permission.Cell{Module: "Companies", Permission: "Contacts"}, Level: permission.Inquire}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
