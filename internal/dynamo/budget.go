package dynamo

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Class says who waits for a request.
type Class int

// Workers leave one slot and a few tokens to People.
const (
	Workers Class = iota
	People
)

// BudgetOptions are the limits of an identity; every process must have the
// same. Zero values are the defaults.
type BudgetOptions struct {
	// PerMinute is the requests in a minute of the clock; default 600.
	PerMinute int
	// Slots is the requests at once; default 4, of which one is for people.
	Slots int
	// Own is the requests at once of this process; those beyond wait for them,
	// whatever their patience. 0 leaves it to the slots.
	Own int
	// RequestTimeout is the longest a request may take, so that a slot's
	// lease outlives it; default 20 s.
	RequestTimeout time.Duration
	// Patience is how long Take waits; default 1 s for workers, whose message
	// rather comes again, and 5 s for people.
	Patience time.Duration
}

func (o BudgetOptions) withDefaults(class Class) BudgetOptions {
	if o.PerMinute == 0 {
		o.PerMinute = 600
	}
	if o.Slots == 0 {
		o.Slots = 4
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 20 * time.Second
	}
	if o.Patience == 0 && class == People {
		o.Patience = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = time.Second
	}
	return o
}

const (
	tokenBatch = 10 // tokens of one write
	// leaseSlack is for clocks that differ.
	leaseSlack = 5 * time.Second
	// leaseReuse is how long a lease serves request after request before it
	// is renewed.
	leaseReuse = 20 * time.Second
	// idleHold is how long a slot waits for its process's next request: as long
	// as pages may take to be kept.
	idleHold = 300 * time.Millisecond
	// swapTries bounds the tries to change the shared state, one after the other:
	// each refusal shows what it is now, and that somebody else got what they
	// wanted. To wait in between would make it older.
	swapTries = 16
	// fresh is how old a process's knowledge of a block may be.
	fresh = time.Second
	// slotPoll is how long to wait before looking for a free slot again, and
	// slotRetry when to come back if none was found.
	slotPoll  = 120 * time.Millisecond
	slotRetry = 2 * time.Second
)

// Budget is one process's part in the request budget that all processes share
// for a ConnectWise identity (spec 3.10): never more than PerMinute requests
// in a minute, or Slots at once. It is safe for concurrent use.
//
// Tokens are taken in batches, and what is left of one expires with its
// minute. A slot is a lease that outlives the request, so that a process that
// dies holds it for less than a minute.
type Budget struct {
	cell  cell
	class Class
	opt   BudgetOptions
	now   func() time.Time
	owner string

	own   chan struct{} // has one for each request under way; nil without limit
	step  chan struct{} // held while the shared state is read and changed
	state budgetState   // the shared state as seen last; guarded by step

	mu      sync.Mutex // guards the rest
	idle    []lease    // slots between two requests
	busy    int        // slots of requests under way
	tokens  int        // of minute
	minute  int64
	blocked int64     // nobody may call before
	seen    time.Time // when the shared state was seen
	armed   bool      // timer runs
	// preparing says that what the next request needs is on its way.
	preparing bool
	timer     *time.Timer
}

// lease is a slot of this process, idle since a time.
type lease struct {
	no    int
	until time.Time
	since time.Time
}

// NewBudget makes a process's part in an identity's budget.
func NewBudget(client *dynamodb.Client, tableName string, identity psa.Identity, class Class, opt BudgetOptions, now func() time.Time) *Budget {
	return newBudget(&budgetCell{db: newTable(client, tableName, now), key: budgetKey(identity)}, class, opt, now)
}

// Budget is NewBudget on the store's table.
func (s *Store) Budget(identity psa.Identity, class Class, opt BudgetOptions) *Budget {
	return newBudget(&budgetCell{db: s.db, key: budgetKey(identity)}, class, opt, s.db.now)
}

