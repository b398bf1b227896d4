package dynamo_test

import (
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
)

// Nothing of a scope that was erased is left parked.
func TestErasedWithTheScope(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	must(t, s.Callbacks().Park(t.Context(), lotOf(scope), callback.Parked{ID: 1, AsOf: s.now()}, s.now()))
	done, err := s.Eraser().Erase(t.Context(), scope, time.Minute)
	must(t, err)
	left, err := s.Callbacks().Parked(t.Context(), lotOf(scope), false, 10)
	must(t, err)
	due, err := s.Callbacks().DueLots(t.Context(), s.now(), 10)
	must(t, err)
	if !done || len(left)+len(due) > 0 {
		t.Errorf("done %v, left %v, due %v", done, left, due)
	}
}
