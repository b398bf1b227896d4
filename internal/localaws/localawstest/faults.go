package localawstest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

var (
	// ErrKilled is what every call returns from the chosen call on: to the
	// code under test its process has died.
	ErrKilled = errors.New("killed by the test")
	// ErrAnswerLost is what a call returns that was carried out and whose
	// answer got lost on the way. The SDK repeats such a call, as it does
	// after a broken connection.
	ErrAnswerLost = lostAnswer{}
)

// lostAnswer looks to the SDK like a broken connection.
type lostAnswer struct{}

func (lostAnswer) Error() string         { return "the answer was lost by the test" }
func (lostAnswer) ConnectionError() bool { return true }

// Faults makes calls of AWS SDK clients fail in the ways of AWS that no local
// service shows, counts calls, and cuts a process off at a chosen call. What
// it counts is attempts: a retry by the SDK is one more. The zero value
// injects nothing. It is safe for concurrent use, and one Faults may serve
// several clients.
type Faults struct {
	mu     sync.Mutex
	rules  []*rule
	calls  []string
	killAt int // the attempt, from 1; 0 is never
	when   When
	killed bool
}

// When says on which side of a call something happens.
type When int

const (
	// Before the call is sent.
	Before When = iota
	// After the service has carried it out.
	After
)

// rule is one kind of failure for the next few calls.
type rule struct {
	op   string // "" is every operation
	left int
	when When
	err  error
}

// Fail makes the next times attempts of an operation ("PutItem"; "" is any)
// fail with err, and not reach the service.
func (f *Faults) Fail(op string, times int, err error) {
	f.add(&rule{op: op, left: times, when: Before, err: err})
}

// LoseAnswer makes the next times attempts of an operation reach the service
// and then fail with ErrAnswerLost.
func (f *Faults) LoseAnswer(op string, times int) {
	f.add(&rule{op: op, left: times, when: After, err: ErrAnswerLost})
}

func (f *Faults) add(r *rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, r)
}

// KillAt forgets the calls counted so far and makes the nth attempt from now
// (from 1) and all after it fail with ErrKilled. With After, the service still
// carries out the nth.
func (f *Faults) KillAt(n int, when When) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.killed, f.killAt, f.when = nil, false, n, when
}

// Revive lets calls through again, as to the next process, and forgets the
// calls counted so far.
func (f *Faults) Revive() { f.KillAt(0, Before) }

// Killed reports whether the call chosen with KillAt was reached.
func (f *Faults) Killed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.killed
}

// Calls returns the operations of all attempts in their order.
func (f *Faults) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.calls...)
}

// Count returns the number of attempts of one operation.
func (f *Faults) Count(op string) int {
	n := 0
	for _, c := range f.Calls() {
		if c == op {
			n++
		}
	}
	return n
}

// Config returns cfg with these faults, for any service's NewFromConfig.
func (f *Faults) Config(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, f.Apply)
	return cfg
}

// Apply adds the faults to an SDK client, as an element of its APIOptions.
func (f *Faults) Apply(stack *middleware.Stack) error {
	m := middleware.FinalizeMiddlewareFunc("psabridgeFaults", f.attempt)
	// After Retry: seen once for each attempt.
	if err := stack.Finalize.Insert(m, "Retry", middleware.After); err != nil {
		return fmt.Errorf("add the faults to the client: %w", err)
	}
	return nil
}

func (f *Faults) attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	out middleware.FinalizeOutput, md middleware.Metadata, err error,
) {
	when, failure := f.decide(awsmiddleware.GetOperationName(ctx))
	if failure != nil && when == Before {
		return out, md, failure
	}
	out, md, err = next.HandleFinalize(ctx, in)
	if failure != nil && err == nil {
		return middleware.FinalizeOutput{}, md, failure
	}
	return out, md, err
}

// decide counts an attempt and returns how it is to fail, if it is.
func (f *Faults) decide(op string) (When, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.killed {
		return Before, ErrKilled
	}
	f.calls = append(f.calls, op)
	if f.killAt > 0 && len(f.calls) == f.killAt {
		f.killed = true
		return f.when, ErrKilled
	}
	for _, r := range f.rules {
		if r.left > 0 && (r.op == "" || r.op == op) {
			r.left--
			return r.when, r.err
		}
	}
	return Before, nil
}
