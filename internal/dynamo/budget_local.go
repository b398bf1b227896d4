package dynamo

import (
	"context"
	"slices"
	"time"
)

// What a process has of the shared budget. All of it is guarded by mu.

// takeLocal takes what this process has already.
func (b *Budget) takeLocal() (lease, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	i := b.ready(now)
	if i < 0 || b.spare(now) == 0 || !b.sighted(now) || nanos(now) < b.blocked {
		return lease{}, false
	}
	l := b.idle[i]
	b.idle = slices.Delete(b.idle, i, i+1)
	b.tokens--
	b.busy++
	return l, true
}

// sighted reports whether the shared state was seen lately.
func (b *Budget) sighted(now time.Time) bool { return now.Sub(b.seen) < fresh }

// spare is how many tokens there are now.
func (b *Budget) spare(now time.Time) int {
	if minuteOf(now) > b.minute {
		return 0
	}
	return b.tokens
}

// ready is the position of the idle slot that was used last and outlives a
// request, -1 if there is none.
func (b *Budget) ready(now time.Time) int {
	need := now.Add(b.opt.RequestTimeout + leaseSlack)
	for i, l := range slices.Backward(b.idle) {
		if !l.until.Before(need) {
			return i
		}
	}
	return -1
}

// giveBack keeps a slot for the next request of this process, but not long.
func (b *Budget) giveBack(l lease) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l.since = time.Now()
	b.idle = append(b.idle, l)
	b.busy--
	b.arm()
}

// dropIdle takes out the slots that have been idle for a while.
func (b *Budget) dropIdle(after time.Duration) (dropped []lease) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kept []lease
	for _, l := range b.idle {
		if time.Since(l.since) >= after {
			dropped = append(dropped, l)
		} else {
			kept = append(kept, l)
		}
	}
	b.idle = kept
	return dropped
}

func (b *Budget) dropTokens() (tokens int, minute int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tokens, b.tokens = b.tokens, 0
	return tokens, b.minute
}

// unused reports whether no slot is left in this process.
func (b *Budget) unused() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy == 0 && len(b.idle) == 0
}

// needs is what a request cannot have without the shared state.
type needs struct {
	sight, tokens, slot bool
	// renewable are slots of this process whose leases are too short.
	renewable []lease
}

func (b *Budget) needs() needs {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	n := needs{sight: !b.sighted(now), tokens: b.spare(now) == 0, slot: b.ready(now) < 0}
	if n.slot {
		n.renewable = append(n.renewable, b.idle...)
	}
	return n
}

// prepare gets what the next request would have to wait for, while one is under
// way. Should that fail, the next one gets it.
func (b *Budget) prepare() {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if b.preparing || b.opt.Own == 0 || b.spare(now) > 0 && now.Sub(b.seen) < fresh/2 {
		return
	}
	b.preparing = true
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		defer cancel()
		_, _ = b.acquire(ctx, b.soon)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.preparing = false
	}()
}

// soon is what the next request lacks: not a slot, which it gets from this one.
func (b *Budget) soon() needs {
	b.mu.Lock()
	defer b.mu.Unlock()
	return needs{sight: true, tokens: b.spare(b.now()) == 0}
}

// gain is what a change of the shared state brought.
type gain struct {
	tokens int
	minute int64
	lease  *lease
}

// keep adds what was gained. A renewed slot takes the place of what it was.
func (b *Budget) keep(g gain) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if g.tokens > 0 {
		b.tokens, b.minute = g.tokens, g.minute
	}
	if g.lease == nil {
		return
	}
	b.idle = slices.DeleteFunc(b.idle, func(l lease) bool { return l.no == g.lease.no })
	b.idle = append(b.idle, *g.lease)
	b.arm()
}

// saw notes the shared state. The caller holds step.
func (b *Budget) saw(s budgetState) {
	b.state = s
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen, b.blocked = b.now(), s.Blocked
}
