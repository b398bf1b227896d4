package syncer

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// MessageVersion is what this code writes. A reader puts an unknown version
// back on the queue: newer code may be running beside it.
const MessageVersion = 1

// Kind of a message.
type Kind string

// The kinds. A tick has no account. What ConnectWise posted travels on a
// queue of its own, see package callback.
const (
	KindTick   Kind = "tick"
	KindRun    Kind = "run"    // Key: run id; plan it, or end it
	KindShard  Kind = "shard"  // Key: run id, No: shard
	KindRecord Kind = "record" // Type, ID, AsOf, By: read one record again
)

// Message wakes a worker. It says what to look at, never what to believe: the
// table is the truth.
type Message struct {
	V          int            `json:"v"`
	Kind       Kind           `json:"kind"`
	Account    psa.AccountID  `json:"account,omitempty"`
	Generation psa.Generation `json:"generation,omitempty"`
	Key        string         `json:"key,omitempty"`
	No         int            `json:"no,omitempty"`
	Type       psa.DataType   `json:"type,omitempty"`
	ID         psa.RecordID   `json:"id,omitempty"`
	// AsOf spares the read if the stored record was read later; By says who
	// wants it.
	AsOf time.Time `json:"asOf,omitzero"`
	By   string    `json:"by,omitempty"`
	// Merged is set if ConnectWise said that the record is part of another
	// one now: a hint that nothing is known to send.
	Merged bool `json:"merged,omitempty"`
	// Trace carries the request id that caused the message.
	Trace string `json:"trace,omitempty"`
}

// Scope of the message.
func (m Message) Scope() psa.Scope {
	return psa.Scope{Account: m.Account, Generation: m.Generation}
}

// ParseMessage reads a queue body. A version that this code does not know is
// an error, and so is a message that names no account but needs one.
func ParseMessage(body []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return Message{}, fmt.Errorf("parse message: %w: %w", psa.ErrInvalid, err)
	}
	if m.V != MessageVersion {
		return Message{}, fmt.Errorf("message version %d: %w", m.V, psa.ErrInvalid)
	}
	if m.Kind != KindTick {
		if _, err := psa.ParseAccountID(string(m.Account)); err != nil {
			return Message{}, fmt.Errorf("message of kind %q: %w", m.Kind, err)
		}
	}
	return m, nil
}
