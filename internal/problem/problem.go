// Package problem is an error that is safe to show: a stable code, words a
// person can act on, and the cause, which stays inside. It knows no
// transport; httpapi maps codes to statuses.
package problem

import (
	"errors"
	"fmt"
	"time"
)

// Code is stable: programs may branch on it. Codes are listed in codes.go.
type Code string

// Error carries what the outside may see (Code, Message, Remedy, RetryAfter)
// and what it may not (the cause).
type Error struct {
	Code Code
	// Message says what happened, in one sentence, with no secret and no
	// rejected value.
	Message string
	// Remedy says what a person can do about it; may be empty.
	Remedy string
	// RetryAfter is how long to wait before trying again; 0 if that is not
	// known or would not help.
	RetryAfter time.Duration

	cause error
}

// New makes an error with a public message and remedy.
func New(code Code, message, remedy string) *Error {
	return &Error{Code: code, Message: message, Remedy: remedy}
}

// Wrap returns a copy of e with the cause kept for errors.Is and logs.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After returns a copy of e that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Error is for logs inside; it never holds a request's values unless the
// cause does, so causes must not either.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.cause }

// Is makes two problems with the same code equal for errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// From finds the problem in err's chain, or makes an Internal one of it.
func From(err error) *Error {
	if p, ok := errors.AsType[*Error](err); ok {
		return p
	}
	return New(Internal, "Something went wrong on our side.", "Try again; if it stays, contact support with the request id.").Wrap(err)
}

// CodeOf is From(err).Code, or "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	return From(err).Code
}
