package callback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// During a pause, what the run that ends it reads anyway is acknowledged and
// let go of; a deletion, which no run sees, waits on the queue.
func TestReceiveDuringAPause(t *testing.T) {
	t.Parallel()
	for action, taken := range map[string]int{"added": 0, "updated": 0, "Updated": 0, "deleted": 1, "merged": 1, "": 1} {
		d := &door{paused: true}
		receiver := callback.NewReceiver(d, d, time.Now)
		err := receiver.Receive(t.Context(), callback.Request{Connection: "conn", Token: "new", Body: body(5, action, "Cobalt", "Cobalt")})
		if err != nil || len(d.taken) != taken {
			t.Errorf("%q: %d queued, want %d (%v)", action, len(d.taken), taken, err)
		}
		err = receiver.Receive(t.Context(), callback.Request{Connection: "conn", Token: "guess", Body: body(5, action, "Cobalt", "Cobalt")})
		if problem.CodeOf(err) != problem.NotFound {
			t.Errorf("%q with a wrong token: %v", action, err)
		}
	}
}

// reader is an engine that counts, over types that were all run.
type reader struct{ asked []syncer.Message }

func (r *reader) Handle(_ context.Context, m syncer.Message) error {
	r.asked = append(r.asked, m)
	return nil
}

func (r *reader) TypeState(_ context.Context, _ psa.Scope, typ psa.DataType) (syncer.TypeState, error) {
	return syncer.TypeState{Type: typ, LastRun: "01A", Watermark: time.Now()}, nil
}

func (r *reader) Lookup(context.Context, psa.Scope, psa.DataType, []psa.RecordID) (map[psa.RecordID]syncer.Row, error) {
	return nil, nil
}

func (r *reader) Allow(context.Context, psa.Scope, string, time.Time, int) (bool, error) {
	return true, nil
}

// What waits on the queue is looked at as the connection is then.
func TestTheWorkerLooksAtTheConnection(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, tt := range map[string]struct {
		door   *door
		change func(*callback.Envelope)
		action string
		asked  int
		err    error
	}{
		"as usual":                 {door: &door{}, action: "updated", asked: 1},
		"paused":                   {door: &door{paused: true}, action: "updated"},
		"paused, a deletion":       {door: &door{paused: true}, action: "deleted", asked: 1},
		"a connection that's gone": {door: &door{}, action: "deleted", change: func(e *callback.Envelope) { e.Connection = "gone" }},
		"an earlier generation":    {door: &door{}, action: "deleted", change: func(e *callback.Envelope) { e.Generation = 2 }},
		"another account":          {door: &door{}, action: "deleted", change: func(e *callback.Envelope) { e.Account = "msp-2" }},
		"another company":          {door: &door{}, action: "deleted", change: func(e *callback.Envelope) { e.Body = body(5, "deleted", "Evil", "Evil") }},
		"a type without a row": {door: &door{}, action: "deleted", change: func(e *callback.Envelope) {
			e.Body = bytes.ReplaceAll(e.Body, []byte(`"contact"`), []byte(`"expense"`))
		}},
		"a version of newer code":   {door: &door{}, action: "updated", change: func(e *callback.Envelope) { e.V = 2 }, err: psa.ErrInvalid},
		"the table is down":         {door: &door{err: down}, action: "updated", err: down},
		"an action nobody knows of": {door: &door{}, action: "reparented", asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reader{}
			e := callback.Envelope{
				V: 1, Kind: callback.Kind, Account: "msp-1", Generation: 3, Connection: "conn", Body: body(5, tt.action, "Cobalt", "Cobalt"),
			}
			if tt.change != nil {
				tt.change(&e)
			}
			raw, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			w := callback.NewWorker(callback.WorkerDeps{Engine: r, Types: r, Rows: r, Limits: r, Endpoints: tt.door})
			err = w.Handle(t.Context(), raw)
			if !errors.Is(err, tt.err) || len(r.asked) != tt.asked {
				t.Errorf("asked %v, %v", r.asked, err)
			}
		})
	}
}

// That a record is part of another one now goes along, and nothing else does.
func TestTheHintOfAMerge(t *testing.T) {
	t.Parallel()
	r := &reader{}
	w := callback.NewWorker(callback.WorkerDeps{Engine: r, Types: r, Rows: r, Limits: r, Endpoints: &door{}})
	for _, action := range []string{"updated", "merged", "Merged", "deleted"} {
		raw, err := json.Marshal(callback.Envelope{
			V: 1, Kind: callback.Kind, Account: "msp-1", Generation: 3, Connection: "conn", Body: body(5, action, "Cobalt", "Cobalt"), ReceivedAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Handle(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	var merged []bool
	for _, m := range r.asked {
		merged = append(merged, m.Merged)
	}
	if !slices.Equal(merged, []bool{false, true, true, false}) {
		t.Errorf("merged: %v", merged)
	}
}
