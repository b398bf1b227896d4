// Package outbox takes events to the bus by way of the sync queue.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// Kind is the kind of message that holds events for the bus.
const Kind = "events"

// Retry is how long events wait that the bus did not take at once.
const Retry = 30 * time.Second

// message has the head that all messages on the queue have.
type message struct {
	V       int            `json:"v"`
	Kind    string         `json:"kind"`
	Account psa.AccountID  `json:"account"`
	Events  []events.Event `json:"events"`
	Trace   string         `json:"trace,omitempty"`
}

// Defer puts events on the sync queue for after delay; it is the Defer of
// events.Publisher.
func Defer(sender *queue.Sender, delay time.Duration) func(context.Context, psa.AccountID, []events.Event) error {
	return func(ctx context.Context, account psa.AccountID, list []events.Event) error {
		body, err := json.Marshal(message{V: 1, Kind: Kind, Account: account, Events: list, Trace: telemetry.RequestOf(ctx)})
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		return sender.Send(ctx, queue.Message{Body: body, Group: string(account), Delay: delay})
	}
}

// Deliver puts the events of a message on the bus. An error puts the message
// back on the queue, where it is tried again until it is a dead letter; so does
// a version that this code does not know.
func Deliver(ctx context.Context, bus *events.Bus, body []byte) error {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return fmt.Errorf("parse events: %w: %w", psa.ErrInvalid, err)
	}
	if m.V != 1 {
		return fmt.Errorf("events message of version %d: %w", m.V, psa.ErrInvalid)
	}
	_, err := bus.Put(ctx, m.Events)
	return err
}
