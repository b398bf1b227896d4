package callback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// The metrics of a Worker.
const (
	// MetricForged counts deliveries whose signature is not their body's.
	MetricForged = "CallbacksForged"
	// MetricUnverified counts those of which nobody knows, since there was no
	// signature or no key to be had.
	MetricUnverified = "CallbacksUnverified"
)

// Limits of one connection in a minute, over all workers: unverifiedLimit of
// reads that nobody knows the cause of, keyLimit of keys that are fetched.
const (
	unverifiedLimit = 30
	keyLimit        = 60
	limitUnverified = "unverified"
	limitKeys       = "keys"
)

// WorkerDeps are what a Worker works with; all are required but Count, Log and
// Now.
type WorkerDeps struct {
	Engine    Engine
	Types     Types
	Rows      Rows
	Endpoints Endpoints
	Keys      Keys
	Limits    Limits
	Lot       Lot
	// Wake puts a message on the sync queue.
	Wake syncer.Waker
	// Count adds to a metric.
	Count func(ctx context.Context, metric string, n int)
	Log   *slog.Logger
	Now   func() time.Time
}

// Worker does deliveries from the queue. Use one per process: it remembers
// keys and reads. It is safe for concurrent use.
type Worker struct {
	WorkerDeps

	ring   *keyring
	memory *memory
}

// NewWorker makes a worker.
func NewWorker(d WorkerDeps) *Worker {
	if d.Count == nil {
		d.Count = func(context.Context, string, int) {}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Worker{WorkerDeps: d, ring: newKeyring(d.Now), memory: newMemory()}
}

// Handle reads the record again that a queued delivery names. What is not
// synced is dropped: a type without a row, one that was never run, what came
// for a connection that has gone meanwhile. An unknown version is an error, so
// that newer code may take it.
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
	wanted, err := w.wanted(ctx, e, d)
	if err != nil || !wanted {
		return err
	}
	k := recordKey{e.scope(), t.Name, d.ID}
	defer w.memory.take(k)()
	return w.delivery(ctx, k, e, d)
}

// wanted reports whether the delivery's connection is there, is the one that
// it was taken for, and reads.
func (w *Worker) wanted(ctx context.Context, e Envelope, d Delivery) (bool, error) {
	endpoint, err := w.Endpoints.CallbackEndpoint(ctx, e.Connection)
	if errors.Is(err, psa.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("callback of %s: %w", e.Connection, err)
	}
	return endpoint.Scope == e.scope() && d.From(endpoint.CompanyID) && !(endpoint.Paused && d.Coverable()), nil
}

// delivery does one delivery of a record whose turn it is.
func (w *Worker) delivery(ctx context.Context, k recordKey, e Envelope, d Delivery) error {
	state, err := w.Types.TypeState(ctx, k.scope, k.typ)
	if err != nil {
		return fmt.Errorf("callback of %s: %w", k.typ, err)
	}
	if state.LastRun == "" {
		return nil // its first run will read the record
	}
	if done, err := w.known(ctx, k, e.ReceivedAt); err != nil || done && !d.Merged() {
		return err
	}
	p := Parked{ID: k.id, AsOf: e.ReceivedAt, Merged: d.Merged()}
	switch w.judge(ctx, e, d) {
	case forged:
		w.Log.WarnContext(ctx, "callback dropped: its signature is not its body's", "type", k.typ, "record", k.id)
		w.Count(ctx, MetricForged, 1)
		return nil
	case unknown:
		w.Count(ctx, MetricUnverified, 1)
		p.Unverified = true
		ok, err := w.allowed(ctx, k.lot(), p)
		if err != nil {
			return err
		}
		if !ok {
			return w.park(ctx, k, p)
		}
		p.Unverified = false // it is allowed for
	case genuine:
	}
	return w.read(ctx, k, p, state, e.Trace)
}

// known reports whether a read after asOf has the record already.
func (w *Worker) known(ctx context.Context, k recordKey, asOf time.Time) (bool, error) {
	if w.memory.readAfter(k, asOf) {
		return true, nil
	}
	rows, err := w.Rows.Lookup(ctx, k.scope, k.typ, []psa.RecordID{k.id})
	if err != nil {
		return false, fmt.Errorf("look up %s/%d: %w", k.typ, k.id, err)
	}
	return rows[k.id].ReadAt.After(asOf), nil
}

// read has the engine read the record, or parks it for after the type's first
// run. What it asks for is as of now: the engine may do it later, and by then
// what was remembered here must be covered.
func (w *Worker) read(ctx context.Context, k recordKey, p Parked, state syncer.TypeState, trace string) error {
	if state.FirstRun() {
		over, err := w.parkUntilRead(ctx, k, p)
		if err != nil || !over {
			return err
		}
		defer func() { _ = w.Lot.Unpark(ctx, k.lot(), p) }() // if it stays, it is read once more
	}
	now := w.Now()
	err := w.Engine.Handle(ctx, syncer.Message{
		V: syncer.MessageVersion, Kind: syncer.KindRecord, Account: k.scope.Account, Generation: k.scope.Generation,
		Type: k.typ, ID: k.id, AsOf: now, By: "callback", Merged: p.Merged, Trace: trace,
	})
	if err != nil {
		return err
	}
	w.memory.note(k, now)
	return w.parkIfStarted(ctx, k, p, state)
}

// typeOf finds the row of the types table that a delivery is about.
func typeOf(d Delivery) (*syncer.Type, bool) {
	for _, t := range syncer.Types() {
		if t.Callback != "" && t.Callback == d.Type {
			return t, true
		}
	}
	return nil, false
}

func (e Envelope) scope() psa.Scope {
	return psa.Scope{Account: e.Account, Generation: e.Generation}
}
