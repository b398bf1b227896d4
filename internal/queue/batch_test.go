package queue_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/queue"
)

func TestBatchReportsEachFailureForItself(t *testing.T) {
	t.Parallel()
	event := events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "ok", Body: "ok"}, {MessageId: "bad", Body: "bad"}, {MessageId: "boom", Body: "boom"}, {MessageId: "fine", Body: "ok"},
	}}
	got := queue.Batch(context.Background(), event, slog.New(slog.DiscardHandler), func(_ context.Context, body []byte) error {
		switch {
		case bytes.Equal(body, []byte("bad")):
			return errors.New("refused")
		case bytes.Equal(body, []byte("boom")):
			panic("kaboom")
		}
		return nil
	})
	want := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "bad"}, {ItemIdentifier: "boom"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// An emulator of Lambda fell over null, which AWS takes for success.
func TestBatchWithoutFailuresIsAnEmptyList(t *testing.T) {
	t.Parallel()
	event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "ok", Body: "ok"}}}
	resp := queue.Batch(context.Background(), event, slog.New(slog.DiscardHandler), func(context.Context, []byte) error { return nil })
	got, err := json.Marshal(resp)
	if err != nil || string(got) != `{"batchItemFailures":[]}` {
		t.Errorf("got %s, %v", got, err)
	}
}
