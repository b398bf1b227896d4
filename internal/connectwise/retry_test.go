package connectwise

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Each try takes from the budget and gives its slot back.
func TestEachTryTakesFromTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var budget ledger
		answers := []int{502, 500, 200}
		c := offline(t, func(*http.Request) (*http.Response, error) {
			status := answers[0]
			answers = answers[1:]
			return respond(status, nil, `{"count":1}`), nil
		}, &budget)
		start := time.Now()
		if n, err := c.Count(t.Context(), "company/companies", Cond{}); err != nil || n != 1 {
			t.Fatalf("Count = %d, %v", n, err)
		}
		if budget.taken != 3 || budget.released != 3 {
			t.Errorf("taken %d, released %d", budget.taken, budget.released)
		}
		if took := time.Since(start); took < 375*time.Millisecond || took > 1125*time.Millisecond {
			t.Errorf("waited %v", took)
		}
	})
}

func TestRefusedBudgetSendsNothing(t *testing.T) {
	t.Parallel()
	c := offline(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, io.EOF
	}, &ledger{refuse: problem.New(problem.BudgetExhausted, "Used up.", "").Wrap(psa.ErrBusy).After(time.Minute)})
	_, err := c.ReadRange(t.Context(), "company/companies", RangeQuery{})
	if !errors.Is(err, psa.ErrBusy) || problem.CodeOf(err) != problem.BudgetExhausted || problem.From(err).RetryAfter < 50*time.Second {
		t.Error(err)
	}
}

// Retry-After is honoured to the second: a short one in place, a long one by
// giving the worker back. Every 429 is reported to the budget.
func TestThrottled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header string
		ok     bool
		wait   time.Duration
		until  time.Duration
	}{
		{"3", true, 3 * time.Second, 3 * time.Second},
		{"5", true, 5 * time.Second, 5 * time.Second},
		{"6", false, 0, 6 * time.Second},
		{"", false, 0, throttleDefault},
	} {
		synctest.Test(t, func(t *testing.T) {
			var budget ledger
			tries := 0
			c := offline(t, func(*http.Request) (*http.Response, error) {
				if tries++; tries == 1 {
					return respond(429, http.Header{"Retry-After": {tt.header}}, `{"error":"ConnectWiseAPI","message":"Too many requests."}`), nil
				}
				return respond(200, nil, `{"count":1}`), nil
			}, &budget)
			start := time.Now()
			_, err := c.Count(t.Context(), "company/companies", Cond{})
			if (err == nil) != tt.ok || time.Since(start) != tt.wait {
				t.Errorf("Retry-After %q: %v after %v", tt.header, err, time.Since(start))
			}
			if err != nil && (problem.From(err).RetryAfter != tt.until || !errors.Is(err, psa.ErrBusy)) {
				t.Errorf("Retry-After %q: %+v", tt.header, problem.From(err))
			}
			if len(budget.until) != 1 || !budget.until[0].Equal(start.Add(tt.until)) {
				t.Errorf("Retry-After %q: budget told of %v", tt.header, budget.until)
			}
		})
	}
}

// A wait that would outlast the caller's time is not begun.
func TestRetriesStayWithinTheCallersTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		c := offline(t, func(*http.Request) (*http.Response, error) {
			tries++
			return respond(503, http.Header{"Retry-After": {"4"}}, ""), nil
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.Count(ctx, "company/companies", Cond{})
		if problem.CodeOf(err) != problem.ConnectWiseDown || tries != 1 || time.Since(start) != 0 {
			t.Errorf("%v after %d tries and %v", err, tries, time.Since(start))
		}
	})
}

// ConnectWise has no idempotency key: a POST is sent once, whatever happens.
func TestNeverRepeatsPost(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int{
		http.MethodPost: 1, http.MethodGet: 3, http.MethodPut: 3, http.MethodPatch: 3, http.MethodDelete: 3,
	} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			c := offline(t, func(r *http.Request) (*http.Response, error) {
				tries++
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != "{}" {
					t.Errorf("%s, try %d: body %q, %v", method, tries, body, err)
				}
				return nil, io.ErrUnexpectedEOF
			}, nil)
			_, err := repeat(t.Context(), c.caller, call{
				method: method, path: "x", url: "https://x.example.com/", header: http.Header{}, body: []byte("{}"), limit: 1,
			})
			if problem.CodeOf(err) != problem.ConnectWiseDown || tries != want {
				t.Errorf("%s: %d tries, %v", method, tries, err)
			}
		})
	}
}

// What ConnectWise refuses is refused the second time as well.
func TestRefusalsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 414} {
		tries := 0
		c := offline(t, func(*http.Request) (*http.Response, error) {
			tries++
			return respond(status, nil, `{"code":"NotFound"}`), nil
		}, nil)
		if _, err := c.Count(t.Context(), "company/companies", Cond{}); err == nil || tries != 1 {
			t.Errorf("%d: %d tries, %v", status, tries, err)
		}
	}
}

func TestTooLongURLIsNotSent(t *testing.T) {
	t.Parallel()
	c := offline(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, io.EOF
	}, nil)
	_, err := c.Count(t.Context(), "company/companies", Eq("name", strings.Repeat("x", maxURL)))
	if !errors.Is(err, psa.ErrInvalid) {
		t.Error(err)
	}
}
