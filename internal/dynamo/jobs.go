package dynamo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
)

// Jobs keeps jobs until they expire.
type Jobs struct{ db *table }

var _ filter.JobStore = (*Jobs)(nil)

// Jobs implements filter.JobStore.
func (s *Store) Jobs() *Jobs { return &Jobs{db: s.db} }

func jobKey(a psa.AccountID, id string) key { return key{accountPK(a), "job#" + escape(id)} }

// jobItem is a job. What it leads to is JSON and no business of the table's.
type jobItem struct {
	key
	V         int             `dynamodbav:"v"`
	ID        string          `dynamodbav:"id"`
	Kind      filter.JobKind  `dynamodbav:"kind"`
	State     filter.JobState `dynamodbav:"state"`
	Filter    string          `dynamodbav:"filter"`
	Types     []psa.DataType  `dynamodbav:"types,omitempty"`
	By        string          `dynamodbav:"by,omitempty"`
	AskedAt   int64           `dynamodbav:"askedAt"`
	EndedAt   int64           `dynamodbav:"endedAt,omitempty"`
	Result    string          `dynamodbav:"result,omitempty"`
	Trouble   *filter.Trouble `dynamodbav:"trouble,omitempty"`
	ExpiresAt int64           `dynamodbav:"expiresAt"`
}

func newJobItem(j filter.Job) (item, error) {
	chosen, err := json.Marshal(j.Filter)
	if err != nil {
		return nil, fmt.Errorf("encode filter: %w", err)
	}
	return marshal(jobItem{
		key: jobKey(j.Account, j.ID), V: version, ID: j.ID, Kind: j.Kind, State: j.State, Filter: string(chosen), Types: j.Types,
		By: j.By, AskedAt: nanos(j.AskedAt), EndedAt: nanos(j.EndedAt), Result: string(j.Result), Trouble: j.Trouble,
		ExpiresAt: expiry(j.ExpiresAt, 0),
	})
}

func (it jobItem) job(account psa.AccountID) (filter.Job, error) {
	j := filter.Job{
		ID: it.ID, Account: account, Kind: it.Kind, State: it.State, Types: it.Types, By: it.By,
		AskedAt: fromNanos(it.AskedAt), EndedAt: fromNanos(it.EndedAt), Trouble: it.Trouble,
		ExpiresAt: time.Unix(it.ExpiresAt, 0).UTC(),
	}
	if it.Result != "" {
		j.Result = json.RawMessage(it.Result)
	}
	if err := json.Unmarshal([]byte(it.Filter), &j.Filter); err != nil {
		return filter.Job{}, fmt.Errorf("decode filter: %w", err)
	}
	return j, nil
}

// CreateJob implements filter.JobStore.
func (s *Jobs) CreateJob(ctx context.Context, j filter.Job) error {
	it, err := newJobItem(j)
	if err != nil {
		return err
	}
	return s.db.put(ctx, it, "", nil) // the id is new
}

// Job implements filter.JobStore.
func (s *Jobs) Job(ctx context.Context, account psa.AccountID, id string) (filter.Job, error) {
	it, err := getAs[jobItem](ctx, s.db, jobKey(account, id))
	if err != nil {
		return filter.Job{}, err
	}
	return it.job(account)
}

// EndJob implements filter.JobStore. A write whose answer was lost and that is
// sent again is refused, which its caller takes for another's: either way the
// job has ended.
func (s *Jobs) EndJob(ctx context.Context, j filter.Job) error {
	it, err := newJobItem(j)
	if err != nil {
		return err
	}
	return s.db.put(ctx, it, "#state = :queued", with{"queued": filter.JobQueued})
}
