package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Engine is what the worker needs of the sync engine.
type Engine interface {
	// Handle does a message; an error means that it must come again.
	Handle(ctx context.Context, m syncer.Message) error
}

// Worker does deliveries from the queue.
type Worker struct {
	engine    Engine
	runs      syncer.RunStore
	endpoints Endpoints
}

// NewWorker makes a worker.
func NewWorker(engine Engine, runs syncer.RunStore, endpoints Endpoints) *Worker {
	return &Worker{engine: engine, runs: runs, endpoints: endpoints}
}

// Handle reads the record again that a queued delivery names. What is not
// synced is dropped: a type without a row, one that was never run, what came
// for a connection that has gone meanwhile. An unknown version is an error, so that newer code may take it.
func (w *Worker) Handle(ctx context.Context, body []byte) error {
	var e Envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return fmt.Errorf("parse envelope: %w: %w", psa.ErrInvalid, err)
	}
	if e.V != EnvelopeVersion {
		return fmt.Errorf("envelope version %d: %w", e.V, psa.ErrInvalid)
	}
	query, err := url.ParseQuery(e.Query)
	if err != nil {
		return fmt.Errorf("envelope query: %w", psa.ErrInvalid)
	}
	d, err := Parse(e.Body, query)
	if err != nil {
		return err
	}
	t, ok := typeOf(d)
	if !ok {
		return nil
	}
	endpoint, err := w.endpoints.CallbackEndpoint(ctx, e.Connection)
	if errors.Is(err, psa.ErrNotFound) || err == nil && endpoint.Paused && d.Coverable() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("callback of %s: %w", t.Name, err)
	}
	scope := psa.Scope{Account: e.Account, Generation: e.Generation}
	state, err := w.runs.TypeState(ctx, scope, t.Name)
	if err != nil {
		return fmt.Errorf("callback of %s: %w", t.Name, err)
	}
	if state.LastRun == "" {
		return nil
	}
	return w.engine.Handle(ctx, syncer.Message{
		V: syncer.MessageVersion, Kind: syncer.KindRecord, Account: e.Account, Generation: e.Generation,
		Type: t.Name, ID: d.ID, AsOf: e.ReceivedAt, By: "callback", Trace: e.Trace,
	})
}

// typeOf finds the row of the types table that a delivery is about.
func typeOf(d Delivery) (*syncer.Type, bool) {
	for _, t := range syncer.Types() {
		if t.Callback == d.Type {
			return t, true
		}
	}
	return nil, false
}
