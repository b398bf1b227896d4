package usage

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Ledger keeps what was posted. Methods are safe for concurrent use by many
// processes; a successful write is durable; reads see what was written before
// they began. A write that carries a Rev succeeds only if that is what is
// stored, and raises it; otherwise it is psa.ErrConflict and nothing is
// written, the entries neither. A Rev of 0 means that nothing is stored.
type Ledger interface {
	SettingsStore
	SeriesStore

	// PutPlan keeps an agreement's part of a preview for a day or more.
	PutPlan(ctx context.Context, scope psa.Scope, run string, p AgreementPlan) error
	// Plans are the agreements of a preview, in order, at most limit of them.
	// next is where to go on, "" if there are no more.
	Plans(ctx context.Context, scope psa.Scope, run, after string, limit int) (_ []AgreementPlan, next string, err error)
	// Stopped reports whether operators stopped all postings.
	Stopped(ctx context.Context) (bool, error)
}

// SettingsStore is the part of Ledger that keeps what people decide.
type SettingsStore interface {
	// Settings returns an account's; the zero value if none are stored.
	Settings(ctx context.Context, scope psa.Scope) (Settings, error)
	PutSettings(ctx context.Context, scope psa.Scope, s Settings) error

	// Routes returns the routes of all tenants that have some.
	Routes(ctx context.Context, scope psa.Scope) (map[TenantID]Routes, error)
	// PutRoutes stores a tenant's, with the history of it.
	PutRoutes(ctx context.Context, scope psa.Scope, r Routes, entries ...Entry) error
}

// SeriesStore is the part of Ledger that keeps series.
type SeriesStore interface {
	// Series returns the series of an agreement by product; of all
	// agreements, if agreement is 0.
	Series(ctx context.Context, scope psa.Scope, agreement psa.RecordID) (map[SeriesKey]Series, error)
	// PutSeries stores a series, with the history of it, and returns it as it
	// is then.
	PutSeries(ctx context.Context, s Series, entries ...Entry) (Series, error)
}

// Runs keeps runs, as Ledger keeps the rest. An account has at most one active
// run of each mode.
type Runs interface {
	// StartRun stores a new run of mode post or preview. If one of that mode
	// is running already, it returns that one and joined. One that waits for
	// confirmation is replaced. s, if not nil, is moved to next in the same
	// step, if it still has s.NextAt, otherwise psa.ErrConflict; it is not
	// moved if the run joined.
	StartRun(ctx context.Context, run Run, s *Schedule, next time.Time) (_ Run, joined bool, err error)
	// Run returns one; psa.ErrNotFound if there is none.
	Run(ctx context.Context, scope psa.Scope, id string) (Run, error)
	// PutRun stores a run, conditional on its Rev, and returns it as it is
	// then. One that is not active any more is due no more.
	PutRun(ctx context.Context, run Run) (Run, error)
	// DueRuns returns runs with DueAt at or before now, at most limit: an
	// eventually consistent index, complete but perhaps late.
	DueRuns(ctx context.Context, now time.Time, limit int) ([]RunKey, error)
}

// RunKey names a run.
type RunKey struct {
	Scope psa.Scope
	ID    string
}
