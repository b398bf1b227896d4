package callback

import (
	"context"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	// heldLife is how long an endpoint that was read lets deliveries in, and
	// maxHeld how many are remembered.
	heldLife = 5 * time.Second
	maxHeld  = 256
)

// held is endpoints that were read a moment ago: deliveries come in bursts. It
// only ever lets a delivery in, since the worker looks at the connection again
// before it reads anything; what turns one away or lets go of it, an unknown
// token or a pause, is always read anew. It is safe for concurrent use.
type held struct {
	endpoints Endpoints
	now       func() time.Time

	mu   sync.Mutex // guards the rest
	read map[string]heldEndpoint
}

type heldEndpoint struct {
	psa.CallbackEndpoint
	at time.Time
}

// endpoint finds what a delivery with this token is checked against.
func (h *held) endpoint(ctx context.Context, id, token string) (psa.CallbackEndpoint, error) {
	at := h.now()
	h.mu.Lock()
	had, ok := h.read[id]
	h.mu.Unlock()
	if ok && at.Sub(had.at) < heldLife && known(had.CallbackEndpoint, token) {
		return had.CallbackEndpoint, nil
	}
	e, err := h.endpoints.CallbackEndpoint(ctx, id)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.read, id)
	if err == nil && !e.Paused {
		if len(h.read) >= maxHeld {
			clear(h.read)
		}
		h.read[id] = heldEndpoint{e, at}
	}
	return e, err
}
