package connector_test

import (
	"testing"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
)

// While reading is paused the connection does not open for it, and says when
// to come back; afterwards it opens again.
func TestConnectDuringAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	if err := press(t, w); err != nil {
		t.Fatal(err)
	}
	conn := w.connector(true)
	for _, paused := range []bool{true, false, true} {
		st, err := w.service(t).SetPause(t.Context(), account, "bob", paused)
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Connect(t.Context(), st.Connection.Scope())
		if p := problem.From(err); paused != (err != nil) || paused && (p.Code != problem.Paused || p.RetryAfter == 0) {
			t.Errorf("paused %v: %v", paused, err)
		}
	}
	if got := w.runner.All(); len(got) != defaults() {
		t.Errorf("started %v", got)
	}
}
