package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// PageInput is what every list takes.
type PageInput struct {
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many items at most."`
	After string `query:"after" maxLength:"1024" doc:"The next of the answer before."`
}

func (p PageInput) page() syncer.Page { return syncer.Page{Limit: p.Limit, After: p.After} }

// list is what every list answers with; Items is never null.
func listOf[T, D any](items []T, next string, dto func(T) D) ([]D, string) {
	out := make([]D, 0, len(items))
	for _, item := range items {
		out = append(out, dto(item))
	}
	return out, next
}

func badCursor() error {
	return problem.New(problem.BadRequest, "The list cannot go on there.", "Begin the list again.").Wrap(psa.ErrInvalid)
}

// TypeInput names a data type in a path.
type TypeInput struct {
	Type string `path:"type" pattern:"^[a-zA-Z][a-zA-Z_-]{0,39}$" doc:"A data type, such as companies."`
}

// known is the type's row; one that is not in the table is not there.
func (t TypeInput) known() (*syncer.Type, error) {
	row, ok := syncer.TypeNamed(psa.DataType(t.Type))
	if !ok {
		return nil, notFound()
	}
	return row, nil
}

// RunInput names a run in a path.
type RunInput struct {
	ID string `path:"id" pattern:"^[0-9A-HJKMNP-TV-Z]{26}$" doc:"The run's id."`
}

// recordInput names a record in a path.
type recordInput struct {
	TypeInput

	ID int64 `path:"id" minimum:"1" doc:"ConnectWise's id of the record."`
}

// scope is the caller's account with the generation of its enabled
// connection.
func (a *api) scope(ctx context.Context) (psa.Scope, setup.Status, error) {
	st, err := a.Setup.Status(ctx, callerOf(ctx).account)
	if err != nil {
		return psa.Scope{}, setup.Status{}, err
	}
	if st.Connection == nil {
		return psa.Scope{}, setup.Status{}, problem.New(problem.NotConnected,
			"There is no ConnectWise connection yet.", "Set up the connection and enable it first.")
	}
	return st.Connection.Scope(), st, nil
}

// optional is nil for a time that never was.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// orEmpty makes a list that is never null.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func dataTypes(names []string) []psa.DataType {
	out := make([]psa.DataType, 0, len(names))
	for _, n := range names {
		out = append(out, psa.DataType(n))
	}
	return out
}

func typeNames(types []psa.DataType) []string {
	out := make([]string, 0, len(types))
	for _, t := range types {
		out = append(out, string(t))
	}
	return out
}
