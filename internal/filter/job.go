package filter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// JobKind is what a job does.
type JobKind string

// The kinds. A Discovery or an Outlook is what they lead to.
const (
	DiscoverJob JobKind = "discover_filters"
	PreviewJob  JobKind = "preview_filter"
)

// JobState says how far a job has come.
type JobState string

// The states.
const (
	JobQueued JobState = "queued"
	JobDone   JobState = "done"
	JobFailed JobState = "failed"
)

// Job is work that can outlast a request (spec 1.3): it is asked for, done by
// a worker, and kept for a day.
type Job struct {
	ID      string
	Account psa.AccountID
	Kind    JobKind
	State   JobState
	// Filter and Types are what a PreviewJob is about.
	Filter Filter
	Types  []psa.DataType
	By     string
	// AskedAt and EndedAt are in whole milliseconds, UTC.
	AskedAt, EndedAt time.Time
	ExpiresAt        time.Time
	// Result is JSON, set once the job is done.
	Result json.RawMessage
	// Trouble says why it failed.
	Trouble *Trouble
}

const (
	jobLife = 24 * time.Hour
	jobTime = 45 * time.Second // below the worker's own time
	// jobLost is when a job that has not ended never will: its message has
	// been delivered as often as the queue does.
	jobLost = 30 * time.Minute
)

// JobStore keeps jobs. It is safe for concurrent use by many processes.
type JobStore interface {
	CreateJob(ctx context.Context, j Job) error
	// Job is psa.ErrNotFound for a job that another account has, too.
	Job(ctx context.Context, account psa.AccountID, id string) (Job, error)
	// EndJob stores j unless the stored job has ended: psa.ErrConflict.
	EndJob(ctx context.Context, j Job) error
}

// Jobs asks for jobs, does them and tells of them. All fields but Sources are
// needed to ask, all but Wake to do them.
type Jobs struct {
	Store JobStore
	// Wake has a worker call Run, soon and at least once.
	Wake func(ctx context.Context, account psa.AccountID, id string) error
	// Sources opens the ConnectWise of an account, Children says what a
	// preview looks ahead for.
	Sources  func(ctx context.Context, account psa.AccountID) (Source, error)
	Children func([]psa.DataType) []Child
	Now      func() time.Time
}

func (s *Jobs) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Start asks for a job; account, kind, filter, types and by are what it takes
// of j. A filter that is none is a problem.BadRequest.
func (s *Jobs) Start(ctx context.Context, j Job) (Job, error) {
	filter, err := j.Filter.Clean()
	if err != nil {
		return Job{}, err
	}
	now := s.now()
	j.ID, j.State, j.Filter = ulid.MustNew(ulid.Timestamp(now), rand.Reader).String(), JobQueued, filter
	j.AskedAt, j.EndedAt, j.ExpiresAt = now, time.Time{}, now.Add(jobLife)
	j.Result, j.Trouble = nil, nil
	if err := s.Store.CreateJob(ctx, j); err != nil {
		return Job{}, fmt.Errorf("create job: %w", err)
	}
	if err := s.Wake(ctx, j.Account, j.ID); err != nil {
		return Job{}, fmt.Errorf("wake a worker for job %s: %w", j.ID, err)
	}
	return j, nil
}

// Get is a job as it stands. One whose worker is lost has failed.
func (s *Jobs) Get(ctx context.Context, account psa.AccountID, id string) (Job, error) {
	j, err := s.Store.Job(ctx, account, id)
	if errors.Is(err, psa.ErrNotFound) {
		return Job{}, problem.New(problem.NotFound, "There is no such job.", "Jobs are kept for a day. Start a new one.").Wrap(err)
	}
	if err != nil {
		return Job{}, fmt.Errorf("job: %w", err)
	}
	if j.State == JobQueued && s.now().Sub(j.AskedAt) > jobLost {
		j.State, j.Trouble = JobFailed, &Trouble{Code: problem.Internal, Message: "The job was lost.", Remedy: "Start it again."}
	}
	return j, nil
}

// Run does a job. It is done with when the error is nil: what ConnectWise
// would not do is the job's outcome. A job that has ended, or is gone, is left
// alone, so that a message may come twice.
func (s *Jobs) Run(ctx context.Context, account psa.AccountID, id string) error {
	j, err := s.Store.Job(ctx, account, id)
	switch {
	case errors.Is(err, psa.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("job: %w", err)
	case j.State != JobQueued:
		return nil
	}
	result, err := s.do(ctx, j)
	j.State, j.EndedAt = JobDone, s.now()
	if err == nil {
		j.Result, err = json.Marshal(result)
	}
	if err != nil {
		j.State, j.Trouble = JobFailed, troubleOf(err)
	}
	if err := s.Store.EndJob(ctx, j); err != nil && !errors.Is(err, psa.ErrConflict) {
		return fmt.Errorf("end job %s: %w", id, err)
	}
	return nil
}

func (s *Jobs) do(ctx context.Context, j Job) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	source, err := s.Sources(ctx, j.Account)
	if err != nil {
		return nil, err
	}
	if j.Kind == PreviewJob {
		return Preview(ctx, source, j.Filter, s.Children(j.Types), Limits{})
	}
	return Discover(ctx, source, Limits{}), nil
}
