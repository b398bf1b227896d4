// Package webhook wires the receiver of ConnectWise's callbacks. Its start-up
// is on the way of every delivery, so that it makes its two calls itself and
// links neither the store nor the SDK's clients.
package webhook

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// deadline of one delivery: ConnectWise gives up after 5 s.
const deadline = 4 * time.Second

// Needs lists the variables that the function reads, beside those of all.
func Needs() []string { return []string{"CALLBACK_QUEUE_URL"} }

// Request is what a delivery needs of an HTTP API request (payload format 2.0).
type Request struct {
	RawQueryString string `json:"rawQueryString"`
	Headers        struct {
		Signature string `json:"x-content-signature"`
	} `json:"headers"`
	PathParameters struct {
		ConnectionID string `json:"connectionId"`
		Token        string `json:"token"`
	} `json:"pathParameters"`
	RequestContext struct {
		RequestID string `json:"requestId"`
	} `json:"requestContext"`
	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

// Handler answers an HTTP API request.
type Handler func(context.Context, Request) (events.APIGatewayV2HTTPResponse, error)

// New wires the function.
func New(cfg app.Config) (Handler, error) {
	aws := app.AWS()
	to := caller{http: newHTTP(), signer: v4.NewSigner(), aws: aws, now: time.Now}
	queue, err := newQueue(context.Background(), aws, to, cfg.CallbackQueueURL)
	if err != nil {
		return nil, err
	}
	receiver := callback.NewReceiver(newTable(context.Background(), aws, to, cfg.TableName), queue, time.Now)
	return handler(receiver, cfg.Logger()), nil
}

func handler(receiver *callback.Receiver, log *slog.Logger) Handler {
	return func(ctx context.Context, r Request) (events.APIGatewayV2HTTPResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		// The connection's id is public; token, path and body are never logged.
		ctx = telemetry.With(ctx, telemetry.Request(r.RequestContext.RequestID))
		body, err := bodyOf(r)
		if err == nil {
			err = receiver.Receive(ctx, callback.Request{
				Connection: r.PathParameters.ConnectionID, Token: r.PathParameters.Token, RawQuery: r.RawQueryString,
				Signature: r.Headers.Signature, Body: body, Trace: r.RequestContext.RequestID,
			})
		}
		status := statusOf(err)
		if err != nil {
			log.WarnContext(ctx, "callback refused", "status", status, "code", problem.CodeOf(err), "error", err.Error())
		}
		return answer(status), nil
	}
}

func bodyOf(r Request) ([]byte, error) {
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
