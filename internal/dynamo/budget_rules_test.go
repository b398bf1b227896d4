package dynamo

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// memory is a cell without a table, so that time can be the test's.
type memory struct {
	mu    sync.Mutex
	state budgetState
	swaps int
}

func (m *memory) load(context.Context) (budgetState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

func (m *memory) swap(_ context.Context, s budgetState) (budgetState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Rev != m.state.Rev+1 {
		return m.state, &refused{}
	}
	m.swaps++
	m.state = s
	return s, nil
}

// seen is the state now, and how often it was written.
func (m *memory) seen() (s budgetState, swaps int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, m.swaps
}

// meter is the ConnectWise of a test: it counts requests.
type meter struct {
	mu              sync.Mutex
	byMinute        map[int64]int
	now, most, done int
	blocked         time.Time
	late            int // requests during a block that was known for a second
}

// request takes d; a process that dies in it lets go of nothing.
func (m *meter) request(d time.Duration) {
	m.mu.Lock()
	m.byMinute[minuteOf(time.Now())]++
	m.now++
	m.most = max(m.most, m.now)
	if time.Now().Before(m.blocked) {
		m.late++
	}
	m.mu.Unlock()
	time.Sleep(d)
	m.mu.Lock()
	m.now--
	m.done++
	m.mu.Unlock()
}

func (m *meter) check(t *testing.T, opt BudgetOptions) {
	t.Helper()
	for minute, n := range m.byMinute {
		if n > opt.PerMinute {
			t.Errorf("%d requests in minute %d, more than %d", n, minute, opt.PerMinute)
		}
	}
	if m.most > opt.Slots {
		t.Errorf("%d requests at once, more than %d", m.most, opt.Slots)
	}
}

// Many processes, each with several requests at once; some die in a request
// and never give anything back.
func TestBudgetIsNeverExceeded(t *testing.T) {
	t.Parallel()
	for _, opt := range []BudgetOptions{{PerMinute: 600, Slots: 4}, {PerMinute: 55, Slots: 3}, {PerMinute: 5, Slots: 2}} {
		synctest.Test(t, func(t *testing.T) {
			m, c := &meter{byMinute: map[int64]int{}}, new(memory)
			var wg sync.WaitGroup
			refusals := 0
			for p := range 8 {
				b := newBudget(c, []Class{Workers, People}[p%2], opt, time.Now)
				dies := time.Hour
				if p > 3 {
					dies = time.Duration(rand.IntN(300)) * time.Second
				}
				born := time.Now()
				for range 3 {
					wg.Go(func() {
						for time.Since(born) < 4*time.Minute {
							release, err := b.Take(t.Context())
							if err != nil {
								m.mu.Lock()
								refusals++
								m.mu.Unlock()
								time.Sleep(min(problem.From(err).RetryAfter, 10*time.Second))
								continue
							}
							m.request(time.Duration(rand.IntN(600)) * time.Millisecond)
							if time.Since(born) > dies {
								return
							}
							release()
							release()
						}
					})
				}
			}
			wg.Wait()
			m.check(t, opt)
			_, swaps := c.seen()
			t.Logf("%+v: %d requests, %d at once, %d refusals, %d writes", opt, m.done, m.most, refusals, swaps)
			if m.done < 2*opt.PerMinute {
				t.Errorf("only %d requests in four minutes of %d", m.done, opt.PerMinute)
			}
			if opt.PerMinute > 100 && swaps > m.done {
				t.Errorf("%d writes for %d requests", swaps, m.done)
			}
		})
	}
}

// Any sequence of the rules keeps them.
func TestBudgetRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		opt := BudgetOptions{PerMinute: rapid.IntRange(1, 60).Draw(rt, "rate"), Slots: rapid.IntRange(1, 4).Draw(rt, "slots")}.withDefaults(Workers)
		clock := time.Unix(1_800_000_000, 0)
		var s budgetState
		granted := map[int64]int{}
		leases := map[string]time.Time{} // by owner
		for i := range rapid.IntRange(1, 60).Draw(rt, "steps") {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "time")) * time.Second)
			now := clock.Add(time.Duration(rapid.IntRange(-2, 2).Draw(rt, "skew")) * time.Second)
			s.roll(now, opt)
			class := Class(rapid.IntRange(0, 1).Draw(rt, "class"))
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				n, wait := s.grant(now, class)
				granted[s.Minute] += n
				if (n == 0) != (wait > 0) {
					rt.Fatalf("%d tokens, wait %s", n, wait)
				}
			case 1:
				owner, until := strconv.Itoa(i), now.Add(30*time.Second)
				no := s.claim(now, until, class, owner)
				if no >= 0 {
					leases[owner] = until
				}
				if no == 0 && class == Workers && opt.Slots > 1 {
					rt.Fatal("a worker has the slot that is kept for people")
				}
			case 2:
				for no, h := range s.Slots {
					s.free(no, h.Owner)
					delete(leases, h.Owner)
					break
				}
			case 3:
				rate := s.Rate
				s.throttle(now, now.Add(5*time.Second), opt)
				if s.Rate < 1 || s.Rate > rate {
					rt.Fatalf("rate %d after %d", s.Rate, rate)
				}
			}
			held := 0
			for _, until := range leases {
				if until.Add(-leaseSlack).After(clock) { // no request lasts into the slack
					held++
				}
			}
			if held > opt.Slots || granted[s.Minute] > opt.PerMinute {
				rt.Fatalf("%d slots of %d, %d tokens of %d", held, opt.Slots, granted[s.Minute], opt.PerMinute)
			}
		}
	})
}

func TestThrottledStopsAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := new(memory)
		opt := BudgetOptions{PerMinute: 600, Slots: 4}
		a, b := newBudget(c, Workers, opt, time.Now), newBudget(c, People, opt, time.Now)
		var releases []func()
		for _, x := range []*Budget{a, b} {
			release, err := x.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
		}
		until := time.Now().Add(17 * time.Second)
		for range 4 { // all that were under way
			if err := a.Throttled(t.Context(), until); err != nil {
				t.Fatal(err)
			}
		}
		if s, _ := c.seen(); s.Rate != 300 {
			t.Errorf("rate %d, want it halved once", s.Rate)
		}
		time.Sleep(time.Second)
		for _, release := range releases {
			release() // its slot and the rest of its batch are at hand now
		}
		for _, x := range []*Budget{a, b, a, b} {
			_, err := x.Take(t.Context())
			p := problem.From(err)
			if p.Code != problem.BudgetExhausted || p.RetryAfter != 16*time.Second || !errors.Is(err, psa.ErrBusy) {
				t.Errorf("take during the block: %v, come back after %s", err, p.RetryAfter)
			}
		}
		time.Sleep(16 * time.Second)
		if _, err := a.Take(t.Context()); err != nil {
			t.Errorf("take after the block: %v", err)
		}
		var rates []int
		for range 9 {
			time.Sleep(time.Minute)
			if _, err := b.Take(t.Context()); err != nil {
				t.Error(err)
			}
			_ = b.Rest(t.Context())
			s, _ := c.seen()
			rates = append(rates, s.Rate)
		}
		if diff := cmp.Diff([]int{330, 363, 400, 440, 484, 533, 587, 600, 600}, rates); diff != "" {
			t.Errorf("rates (-want +got):\n%s", diff)
		}
	})
}

