package filter_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// shelf is a JobStore.
type shelf struct {
	mu   sync.Mutex
	jobs map[string]filter.Job
	fail error
}

func (s *shelf) CreateJob(_ context.Context, j filter.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs[string(j.Account)+"/"+j.ID] = j
	return s.fail
}

func (s *shelf) Job(_ context.Context, account psa.AccountID, id string) (filter.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.jobs[string(account)+"/"+id]
	if !ok {
		return j, psa.ErrNotFound
	}
	return j, s.fail
}

func (s *shelf) EndJob(ctx context.Context, j filter.Job) error {
	if was, err := s.Job(ctx, j.Account, j.ID); err != nil || was.State != filter.JobQueued {
		return errors.Join(err, psa.ErrConflict)
	}
	return s.CreateJob(ctx, j)
}

// office is a filter.Jobs over a fake, and its clock.
type office struct {
	*filter.Jobs

	shelf *shelf
	woken []string
	now   time.Time
	err   error // of opening the ConnectWise
}

func newOffice(source filter.Source) *office {
	o := &office{shelf: &shelf{jobs: map[string]filter.Job{}}, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	o.Jobs = &filter.Jobs{
		Store: o.shelf, Now: func() time.Time { return o.now },
		Wake: func(_ context.Context, _ psa.AccountID, id string) error {
			o.woken = append(o.woken, id)
			return nil
		},
		Sources: func(context.Context, psa.AccountID) (filter.Source, error) { return source, o.err },
		Children: func(types []psa.DataType) (out []filter.Child) {
			for _, t := range types {
				out = append(out, filter.Child{Type: t, OfCompany: t == psa.Contacts})
			}
			return out
		},
	}
	return o
}

func TestJobs(t *testing.T) {
	t.Parallel()
	o := newOffice(newFake(20))
	j, err := o.Start(t.Context(), filter.Job{
		Account: "msp-1", Kind: filter.PreviewJob, By: "ann", Filter: filter.Filter{Statuses: []int64{1, 1}}, Types: []psa.DataType{psa.Contacts},
	})
	if err != nil || j.State != filter.JobQueued || len(o.woken) != 1 || o.woken[0] != j.ID || !j.ExpiresAt.Equal(o.now.Add(24*time.Hour)) {
		t.Fatalf("%+v %v %v", j, err, o.woken)
	}
	if _, err := o.Get(t.Context(), "msp-2", j.ID); problem.CodeOf(err) != problem.NotFound {
		t.Errorf("another account sees it: %v", err)
	}
	for range 2 { // messages come twice
		if err := o.Run(t.Context(), "msp-1", j.ID); err != nil {
			t.Fatal(err)
		}
	}
	done, err := o.Get(t.Context(), "msp-1", j.ID)
	var outlook filter.Outlook
	if err != nil || done.State != filter.JobDone || json.Unmarshal(done.Result, &outlook) != nil {
		t.Fatalf("%+v %v", done, err)
	}
	if outlook.Companies.N != 10 || len(outlook.Filter.Statuses) != 1 || outlook.Types[0].Number.N != 20 || done.By != "ann" {
		t.Errorf("%+v", outlook)
	}
}

func TestJobsThatFail(t *testing.T) {
	t.Parallel()
	o := newOffice(newFake(5))
	if _, err := o.Start(t.Context(), filter.Job{Account: "a", Filter: filter.Filter{Types: []int64{-1}}}); problem.CodeOf(err) != problem.BadRequest || len(o.woken) != 0 {
		t.Errorf("%v", err)
	}
	o.err = problem.New(problem.NotConnected, "There is no connection.", "Set one up.")
	j, _ := o.Start(t.Context(), filter.Job{Account: "a", Kind: filter.DiscoverJob})
	if err := o.Run(t.Context(), "a", j.ID); err != nil {
		t.Errorf("a failed job is done with: %v", err)
	}
	if got, _ := o.Get(t.Context(), "a", j.ID); got.State != filter.JobFailed || got.Trouble.Code != problem.NotConnected || got.Result != nil {
		t.Errorf("%+v", got)
	}
	// A job whose messages are all gone is not waited for.
	lost, _ := o.Start(t.Context(), filter.Job{Account: "a", Kind: filter.DiscoverJob})
	o.now = o.now.Add(time.Hour)
	if got, _ := o.Get(t.Context(), "a", lost.ID); got.State != filter.JobFailed || got.Trouble.Remedy == "" {
		t.Errorf("%+v", got)
	}
	if err := o.Run(t.Context(), "a", "gone"); err != nil {
		t.Errorf("a job that expired: %v", err)
	}
	o.shelf.fail = errors.New("the table is away")
	if err := o.Run(t.Context(), "a", lost.ID); err == nil {
		t.Error("the message must come back")
	}
}
