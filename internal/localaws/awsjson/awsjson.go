// Package awsjson is the server side of AWS's JSON protocols 1.0 and 1.1, for
// the local services: POST / with the operation in X-Amz-Target.
package awsjson

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxBody is above every body that the services take: 1 MiB of text grows up
// to sixfold when JSON escapes it.
const maxBody = 8 << 20

// Operation carries out one call. The body is the call's JSON.
type Operation func(r *http.Request, body []byte) (any, error)

// Service is an http.Handler for the operations of one AWS service.
type Service struct {
	// Target is the first part of X-Amz-Target, such as "AmazonSQS".
	Target string
	// Version is that of the protocol, "1.0" or "1.1".
	Version string
	// ErrorNamespace stands before the names of the service's own errors,
	// such as "com.amazonaws.sqs#". It may be empty.
	ErrorNamespace string
	// Operations holds the calls by name, such as "SendMessage".
	Operations map[string]Operation
}

// Error is an error in AWS's form.
type Error struct {
	// Type is the shape's name, such as "ResourceNotFoundException". A name
	// with a "#" is used as it is; others get the service's namespace.
	Type string
	// Message is for people. Clients decide by Type only.
	Message string
	// Query is the code of AWS's older protocol, which SDKs show in place of
	// Type for the services that had one. It may be empty.
	Query string
	// Status is 400 where it is 0.
	Status int
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Op makes an Operation of a typed function.
func Op[In, Out any](f func(context.Context, In) (Out, error)) Operation {
	return func(r *http.Request, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, &Error{Type: "com.amazon.coral.service#SerializationException", Message: err.Error()}
		}
		return f(r.Context(), in)
	}
}

// Time is written as AWS's JSON has it: seconds since 1970 with a fraction.
type Time time.Time

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Time(t).UnixMilli()) / 1000)
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	*t = Time(time.UnixMilli(int64(seconds * 1000)).UTC())
	return nil
}

// NewID returns a random id in the form of a UUID.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", NewID())
	out, err := s.call(w, r)
	if err != nil {
		s.writeError(w, err)
		return
	}
	s.write(w, http.StatusOK, out)
}

func (s *Service) call(w http.ResponseWriter, r *http.Request) (any, error) {
	if !loopback(r.Host) {
		// A page in a browser must not get here through a name of its own.
		return nil, &Error{Type: "AccessDeniedException", Message: "not a local address", Status: http.StatusForbidden}
	}
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), s.Target+".")
	op := s.Operations[name]
	if r.Method != http.MethodPost || !ok || op == nil {
		return nil, &Error{Type: "com.amazon.coral.service#UnknownOperationException", Message: "not offered locally: " + name}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, &Error{
			Type: "RequestEntityTooLargeException", Message: "the request is too large",
			Status: http.StatusRequestEntityTooLarge,
		}
	}
	return op(r, body)
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *Service) writeError(w http.ResponseWriter, err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Type: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	name := e.Type
	if !strings.Contains(name, "#") {
		name = s.ErrorNamespace + name
	}
	if e.Query != "" {
		w.Header().Set("X-Amzn-Query-Error", e.Query+";Sender")
	}
	s.write(w, status, map[string]string{"__type": name, "message": e.Message, "Message": e.Message})
}

func (s *Service) write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encode the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-"+s.Version)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone; nobody is left to tell
}
