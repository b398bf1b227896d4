// Package webhook wires the receiver of ConnectWise's callbacks. It links the
// table's reader, the queue and nothing else: its start-up is on the way of
// every delivery.
package webhook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// deadline of one delivery: ConnectWise gives up after 5 s.
const deadline = 4 * time.Second

// Needs lists the variables that the function reads, beside those of all.
func Needs() []string { return []string{"CALLBACK_QUEUE_URL"} }

// Handler answers an HTTP API request.
type Handler func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// New wires the function.
func New(cfg app.Config) Handler {
	aws := app.AWS()
	store := dynamo.New(dynamodb.NewFromConfig(aws), cfg.TableName, time.Now)
	sender := queue.NewSender(sqs.NewFromConfig(aws), cfg.CallbackQueueURL)
	receiver := callback.NewReceiver(store.Setup(), envelopes{sender}, time.Now)
	return handler(receiver, cfg.Logger())
}

// envelopes puts deliveries on the callback queue, grouped by account so that
// one account's flood does not hold up the others.
type envelopes struct{ sender *queue.Sender }

// Enqueue implements callback.Queue.
func (q envelopes) Enqueue(ctx context.Context, e callback.Envelope) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode envelope: %w", err)
	}
	return q.sender.Send(ctx, queue.Message{Body: body, Group: string(e.Account)})
}

func handler(receiver *callback.Receiver, log *slog.Logger) Handler {
	return func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		// The connection's id is public; token, path and body are never logged.
		connection := r.PathParameters["connectionId"]
		ctx = telemetry.With(ctx, telemetry.Request(r.RequestContext.RequestID))
		body, err := bodyOf(r)
		if err == nil {
			err = receiver.Receive(ctx, callback.Request{
				Connection: connection, Token: r.PathParameters["token"], RawQuery: r.RawQueryString,
				Signature: r.Headers["x-content-signature"], Body: body, Trace: r.RequestContext.RequestID,
			})
		}
		status := statusOf(err)
		if err != nil {
			log.WarnContext(ctx, "callback refused", "status", status, "code", problem.CodeOf(err), "error", err.Error())
		}
		return answer(status), nil
	}
}

func bodyOf(r events.APIGatewayV2HTTPRequest) ([]byte, error) {
	if !r.IsBase64Encoded {
		return []byte(r.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		return nil, problem.New(problem.BadRequest, "The body is not base64.", "").Wrap(psa.ErrInvalid)
	}
	return body, nil
}

// statusOf maps what the receiver says. Anything unexpected is a 429, since
// that is sent again and a 5xx is not.
func statusOf(err error) int {
	if err == nil {
		return http.StatusNoContent
	}
	switch problem.CodeOf(err) {
	case problem.NotFound:
		return http.StatusNotFound
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	case problem.BadRequest:
		return http.StatusBadRequest
	default:
		return http.StatusTooManyRequests
	}
}

func answer(status int) events.APIGatewayV2HTTPResponse {
	headers := map[string]string{"cache-control": "no-store"}
	if status == http.StatusTooManyRequests {
		headers["retry-after"] = "2"
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: status, Headers: headers}
}
