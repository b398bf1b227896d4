package httpapi_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// jobs keeps jobs in memory; a test ends them.
type jobs struct {
	mu    sync.Mutex
	jobs  map[string]filter.Job
	woken []string
}

func (s *jobs) service(now func() time.Time) *filter.Jobs {
	return &filter.Jobs{Store: s, Now: now, Wake: func(_ context.Context, account psa.AccountID, id string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.woken = append(s.woken, string(account)+" "+id)
		return nil
	}}
}

func (s *jobs) CreateJob(_ context.Context, j filter.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs == nil {
		s.jobs = map[string]filter.Job{}
	}
	s.jobs[string(j.Account)+" "+j.ID] = j
	return nil
}

func (s *jobs) Job(_ context.Context, account psa.AccountID, id string) (filter.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j, ok := s.jobs[string(account)+" "+id]; ok {
		return j, nil
	}
	return filter.Job{}, psa.ErrNotFound
}

func (s *jobs) EndJob(ctx context.Context, j filter.Job) error { return s.CreateJob(ctx, j) }

// end gives a job its outcome, as a worker does.
func (s *jobs) end(t *testing.T, id string, result any, trouble *filter.Trouble) {
	t.Helper()
	j, err := s.Job(t.Context(), "msp-1", id)
	if err != nil {
		t.Fatal(err)
	}
	j.State, j.EndedAt, j.Trouble = filter.JobDone, j.AskedAt.Add(time.Second), trouble
	if trouble != nil {
		j.State = filter.JobFailed
	} else if j.Result, err = json.Marshal(result); err != nil {
		t.Fatal(err)
	}
	_ = s.CreateJob(t.Context(), j)
}

func TestFilterJobs(t *testing.T) {
	t.Parallel()
	newServer(t).do(admin(), "POST", "/v1/filters/discover", "").want(409, "not_connected")
	s := connected(t)
	start := func(path, body string) (j httpapi.Job) {
		s.do(admin(), "POST", path, body).want(202, "").into(&j)
		if j.State != "queued" || j.By != "person-admin" || j.ExpiresAt.Sub(j.AskedAt) != 24*time.Hour {
			t.Errorf("%s: %+v", path, j)
		}
		return j
	}
	get := func(id string) (j httpapi.Job) {
		s.do(member(), "GET", "/v1/jobs/"+id, "").want(200, "").into(&j)
		return j
	}
	d := start("/v1/filters/discover", "")
	n := 3
	s.jobs.end(t, d.ID, filter.Discovery{Companies: &n, Lists: []filter.List{
		{Category: filter.Types, State: filter.Listed, Choices: []filter.Choice{{ID: 1, Name: "Customer", Companies: &n}}},
		{Category: filter.Statuses, State: filter.Refused, Choices: []filter.Choice{}, Trouble: &filter.Trouble{Code: problem.PermissionMissing, Message: "m"}},
	}}, nil)
	if got := get(d.ID); got.State != "done" || got.Discovery == nil || *got.Discovery.Lists[0].Choices[0].Companies != 3 || got.Discovery.Lists[1].Trouble.Code != "permission_missing" || got.Preview != nil {
		t.Errorf("%+v", got)
	}
	p := start("/v1/filters/preview", `{"filter":{"types":[4,1,4]}}`)
	asked := s.jobs.jobs["msp-1 "+p.ID]
	if len(asked.Filter.Types) != 2 || len(asked.Types) != 2 {
		t.Errorf("asked for %+v", asked)
	}
	s.jobs.end(t, p.ID, filter.Outlook{Companies: filter.Number{N: 5, UpTo: true}, Types: []filter.Expected{}, Sample: []string{"A"}}, nil)
	if got := get(p.ID); got.Preview == nil || !got.Preview.Companies.UpTo || got.Preview.Sample[0] != "A" {
		t.Errorf("%+v", got)
	}
	f := start("/v1/filters/discover", "")
	s.jobs.end(t, f.ID, nil, &filter.Trouble{Code: problem.ConnectWiseDown, Message: "m", Remedy: "r"})
	if got := get(f.ID); got.State != "failed" || got.Trouble.Code != "connectwise_down" || got.Trouble.Remedy != "r" {
		t.Errorf("%+v", got)
	}
	if len(s.jobs.woken) != 3 || s.jobs.woken[0] != "msp-1 "+d.ID {
		t.Errorf("woken: %v", s.jobs.woken)
	}
	// Of other accounts, by members, and what cannot be.
	s.do(person("msp-2", "admin"), "GET", "/v1/jobs/"+d.ID, "").want(404, "not_found")
	s.do(member(), "POST", "/v1/filters/discover", "").want(403, "forbidden")
	for _, bad := range []string{`{"filter":{"types":[0]}}`, `{"filter":{"markets":[` + strings.Repeat("1,", 500) + `1]}}`, `{"filter":{"nonsense":[1]}}`, `{}`} {
		s.do(admin(), "POST", "/v1/filters/preview", bad).want(400, "bad_request")
	}
}
