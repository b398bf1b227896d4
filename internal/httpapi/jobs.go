package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Jobs is what the API needs of jobs; see filter.Jobs.
type Jobs interface {
	Start(ctx context.Context, j filter.Job) (filter.Job, error)
	Get(ctx context.Context, account psa.AccountID, id string) (filter.Job, error)
}

// Job is work that outlasts a request.
type Job struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"discover_filters,preview_filter"`
	State     string     `json:"state" enum:"queued,done,failed"`
	By        string     `json:"by"`
	AskedAt   time.Time  `json:"askedAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	ExpiresAt time.Time  `json:"expiresAt" doc:"Until when the job is kept."`
	Discovery *Discovery `json:"discovery,omitempty" doc:"What discover_filters led to."`
	Preview   *Preview   `json:"preview,omitempty" doc:"What preview_filter led to."`
	Trouble   *Warning   `json:"trouble,omitempty" doc:"Why it failed."`
}

// Discovery is what companies can be filtered by.
type Discovery struct {
	Lists     []FilterList `json:"lists" nullable:"false"`
	Companies *int         `json:"companies,omitempty" doc:"How many companies there are."`
	Trouble   *Warning     `json:"trouble,omitempty" doc:"Why choices come without numbers, if they do."`
}

// FilterList is one category's choices.
type FilterList struct {
	Category string         `json:"category" enum:"types,statuses,territories,markets"`
	State    string         `json:"state" enum:"listed,empty,refused" doc:"An empty or refused list does not block the others."`
	Choices  []FilterChoice `json:"choices" nullable:"false"`
	Cut      bool           `json:"cut,omitempty" doc:"Whether there are more than are listed."`
	Trouble  *Warning       `json:"trouble,omitempty"`
}

// FilterChoice is an entry of a list.
type FilterChoice struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Companies *int   `json:"companies,omitempty" doc:"How many companies have it; absent if that was not counted."`
}

// Filter chooses companies: choices within a category are alternatives,
// categories must all hold, and an empty one is no condition.
type Filter struct {
	Types       []int64 `json:"types,omitempty" nullable:"false" maxItems:"500"`
	Statuses    []int64 `json:"statuses,omitempty" nullable:"false" maxItems:"500"`
	Territories []int64 `json:"territories,omitempty" nullable:"false" maxItems:"500"`
	Markets     []int64 `json:"markets,omitempty" nullable:"false" maxItems:"500"`
}

// Preview is what a filter would bring.
type Preview struct {
	Filter    Filter     `json:"filter"`
	Companies Number     `json:"companies"`
	Types     []Expected `json:"types" nullable:"false"`
	Sample    []string   `json:"sample" nullable:"false" doc:"Up to ten companies that match."`
}

// Number is exact, or "up to".
type Number struct {
	N    int  `json:"n"`
	UpTo bool `json:"upTo" doc:"Whether there may be fewer."`
}

// Expected is how many records of a data type will come.
type Expected struct {
	Type    string   `json:"type"`
	Number  *Number  `json:"number,omitempty"`
	Trouble *Warning `json:"trouble,omitempty"`
}

type jobOutput struct{ Body Job }

func (a *api) registerJobs() {
	const tag = "Filters"
	add(a, operation{
		id: "discoverFilters", method: "POST", path: "/v1/filters/discover", tag: tag, access: changes,
		summary: "Have ConnectWise's company types, statuses, territories and markets listed and counted", status: http.StatusAccepted,
	}, a.discoverFilters)
	add(a, operation{
		id: "previewFilter", method: "POST", path: "/v1/filters/preview", tag: tag, access: changes,
		summary: "Have what a filter would bring counted; nothing is stored", status: http.StatusAccepted,
	}, a.previewFilter)
	add(a, operation{
		id: "getJob", method: "GET", path: "/v1/jobs/{id}", tag: tag, access: reads,
		summary: "How far a job has come, and what it led to; jobs are kept for a day",
	}, a.getJob)
}

func (a *api) discoverFilters(ctx context.Context, _ *struct{}) (*jobOutput, error) {
	return a.startJob(ctx, filter.Job{Kind: filter.DiscoverJob})
}

type previewInput struct {
	Body struct {
		Filter Filter   `json:"filter"`
		Types  []string `json:"types,omitempty" nullable:"false" maxItems:"100" doc:"Data types to look ahead for; none means the account's."`
	}
}

func (a *api) previewFilter(ctx context.Context, in *previewInput) (*jobOutput, error) {
	return a.startJob(ctx, filter.Job{Kind: filter.PreviewJob, Filter: filter.Filter(in.Body.Filter), Types: dataTypes(in.Body.Types)})
}

// startJob refuses at once what could only fail: there must be a connection or
// a draft to ask.
func (a *api) startJob(ctx context.Context, j filter.Job) (*jobOutput, error) {
	c := callerOf(ctx)
	st, err := a.Setup.Status(ctx, c.account)
	if err != nil {
		return nil, err
	}
	if st.Endpoint() == nil {
		return nil, problem.New(problem.NotConnected, "There is no ConnectWise connection yet.", "Test and save the connection first.")
	}
	if j.Kind == filter.PreviewJob && len(j.Types) == 0 {
		j.Types = chosenTypes(st)
	}
	j.Account, j.By = c.account, c.subject
	j, err = a.Jobs.Start(ctx, j)
	if err != nil {
		return nil, err
	}
	return jobAnswer(j)
}

type jobInput struct {
	ID string `path:"id" pattern:"^[0-9A-HJKMNP-TV-Z]{26}$" doc:"The job's id."`
}

func (a *api) getJob(ctx context.Context, in *jobInput) (*jobOutput, error) {
	j, err := a.Jobs.Get(ctx, callerOf(ctx).account, in.ID)
	if err != nil {
		return nil, err
	}
	return jobAnswer(j)
}

// jobAnswer reads the stored result into the form that the document has.
func jobAnswer(j filter.Job) (*jobOutput, error) {
	out := Job{
		ID: j.ID, Kind: string(j.Kind), State: string(j.State), By: j.By, AskedAt: j.AskedAt.UTC(),
		EndedAt: optional(j.EndedAt), ExpiresAt: j.ExpiresAt.UTC(),
	}
	if j.Trouble != nil {
		out.Trouble = &Warning{Code: string(j.Trouble.Code), Message: j.Trouble.Message, Remedy: j.Trouble.Remedy}
	}
	var into any
	switch {
	case j.State != filter.JobDone:
		return &jobOutput{out}, nil
	case j.Kind == filter.DiscoverJob:
		out.Discovery = &Discovery{}
		into = out.Discovery
	default:
		out.Preview = &Preview{}
		into = out.Preview
	}
	if err := json.Unmarshal(j.Result, into); err != nil {
		return nil, fmt.Errorf("result of job %s: %w", j.ID, err)
	}
	return &jobOutput{out}, nil
}
