package callback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

const (
	// sweepBatch bounds what one sweep hands over, sweepAtOnce what it does
	// side by side.
	sweepBatch  = 200
	sweepAtOnce = 8
	// lookSoon is when the tick looks at what was parked, lookAgain when it
	// does while a sweep may still be at it, or a first run goes on.
	lookSoon  = time.Minute
	lookAgain = 5 * time.Minute
	// lotsAtOnce bounds what one tick looks at.
	lotsAtOnce = 200
)

func (k recordKey) lot() LotKey { return LotKey{Scope: k.scope, Type: k.typ} }

func (w *Worker) park(ctx context.Context, k recordKey, p Parked) error {
	if err := w.Lot.Park(ctx, k.lot(), p, w.Now().Add(lookSoon)); err != nil {
		return fmt.Errorf("park %s/%d: %w", k.typ, k.id, err)
	}
	return nil
}

// parkUntilRead parks a record while the type's first run is active, and then
// looks again: a run that has ended meanwhile may have been swept before.
func (w *Worker) parkUntilRead(ctx context.Context, k recordKey, p Parked) (over bool, err error) {
	if err := w.park(ctx, k, p); err != nil {
		return false, err
	}
	state, err := w.Types.TypeState(ctx, k.scope, k.typ)
	if err != nil {
		return false, fmt.Errorf("callback of %s: %w", k.typ, err)
	}
	return !state.FirstRun(), nil
}

// parkIfStarted parks a record that was read while a first run may just have
// begun: a page that was read before it may be written after it.
func (w *Worker) parkIfStarted(ctx context.Context, k recordKey, p Parked, before syncer.TypeState) error {
	if !before.Watermark.IsZero() {
		return nil
	}
	state, err := w.Types.TypeState(ctx, k.scope, k.typ)
	if err != nil {
		return fmt.Errorf("callback of %s: %w", k.typ, err)
	}
	if !state.FirstRun() {
		return nil
	}
	return w.park(ctx, k, p)
}

// Record does a message of syncer.KindRecord. It parks the record while the
// type's first run is active, since that run writes over whatever it finds.
func (w *Worker) Record(ctx context.Context, m syncer.Message) error {
	k := recordKey{m.Scope(), m.Type, m.ID}
	defer w.memory.take(k)()
	state, err := w.Types.TypeState(ctx, k.scope, k.typ)
	if err != nil {
		return fmt.Errorf("record of %s: %w", k.typ, err)
	}
	p := Parked{ID: m.ID, AsOf: m.AsOf, Merged: m.Merged}
	if p.AsOf.IsZero() {
		p.AsOf = w.Now()
	}
	if state.FirstRun() {
		over, err := w.parkUntilRead(ctx, k, p)
		if err != nil || !over {
			return err
		}
	}
	if err := w.Engine.Handle(ctx, m); err != nil {
		return err
	}
	return w.parkIfStarted(ctx, k, p, state)
}

// Sweep hands over what is parked of a type to the sync queue, unless the
// type's first run is still active. It does a part, and wakes itself for the
// rest. It may die anywhere, and be called at any time by anybody: what was
// handed over twice is read once.
func (w *Worker) Sweep(ctx context.Context, k LotKey) error {
	rev, err := w.Lot.Look(ctx, k, w.Now().Add(lookAgain))
	if errors.Is(err, psa.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep %s: %w", k.Type, err)
	}
	state, err := w.Types.TypeState(ctx, k.Scope, k.Type)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", k.Type, err)
	}
	if state.FirstRun() {
		return nil
	}
	for _, unverified := range []bool{false, true} {
		rest, err := w.sweep(ctx, k, unverified)
		switch {
		case err != nil:
			return fmt.Errorf("sweep %s: %w", k.Type, err)
		case rest == later:
			_, err = w.Lot.Look(ctx, k, w.Now().Add(lookSoon))
			return err
		case rest == more:
			return w.Wake.Wake(ctx, syncer.ParkedMessage(k.Scope, k.Type), 0)
		}
	}
	err = w.Lot.Close(ctx, k, rev)
	if errors.Is(err, psa.ErrConflict) {
		_, err = w.Lot.Look(ctx, k, w.Now().Add(lookSoon)) // more was parked meanwhile
	}
	return err
}

// remainder says what a sweep left over.
type remainder int

const (
	none  remainder = iota
	more            // and goes on with at once
	later           // which must wait for the next minute
)

// sweep hands over a batch.
func (w *Worker) sweep(ctx context.Context, k LotKey, unverified bool) (remainder, error) {
	list, err := w.Lot.Parked(ctx, k, unverified, sweepBatch)
	if err != nil {
		return none, err
	}
	rest := none
	if len(list) == sweepBatch {
		rest = more
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(sweepAtOnce)
	for _, p := range list {
		ok, err := w.allowed(ctx, k, p)
		if err != nil || !ok {
			group.Go(func() error { return err })
			rest = later
			break
		}
		group.Go(func() error { return w.handOver(gctx, k, p) })
	}
	return rest, group.Wait()
}

// allowed reports whether p may be read now.
func (w *Worker) allowed(ctx context.Context, k LotKey, p Parked) (bool, error) {
	if !p.Unverified {
		return true, nil
	}
	ok, err := w.Limits.Allow(ctx, k.Scope, limitUnverified, w.Now(), unverifiedLimit)
	if err != nil {
		return false, fmt.Errorf("limit of unverified callbacks: %w", err)
	}
	return ok, nil
}

// handOver puts a record on the queue before it forgets it.
func (w *Worker) handOver(ctx context.Context, k LotKey, p Parked) error {
	err := w.Wake.Wake(ctx, syncer.Message{
		V: syncer.MessageVersion, Kind: syncer.KindRecord, Account: k.Scope.Account, Generation: k.Scope.Generation,
		Type: k.Type, ID: p.ID, AsOf: p.AsOf, By: "callback", Merged: p.Merged,
	}, 0)
	if err != nil {
		return err
	}
	return w.Lot.Unpark(ctx, k, p)
}

// Tick looks at what is parked and was forgotten: a message that was lost, a
// worker that died.
func (w *Worker) Tick(ctx context.Context) error {
	due, err := w.Lot.DueLots(ctx, w.Now(), lotsAtOnce)
	if err != nil {
		return fmt.Errorf("parked callbacks: %w", err)
	}
	var errs []error
	for _, k := range due {
		if err := w.Sweep(ctx, k); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", k.Scope, err))
		}
	}
	return errors.Join(errs...)
}
