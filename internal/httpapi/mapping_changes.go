package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
)

// MappingChange is a large edit, worked behind the scenes.
type MappingChange struct {
	ID      string             `json:"id"`
	State   string             `json:"state" enum:"matching,proposed,applying,applied,undoing,undone,stopped" doc:"proposed waits for a person."`
	By      string             `json:"by"`
	At      time.Time          `json:"at"`
	Rows    []MappingChangeRow `json:"rows" nullable:"false"`
	Done    int                `json:"done" doc:"How many rows are worked."`
	Cut     bool               `json:"cut,omitempty" doc:"There was more than one change set holds: do it again."`
	Failure string             `json:"failure,omitempty"`
}

// MappingChangeRow is a wish for one tenant and what became of it.
type MappingChangeRow struct {
	Tenant string `json:"tenant"`
	Name   string `json:"name"`
	Target Target `json:"target"`
	Result string `json:"result,omitempty" enum:"applied,conflict,invalid,ambiguous,undone,kept" doc:"Absent while it is not worked."`
	Detail string `json:"detail,omitempty"`
}

func mappingChange(c mapping.Change) MappingChange {
	out := MappingChange{
		ID: c.ID, State: string(c.State), By: c.By, At: c.At, Done: c.Next, Cut: c.Cut, Failure: c.Failure,
	}
	out.Rows, _ = listOf(c.Rows, "", func(r mapping.ChangeRow) MappingChangeRow {
		return MappingChangeRow{
			Tenant: string(r.Tenant), Name: r.Name, Target: targetOf(r.Target), Result: string(r.Result), Detail: r.Detail,
		}
	})
	return out
}

type startMappingChangeInput struct {
	Body struct {
		AutoMap bool          `json:"autoMap,omitempty" doc:"Propose companies by name, in place of edits."`
		Edits   []MappingEdit `json:"edits,omitempty" maxItems:"1000" nullable:"false"`
	}
}

type mappingChangeOutput struct{ Body MappingChange }

type mappingChangeInput struct {
	ID string `path:"id" pattern:"^[0-9A-HJKMNP-TV-Z]{26}$"`
}

func (a *api) startMappingChange(ctx context.Context, in *startMappingChangeInput) (*mappingChangeOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	by := callerOf(ctx).subject
	if in.Body.AutoMap {
		return changeAnswer(a.Mapping.StartAutoMap(ctx, scope, by))
	}
	wanted, err := edits(in.Body.Edits)
	if err != nil {
		return nil, err
	}
	return changeAnswer(a.Mapping.StartChange(ctx, scope, wanted, by))
}

func changeAnswer(c mapping.Change, err error) (*mappingChangeOutput, error) {
	if err != nil {
		return nil, err
	}
	return &mappingChangeOutput{Body: mappingChange(c)}, nil
}

func (a *api) getMappingChange(ctx context.Context, in *mappingChangeInput) (*mappingChangeOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	return changeAnswer(a.Mapping.GetChange(ctx, scope, in.ID))
}

func (a *api) applyMappingChange(ctx context.Context, in *mappingChangeInput) (*mappingChangeOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	return changeAnswer(a.Mapping.Apply(ctx, scope, in.ID, callerOf(ctx).subject))
}

func (a *api) undoMappingChange(ctx context.Context, in *mappingChangeInput) (*mappingChangeOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	return changeAnswer(a.Mapping.Undo(ctx, scope, in.ID, callerOf(ctx).subject))
}
