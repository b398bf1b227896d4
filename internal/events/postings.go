package events

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// The detail types of postings.
const (
	UsagePosted         = "UsagePosted"
	UsageNeedsAttention = "UsageNeedsAttention"
)

// usagePosted is the detail of both.
type usagePosted struct {
	V          int            `json:"v"`
	Account    psa.AccountID  `json:"account"`
	Generation psa.Generation `json:"generation"`
	Run        string         `json:"run"`
	Day        usage.Date     `json:"day"`
	State      usage.State    `json:"state"`
	Counts     usage.Counts   `json:"counts"`
	Failure    string         `json:"failure,omitempty"` // its code
	At         time.Time      `json:"at"`
}

// Postings tells of postings on the bus alone: a run that cannot be told of is
// not over yet, and is told of again. It implements usage.Events.
type Postings struct {
	Bus *Bus
	Now func() time.Time
}

var _ usage.Events = (*Postings)(nil)

// PostingEnded implements usage.Events: that lines were changed, and that some
// were not and somebody has to look.
func (p *Postings) PostingEnded(ctx context.Context, run usage.Run) error {
	detail := usagePosted{
		V: version, Account: run.Scope.Account, Generation: run.Scope.Generation, Run: run.ID, Day: run.Day, State: run.State,
		Counts: run.Counts, At: p.Now().UTC(),
	}
	if run.Failure != nil && run.State == usage.Failed {
		detail.Failure = string(run.Failure.Code)
	}
	var out []Event
	for _, typ := range typesOf(run) {
		e, err := newEvent(typ, detail.At, detail)
		if err != nil {
			return err
		}
		out = append(out, e)
	}
	if left, err := p.Bus.Put(ctx, out); len(left) > 0 {
		return fmt.Errorf("tell of posting %s: %w", run.ID, err)
	}
	return nil
}

func typesOf(run usage.Run) (types []string) {
	c := run.Counts
	if c.Created+c.Updated+c.Ended+c.Voided > 0 {
		types = append(types, UsagePosted)
	}
	if c.Attention > 0 || run.State != usage.Done {
		types = append(types, UsageNeedsAttention)
	}
	return types
}
