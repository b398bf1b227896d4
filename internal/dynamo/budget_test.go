package dynamo_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/psa"
)

// The shared item keeps the budget between processes, faults or not.
func TestBudgetBetweenProcesses(t *testing.T) {
	t.Parallel()
	client, table, faults := dynamotest.NewFaulty(t)
	identity := psa.Identity{Site: "na.example.net", CompanyID: "Acme"}
	c := newClock() // stands still: all is one minute
	opt := dynamo.BudgetOptions{PerMinute: 90, Slots: 3, Patience: 300 * time.Millisecond}
	faults.LoseAnswer("UpdateItem", 1)
	faults.Throttle("UpdateItem", 1)
	faults.Throttle("GetItem", 2)

	// On a slow machine many are refused before half of the budget is used.
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var mu sync.Mutex
	now, most, done := 0, 0, 0
	enough := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return done >= opt.PerMinute/2
	}
	var wg sync.WaitGroup
	for range 5 {
		b := dynamo.NewBudget(client, table, identity, dynamo.People, opt, c.now)
		for range 3 {
			wg.Go(func() {
				for refused := 0; refused < 3; {
					release, err := b.Take(ctx)
					if errors.Is(err, psa.ErrBusy) {
						if enough() {
							refused++
						}
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					now, done = now+1, done+1
					most = max(most, now)
					mu.Unlock()
					time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond) // a request's own time
					mu.Lock()
					now--
					mu.Unlock()
					release()
				}
			})
		}
	}
	wg.Wait()
	if most > opt.Slots || done > opt.PerMinute || done < opt.PerMinute/2 {
		t.Errorf("%d requests, %d at once; the budget is %d and %d", done, most, opt.PerMinute, opt.Slots)
	}
	other := dynamo.NewBudget(client, table, psa.Identity{Site: "na.example.net", CompanyID: "Other"}, dynamo.Workers, opt, c.now)
	if _, err := other.Take(t.Context()); err != nil {
		t.Errorf("another identity: %v", err)
	}
	c.pass(time.Minute)
	again := dynamo.NewBudget(client, table, identity, dynamo.Workers, opt, c.now)
	release, err := again.Take(t.Context())
	if err != nil {
		t.Fatalf("in the next minute: %v", err)
	}
	release()
	must(t, again.Rest(t.Context()))
}

// A budget that was not used for long starts anew.
func TestBudgetExpires(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	identity := psa.Identity{Site: "na.example.net", CompanyID: "Acme"}
	b := s.Budget(identity, dynamo.Workers, dynamo.BudgetOptions{})
	for range 2 {
		if _, err := b.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.pass(100 * 24 * time.Hour)
		b = s.Budget(identity, dynamo.Workers, dynamo.BudgetOptions{})
	}
	must(t, b.Throttled(t.Context(), s.now().Add(time.Hour)))
	_, err := s.Budget(identity, dynamo.People, dynamo.BudgetOptions{}).Take(t.Context())
	wantErr(t, "take during a block", err, psa.ErrBusy)
}
