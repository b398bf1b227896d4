package sqs

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// message is one message of a queue. Whether it waits for its delay, can be
// received, or is in flight follows from visibleAt and receives alone.
type message struct {
	id         string
	body       string
	attributes map[string]attribute
	group      string
	trace      string
	source     string // the queue it was dead-lettered from: an ARN
	sent       time.Time

	visibleAt     time.Time
	firstReceived time.Time
	receives      int
	order         uint64
	index         int // in the heap; -1 once deleted
}

// byVisibility is a heap of messages, the next one to receive first.
type byVisibility []*message

func (h byVisibility) Len() int { return len(h) }
func (h byVisibility) Less(i, j int) bool {
	if !h[i].visibleAt.Equal(h[j].visibleAt) {
		return h[i].visibleAt.Before(h[j].visibleAt)
	}
	return h[i].order < h[j].order
}

func (h byVisibility) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *byVisibility) Push(x any) {
	m := x.(*message) //nolint:forcetypeassert // heap.Interface has any; only put pushes, a *message
	m.index = len(*h)
	*h = append(*h, m)
}

func (h *byVisibility) Pop() any {
	old := *h
	m := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	m.index = -1
	return m
}

// queue holds messages. Every method is safe for concurrent use.
type queue struct {
	name, arn string
	created   time.Time

	mu       sync.Mutex
	settings settings
	messages byVisibility
	byID     map[string]*message
	next     uint64
	changed  chan struct{} // closed, and replaced, when a message may have become visible
}

func newQueue(name, arn string, s settings) *queue {
	return &queue{
		name: name, arn: arn, created: time.Now(), settings: s,
		byID: map[string]*message{}, changed: make(chan struct{}),
	}
}

// put adds a message; delay nil is the queue's own.
func (q *queue) put(m *message, delay *int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	wait := q.settings.delay
	if delay != nil {
		wait = time.Duration(*delay) * time.Second
	}
	m.visibleAt = time.Now().Add(wait)
	q.next++
	m.order = q.next
	q.byID[m.id] = m
	heap.Push(&q.messages, m)
	q.wake()
}

// wake tells waiting receivers to look again. The caller holds the lock.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// received is a message as handed to one receiver.
type received struct {
	message
	handle string
}

// take hands out up to n visible messages for timeout. Those that maxReceives
// (0 is no limit) forbids to receive again come back apart, and are no longer
// in the queue.
func (q *queue) take(n, maxReceives int, timeout time.Duration) (out []received, dead []*message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for len(out) < n {
		m := q.fairest(now)
		if m == nil {
			break
		}
		if maxReceives > 0 && m.receives >= maxReceives {
			q.remove(m)
			dead = append(dead, m)
			continue
		}
		m.receives++
		if m.receives == 1 {
			m.firstReceived = now
		}
		q.show(m, now.Add(timeout))
		out = append(out, received{message: *m, handle: handle(q.name, m.id, m.receives)})
	}
	return out, dead
}

// fairest is the visible message to receive next, nil if there is none: of the
// group with the fewest messages in flight the one that has been visible
// longest. That is what AWS's fair queues come to: a standard queue whose
// messages have groups holds back the group whose messages keep its receivers
// busy while others have any. A message without a group never waits for others.
// The caller holds the lock.
func (q *queue) fairest(now time.Time) (best *message) {
	flying := map[string]int{}
	for _, m := range q.messages {
		if m.group != "" && m.receives > 0 && m.visibleAt.After(now) {
			flying[m.group]++
		}
	}
	for i, m := range q.messages {
		switch {
		case m.visibleAt.After(now):
		case best == nil, flying[m.group] < flying[best.group],
			flying[m.group] == flying[best.group] && q.messages.Less(i, best.index):
			best = m
		}
	}
	return best
}

// show moves the time at which a message can be received. The caller holds
// the lock.
func (q *queue) show(m *message, at time.Time) {
	m.visibleAt = at
	heap.Fix(&q.messages, m.index)
}

// remove takes a message out. The caller holds the lock.
func (q *queue) remove(m *message) {
	heap.Remove(&q.messages, m.index)
	delete(q.byID, m.id)
}

// wait returns when a message may be visible, or at the deadline.
func (q *queue) wait(ctx context.Context, deadline time.Time) {
	q.mu.Lock()
	changed, until := q.changed, deadline
	if len(q.messages) > 0 && q.messages[0].visibleAt.Before(until) {
		until = q.messages[0].visibleAt
	}
	q.mu.Unlock()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// delete removes the message of a receipt handle. A handle that a later
// receive has replaced changes nothing, as at AWS.
func (q *queue) delete(receiptHandle string) error {
	id, receive, err := parseHandle(q.name, receiptHandle)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if m := q.byID[id]; m != nil && m.receives == receive {
		q.remove(m)
	}
	return nil
}

// changeVisibility makes a message in flight visible after timeout.
func (q *queue) changeVisibility(receiptHandle string, timeout time.Duration) error {
	id, receive, err := parseHandle(q.name, receiptHandle)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m, now := q.byID[id], time.Now()
	if m == nil || m.receives != receive || !m.visibleAt.After(now) {
		return errNotInFlight()
	}
	q.show(m, now.Add(timeout))
	q.wake()
	return nil
}

// counts returns how many messages can be received, are in flight, and wait
// for their delay.
func (q *queue) counts() (visible, inFlight, delayed int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, m := range q.messages {
		switch {
		case !m.visibleAt.After(now):
			visible++
		case m.receives > 0:
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

func (q *queue) purge() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages, q.byID = nil, map[string]*message{}
}

func (q *queue) get() settings {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.settings
}
