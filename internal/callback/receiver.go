package callback

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// EnvelopeVersion is what this code writes to the queue; Kind tells an
// envelope from the sync engine's messages.
const (
	EnvelopeVersion = 1
	Kind            = "callback"
)

// Envelope is a delivery on the queue: the raw bytes and what is known of
// where they came in. The signature can be verified from it later.
type Envelope struct {
	V          int            `json:"v"`
	Kind       string         `json:"kind"`
	Account    psa.AccountID  `json:"account"`
	Generation psa.Generation `json:"generation"`
	Connection string         `json:"connection"`
	// Query is the raw query of the request.
	Query      string    `json:"query,omitempty"`
	Signature  string    `json:"signature,omitempty"`
	Body       []byte    `json:"body"`
	ReceivedAt time.Time `json:"receivedAt"`
	Trace      string    `json:"trace,omitempty"`
}

// Request is one POST as it came in.
type Request struct {
	Connection, Token string
	RawQuery          string
	Signature         string
	Body              []byte
	Trace             string
}

// Receiver takes deliveries. Use one per process: it remembers endpoints.
type Receiver struct {
	held  *held
	queue Queue
	now   func() time.Time
}

// NewReceiver makes a receiver.
func NewReceiver(endpoints Endpoints, queue Queue, now func() time.Time) *Receiver {
	return &Receiver{held: &held{endpoints: endpoints, now: now, read: map[string]heldEndpoint{}}, queue: queue, now: now}
}

var (
	errUnknown  = problem.New(problem.NotFound, "There is no such callback address.", "")
	errTooLarge = problem.New(problem.TooLarge, "The delivery is too large.", "")
	errShape    = problem.New(problem.BadRequest, "This is no callback of this connection.", "")
	errBusy     = problem.New(problem.Busy, "The delivery could not be taken now.", "Send it again.")
)

// Receive checks a delivery and puts it on the queue; once it returns nil, the
// delivery is not lost, or not needed. When the token cannot be checked or the queue does not
// take it, the problem is Busy: ConnectWise sends again after a 429, and not
// after a 5xx (facts section 9).
func (r *Receiver) Receive(ctx context.Context, req Request) error {
	if len(req.Body) > MaxBody {
		return errTooLarge
	}
	endpoint, err := r.held.endpoint(ctx, req.Connection, req.Token)
	if errors.Is(err, psa.ErrNotFound) {
		return errUnknown
	}
	if err != nil {
		return errBusy.Wrap(fmt.Errorf("callback endpoint: %w", err))
	}
	if !known(endpoint, req.Token) {
		return errUnknown
	}
	query, err := url.ParseQuery(req.RawQuery)
	if err != nil {
		return errShape.Wrap(psa.ErrInvalid)
	}
	d, err := Parse(req.Body, query)
	if err != nil {
		return errShape.Wrap(err)
	}
	if !d.From(endpoint.CompanyID) {
		return errShape.Wrap(fmt.Errorf("another company's callback: %w", psa.ErrInvalid))
	}
	if endpoint.Paused && d.Coverable() {
		return nil // the run that ends the pause reads it
	}
	err = r.queue.Enqueue(ctx, Envelope{
		V: EnvelopeVersion, Kind: Kind, Account: endpoint.Scope.Account, Generation: endpoint.Scope.Generation,
		Connection: req.Connection, Query: req.RawQuery, Signature: req.Signature, Body: req.Body,
		ReceivedAt: r.now().UTC(), Trace: req.Trace,
	})
	if err != nil {
		return errBusy.Wrap(fmt.Errorf("enqueue callback: %w", err))
	}
	return nil
}

// known compares the token's hash with every valid one, in constant time.
func known(e psa.CallbackEndpoint, token string) bool {
	got := []byte(HashToken(token))
	ok := 0
	for _, want := range e.TokenHashes {
		ok |= subtle.ConstantTimeCompare(got, []byte(want))
	}
	return ok == 1
}

// HashToken is how a token is stored: SHA-256, hex.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
