package events

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// A message takes 256 KB; so much of it is events' details, which JSON writes
// once more.
const maxMessage = 100 << 10

// Publisher tells events: on the bus, or, where there is no way to the bus at
// present, by way of a queue. It implements syncer.Events.
type Publisher struct {
	// Bus may be nil: a function that may not put events leaves it to another.
	Bus *Bus
	// Defer puts events on a queue, from which they come to Bus.Put later. It
	// returns once the queue has them.
	Defer func(ctx context.Context, account psa.AccountID, events []Event) error
	Log   *slog.Logger
}

var _ syncer.Events = (*Publisher)(nil)

// RecordsChanged implements syncer.Events.
func (p *Publisher) RecordsChanged(ctx context.Context, scope psa.Scope, changes []syncer.RecordChange) error {
	events := make([]Event, len(changes))
	for i, c := range changes {
		var err error
		if events[i], err = ofChange(scope, c); err != nil {
			return err
		}
	}
	return p.publish(ctx, scope.Account, events)
}

// SyncFinished implements syncer.Events.
func (p *Publisher) SyncFinished(ctx context.Context, run syncer.Run) error {
	e, err := ofRun(run)
	if err != nil {
		return err
	}
	return p.publish(ctx, run.Scope.Account, []Event{e})
}

func (p *Publisher) publish(ctx context.Context, account psa.AccountID, events []Event) error {
	if p.Bus != nil {
		left, err := p.Bus.Put(ctx, events)
		if len(left) == 0 {
			return nil
		}
		p.Log.WarnContext(ctx, "events wait for the bus", "account", string(account), "events", len(left), "error", err.Error())
		events = left
	}
	for _, part := range messages(events) {
		if err := p.Defer(ctx, account, part); err != nil {
			return fmt.Errorf("leave events to the queue: %w", err)
		}
	}
	return nil
}

// messages cuts events into what one message takes.
func messages(events []Event) (out [][]Event) {
	start, bytes := 0, 0
	for i, e := range events {
		if i > start && bytes+e.size() > maxMessage {
			out = append(out, events[start:i])
			start, bytes = i, 0
		}
		bytes += e.size()
	}
	if start < len(events) {
		out = append(out, events[start:])
	}
	return out
}
