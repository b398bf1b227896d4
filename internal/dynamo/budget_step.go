package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// waiting is why a request cannot go now: it is worth looking again after
// pause, and coming back later after retry. The zero value means that it is
// worth looking now.
type waiting struct{ pause, retry time.Duration }

// acquire gets from the shared state what a request lacks, in one conditional
// write, or nothing at all.
func (b *Budget) acquire(ctx context.Context, needs func() needs) (w waiting, err error) {
	if err := b.lock(ctx); err != nil {
		return waiting{}, err
	}
	defer b.unlock()
	n := needs() // another request may have got it meanwhile
	if n.sight {
		if err := b.look(ctx); err != nil {
			return waiting{}, err
		}
	}
	var got gain
	err = b.change(ctx, func(s *budgetState, now time.Time) bool {
		got, w = b.gain(s, now, n)
		return w == (waiting{}) && (n.tokens || n.slot)
	})
	if errors.Is(err, psa.ErrConflict) { // others were faster again and again
		return waiting{jitter(slotPoll), slotRetry}, nil
	}
	if err == nil && w == (waiting{}) {
		b.keep(got)
	}
	return w, err
}

// gain takes from the state what is needed, or says how long to wait.
func (b *Budget) gain(s *budgetState, now time.Time, n needs) (g gain, w waiting) {
	if d := s.blockedFor(now); d > 0 {
		return gain{}, waiting{d, d}
	}
	if n.slot {
		l, ok := b.slot(s, now, n.renewable)
		if !ok {
			return gain{}, waiting{jitter(slotPoll), slotRetry}
		}
		g.lease = &l
	}
	if n.tokens {
		tokens, d := s.grant(now, b.class)
		if d > 0 {
			return gain{}, waiting{d, d}
		}
		g.tokens, g.minute = tokens, s.Minute
	}
	return g, waiting{}
}

// slot renews a slot of this process, or claims one.
func (b *Budget) slot(s *budgetState, now time.Time, renewable []lease) (lease, bool) {
	until := now.Add(b.opt.RequestTimeout + leaseSlack + leaseReuse)
	for _, l := range renewable {
		if l.until.After(now) && s.renew(l.no, b.owner, until) {
			return lease{no: l.no, until: until, since: time.Now()}, true
		}
	}
	no := s.claim(now, until, b.class, b.owner)
	return lease{no: no, until: until, since: time.Now()}, no >= 0
}

// change applies f to the shared state by compare-and-set, and again if
// somebody was faster. Nothing is written where f returns false. The caller
// holds step.
func (b *Budget) change(ctx context.Context, f func(s *budgetState, now time.Time) bool) error {
	for try := 1; ; try++ {
		now, next := b.now(), b.state
		next.roll(now, b.opt)
		if !f(&next, now) {
			return nil
		}
		next.Rev++
		stored, err := b.cell.swap(ctx, next)
		if err == nil || errors.Is(err, psa.ErrConflict) {
			b.saw(stored)
		}
		if !errors.Is(err, psa.ErrConflict) || try == swapTries {
			return err
		}
	}
}

// look reads the shared state. The caller holds step.
func (b *Budget) look(ctx context.Context) error {
	s, err := b.cell.load(ctx)
	if err != nil {
		return err
	}
	b.saw(s)
	return nil
}

func (b *Budget) lock(ctx context.Context) error {
	select {
	case b.step <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("request budget: %w", ctx.Err())
	}
}

func (b *Budget) unlock() { <-b.step }

// cell is where the shared state is kept.
type cell interface {
	// load returns the state, a zero one if there is none.
	load(ctx context.Context) (budgetState, error)
	// swap stores s if the stored Rev is one less, and returns what is stored
	// then; psa.ErrConflict if it was not.
	swap(ctx context.Context, s budgetState) (stored budgetState, err error)
}

// budgetKept is how long the state outlives the last request.
const budgetKept = 24 * time.Hour

// budgetCell is an item.
type budgetCell struct {
	db  *table
	key key
}

func (c *budgetCell) load(ctx context.Context) (budgetState, error) {
	s, err := getAs[budgetState](ctx, c.db, c.key)
	if errors.Is(err, psa.ErrNotFound) {
		return budgetState{}, nil
	}
	return s, err
}

func (c *budgetCell) swap(ctx context.Context, s budgetState) (budgetState, error) {
	now := c.db.now()
	u := update{
		key: c.key,
		set: with{
			"v": version, "minute": s.Minute, "used": s.Used, "rate": s.Rate, "blocked": s.Blocked, "slots": s.Slots,
			"rev": s.Rev, "expiresAt": expiry(now, budgetKept+time.Duration(max(s.Blocked-nanos(now), 0))),
		},
		cond: "#rev = :seen", with: with{"seen": s.Rev - 1},
	}
	if s.Rev == 1 {
		u.cond, u.with = "attribute_not_exists(#pk) OR #expiresAt <= :now", with{"now": now.Unix()}
	}
	_, err := c.db.update(ctx, u)
	old, ok := isRefused(err)
	if !ok {
		return s, err
	}
	stored, bad := unmarshal[budgetState](old)
	return stored, errors.Join(err, bad)
}
