package events

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Source of all events.
const Source = "psabridge"

// The detail types.
const (
	RecordChanged = "RecordChanged"
	SyncFinished  = "SyncFinished"
)

// version of the details. A change that a reader could stumble over is a new
// one, with a schema of its own.
const version = 1

// Event is an event before it is put on the bus.
type Event struct {
	Type   string          `json:"type"`
	At     time.Time       `json:"at"`
	Detail json.RawMessage `json:"detail"`
}

// recordChanged is the detail of RecordChanged.
type recordChanged struct {
	V          int            `json:"v"`
	Account    psa.AccountID  `json:"account"`
	Generation psa.Generation `json:"generation"`
	Type       psa.DataType   `json:"type"`
	ID         psa.RecordID   `json:"id"`
	Change     syncer.Change  `json:"change"`
	Reason     syncer.Reason  `json:"reason,omitempty"`
	ChangedAt  time.Time      `json:"changedAt"`
}

// syncFinished is the detail of SyncFinished.
type syncFinished struct {
	V           int            `json:"v"`
	Account     psa.AccountID  `json:"account"`
	Generation  psa.Generation `json:"generation"`
	Run         string         `json:"run"`
	Type        psa.DataType   `json:"type"`
	Mode        syncer.Mode    `json:"mode"`
	State       syncer.State   `json:"state"`
	Counts      syncer.Counts  `json:"counts"`
	Failure     string         `json:"failure,omitempty"` // its code
	Proposal    bool           `json:"proposal"`          // whether a person has to decide about removals
	RequestedAt time.Time      `json:"requestedAt"`
	FinishedAt  time.Time      `json:"finishedAt"`
}

func ofChange(scope psa.Scope, c syncer.RecordChange) (Event, error) {
	return newEvent(RecordChanged, c.ChangedAt, recordChanged{
		V: version, Account: scope.Account, Generation: scope.Generation, Type: c.Type, ID: c.ID,
		Change: c.Change, Reason: c.Reason, ChangedAt: c.ChangedAt.UTC(),
	})
}

func ofRun(r syncer.Run) (Event, error) {
	detail := syncFinished{
		V: version, Account: r.Scope.Account, Generation: r.Scope.Generation, Run: r.ID, Type: r.Type, Mode: r.Mode, State: r.State,
		Counts: r.Totals, Proposal: r.Proposal != nil && r.Proposal.State == syncer.ProposalOpen,
		RequestedAt: r.RequestedAt.UTC(), FinishedAt: r.FinishedAt.UTC(),
	}
	if r.Failure != nil {
		detail.Failure = string(r.Failure.Code)
	}
	return newEvent(SyncFinished, r.FinishedAt, detail)
}

func newEvent(typ string, at time.Time, detail any) (Event, error) {
	b, err := json.Marshal(detail)
	if err != nil {
		return Event{}, fmt.Errorf("encode %s: %w", typ, err)
	}
	return Event{Type: typ, At: at.UTC(), Detail: b}, nil
}
