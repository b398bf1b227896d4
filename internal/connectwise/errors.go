package connectwise

import (
	"fmt"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Kind says what went wrong, independent of how ConnectWise worded it.
type Kind string

// The kinds of Error.
const (
	KindAddressRefused Kind = "address_refused" // the host lies in a network that is never called
	KindRedirect       Kind = "redirect"        // the server sends callers elsewhere
	KindUnreachable    Kind = "unreachable"     // no name, no connection, no TLS
	KindCompanyUnknown Kind = "company_unknown" // companyinfo does not know the company
	KindCredentials    Kind = "credentials"     // 401
	KindClientID       Kind = "client_id"       // the vendor's clientId is refused
	KindPermission     Kind = "permission"      // 403
	KindNotFound       Kind = "not_found"       // 404, and ConnectWise says that it is the record
	KindNoEndpoint     Kind = "no_endpoint"     // any other 404: path, codebase or right
	KindInvalid        Kind = "invalid"         // 400 and other refusals of a request
	KindConflict       Kind = "conflict"        // 409
	KindThrottled      Kind = "throttled"       // 429
	KindDown           Kind = "down"            // 5xx, time-outs, cut connections
	KindGarbled        Kind = "garbled"         // not what the API promises
)

// Error is a failed call. Its text holds the operation, status, kind and
// ConnectWise's own code, never its message, the query or anything secret.
// errors.Is knows psa's sentinels for it, problem.From its public words.
type Error struct {
	Kind Kind
	// Op is the method and path without the query: "GET company/companies".
	Op string
	// Status is the HTTP status, 0 without an answer.
	Status int
	// Code is ConnectWise's: "InvalidObject".
	Code string
	// Message is ConnectWise's, in one line of bounded length. It may repeat
	// what was sent: not for logs.
	Message string
	Fields  []FieldError
	// RetryAfter is how long ConnectWise asks to wait, 0 if it does not.
	RetryAfter time.Duration

	// detail is for logs: our own words on what was wrong.
	detail string
	// repeatable: the same request may succeed when sent again.
	repeatable bool
	cause      error
}

// FieldError is one of the reasons for which ConnectWise refused an object.
type FieldError struct {
	Code    string
	Field   string
	Message string
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "connectwise: %s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", status %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ", code %s", e.Code)
	}
	if e.detail != "" {
		b.WriteString(": " + e.detail)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.cause }

// Is makes an Error equal to psa's sentinels. Only a 404 that ConnectWise
// gives for a record is psa.ErrNotFound: other 404s prove nothing about it.
func (e *Error) Is(target error) bool {
	switch target {
	case psa.ErrNotFound:
		return e.Kind == KindNotFound
	case psa.ErrInvalid:
		return e.Kind == KindInvalid
	case psa.ErrConflict:
		return e.Kind == KindConflict
	case psa.ErrBusy:
		return e.Kind == KindThrottled
	}
	return false
}

// As lets errors.As, and so problem.From, find the public form of the error.
func (e *Error) As(target any) bool {
	p, ok := target.(**problem.Error)
	if ok {
		*p = e.AsProblem()
	}
	return ok
}
