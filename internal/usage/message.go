package usage

import (
	"encoding/json"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// MessageVersion that this code writes and reads.
const MessageVersion = 1

// Kinds of messages.
const (
	KindTick = "tick" // look what is due
	KindPost = "post" // go on with a posting run
)

// Message wakes a worker. Key is the run's id.
type Message struct {
	V          int            `json:"v"`
	Kind       string         `json:"kind"`
	Account    psa.AccountID  `json:"account,omitempty"`
	Generation psa.Generation `json:"generation,omitempty"`
	Key        string         `json:"key,omitempty"`
	Trace      string         `json:"trace,omitempty"`
}

// Scope that the message is about.
func (m Message) Scope() psa.Scope { return psa.Scope{Account: m.Account, Generation: m.Generation} }

// ParseMessage reads a message; psa.ErrInvalid if it is none that this code
// understands, so that it goes back to the queue for one that does.
func ParseMessage(body []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return Message{}, fmt.Errorf("usage message: %w", psa.ErrInvalid)
	}
	known := m.Kind == KindTick || m.Kind == KindPost && m.Account != "" && m.Key != ""
	if m.V != MessageVersion || !known {
		return Message{}, fmt.Errorf("usage message of version %d, kind %q: %w", m.V, m.Kind, psa.ErrInvalid)
	}
	return m, nil
}
