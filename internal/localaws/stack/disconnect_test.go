package stack_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
)

// connectionState is what the API says of the connection.
type connectionState struct {
	State   string
	Enabled *struct {
		Callbacks struct{ State string }
		Pause     struct{ Sync bool }
	}
	Former *struct{ State string }
}

// The functions' roles and messages suffice for a pause, for taking the
// connection down and for coming back to the data that was kept.
func TestPauseDisconnectAndComeBack(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	before, err := i.walk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	i.put(ctx, t, "/v1/connection/pause", map[string]any{"sync": true})
	var refused *demo.Problem
	if err := i.client.Sync(ctx); !errors.As(err, &refused) || refused.Code != "paused" {
		t.Errorf("sync during a pause: %v", err)
	}
	i.put(ctx, t, "/v1/connection/pause", map[string]any{"sync": false})
	runs, err := i.client.Wait(ctx, 50*time.Millisecond, nil)
	if each := len(before.Runs); err != nil || len(runs) != 2*each {
		t.Fatalf("%d runs after the pause, want those of the first sync and %d more: %v", len(runs), each, err)
	}
	if err := i.client.Call(ctx, http.MethodPost, "/v1/connection/disconnect", map[string]any{"keepData": true}, nil); err != nil {
		t.Fatal(err)
	}
	if st := i.state(ctx, t); st.State != "none" || st.Former == nil || st.Former.State != "kept" {
		t.Errorf("disconnected: %+v", st)
	}
	if left := i.Simulator.Snapshot(cwsim.Callbacks); len(left) != 0 {
		t.Errorf("callbacks %v", left)
	}
	if err := i.client.Connect(ctx, i.cw); err != nil {
		t.Fatal(err)
	}
	if runs, err = i.client.Wait(ctx, 50*time.Millisecond, nil); err != nil || len(runs) != 3*len(before.Runs) || runs[0].Mode != "incremental" {
		t.Errorf("%d runs after coming back, the newest %+v, %v", len(runs), runs[0], err)
	}
	after, err := i.records(ctx, "companies")
	if err != nil || len(after) != len(before.Companies) {
		t.Errorf("%d companies, %d before, %v", len(after), len(before.Companies), err)
	}
	if st := i.state(ctx, t); st.Enabled == nil || st.Enabled.Callbacks.State != "registered" || st.Former != nil {
		t.Errorf("back: %+v", st)
	}
}

func (i *installation) put(ctx context.Context, t *testing.T, path string, in any) {
	t.Helper()
	if err := i.client.Call(ctx, http.MethodPut, path, in, nil); err != nil {
		t.Fatal(err)
	}
}

func (i *installation) state(ctx context.Context, t *testing.T) (st connectionState) {
	t.Helper()
	if err := i.client.Call(ctx, http.MethodGet, "/v1/connection", nil, &st); err != nil {
		t.Fatal(err)
	}
	return st
}
