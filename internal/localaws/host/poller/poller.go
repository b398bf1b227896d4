// Package poller is an SQS event source mapping: it reads a queue, invokes a
// function with batches in Lambda's shape, and deletes what the function has
// dealt with. What fails stays in the queue until its visibility time-out
// ends; the queue service moves it to the dead-letter queue.
package poller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/psabridge/psabridge/internal/localaws/host/lambda"
)

const (
	perReceive  = 10 // the most messages of one ReceiveMessage or DeleteMessageBatch
	longPoll    = 20 // seconds
	callTimeout = 10 * time.Second
	pause       = 200 * time.Millisecond // after a failed call
)

// Client is the part of SQS that a mapping needs.
type Client interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(context.Context, *sqs.DeleteMessageBatchInput, ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
}

// Config describes a mapping.
type Config struct {
	Client             Client
	QueueURL, QueueARN string
	Region             string
	BatchSize          int
	Window             time.Duration
	// Concurrency is how many batches may be worked on side by side.
	Concurrency int
	// ReportFailures: the function answers with the items that failed.
	ReportFailures bool
	// Invoke runs the function and returns its answer. lambda.ErrFunction
	// means that it failed, which is no failure of the mapping.
	Invoke func(ctx context.Context, event []byte) ([]byte, error)
	Logger *slog.Logger
}

// Run polls until the context ends.
func Run(ctx context.Context, c Config) {
	var wg sync.WaitGroup
	for range max(c.Concurrency, 1) {
		wg.Go(func() { c.loop(ctx) })
	}
	wg.Wait()
}

func (c Config) loop(ctx context.Context) {
	for ctx.Err() == nil {
		batch, err := c.receive(ctx)
		if err == nil && len(batch) > 0 {
			err = c.work(ctx, batch)
		}
		if err != nil && ctx.Err() == nil {
			c.Logger.Warn("an event source mapping failed", "queue", c.QueueARN, "error", err)
			wait(ctx, pause)
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// receive collects a batch: until it is full or its window has passed.
func (c Config) receive(ctx context.Context) ([]types.Message, error) {
	batch, err := c.receiveOnce(ctx, c.BatchSize, longPoll)
	if err != nil || len(batch) == 0 || c.Window == 0 {
		return batch, err
	}
	for end := time.Now().Add(c.Window); len(batch) < c.BatchSize && time.Now().Before(end) && ctx.Err() == nil; {
		var more []types.Message
		if more, err = c.receiveOnce(ctx, c.BatchSize-len(batch), 1); err != nil {
			c.Logger.Warn("a batch was cut short", "queue", c.QueueARN, "error", err)
			break
		}
		batch = append(batch, more...)
	}
	return batch, nil
}

func (c Config) receiveOnce(ctx context.Context, most int, seconds int32) ([]types.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+callTimeout)
	defer cancel()
	out, err := c.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &c.QueueURL, MaxNumberOfMessages: int32(min(most, perReceive)), WaitTimeSeconds: seconds,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	return out.Messages, nil
}

// work invokes the function, more than once where one event would be too
// large, and deletes what it has dealt with.
func (c Config) work(ctx context.Context, batch []types.Message) error {
	for len(batch) > 0 {
		event, n, err := encode(batch, c.QueueARN, c.Region)
		if err != nil {
			return err
		}
		part := batch[:n]
		batch = batch[n:]
		answer, err := c.Invoke(ctx, event)
		if errors.Is(err, lambda.ErrFunction) {
			continue // the host has logged it; the messages stay
		}
		if err != nil {
			return fmt.Errorf("invoke: %w", err)
		}
		done, err := c.dealtWith(part, answer)
		if err != nil {
			c.Logger.Warn("a batch failed as a whole", "queue", c.QueueARN, "error", err)
			continue
		}
		if err := c.remove(ctx, done); err != nil {
			return err
		}
	}
	return nil
}

func (c Config) dealtWith(batch []types.Message, answer []byte) ([]types.Message, error) {
	if !c.ReportFailures {
		return batch, nil
	}
	return succeeded(batch, answer)
}

func (c Config) remove(ctx context.Context, messages []types.Message) error {
	for len(messages) > 0 {
		n := min(len(messages), perReceive)
		entries := make([]types.DeleteMessageBatchRequestEntry, n)
		for i, m := range messages[:n] {
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle}
		}
		if err := c.removeOnce(ctx, entries); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

func (c Config) removeOnce(ctx context.Context, entries []types.DeleteMessageBatchRequestEntry) error {
	// What was dealt with is to go even while the host is closing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	out, err := c.Client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &c.QueueURL, Entries: entries})
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if len(out.Failed) > 0 {
		return fmt.Errorf("delete: %d of %d messages stayed", len(out.Failed), len(entries))
	}
	return nil
}
