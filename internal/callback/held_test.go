package callback_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// rereading is a table whose endpoint changes, and that counts who looks.
type rereading struct {
	endpoint psa.CallbackEndpoint
	err      error
	reads    int
}

func (r *rereading) CallbackEndpoint(context.Context, string) (psa.CallbackEndpoint, error) {
	r.reads++
	return r.endpoint, r.err
}

// A burst reads the endpoint once. What was read a moment ago lets deliveries
// in, and never turns one away or lets go of it.
func TestReceiveABurst(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	old, renewed := []string{callback.HashToken("old")}, []string{callback.HashToken("old"), callback.HashToken("new")}
	for name, tt := range map[string]struct {
		first, then rereading
		after       time.Duration
		token       string
		reads       int
		want        problem.Code
		queued      int
	}{
		"at once":                   {rereading{}, rereading{}, 0, "old", 1, "", 2},
		"the table is down":         {rereading{}, rereading{err: down}, time.Second, "old", 1, "", 2},
		"a while later":             {rereading{}, rereading{}, 5 * time.Second, "old", 2, "", 2},
		"a while later, it is gone": {rereading{}, rereading{err: psa.ErrNotFound}, 5 * time.Second, "old", 2, problem.NotFound, 1},
		"a new token":               {rereading{}, rereading{endpoint: psa.CallbackEndpoint{TokenHashes: renewed}}, 0, "new", 2, "", 2},
		"a wrong token":             {rereading{}, rereading{}, 0, "guess", 2, problem.NotFound, 1},
		"a pause has ended":         {rereading{endpoint: psa.CallbackEndpoint{Paused: true}}, rereading{}, 0, "old", 2, "", 1},
		"a failure has ended":       {rereading{err: down}, rereading{}, 0, "old", 2, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
			table, queue := &rereading{}, &door{}
			receiver := callback.NewReceiver(table, queue, func() time.Time { return now })
			receive := func(as rereading, token string) error {
				table.endpoint, table.err = as.endpoint, as.err
				table.endpoint.CompanyID = "Cobalt"
				if table.endpoint.TokenHashes == nil {
					table.endpoint.TokenHashes = old
				}
				return receiver.Receive(t.Context(), callback.Request{Connection: "conn", Token: token, Body: body(5, "updated", "Cobalt", "Cobalt")})
			}
			_ = receive(tt.first, "old")
			now = now.Add(tt.after)
			if err := receive(tt.then, tt.token); problem.CodeOf(err) != tt.want {
				t.Errorf("code %q, want %q", problem.CodeOf(err), tt.want)
			}
			if table.reads != tt.reads || len(queue.taken) != tt.queued {
				t.Errorf("%d reads and %d queued, want %d and %d", table.reads, len(queue.taken), tt.reads, tt.queued)
			}
		})
	}
}

// What another connection has is not held for this one.
func TestReceiveOfAnotherConnection(t *testing.T) {
	t.Parallel()
	d := &door{}
	receiver := callback.NewReceiver(d, d, time.Now)
	req := callback.Request{Connection: "conn", Token: "new", Body: body(5, "updated", "Cobalt", "Cobalt")}
	if err := receiver.Receive(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	req.Connection = "other"
	if err := receiver.Receive(t.Context(), req); problem.CodeOf(err) != problem.NotFound || len(d.taken) != 1 {
		t.Errorf("%v, %d queued", err, len(d.taken))
	}
}
