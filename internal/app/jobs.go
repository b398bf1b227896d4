package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// JobKind is the kind of message that has a worker do a job.
const JobKind = "job"

// jobMessage has the head that all messages on the queue have.
type jobMessage struct {
	V       int           `json:"v"`
	Kind    string        `json:"kind"`
	Account psa.AccountID `json:"account"`
	Key     string        `json:"key"`
	Trace   string        `json:"trace,omitempty"`
}

// JobWaker puts jobs on the sync queue; it is the Wake of filter.Jobs.
func JobWaker(sender *queue.Sender) func(context.Context, psa.AccountID, string) error {
	return func(ctx context.Context, account psa.AccountID, id string) error {
		body, err := json.Marshal(jobMessage{V: 1, Kind: JobKind, Account: account, Key: id, Trace: telemetry.RequestOf(ctx)})
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		return sender.Send(ctx, queue.Message{Body: body, Group: string(account)})
	}
}

// ParseJob reads a message of JobKind. A version that this code does not know
// is an error, so that it goes back to the queue.
func ParseJob(body []byte) (account psa.AccountID, id string, err error) {
	var m jobMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return "", "", fmt.Errorf("parse job: %w: %w", psa.ErrInvalid, err)
	}
	if m.V != 1 || m.Key == "" {
		return "", "", fmt.Errorf("job message of version %d: %w", m.V, psa.ErrInvalid)
	}
	account, err = psa.ParseAccountID(string(m.Account))
	return account, m.Key, err
}
