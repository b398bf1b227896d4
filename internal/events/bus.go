package events

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"golang.org/x/sync/errgroup"
)

const (
	// EventBridge's limits of one call. The size was 256 KiB before 2026.
	maxEntries = 10
	maxBytes   = 256 << 10
	// putAtOnce calls are made side by side.
	putAtOnce = 8
	// putTries bounds how often entries that were refused are sent again, and
	// putTime one call with the SDK's own retries.
	putTries = 3
	putTime  = 3 * time.Second
)

// Bus puts events on a bus. It is safe for concurrent use.
type Bus struct {
	client *eventbridge.Client
	name   string
}

// NewBus returns the bus of that name, or ARN.
func NewBus(client *eventbridge.Client, name string) *Bus { return &Bus{client: client, name: name} }

// Put puts events on the bus and returns those that are not there for sure,
// with the reason of one of them.
func (b *Bus) Put(ctx context.Context, events []Event) (left []Event, err error) {
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(putAtOnce)
	for _, batch := range batches(events) {
		group.Go(func() error {
			refused, why := b.putBatch(ctx, batch)
			mu.Lock()
			defer mu.Unlock()
			left = append(left, refused...)
			if why != nil {
				err = why
			}
			return nil
		})
	}
	_ = group.Wait() // what failed is in left and err
	return left, err
}

// batches cuts events into calls that EventBridge takes.
func batches(events []Event) (out [][]Event) {
	start, bytes := 0, 0
	for i, e := range events {
		if size := e.size(); i > start && (i-start == maxEntries || bytes+size > maxBytes) {
			out = append(out, events[start:i])
			start, bytes = i, 0
		}
		bytes += e.size()
	}
	if start < len(events) {
		out = append(out, events[start:])
	}
	return out
}

// size of an event by EventBridge's rule.
func (e Event) size() int { return len(Source) + len(e.Type) + len(e.Detail) + 14 }

// putBatch makes a call, and further ones for the entries that it refused.
func (b *Bus) putBatch(ctx context.Context, left []Event) ([]Event, error) {
	var why error
	for range putTries {
		refused, err := b.call(ctx, left)
		if err != nil {
			return left, err
		}
		if len(refused.events) == 0 {
			return nil, nil
		}
		left, why = refused.events, fmt.Errorf("put events: %d refused: %s", len(refused.events), refused.code)
	}
	return left, why
}

// refusal is what a call did not take, and the code of one of its reasons.
type refusal struct {
	events []Event
	code   string
}

func (b *Bus) call(ctx context.Context, events []Event) (refusal, error) {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	in := &eventbridge.PutEventsInput{}
	for _, e := range events {
		in.Entries = append(in.Entries, types.PutEventsRequestEntry{
			EventBusName: &b.name, Source: aws.String(Source), DetailType: &e.Type, Detail: aws.String(string(e.Detail)), Time: &e.At,
		})
	}
	out, err := b.client.PutEvents(ctx, in)
	if err != nil {
		return refusal{}, fmt.Errorf("put events: %w", err)
	}
	var r refusal
	if out.FailedEntryCount == 0 {
		return r, nil
	}
	for i, entry := range out.Entries {
		if entry.ErrorCode != nil && i < len(events) {
			r.events, r.code = append(r.events, events[i]), *entry.ErrorCode
		}
	}
	if len(r.events) == 0 { // an answer that contradicts itself
		r.events, r.code = slices.Clone(events), "unknown"
	}
	return r, nil
}
