package poller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/host/lambda"
)

func message(id, body string) types.Message {
	return types.Message{MessageId: &id, Body: &body, ReceiptHandle: aws.String("r-" + id)}
}

func TestSucceeded(t *testing.T) {
	t.Parallel()
	batch := []types.Message{message("a", ""), message("b", "")}
	for answer, want := range map[string]string{
		``: "ab", `null`: "ab", `{}`: "ab", `{"batchItemFailures":[]}`: "ab", `{"batchItemFailures":null}`: "ab",
		`{"batchItemFailures":[{"itemIdentifier":"a"}]}`:                        "b",
		`{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`: "",
		`{"batchItemFailures":[{"itemIdentifier":"x"}]}`:                        "!",
		`{"batchItemFailures":[{"itemIdentifier":""}]}`:                         "!",
		`{"batchItemFailures":[{"itemIdentifier":null}]}`:                       "!",
		`{"batchItemFailures":[{"id":"a"}]}`:                                    "!",
		`{"batchItemFailures":"a"}`:                                             "!",
		`"done"`:                                                                "!",
		`nonsense`:                                                              "!",
	} {
		done, err := succeeded(batch, []byte(answer))
		var ids strings.Builder
		for _, m := range done {
			ids.WriteString(*m.MessageId)
		}
		got := ids.String()
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", answer, got, want)
		}
	}
}

func TestTheRecordHasLambdasShape(t *testing.T) {
	t.Parallel()
	m := message("a", "hello")
	m.Attributes = map[string]string{"ApproximateReceiveCount": "1", "MessageGroupId": "g", "AWSTraceHeader": "Root=1"}
	m.MD5OfBody, m.MD5OfMessageAttributes = aws.String("5d"), aws.String("6e")
	m.MessageAttributes = map[string]types.MessageAttributeValue{
		"k": {DataType: aws.String("String"), StringValue: aws.String("v")},
	}
	event, n, err := encode([]types.Message{m}, "arn", "region")
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	var got any
	if err := json.Unmarshal(event, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Records": []any{map[string]any{
		"messageId": "a", "receiptHandle": "r-a", "body": "hello",
		"attributes": map[string]any{"ApproximateReceiveCount": "1", "MessageGroupId": "g", "AWSTraceHeader": "Root=1"},
		"messageAttributes": map[string]any{"k": map[string]any{
			"stringValue": "v", "stringListValues": []any{}, "binaryListValues": []any{}, "dataType": "String",
		}},
		"md5OfBody": "5d", "md5OfMessageAttributes": "6e",
		"eventSource": "aws:sqs", "eventSourceARN": "arn", "awsRegion": "region",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnEventIsNeverTooLarge(t *testing.T) {
	t.Parallel()
	var batch []types.Message
	for i := range 10 {
		batch = append(batch, message(strconv.Itoa(i), strings.Repeat("x", 1<<20)))
	}
	event, n, err := encode(batch, "arn", "region")
	if err != nil || n != 5 || len(event) > maxEvent {
		t.Errorf("%d messages, %d bytes, %v", n, len(event), err)
	}
}

// queue is a client whose queue fills over time.
type queue struct {
	mu      sync.Mutex
	waiting []types.Message
	deleted []string
}

func (q *queue) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	end := time.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	for {
		q.mu.Lock()
		n := min(len(q.waiting), int(in.MaxNumberOfMessages))
		batch := q.waiting[:n]
		q.waiting = q.waiting[n:]
		q.mu.Unlock()
		if n > 0 || time.Now().After(end) {
			return &sqs.ReceiveMessageOutput{Messages: batch}, nil
		}
		wait(ctx, 100*time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (q *queue) DeleteMessageBatch(_ context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(in.Entries) > perReceive {
		return nil, errors.New("more than ten entries")
	}
	for _, e := range in.Entries {
		q.deleted = append(q.deleted, *e.ReceiptHandle)
	}
	return &sqs.DeleteMessageBatchOutput{}, nil
}

func (q *queue) add(messages ...types.Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, messages...)
}

// TestAWindowCollects: 25 messages that come in three lots within the window
// are one batch.
func TestAWindowCollects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{}
		var sizes []int
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go Run(ctx, Config{
			Client: q, QueueURL: "q", BatchSize: 100, Window: 5 * time.Second, Logger: slog.New(slog.DiscardHandler),
			Invoke: func(_ context.Context, event []byte) ([]byte, error) {
				sizes = append(sizes, strings.Count(string(event), `"messageId"`))
				return nil, nil
			},
		})
		for lot := range 3 {
			for i := range []int{10, 10, 5}[lot] {
				q.add(message(fmt.Sprint(lot, i), ""))
			}
			time.Sleep(time.Second)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]int{25}, sizes); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		if len(q.deleted) != 25 {
			t.Errorf("%d messages were deleted", len(q.deleted))
		}
	})
}

func TestAFunctionThatFailsKeepsItsMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, calls := &queue{}, 0
		q.add(message("a", ""))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go Run(ctx, Config{
			Client: q, QueueURL: "q", BatchSize: 10, Logger: slog.New(slog.DiscardHandler),
			Invoke: func(context.Context, []byte) ([]byte, error) {
				calls++
				return nil, fmt.Errorf("here: %w", lambda.ErrFunction)
			},
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls != 1 || len(q.deleted) != 0 {
			t.Errorf("%d calls, deleted %v", calls, q.deleted)
		}
	})
}
