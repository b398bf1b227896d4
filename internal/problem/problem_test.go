package problem_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
)

func TestFromFindsTheProblemAndKeepsTheCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp: no route")
	base := problem.New(problem.Unreachable, "The server does not answer.", "Check the address.")
	err := fmt.Errorf("connect: %w", base.After(3*time.Second).Wrap(cause))

	p := problem.From(err)
	if p.Code != problem.Unreachable || p.RetryAfter != 3*time.Second || p.Remedy != base.Remedy {
		t.Errorf("%+v", p)
	}
	if !errors.Is(err, cause) || !errors.Is(err, base) || errors.Is(err, problem.New(problem.Busy, "", "")) {
		t.Error("the chain is broken")
	}
	if base.RetryAfter != 0 || base.Unwrap() != nil {
		t.Error("After or Wrap changed the original")
	}
}

// What is no problem is ours, and tells the outside nothing.
func TestFromAnythingElseIsInternal(t *testing.T) {
	t.Parallel()
	p := problem.From(errors.New("password=sesame"))
	if p.Code != problem.Internal || p.Message == "" || p.Message == "password=sesame" {
		t.Errorf("%+v", p)
	}
	if problem.CodeOf(nil) != "" {
		t.Error("no error has a code")
	}
}
