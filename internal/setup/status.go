package setup

import (
	"context"

	"github.com/psabridge/psabridge/internal/psa"
)

// State of an account's connection.
type State string

// The states. An enabled connection may have a draft beside it.
const (
	StateNone    State = "none"
	StateDraft   State = "draft"
	StateEnabled State = "enabled"
)

// Status is what an account has. Nothing in it is secret.
type Status struct {
	State      State
	Connection *Connection
	Draft      *Draft
	// Former is the newest connection that was taken down, nil if there was
	// none.
	Former *Departure
	// Tag changes whenever the rest does; see Input.IfMatch.
	Tag string
}

// Endpoint is the enabled connection's, else the draft's, else nil.
func (s Status) Endpoint() *Endpoint {
	switch {
	case s.Connection != nil:
		return &s.Connection.Endpoint
	case s.Draft != nil:
		return &s.Draft.Endpoint
	default:
		return nil
	}
}

// Types are the enabled connection's data types, else the draft's.
func (s Status) Types() []psa.DataType {
	switch {
	case s.Connection != nil:
		return s.Connection.Types
	case s.Draft != nil:
		return s.Draft.Types
	default:
		return nil
	}
}

// Status says what the account has.
func (s *Service) Status(ctx context.Context, account psa.AccountID) (Status, error) {
	have, err := s.load(ctx, account)
	if err != nil {
		return Status{}, err
	}
	return have.status(), nil
}

func (h stored) status() Status {
	out := Status{State: StateNone, Connection: h.conn, Draft: h.draft, Former: h.former, Tag: h.tag()}
	switch {
	case h.conn != nil:
		out.State = StateEnabled
	case h.draft != nil:
		out.State = StateDraft
	}
	return out
}
