package connectwise

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

func TestSimulatorCallbacks(t *testing.T) {
	t.Parallel()
	sim, cfg := simulate(t, cwsim.Config{Seed: 1, Codebase: "v2025_1/"})
	c := newClient(t, cfg)
	sim.Upgrade("v2026_2/") // registering finds the new codebase as well
	want := Callback{
		Description: "psabridge: Companies", URL: "https://hooks.example.com/callbacks/c1/token?recordId=", ObjectID: 1, Type: "company", Level: "owner",
	}
	if err := c.CreateCallback(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	var got []Callback
	for cb, err := range c.Callbacks(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, cb)
	}
	if len(got) != 1 || got[0].ID <= 0 || got[0].URL != want.URL || got[0].Inactive || got[0].SelfSuppressed {
		t.Fatalf("registered %+v", got)
	}
	err := c.CreateCallback(t.Context(), want)
	var e *Error
	if !errors.Is(err, psa.ErrInvalid) || !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Code != "ObjectExists" {
		t.Errorf("the same again: %v", err)
	}
}

// The server registers and then cuts the connection: only a look tells.
func TestCreateCallbackIsSentOnce(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	c := connect(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/json" {
			posts.Add(1)
		}
		panic(http.ErrAbortHandler)
	})
	err := c.CreateCallback(t.Context(), Callback{URL: "https://hooks.example.com/secret-token"})
	if problem.CodeOf(err) != problem.ConnectWiseDown || posts.Load() != 1 {
		t.Errorf("%v after %d posts", err, posts.Load())
	}
}
