package dynamo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	now := s.now().Truncate(time.Millisecond)
	j := filter.Job{
		ID: "01JOB", Account: "msp-1", Kind: filter.PreviewJob, State: filter.JobQueued, Filter: filter.Filter{Types: []int64{1, 4}},
		Types: []psa.DataType{psa.Companies}, By: "ann", AskedAt: now, ExpiresAt: now.Add(24 * time.Hour).Truncate(time.Second),
	}
	must(t, s.Jobs().CreateJob(t.Context(), j))
	got, err := s.Jobs().Job(t.Context(), "msp-1", "01JOB")
	must(t, err)
	wantEqual(t, "queued", got, j)
	_, err = s.Jobs().Job(t.Context(), "msp-2", "01JOB")
	wantErr(t, "of another account", err, psa.ErrNotFound)
	_, err = s.Jobs().Job(t.Context(), "msp-1", "")
	wantErr(t, "without an id", err, psa.ErrNotFound)

	j.State, j.EndedAt, j.Result = filter.JobDone, now.Add(time.Second), json.RawMessage(`{"sample":["Ä & \"b\""]}`)
	must(t, s.Jobs().EndJob(t.Context(), j))
	got, err = s.Jobs().Job(t.Context(), "msp-1", "01JOB")
	must(t, err)
	wantEqual(t, "done", got, j)
	late := j
	late.State, late.Result, late.Trouble = filter.JobFailed, nil, &filter.Trouble{Code: problem.ConnectWiseDown, Message: "m"}
	wantErr(t, "ended before", s.Jobs().EndJob(t.Context(), late), psa.ErrConflict)
	none := j
	none.ID = "01OTHER"
	wantErr(t, "never created", s.Jobs().EndJob(t.Context(), none), psa.ErrConflict)

	past := j
	past.ID, past.ExpiresAt = "01PAST", s.now().Add(-time.Second)
	must(t, s.Jobs().CreateJob(t.Context(), past))
	_, err = s.Jobs().Job(t.Context(), "msp-1", "01PAST")
	wantErr(t, "after a day", err, psa.ErrNotFound)
}
