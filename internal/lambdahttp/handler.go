package lambdahttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/psabridge/psabridge/internal/problem"
)

// reserve is kept of the function's time for writing the answer, so that a
// handler out of time is answered by us and not by API Gateway.
const reserve = 500 * time.Millisecond

// Func is the shape of a Lambda handler for an HTTP API.
type Func func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// New serves events with h. A panic of h is answered with 500 and logged with
// its stack, without its value, which may hold anything. An event of another
// payload format is an error: the deployment is wrong, not the caller.
func New(h http.Handler, log *slog.Logger) Func {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if e.Version != "2.0" {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("payload format 2.0 expected: %w", errMalformed)
		}
		if deadline, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
			defer cancel()
		}
		return serve(ctx, h, log, e), nil
	}
}

func serve(ctx context.Context, h http.Handler, log *slog.Logger, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	id := e.RequestContext.RequestID
	req, err := newRequest(ctx, e)
	if err != nil {
		log.WarnContext(ctx, "event refused", "requestId", id, "error", err.Error())
		return answer(id, http.StatusBadRequest, problem.New(problem.BadRequest, "The request could not be read.", ""))
	}
	rec := newRecorder()
	if !guarded(h, rec, req, log, id) {
		return answer(id, http.StatusInternalServerError, problem.From(nil))
	}
	out, err := rec.response(req.Method)
	if errors.Is(err, errTooLarge) {
		log.ErrorContext(ctx, "response too large", "requestId", id)
		return answer(id, http.StatusInternalServerError,
			problem.New(problem.Internal, "The answer is too large to send.", "Ask for fewer items at a time."))
	}
	if err != nil {
		log.ErrorContext(ctx, "response not encodable", "requestId", id, "error", err.Error())
		return answer(id, http.StatusInternalServerError, problem.From(err))
	}
	return out
}

// guarded reports whether h came back without a panic.
func guarded(h http.Handler, rec *recorder, req *http.Request, log *slog.Logger, id string) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			log.ErrorContext(req.Context(), "handler panicked", "requestId", id,
				"kind", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			ok = false
		}
	}()
	h.ServeHTTP(rec, req)
	return true
}

// answer is a problem document, for what goes wrong before or after the
// handler.
func answer(requestID string, status int, p *problem.Error) events.APIGatewayV2HTTPResponse {
	doc := map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status,
		"detail": p.Message, "code": p.Code, "requestId": requestID,
	}
	if p.Remedy != "" {
		doc["remedy"] = p.Remedy
	}
	body, err := json.Marshal(doc)
	if err != nil { // strings and a number always marshal
		body = nil
	}
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"},
		Body:       string(body),
	}
}