// People do not wait for workers, and workers are told to come back.
func TestSlotKeptForPeople(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := new(memory)
		workers := newBudget(c, Workers, BudgetOptions{}, time.Now)
		for range 3 {
			if _, err := workers.Take(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		_, err := newBudget(c, Workers, BudgetOptions{}, time.Now).Take(t.Context())
		if waited := time.Since(start); problem.From(err).RetryAfter <= 0 || waited > time.Second {
			t.Errorf("a fourth worker: %v after %s", err, waited)
		}
		start = time.Now()
		person := newBudget(c, People, BudgetOptions{}, time.Now)
		release, err := person.Take(t.Context())
		if err != nil || time.Since(start) > 0 {
			t.Errorf("a person: %v after %s", err, time.Since(start))
		}
		time.AfterFunc(3*time.Second, release)
		if _, err = newBudget(c, People, BudgetOptions{}, time.Now).Take(t.Context()); err != nil {
			t.Errorf("a person who waits: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err = newBudget(c, People, BudgetOptions{}, time.Now).Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a person whose time is up: %v", err)
		}
		// The workers died. Their leases end, and with them the wait.
		time.Sleep(time.Minute)
		for range 3 {
			if _, err := newBudget(c, Workers, BudgetOptions{}, time.Now).Take(t.Context()); err != nil {
				t.Errorf("after the workers' death: %v", err)
			}
		}
	})
}

// Between two requests a slot stays for a moment, and then goes back with the
// tokens that were not used.
func TestIdleSlotsGoBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := new(memory)
		b := newBudget(c, Workers, BudgetOptions{}, time.Now)
		for range 5 {
			release, err := b.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			release()
			time.Sleep(idleHold / 2)
		}
		if _, swaps := c.seen(); swaps != 1 {
			t.Errorf("%d writes for five requests in a row", swaps)
		}
		time.Sleep(2 * idleHold)
		s, _ := c.seen()
		for no, h := range s.Slots {
			if h.Owner != "" {
				t.Errorf("slot %d is still taken", no)
			}
		}
		if s.Used != 5 {
			t.Errorf("%d tokens used, want 5", s.Used)
		}
	})
}

// What is left of a batch is worth nothing in the next minute.
func TestTokensExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, opt := new(memory), BudgetOptions{PerMinute: 10}
		a, b := newBudget(c, People, opt, time.Now), newBudget(c, People, opt, time.Now)
		if _, err := a.Take(t.Context()); err != nil { // a long request, so that the rest of the batch stays
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for range 10 {
			release, err := b.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			release()
		}
		if _, err := a.Take(t.Context()); !errors.Is(err, psa.ErrBusy) {
			t.Errorf("an eleventh request in the minute: %v", err)
		}
	})
}

// A process's own requests wait for each other, longer than its patience with
// others, and a request that is not made holds nobody up.
func TestOwnRequestsWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := new(memory)
		b := newBudget(c, Workers, BudgetOptions{Own: 1}, time.Now)
		release, err := b.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Take(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("beside one under way: %v", err)
		}
		time.AfterFunc(10*time.Second, release)
		began := time.Now()
		next, err := b.Take(t.Context())
		if err != nil || time.Since(began) != 10*time.Second {
			t.Fatalf("%v after %s", err, time.Since(began))
		}
		if s, _ := c.seen(); len(slices.DeleteFunc(slices.Clone(s.Slots), func(h holder) bool { return h.Owner == "" })) != 1 {
			t.Errorf("slots %+v", s.Slots)
		}
		next()
		if err := b.Throttled(t.Context(), time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first leaves its place
			if _, err := b.Take(t.Context()); !errors.Is(err, psa.ErrBusy) {
				t.Errorf("while nobody may call: %v", err)
			}
		}
	})
}

// slowly is a cell that takes its time.
type slowly struct{ *memory }

func (s slowly) load(ctx context.Context) (budgetState, error) {
	time.Sleep(50 * time.Millisecond)
	return s.memory.load(ctx)
}

func (s slowly) swap(ctx context.Context, state budgetState) (budgetState, error) {
	time.Sleep(50 * time.Millisecond)
	return s.memory.swap(ctx, state)
}

// What the next request needs is got while one is under way, so that a worker
// that asks one after the other waits for the budget once.
func TestABusyWorkerDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(slowly{new(memory)}, Workers, BudgetOptions{Own: 1}, time.Now)
		for n := range 3 * tokenBatch {
			began := time.Now()
			release, err := b.Take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); n > 0 && took > 0 {
				t.Errorf("request %d waited %s", n, took)
			}
			time.Sleep(600 * time.Millisecond)
			release()
		}
		if err := b.Rest(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
