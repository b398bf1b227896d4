package queue

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/aws/aws-lambda-go/events"
)

// Handle does one message; an error puts it back on the queue, from where it
// comes again after the visibility time-out.
type Handle func(ctx context.Context, body []byte) error

// Batch does the messages of an SQS event side by side and reports those that
// failed, each for itself. A panic fails its message alone.
func Batch(ctx context.Context, event events.SQSEvent, log *slog.Logger, handle Handle) events.SQSEventResponse {
	errs := make([]error, len(event.Records))
	var wg sync.WaitGroup
	for i := range event.Records {
		wg.Go(func() { errs[i] = one(ctx, []byte(event.Records[i].Body), handle) })
	}
	wg.Wait()
	// A list, never null: Lambda takes both for success, emulators do not.
	resp := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for i, err := range errs {
		if err == nil {
			continue
		}
		r := event.Records[i]
		log.ErrorContext(ctx, "message failed", "message", r.MessageId, "received", r.Attributes["ApproximateReceiveCount"], "error", err.Error())
		resp.BatchItemFailures = append(resp.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
	}
	return resp
}

func one(ctx context.Context, body []byte, handle Handle) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return handle(ctx, body)
}
