package stack_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // as the function has it

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// The usage function dies at each of its calls; the next tick finds what it
// left, and each account's day is begun all the same.
func TestTheUsageTickKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	s := start(t, stack.Config{Adjust: func(c *host.Config) { c.NoSchedules = true }})
	store := dynamo.New(dynamodb.NewFromConfig(s.Services.AWSConfig()), "psabridge-Table", time.Now)
	zone := noon(t)
	died := 0
	// tick begins the day of a new account, killed once on the way, and
	// returns the function's calls.
	tick := func(account psa.AccountID, crash *host.Crash) []host.Call {
		scope := psa.Scope{Account: account, Generation: 1}
		due := usage.Schedule{Scope: scope, Zone: zone.String(), NextAt: time.Now().Add(-time.Minute)}
		if err := store.Usage().PutSchedule(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		s.Host.ResetCalls()
		if crash != nil {
			s.Host.Crash(*crash)
			// The killed one may be this tick, or a worker that a tick woke.
			_, _ = s.Host.Invoke(t.Context(), "usage", tickEvent())
			if !s.Host.Disarm() {
				died++
			}
		}
		if _, err := s.Host.Invoke(t.Context(), "usage", tickEvent()); err != nil {
			t.Errorf("%v: the next tick: %v", crash, err)
		}
		run, err := store.PostingRuns().Newest(t.Context(), scope, usage.ModePost)
		if err != nil || run.Day != usage.DateIn(time.Now(), zone) || run.By != usage.BySchedule {
			t.Errorf("%v: the day is not begun: %+v, %v", crash, run, err)
		}
		if all, _, err := store.PostingRuns().List(t.Context(), scope, "", 10); err != nil || len(all) != 1 {
			t.Errorf("%v: %d runs, %v", crash, len(all), err)
		}
		next, err := store.Usage().Schedule(t.Context(), scope)
		if err != nil || !next.NextAt.Equal(usage.Next(time.Now(), zone, account)) {
			t.Errorf("%v: next at %s, %v", crash, next.NextAt, err)
		}
		return s.Host.Calls()
	}
	points := crashPoints(tick("undisturbed", nil), "usage")
	if len(points) < 4 {
		t.Fatalf("crash points %v", points)
	}
	for i, point := range points {
		tick(psa.AccountID("msp-"+string(rune('a'+i))), &point)
	}
	t.Logf("%d crash points, %d of them reached", len(points), died)
	if died < len(points)/2 {
		t.Errorf("only %d of %d crashes happened", died, len(points))
	}
}

// noon is a zone in which it is about noon: neither does the day turn while a
// test runs, nor does the hour of posting come.
func noon(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12)) // their signs are the other way round
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// tickEvent is the tick as the queue hands it over.
func tickEvent() []byte {
	return []byte(`{"Records":[{"messageId":"tick","eventSource":"aws:sqs","body":"{\"v\":1,\"kind\":\"tick\"}"}]}`)
}
