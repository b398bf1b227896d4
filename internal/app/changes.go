package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// ChangeKind is the kind of message that has a worker go on with a change set
// of mappings.
const ChangeKind = "mapping-change"

// changeMessage has the head that all messages on the queue have.
type changeMessage struct {
	V          int            `json:"v"`
	Kind       string         `json:"kind"`
	Account    psa.AccountID  `json:"account"`
	Generation psa.Generation `json:"generation"`
	Key        string         `json:"key"`
	Trace      string         `json:"trace,omitempty"`
}

// ChangeWaker puts change sets on the sync queue; it is a mapping.Waker.
type ChangeWaker struct{ Sender *queue.Sender }

// WakeChange implements mapping.Waker.
func (w ChangeWaker) WakeChange(ctx context.Context, scope psa.Scope, id string) error {
	body, err := json.Marshal(changeMessage{
		V: 1, Kind: ChangeKind, Account: scope.Account, Generation: scope.Generation, Key: id, Trace: telemetry.RequestOf(ctx),
	})
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	return w.Sender.Send(ctx, queue.Message{Body: body, Group: string(scope.Account)})
}

// ParseChange reads a message of ChangeKind. A version that this code does not
// know is an error, so that it goes back to the queue.
func ParseChange(body []byte) (psa.Scope, string, error) {
	var m changeMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return psa.Scope{}, "", fmt.Errorf("parse change: %w: %w", psa.ErrInvalid, err)
	}
	if m.V != 1 || m.Key == "" {
		return psa.Scope{}, "", fmt.Errorf("change message of version %d: %w", m.V, psa.ErrInvalid)
	}
	account, err := psa.ParseAccountID(string(m.Account))
	return psa.Scope{Account: account, Generation: m.Generation}, m.Key, err
}
