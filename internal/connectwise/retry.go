package connectwise

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	maxTries    = 3
	backoffBase = 250 * time.Millisecond
	// maxPause is the longest wait between two tries in place; whoever has
	// to wait longer gives the worker back.
	maxPause = 5 * time.Second
)

// repeat sends rq, and again if that is safe and may help: never a POST, never
// what ConnectWise refused, never past what ctx leaves.
func repeat(ctx context.Context, c *caller, rq call) (answer, error) {
	for try := 1; ; try++ {
		a, err := c.send(ctx, rq)
		if err == nil || try == maxTries {
			return a, err
		}
		wait, again := pause(rq.method, err, try)
		if !again || !sleep(ctx, wait) {
			return a, err
		}
	}
}

// pause says whether and when to try again after err.
func pause(method string, err error, try int) (time.Duration, bool) {
	var e *Error
	if method == http.MethodPost || !errors.As(err, &e) {
		return 0, false
	}
	if e.Kind != KindThrottled && !e.repeatable {
		return 0, false
	}
	wait := max(e.RetryAfter, backoff(try))
	return wait, wait <= maxPause
}

// backoff doubles per try, with half of it left to chance so that workers
// that failed together do not return together.
func backoff(try int) time.Duration {
	full := backoffBase << (try - 1)
	return full/2 + rand.N(full)
}

// sleep waits, but not if ctx would end first: then the error at hand is worth
// more than the wait.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
