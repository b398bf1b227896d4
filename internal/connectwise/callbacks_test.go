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

// What is removed is what was named; once it has gone, removing it again is no
// error, and a refusal is one.
func TestDeleteCallback(t *testing.T) {
	t.Parallel()
	sim, cfg := simulate(t, cwsim.Config{Seed: 1})
	c := newClient(t, cfg)
	ours := func() (ids []psa.RecordID) {
		for cb, err := range c.Callbacks(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, cb.ID)
		}
		return ids
	}
	for _, typ := range []string{"company", "contact"} {
		err := c.CreateCallback(t.Context(), Callback{
			Description: "d", URL: "https://hooks.example.com/callbacks/c1/token?recordId=", ObjectID: 1, Type: typ, Level: "owner",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	both := ours()
	for range 2 {
		if err := c.DeleteCallback(t.Context(), both[0]); err != nil {
			t.Fatal(err)
		}
	}
	if left := ours(); len(left) != 1 || left[0] != both[1] {
		t.Errorf("left %v of %v", left, both)
	}
	if err := sim.SetFaults(cwsim.Fault{Method: "DELETE", Path: "/system/callbacks/*", Kind: cwsim.FaultStatus, Status: 403}); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteCallback(t.Context(), both[1]); problem.CodeOf(err) != problem.PermissionMissing {
		t.Errorf("refused: %v", err)
	}
}
