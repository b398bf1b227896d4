package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Filters is the filter by which companies are synced.
type Filters struct {
	Of      string     `json:"of" enum:"draft,connection" doc:"Whose filter it is: a draft's is used once the draft is enabled."`
	Filter  Filter     `json:"filter" doc:"By ids; a discovery tells their names."`
	By      string     `json:"by,omitempty" doc:"Who chose it; absent for a draft's."`
	At      *time.Time `json:"at,omitempty" doc:"When it was chosen."`
	Applied bool       `json:"applied" doc:"Whether all that is stored was decided by this filter; after a change that takes a run of every type."`
}

type filtersOutput struct {
	ETag string `header:"ETag"`
	Body Filters
}

// FilterOfInput chooses between the draft and the connection.
type FilterOfInput struct {
	Of string `query:"of" enum:"draft,connection" doc:"Whose filter is meant; if absent, the draft's if there is a draft, else the connection's."`
}

func (a *api) registerFilters() {
	const tag = "Filters"
	add(a, operation{
		id: "getFilters", method: "GET", path: "/v1/filters", tag: tag, access: reads,
		summary: "The filter by which companies are synced",
	}, a.getFilters)
	add(a, operation{
		id: "putFilters", method: "PUT", path: "/v1/filters", tag: tag, access: changes,
		summary: "Store the filter; an enabled connection is read by it at once, and what was being read by the former one is cancelled",
	}, a.putFilters)
}

func (a *api) getFilters(ctx context.Context, in *FilterOfInput) (*filtersOutput, error) {
	f, err := a.Setup.Filters(ctx, callerOf(ctx).account, setup.FilterOf(in.Of))
	if err != nil {
		return nil, err
	}
	return a.filtersAnswer(ctx, f)
}

type putFiltersInput struct {
	IfMatchInput
	FilterOfInput

	Body struct {
		Filter Filter `json:"filter"`
	}
}

func (a *api) putFilters(ctx context.Context, in *putFiltersInput) (*filtersOutput, error) {
	c := callerOf(ctx)
	f, err := a.Setup.SetFilter(ctx, c.account, c.subject, setup.FilterOf(in.Of), filter.Filter(in.Body.Filter), unquote(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return a.filtersAnswer(ctx, f)
}

func (a *api) filtersAnswer(ctx context.Context, f setup.Filters) (*filtersOutput, error) {
	out := &filtersOutput{ETag: quote(f.Tag), Body: Filters{Of: string(f.Of), Filter: Filter(f.Filter)}}
	if f.Of == setup.OfDraft {
		return out, nil
	}
	state, err := a.Runs.TypeState(ctx, f.Scope, psa.Companies)
	if err != nil {
		return nil, err
	}
	out.Body.By, out.Body.At = f.By, optional(f.At)
	out.Body.Applied = !state.Watermark.IsZero() && state.Filter == f.Key
	return out, nil
}
