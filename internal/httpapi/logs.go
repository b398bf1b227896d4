package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/syncer"
)

// LogEntry is a lifecycle event of the sync.
type LogEntry struct {
	At      time.Time `json:"at"`
	Event   string    `json:"event" doc:"Such as run_queued, run_started, run_succeeded."`
	Type    string    `json:"type,omitempty"`
	RunID   string    `json:"runId,omitempty"`
	Who     string    `json:"who" doc:"A person's id, schedule, callback or system."`
	Message string    `json:"message,omitempty"`
	Counts  *Counts   `json:"counts,omitempty"`
	Failure *Failure  `json:"failure,omitempty"`
}

func entryOf(e syncer.LogEntry) LogEntry {
	return LogEntry{
		At: e.At.UTC(), Event: e.Event, Type: string(e.Type), RunID: e.RunID, Who: e.Who, Message: e.Message,
		Counts: (*Counts)(e.Counts), Failure: failureOf(e.Failure),
	}
}

type listLogsOutput struct {
	Body struct {
		Items []LogEntry `json:"items" nullable:"false"`
		Next  string     `json:"next,omitempty" doc:"Where the next page begins; absent on the last."`
	} `nameHint:"LogEntries"`
}

func (a *api) registerLogs() {
	add(a, operation{
		id: "listLogs", method: "GET", path: "/v1/logs", tag: "Logs", access: reads,
		summary: "The sync's lifecycle events, newest first, kept 90 days",
	}, a.listLogs)
}

func (a *api) listLogs(ctx context.Context, in *PageInput) (*listLogsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	entries, next, err := a.Runs.Logs(ctx, scope, in.page())
	if err != nil {
		return nil, err
	}
	out := &listLogsOutput{}
	out.Body.Items, out.Body.Next = listOf(entries, next, entryOf)
	return out, nil
}
