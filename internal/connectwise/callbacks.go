package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/psabridge/psabridge/internal/psa"
)

const callbacksPath = "system/callbacks"

// Callback is a registration: ConnectWise posts to URL, with the record's id
// appended, when a record of Type changes.
type Callback struct {
	ID          psa.RecordID `json:"id,omitempty"`
	Description string       `json:"description"`
	URL         string       `json:"url"`
	// ObjectID is what Level refers to; 1 with level owner, which means all.
	ObjectID int    `json:"objectId"`
	Type     string `json:"type"`
	Level    string `json:"level"`
	// Inactive is set by ConnectWise after days of failed deliveries.
	Inactive bool `json:"inactiveFlag"`
	// SelfSuppressed keeps back what the API member itself changed.
	SelfSuppressed bool `json:"isSelfSuppressedFlag"`
}

// Callbacks yields the registrations that the API member may see, other
// integrations' among them.
func (c *Client) Callbacks(ctx context.Context) iter.Seq2[Callback, error] {
	return func(yield func(Callback, error) bool) {
		for item, err := range c.List(ctx, callbacksPath, ListQuery{}) {
			var cb Callback
			if err == nil && json.Unmarshal(item, &cb) != nil {
				err = garbled("GET "+callbacksPath, "an entry is not a callback")
			}
			if !yield(cb, err) || err != nil {
				return
			}
		}
	}
}

// CreateCallback registers one. It is not repeated: after an unknown
// outcome, look at Callbacks before trying again.
func (c *Client) CreateCallback(ctx context.Context, cb Callback) error {
	body, err := json.Marshal(cb)
	if err != nil {
		return fmt.Errorf("encode callback: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: callbacksPath, body: body, limit: c.maxRecord})
	return err
}

// DeleteCallback removes a registration; one that has gone is no error. Only
// ever call it with the id of one of our own.
func (c *Client) DeleteCallback(ctx context.Context, id psa.RecordID) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: callbacksPath + "/" + formatID(id), limit: c.maxRecord})
	if errors.Is(err, psa.ErrNotFound) {
		return nil
	}
	return err
}
