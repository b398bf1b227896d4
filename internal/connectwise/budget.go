package connectwise

import (
	"context"
	"time"
)

// Budget shares one ConnectWise's request allowance between all workers. It is
// safe for concurrent use. Each request, retries included, takes once.
type Budget interface {
	// Take waits within ctx for a slot and a token, or refuses with an error
	// that is psa.ErrBusy and, as a problem, says when to come back. A
	// successful Take is followed by exactly one call of release, whatever
	// became of the request; a release that never comes because the process
	// died must not hold the slot for ever.
	Take(ctx context.Context) (release func(), err error)
	// Throttled says that ConnectWise answered 429 and that nobody may call
	// before until.
	Throttled(ctx context.Context, until time.Time) error
}

// unlimited is the Budget of a Client that was given none.
type unlimited struct{}

func (unlimited) Take(context.Context) (func(), error)       { return func() {}, nil }
func (unlimited) Throttled(context.Context, time.Time) error { return nil }
