package callback_test

import (
	"context"
	"encoding/json"
	"errors"
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
type reader struct {
	syncer.RunStore

	asked []syncer.Message
}

func (r *reader) Handle(_ context.Context, m syncer.Message) error {
	r.asked = append(r.asked, m)
	return nil
}

func (r *reader) TypeState(_ context.Context, _ psa.Scope, typ psa.DataType) (syncer.TypeState, error) {
	return syncer.TypeState{Type: typ, LastRun: "01A"}, nil
}

// What waits on the queue is looked at as the connection is then.
func TestTheWorkerLooksAtTheConnection(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, tt := range map[string]struct {
		door       *door
		connection string
		action     string
		asked      int
		err        error
	}{
		"as usual":                 {&door{}, "conn", "updated", 1, nil},
		"paused":                   {&door{paused: true}, "conn", "updated", 0, nil},
		"paused, a deletion":       {&door{paused: true}, "conn", "deleted", 1, nil},
		"a connection that's gone": {&door{}, "gone", "deleted", 0, nil},
		"the table is down":        {&door{err: down}, "conn", "updated", 0, down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reader{}
			raw, err := json.Marshal(callback.Envelope{
				V: 1, Kind: callback.Kind, Account: "msp-1", Generation: 3, Connection: tt.connection, Body: body(5, tt.action, "Cobalt", "Cobalt"),
			})
			if err != nil {
				t.Fatal(err)
			}
			err = callback.NewWorker(r, r, tt.door).Handle(t.Context(), raw)
			if !errors.Is(err, tt.err) || len(r.asked) != tt.asked {
				t.Errorf("asked %v, %v", r.asked, err)
			}
		})
	}
}
