package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Waker puts the engine's messages on the sync queue, grouped by account.
type Waker struct{ Sender *queue.Sender }

// Wake implements syncer.Waker.
func (w Waker) Wake(ctx context.Context, m syncer.Message, delay time.Duration) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	return w.Sender.Send(ctx, queue.Message{Body: body, Group: string(m.Account), Delay: delay})
}
