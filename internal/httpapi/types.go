package httpapi

import (
	"context"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// DataType is a kind of record that can be synced.
type DataType struct {
	Type       string     `json:"type"`
	Label      string     `json:"label"`
	Permission Permission `json:"permission" doc:"The security role's cell that reading needs."`
	Parent     string     `json:"parent,omitempty" doc:"The type whose records these belong to."`
	Enabled    bool       `json:"enabled"`
	Main       bool       `json:"main" doc:"Whether most accounts want it: new connections have it enabled."`
	Always     bool       `json:"always" doc:"Whether it is synced whatever is chosen."`
	// What is known of its runs; absent before the first.
	LastRun     string     `json:"lastRun,omitempty" doc:"The newest run, whatever became of it."`
	ActiveRun   string     `json:"activeRun,omitempty" doc:"The run that is under way."`
	LastSuccess *time.Time `json:"lastSuccess,omitempty" doc:"When the last complete run finished."`
	UpTo        *time.Time `json:"upTo,omitempty" doc:"Everything that changed before then is here, by ConnectWise's clock."`
	Compared    *time.Time `json:"compared,omitempty" doc:"When the last run was asked for that compared all that is stored with ConnectWise."`
	Proposal    string     `json:"proposal,omitempty" doc:"The run whose proposed removal waits for a person."`
}

// Permission is a cell of ConnectWise's security role table.
type Permission struct {
	Module string `json:"module"`
	Name   string `json:"name"`
	Level  string `json:"level"`
}

// DataTypes lists all types, parents before children.
type DataTypes struct {
	Items []DataType `json:"items" nullable:"false"`
	Added []string   `json:"added" nullable:"false" doc:"Parents that were enabled along with their children."`
}

type typesOutput struct {
	ETag string `header:"ETag"`
	Body DataTypes
}

func (a *api) registerTypes() {
	const tag = "Data types"
	add(a, operation{
		id: "listDataTypes", method: "GET", path: "/v1/data-types", tag: tag, access: reads,
		summary: "What can be synced, and what is",
	}, a.listTypes)
	add(a, operation{
		id: "putDataTypes", method: "PUT", path: "/v1/data-types", tag: tag, access: changes,
		summary: "Choose what is synced; parents come along",
	}, a.putTypes)
	add(a, operation{
		id: "resetDataType", method: "POST", path: "/v1/data-types/{type}/reset", tag: tag, access: changes,
		summary: "End whatever run of the type is under way, so that a new one can start",
	}, a.resetType)
}

func (a *api) listTypes(ctx context.Context, _ *struct{}) (*typesOutput, error) {
	st, err := a.Setup.Status(ctx, callerOf(ctx).account)
	if err != nil {
		return nil, err
	}
	return a.types(ctx, st, nil)
}

type putTypesInput struct {
	IfMatchInput

	Body struct {
		Types []string `json:"types" nullable:"false" maxItems:"100" doc:"All types to sync."`
	}
}

func (a *api) putTypes(ctx context.Context, in *putTypesInput) (*typesOutput, error) {
	c := callerOf(ctx)
	change, err := a.Setup.SetTypes(ctx, c.account, c.subject, dataTypes(in.Body.Types), unquote(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return a.types(ctx, change.Status, change.Added)
}

func (a *api) types(ctx context.Context, st setup.Status, added []psa.DataType) (*typesOutput, error) {
	out := &typesOutput{ETag: quote(st.Tag), Body: DataTypes{Items: []DataType{}, Added: typeNames(added)}}
	for _, row := range syncer.Types() {
		dt := DataType{
			Type: string(row.Name), Label: row.Label, Parent: string(row.Parent),
			Permission: Permission{Module: row.Permission.Module, Name: row.Permission.Name, Level: "Inquire"},
			Enabled:    st.State == setup.StateNone && row.Default || slices.Contains(st.Types(), row.Name),
			Main:       row.Default, Always: row.Always,
		}
		if err := a.addState(ctx, st, row.Name, &dt); err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, dt)
	}
	return out, nil
}

func (a *api) addState(ctx context.Context, st setup.Status, name psa.DataType, dt *DataType) error {
	if st.Connection == nil {
		return nil
	}
	state, err := a.Runs.TypeState(ctx, st.Connection.Scope(), name)
	if err != nil {
		return err
	}
	dt.LastRun, dt.ActiveRun, dt.LastSuccess = state.LastRun, state.ActiveRun, optional(state.LastSuccess)
	dt.UpTo, dt.Compared, dt.Proposal = optional(state.Watermark), optional(state.Compared), state.Proposal
	return nil
}

func (a *api) resetType(ctx context.Context, in *TypeInput) (*struct{}, error) {
	row, err := in.known()
	if err != nil {
		return nil, err
	}
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Engine.Reset(ctx, scope, row.Name, callerOf(ctx).subject)
}
