package callback

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Endpoints finds the endpoint of a connection; psa.ErrNotFound if there is
// none. Reads are consistent and safe for concurrent use.
type Endpoints interface {
	CallbackEndpoint(ctx context.Context, connectionID string) (psa.CallbackEndpoint, error)
}

// Queue keeps an envelope durably before it returns.
type Queue interface {
	Enqueue(ctx context.Context, e Envelope) error
}

// Engine is what the worker needs of the sync engine.
type Engine interface {
	// Handle does a message; an error means that it must come again.
	Handle(ctx context.Context, m syncer.Message) error
}

// Types tells how far a type's runs are, by a consistent read.
type Types interface {
	TypeState(ctx context.Context, scope psa.Scope, typ psa.DataType) (syncer.TypeState, error)
}

// Rows finds stored rows, by a consistent read.
type Rows interface {
	Lookup(ctx context.Context, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (map[psa.RecordID]syncer.Row, error)
}

// Keys obtains the keys that ConnectWise signs with.
type Keys interface {
	// SigningKey fetches the key at keyURL, which comes from outside: nobody
	// is called unless it lies at the scope's own ConnectWise and company.
	SigningKey(ctx context.Context, scope psa.Scope, keyURL string) (string, error)
}

// Limits counts, over all processes. It is safe for concurrent use.
type Limits interface {
	// Allow counts one more of what in the minute of now, and reports whether
	// that is within limit. One that was not within it is not counted.
	Allow(ctx context.Context, scope psa.Scope, what string, now time.Time, limit int) (bool, error)
}

// Parked is a record that is to be read again later.
type Parked struct {
	ID psa.RecordID
	// AsOf is when it was last told of: a later read has it.
	AsOf time.Time
	// Merged is set if it was said to be part of another record now.
	Merged bool
	// Unverified is set if nobody knows who told: such reads are limited.
	Unverified bool
}

// LotKey names what is parked of a type.
type LotKey struct {
	Scope psa.Scope
	Type  psa.DataType
}

// Lot keeps parked records, one for each record, verified or not. It is safe
// for concurrent use by many processes; every successful write is durable and
// reads are consistent.
type Lot interface {
	// Park keeps p. If it is there already, the later AsOf stays, and Merged
	// if either has it. The tick looks at the type's lot at lookAt, or when
	// it was to look before.
	Park(ctx context.Context, k LotKey, p Parked, lookAt time.Time) error
	// Parked lists up to limit by id: the verified, or the others.
	Parked(ctx context.Context, k LotKey, unverified bool, limit int) ([]Parked, error)
	// Unpark removes p unless it was told of again since it was listed.
	Unpark(ctx context.Context, k LotKey, p Parked) error
	// Look sets when the tick looks next and returns the lot's revision, which
	// is another after each Park; psa.ErrNotFound if there is no lot.
	Look(ctx context.Context, k LotKey, at time.Time) (rev string, err error)
	// Close ends the tick's looking, unless the lot's revision has changed:
	// then that is psa.ErrConflict.
	Close(ctx context.Context, k LotKey, rev string) error
	// DueLots lists lots to look at, at or before now: an eventually
	// consistent index, complete but perhaps late.
	DueLots(ctx context.Context, now time.Time, limit int) ([]LotKey, error)
}
