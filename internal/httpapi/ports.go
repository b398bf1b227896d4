package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Setup is what the API needs of the connection's life; see setup.Service.
type Setup interface { //nolint:interfacebloat // one connection, all of whose steps the API offers
	Status(ctx context.Context, account psa.AccountID) (setup.Status, error)
	Test(ctx context.Context, account psa.AccountID, in setup.Input) (setup.Report, error)
	Save(ctx context.Context, account psa.AccountID, by string, in setup.Input) (setup.Saved, error)
	Discard(ctx context.Context, account psa.AccountID) error
	Enable(ctx context.Context, account psa.AccountID, by string, takeover bool) (setup.Enabled, error)
	SetPause(ctx context.Context, account psa.AccountID, by string, sync bool) (setup.Status, error)
	Disconnect(ctx context.Context, account psa.AccountID, by string, keepData bool) (setup.Disconnected, error)
	Filters(ctx context.Context, account psa.AccountID, of setup.FilterOf) (setup.Filters, error)
	SetFilter(ctx context.Context, account psa.AccountID, by string, of setup.FilterOf, f filter.Filter, ifMatch string) (setup.Filters, error)
	SetTypes(ctx context.Context, account psa.AccountID, by string, types []psa.DataType, ifMatch string) (setup.TypesChange, error)
}

// Engine is what the API needs of the sync engine; see syncer.Engine.
type Engine interface { //nolint:interfacebloat // one engine, all of whose requests the API offers
	Start(ctx context.Context, scope psa.Scope, types []psa.DataType, mode syncer.Mode, by string) ([]syncer.Started, error)
	Progress(ctx context.Context, scope psa.Scope, runID string) (syncer.Progress, error)
	Cancel(ctx context.Context, scope psa.Scope, runID, by string) error
	Reset(ctx context.Context, scope psa.Scope, typ psa.DataType, by string) error
	DecideRemoval(ctx context.Context, scope psa.Scope, runID string, confirm bool, by string) error
	OpenSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) (skips []syncer.Skip, next string, err error)
	SyncRecord(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID, by string) (syncer.Outcome, error)
}

// Runs is what the API reads of runs; see syncer.RunStore.
type Runs interface {
	Runs(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Run, string, error)
	Skips(ctx context.Context, scope psa.Scope, runID string, p syncer.Page) ([]syncer.Skip, string, error)
	FindLogs(ctx context.Context, scope psa.Scope, q syncer.LogQuery) ([]syncer.LogEntry, string, error)
	TypeState(ctx context.Context, scope psa.Scope, typ psa.DataType) (syncer.TypeState, error)
}

// Records is what the API reads of records; see syncer.RecordStore.
type Records interface {
	Get(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID) (syncer.Row, error)
	List(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Row, string, error)
	ListUnder(ctx context.Context, scope psa.Scope, typ psa.DataType, parent psa.RecordID, p syncer.Page) ([]syncer.Row, string, error)
	Changed(ctx context.Context, scope psa.Scope, typ psa.DataType, since time.Time, p syncer.Page) ([]syncer.Row, string, error)
}

// People is what the API needs to know of people; see dynamo.Persons.
type People interface {
	// Remember notes what a person of the account is called.
	Remember(ctx context.Context, account psa.AccountID, subject, name string) error
	// All returns the names by subject.
	All(ctx context.Context, account psa.AccountID) (map[string]string, error)
}
