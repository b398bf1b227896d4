package httpapi

import (
	"context"
	"slices"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// RoleTable is what to enter for the API member's security role: Rows, and
// None everywhere else.
type RoleTable struct {
	Features    []Feature        `json:"features" nullable:"false" doc:"All features, and which of them the table is for."`
	Rows        []RoleRow        `json:"rows" nullable:"false" doc:"In the order of ConnectWise's page."`
	Later       []RoleNeed       `json:"later" nullable:"false" doc:"Rights to add only if a connection test says that they are missing."`
	Differences []RoleDifference `json:"differences" nullable:"false" doc:"Where the public guides ask for something else."`
}

// Feature is something that needs rights.
type Feature struct {
	Name   string `json:"name"`
	Label  string `json:"label"`
	Type   string `json:"type,omitempty" doc:"The data type that it is, if it is one."`
	Chosen bool   `json:"chosen"`
}

// RoleRow is a line of the role.
type RoleRow struct {
	Module     string     `json:"module"`
	Permission string     `json:"permission"`
	Add        string     `json:"add" enum:"None,All"`
	Edit       string     `json:"edit" enum:"None,All"`
	Delete     string     `json:"delete" enum:"None,All"`
	Inquire    string     `json:"inquire" enum:"None,All"`
	Tables     []string   `json:"tables" nullable:"false" doc:"The setup tables to customise Table Setup to."`
	Needs      []RoleNeed `json:"needs" nullable:"false" doc:"The rights that make up the row."`
}

// RoleNeed is a right and what it is for.
type RoleNeed struct {
	Module     string   `json:"module"`
	Permission string   `json:"permission"`
	Level      string   `json:"level" enum:"Add,Edit,Inquire"`
	Table      string   `json:"table,omitempty"`
	Features   []string `json:"features" nullable:"false"`
	Sources    []string `json:"sources" nullable:"false" doc:"guide1, guide2, or ours."`
	Optional   bool     `json:"optional" doc:"Whether every feature works in part without it."`
	Without    []Lack   `json:"without" nullable:"false" doc:"What is lost without it, where the feature works all the same."`
}

// Lack is what a feature loses.
type Lack struct {
	Feature string `json:"feature"`
	Says    string `json:"says"`
}

// RoleDifference is a cell of which a guide says something else.
type RoleDifference struct {
	Guide      string   `json:"guide" enum:"guide1,guide2"`
	Kind       string   `json:"kind" enum:"not_needed,not_named" doc:"not_needed: the guide asks for more; not_named: it leaves out what is needed."`
	Module     string   `json:"module"`
	Permission string   `json:"permission"`
	Levels     []string `json:"levels" nullable:"false"`
	Tables     []string `json:"tables" nullable:"false" doc:"The setup tables that the guide leaves out."`
	For        []string `json:"for" nullable:"false" doc:"Features, not chosen, that would need it."`
}

type roleTableInput struct {
	Types    []string `query:"types" nullable:"false" maxItems:"100" doc:"Data types; none means the account's, or the defaults."`
	Features []string `query:"features" nullable:"false" maxItems:"100" doc:"Further features, such as usage or ticketing."`
}

type roleTableOutput struct{ Body RoleTable }

func (a *api) registerRoleTable() {
	add(a, operation{
		id: "getRoleTable", method: "GET", path: "/v1/role-table", tag: "Connection", access: reads,
		summary: "The cells of ConnectWise's security role that the chosen features need, to copy",
	}, a.roleTable)
}

func (a *api) roleTable(ctx context.Context, in *roleTableInput) (*roleTableOutput, error) {
	types := dataTypes(in.Types)
	if len(types) == 0 {
		st, err := a.Setup.Status(ctx, callerOf(ctx).account)
		if err != nil {
			return nil, err
		}
		types = chosenTypes(st)
	}
	names := setup.Features(types)
	for _, f := range in.Features {
		names = append(names, permission.Name(f))
	}
	for _, n := range names {
		if _, ok := permission.Named(n); !ok {
			return nil, problem.New(problem.BadRequest, "A feature is not known.", "Choose from the table's features.").Wrap(psa.ErrInvalid)
		}
	}
	return &roleTableOutput{roleTableOf(names)}, nil
}

func roleTableOf(names []permission.Name) RoleTable {
	role := permission.RoleTable(names)
	var out RoleTable
	out.Features, _ = listOf(permission.Features(), "", func(f permission.Feature) Feature {
		return Feature{Name: string(f.Name), Label: f.Label, Type: string(f.Type), Chosen: slices.Contains(names, f.Name)}
	})
	out.Rows, _ = listOf(role.Rows, "", roleRowOf)
	out.Later, _ = listOf(role.Later, "", roleNeedOf)
	out.Differences, _ = listOf(role.Differences, "", func(d permission.Difference) RoleDifference {
		return RoleDifference{
			Guide: string(d.Guide), Kind: string(d.Kind), Module: d.Module, Permission: d.Permission,
			Levels: texts(d.Levels), Tables: orEmpty(d.Tables), For: texts(d.For),
		}
	})
	return out
}

func roleRowOf(r permission.Row) RoleRow {
	value := func(l permission.Level) string {
		if slices.Contains(r.Levels, l) {
			return "All"
		}
		return "None"
	}
	needs, _ := listOf(r.Needs, "", roleNeedOf)
	return RoleRow{
		Module: r.Module, Permission: r.Permission, Tables: orEmpty(r.Tables), Needs: needs,
		Add: value(permission.Add), Edit: value(permission.Edit), Delete: value(permission.Delete), Inquire: value(permission.Inquire),
	}
}

func roleNeedOf(n permission.Need) RoleNeed {
	out := RoleNeed{
		Module: n.Module, Permission: n.Permission, Level: string(n.Level), Table: n.Table, Features: texts(n.Features),
		Sources: texts(n.Sources), Optional: n.Optional, Without: []Lack{},
	}
	for _, f := range n.Features {
		if says := n.Without[f]; says != "" {
			out.Without = append(out.Without, Lack{Feature: string(f), Says: says})
		}
	}
	return out
}

// chosenTypes are the account's data types, or the defaults of one that has
// chosen none yet.
func chosenTypes(st setup.Status) []psa.DataType {
	if st.State != setup.StateNone {
		return st.Types()
	}
	var out []psa.DataType
	for _, t := range syncer.Types() {
		if t.Default {
			out = append(out, t.Name)
		}
	}
	return out
}
