package httpapi

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Problem is the body of every error, by RFC 9457. It never repeats a value
// that the request held.
type Problem struct {
	Type   string `json:"type" doc:"Always about:blank; the code says what happened."`
	Title  string `json:"title" doc:"The status in words."`
	Status int    `json:"status" doc:"The HTTP status."`
	Detail string `json:"detail" doc:"What happened, for a person."`
	Code   string `json:"code" doc:"What happened, for a program. Codes are never renamed."`
	Remedy string `json:"remedy,omitempty" doc:"What a person can do about it."`
	// RetryAfter is in whole seconds, as in the header.
	RetryAfter int     `json:"retryAfter,omitempty" doc:"Seconds to wait before trying again."`
	RequestID  string  `json:"requestId,omitempty" doc:"To be named when asking for support."`
	Fields     []Field `json:"fields,omitempty" nullable:"false" doc:"Which parts of the request are not valid."`
	Report     *Report `json:"report,omitempty" doc:"The connection test's findings, with code test_failed."`
}

// Field is a part of the request that is not valid.
type Field struct {
	Location string `json:"location" doc:"Where it is, such as body.companyId."`
	Message  string `json:"message" doc:"What is expected there."`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (*Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	return h
}

// statusOf is the one mapping from codes to statuses. A code that is not here
// is one of ConnectWise's refusals: the request was fine, the other side is
// the matter.
func statusOf(code problem.Code) int {
	switch code {
	case problem.Internal:
		return http.StatusInternalServerError
	case problem.BadRequest, problem.AddressInvalid, problem.AddressRefused:
		return http.StatusBadRequest
	case problem.Unauthorized:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case problem.Conflict, problem.NotConnected, problem.IdentityClaimed, problem.Paused,
		problem.PostingNotSetUp, problem.PostingStopped:
		return http.StatusConflict
	case problem.Stale:
		return http.StatusPreconditionFailed
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	case problem.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case problem.Busy, problem.BudgetExhausted, problem.ConnectWiseThrottle:
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnprocessableEntity
	}
}

// problemOf makes the public document of any error.
func problemOf(err error, requestID string) *Problem {
	p := publicOf(err)
	status := statusOf(p.Code)
	doc := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: p.Message,
		Code: string(p.Code), Remedy: p.Remedy, RequestID: requestID,
	}
	if p.RetryAfter > 0 {
		doc.RetryAfter = int(math.Ceil(p.RetryAfter.Seconds()))
	}
	if failed, ok := errors.AsType[*setup.TestFailedError](err); ok {
		r := reportOf(failed.Report)
		doc.Report = &r
	}
	return doc
}

// publicOf finds the problem in err, or makes one of the core's sentinels.
func publicOf(err error) *problem.Error {
	var p *problem.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, psa.ErrNotFound):
		return notFound()
	case errors.Is(err, psa.ErrInvalid):
		return problem.New(problem.BadRequest, "The request holds a value that cannot be used.", "")
	case errors.Is(err, psa.ErrConflict):
		return problem.New(problem.Conflict, "Somebody else changed this at the same moment.", "Reload, then try again.")
	case errors.Is(err, psa.ErrBusy):
		return problem.New(problem.Busy, "Somebody else is working on this right now.", "Try again in a moment.").After(5 * time.Second)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problem.New(problem.Busy, "This took too long and was given up.", "Try again.").After(5 * time.Second)
	default:
		return problem.From(err)
	}
}

func notFound() *problem.Error {
	return problem.New(problem.NotFound, "There is nothing at this address.", "")
}

// replaceErrors makes huma's own errors problem documents. huma keeps this in
// package variables, hence once for the process. Its default repeats rejected
// values, a private key among them.
//
//nolint:gochecknoglobals // what it guards is huma's, and global
var replaceErrors = sync.OnceFunc(func() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return rejected(status, errs, "")
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		doc := rejected(status, errs, requestID(ctx.Context()))
		noteCode(ctx.Context(), doc.Code)
		return doc
	}
})

// rejected is what huma refuses before an operation sees the request, and
// what it could not send afterwards.
func rejected(status int, errs []error, requestID string) *Problem {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return problemOf(problem.New(problem.TooLarge, "The request body is too large.", ""), requestID)
	case status == http.StatusUnsupportedMediaType:
		return problemOf(problem.New(problem.UnsupportedMedia, "The request body must be JSON.", "Send Content-Type: application/json."), requestID)
	case status == http.StatusRequestTimeout:
		return problemOf(context.DeadlineExceeded, requestID)
	case status >= http.StatusInternalServerError:
		return problemOf(errors.Join(errs...), requestID)
	}
	doc := problemOf(problem.New(problem.BadRequest, "The request is not valid.", ""), requestID)
	for _, err := range errs {
		doc.Fields = append(doc.Fields, fieldOf(err))
	}
	return doc
}

// fieldOf keeps what is known to come from our schema: the messages that say
// what is expected, and locations but for names that the request made up.
func fieldOf(err error) Field {
	var d *huma.ErrorDetail
	if !errors.As(err, &d) {
		return Field{Location: "request", Message: "is not valid"}
	}
	f := Field{Location: d.Location, Message: "is not valid"}
	switch {
	case strings.HasPrefix(d.Message, "unexpected property"), strings.HasPrefix(d.Message, "unknown query parameter"):
		f.Message = "holds something that is not known here"
		f.Location, _, _ = strings.Cut(f.Location, ".")
	case strings.HasPrefix(d.Message, "required "), expectation(d.Message):
		f.Message = d.Message
	}
	return f
}

// expectation reports whether a message of huma's says what is expected and
// ends there: some go on with a parser's words, which quote the value.
func expectation(message string) bool {
	return strings.HasPrefix(message, "expected ") && !strings.HasPrefix(message, "expected string to be RFC") &&
		!strings.HasPrefix(message, "expected string to be regex") && !strings.HasPrefix(message, "expected duration")
}
