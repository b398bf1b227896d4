package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
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
		summary: "The sync's lifecycle events, newest first, kept 90 days; a page may be short, or empty, while there is a next",
	}, a.listLogs)
}

type listLogsInput struct {
	PageInput

	Type  string    `query:"type" pattern:"^[a-zA-Z][a-zA-Z_-]{0,39}$" doc:"Only of this data type."`
	Run   string    `query:"run" pattern:"^[0-9A-HJKMNP-TV-Z]{26}$" doc:"Only of this run."`
	Event string    `query:"event" pattern:"^[a-z_]{1,40}$" doc:"Only this event, such as run_failed."`
	Who   string    `query:"who" maxLength:"200" doc:"Only what this person, or schedule, callback or system, did."`
	From  time.Time `query:"from" doc:"Not before."`
	To    time.Time `query:"to" doc:"Before."`
}

func (a *api) listLogs(ctx context.Context, in *listLogsInput) (*listLogsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	entries, next, err := a.Runs.FindLogs(ctx, scope, syncer.LogQuery{
		Type: psa.DataType(in.Type), RunID: in.Run, Event: in.Event, Who: in.Who, From: in.From.UTC(), To: in.To.UTC(), Page: in.page(),
	})
	if err != nil {
		return nil, err
	}
	out := &listLogsOutput{}
	out.Body.Items, out.Body.Next = listOf(entries, next, entryOf)
	return out, nil
}
