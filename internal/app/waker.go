package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// Waker puts the engine's messages on the sync queue, grouped by account, with
// the id of the request that they come from.
type Waker struct{ Sender *queue.Sender }

// Wake implements syncer.Waker.
func (w Waker) Wake(ctx context.Context, m syncer.Message, delay time.Duration) error {
	if m.Trace == "" {
		m.Trace = telemetry.RequestOf(ctx)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	return w.Sender.Send(ctx, queue.Message{Body: body, Group: string(m.Account), Delay: delay})
}