func newBudget(c cell, class Class, opt BudgetOptions, now func() time.Time) *Budget {
	b := &Budget{
		cell: c, class: class, opt: opt.withDefaults(class), now: now, owner: rand.Text(), step: make(chan struct{}, 1),
	}
	if opt.Own > 0 {
		b.own = make(chan struct{}, opt.Own)
	}
	b.timer = time.AfterFunc(time.Hour, b.idled)
	b.timer.Stop()
	return b
}

// Take waits for a slot and a token for as long as the options' patience
// allows, or refuses with problem.BudgetExhausted, which is psa.ErrBusy and
// says when to come back. release is called when the request is over; calling
// it again does nothing.
func (b *Budget) Take(ctx context.Context) (release func(), err error) {
	if b.own != nil {
		select {
		case b.own <- struct{}{}:
		case <-ctx.Done():
			return nil, fmt.Errorf("request budget: %w", ctx.Err())
		}
	}
	l, err := b.takeSlot(ctx)
	if err != nil {
		b.leaveOwn()
		return nil, err
	}
	return sync.OnceFunc(func() { b.giveBack(l); b.leaveOwn() }), nil
}

// leaveOwn lets the process's next request go on.
func (b *Budget) leaveOwn() {
	if b.own != nil {
		<-b.own
	}
}

func (b *Budget) takeSlot(ctx context.Context) (lease, error) {
	start := time.Now()
	for {
		if l, ok := b.takeLocal(); ok {
			b.prepare()
			return l, nil
		}
		w, err := b.acquire(ctx, b.needs)
		if err != nil {
			return lease{}, fmt.Errorf("request budget: %w", err)
		}
		if w.pause > 0 && time.Since(start)+w.pause > b.opt.Patience {
			return lease{}, exhausted(w.retry)
		}
		if err := wait(ctx, w.pause); err != nil {
			return lease{}, fmt.Errorf("request budget: %w", err)
		}
	}
}

func exhausted(after time.Duration) error {
	return problem.New(problem.BudgetExhausted, "The request budget for this ConnectWise is used up at present.",
		"Nothing needs to be done; work goes on by itself.").Wrap(psa.ErrBusy).After(after)
}

// Throttled implements connectwise.Budget: ConnectWise answered 429, and
// nobody may call before until. Other processes know within a second.
func (b *Budget) Throttled(ctx context.Context, until time.Time) error {
	if err := b.lock(ctx); err != nil {
		return err
	}
	defer b.unlock()
	tokens, minute := b.dropTokens()
	err := b.change(ctx, func(s *budgetState, now time.Time) bool {
		s.giveBack(tokens, minute)
		s.throttle(now, until, b.opt)
		return true
	})
	if err != nil {
		return fmt.Errorf("request budget: %w", err)
	}
	return nil
}

// Rest gives back what is not in use. It is for the end of an invocation: a
// frozen process cannot do it by itself, and its slots would stay taken until
// their leases end. The Budget can be used again.
func (b *Budget) Rest(ctx context.Context) error { return b.giveUp(ctx, 0) }

// idled gives back the slots that no request wanted for a while. Should that
// fail, their leases end by themselves.
func (b *Budget) idled() {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	_ = b.giveUp(ctx, idleHold)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = false
	b.arm()
}

// arm starts the timer if it is wanted. The caller holds mu.
func (b *Budget) arm() {
	if !b.armed && len(b.idle) > 0 {
		b.armed = true
		b.timer.Reset(idleHold)
	}
}

// giveUp returns slots that have been idle for a while, and the tokens with
// the last of them.
func (b *Budget) giveUp(ctx context.Context, after time.Duration) error {
	if err := b.lock(ctx); err != nil {
		return err
	}
	defer b.unlock()
	leases := b.dropIdle(after)
	if len(leases) == 0 {
		return nil
	}
	tokens, minute := 0, int64(0)
	if b.unused() {
		tokens, minute = b.dropTokens()
	}
	return b.change(ctx, func(s *budgetState, _ time.Time) bool {
		for _, l := range leases {
			s.free(l.no, b.owner)
		}
		s.giveBack(tokens, minute)
		return true
	})
}
