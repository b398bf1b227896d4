package syncer

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
)

// Connector opens the ConnectWise of a scope. It returns problem.NotConnected
// if the scope is not the account's present connection.
type Connector interface {
	Connect(ctx context.Context, scope psa.Scope) (Session, error)
}

// Session is an open connection, as it stands now.
type Session struct {
	Source
	// Filter chooses the companies that are in scope. FilterKey is another
	// whenever somebody chose another filter, be it one that was chosen before.
	Filter    filter.Filter
	FilterKey string
	// Types are the data types that are enabled.
	Types []psa.DataType
}

// Source reads one ConnectWise. Every error carries a problem.Code; one with
// RetryAfter says when a call may be made again (budget, 429). Reads are safe
// to repeat; the implementation retries what is worth it within ctx.
type Source interface {
	// Extent says how many records the type has (of those changed since
	// q.Since, if set), the largest id, and ConnectWise's clock before both
	// were read.
	Extent(ctx context.Context, t *Type, since time.Time) (Extent, error)
	// Read returns the records that q asks for in ascending order of id.
	Read(ctx context.Context, t *Type, q Query) (Batch, error)
	// Touched returns the ids of records that entries of t.Touched with an id
	// above after, changed since, name; next is the last entry's id.
	Touched(ctx context.Context, t *Type, since time.Time, after psa.RecordID) (ids []psa.RecordID, next psa.RecordID, more bool, err error)
	// Get returns one record; psa.ErrNotFound if ConnectWise answers 404, a
	// psa.OtherError if it answers with another record.
	// Types that are read parent by parent need the parent, for others it is 0.
	Get(ctx context.Context, t *Type, parent, id psa.RecordID) (Read, error)
	// Control is a read that works as long as the connection and the
	// type's permission do: it tells a deleted record from a lost right.
	// parent is as in Get.
	Control(ctx context.Context, t *Type, parent psa.RecordID) error
}

// Extent of a type.
type Extent struct {
	Count      int
	MaxID      psa.RecordID
	ServerTime time.Time
	// Parents is how many parents a type has that is read parent by parent;
	// its MaxID is theirs, and its Count unknown: 0.
	Parents int
}

// Query of Source.Read: After < id <= Until.
type Query struct {
	After, Until psa.RecordID // Until 0: no bound
	Last         psa.RecordID // known to be there when the run was planned
	Since        time.Time    // zero: everything
	Limit        int          // 1..1000; ConnectWise may return fewer
	// Of narrows to the children of these parents, IDs to these records: at
	// most MaxNamed of either.
	Of, IDs []psa.RecordID
	// Under is the parent whose records are read, of a type that is read parent
	// by parent.
	Under psa.RecordID
	// IDsOnly spares everything but the records' ids.
	IDsOnly bool
}

// MaxNamed is how many ids a Query names, so that it fits into a URL.
const MaxNamed = 50

// Read is one record as ConnectWise sent it.
type Read struct {
	ID     psa.RecordID
	Raw    []byte
	SentAt time.Time
	// Parent is the parent that it was read under, 0 if it was not.
	Parent psa.RecordID
}

// Batch is one page. More is false only when ConnectWise said that nothing
// follows within the query. SentAt is our clock when the page was asked for.
type Batch struct {
	Reads  []Read
	More   bool
	SentAt time.Time
	// Next is the cursor behind the page; the engine sees to it.
	Next psa.RecordID
	// Skips are parents whose records could not be read.
	Skips []Skip
	// spans say which parents' records are all there, left which parents went.
	spans, left []span
	// stored are the rows of the page's range, nil if they were not looked up.
	stored map[psa.RecordID]Row
}

// Waker sends messages that wake workers. Delivery is at least once, in any
// order, after at least delay (0..15 min). It returns once the queue has it.
type Waker interface {
	Wake(ctx context.Context, m Message, delay time.Duration) error
}

// RunStore keeps runs, shards, leases and logs. All methods are safe for
// concurrent use by many processes; every successful write is durable, reads
// are consistent unless said otherwise. Unknown things are psa.ErrNotFound.
type RunStore interface {
	RunKeeper
	ShardKeeper
	WorkList
	MissingList
	Journal
	SkipList
}

// RunKeeper is the part of RunStore that keeps runs and the types' leases.
type RunKeeper interface {
	// CreateRun records run as Queued and gives it the type's lease, with
	// Fence set. If an active run holds the lease, that one is returned with
	// joined true. A lease that expired is taken over and its run marked
	// Interrupted for good: its writes fail from then on. An Initial run of
	// a type that was fully read joins the type's last run, even if that is
	// over: it may have ended since the caller saw that the type was never
	// read. The log entry is written with the run, and not if it joined.
	CreateRun(ctx context.Context, run Run, leaseUntil time.Time, entry LogEntry) (got Run, joined bool, err error)
	// Run returns one run as stored (Totals only once final).
	Run(ctx context.Context, scope psa.Scope, id string) (Run, error)
	// Runs lists runs, newest first; typ "" means all.
	Runs(ctx context.Context, scope psa.Scope, typ psa.DataType, p Page) (runs []Run, next string, err error)
	// PlanRun writes the shards and the log entry and makes a Queued run
	// Running, in one step. psa.ErrConflict if it is no longer Queued.
	PlanRun(ctx context.Context, run Run, shards []Shard, entry LogEntry) error
	// Mark moves an active run between Running and Interrupted and logs it,
	// in one step; psa.ErrConflict if it is not in from.
	Mark(ctx context.Context, run Run, from, to State, entry LogEntry) error
	// EndRun makes an active run final: state, totals, failure, FinishedAt;
	// frees the lease; takes it off the due index; stops its shards (a later
	// Advance or Claim is refused); moves the type's watermark if watermark
	// is not zero; keeps the TypeState's Compared, Proposal and Confirmed, and
	// makes the open proposal Outdated that a later comparison takes the place
	// of; and writes entry to the log: all in one step. psa.ErrConflict if the
	// run is already final or has lost its lease.
	EndRun(ctx context.Context, run Run, watermark time.Time, entry LogEntry) error
}

// ShardKeeper is the part of RunStore that keeps shards.
type ShardKeeper interface {
	// Shards returns all shards of a run in order.
	Shards(ctx context.Context, scope psa.Scope, runID string) ([]Shard, error)
	// Claim leases a shard to owner until the given time, raises its fence
	// and counts a failure, which progress takes back. psa.ErrBusy if another owner holds it at now; psa.ErrConflict
	// if it is done or stopped.
	Claim(ctx context.Context, scope psa.Scope, runID string, no int, owner string, now, until time.Time) (Shard, error)
	// Advance replaces before by after if the shard still has before's
	// fence and cursor and is not stopped; otherwise psa.ErrConflict, and
	// nothing is changed. Its own write, whose answer was lost and which is
	// tried again, is no conflict.
	Advance(ctx context.Context, scope psa.Scope, before, after Shard) error
}

// WorkList is the part of RunStore that the tick looks at.
type WorkList interface {
	// Due returns active runs to be looked at, at or before now: an
	// eventually consistent index, complete but perhaps late.
	Due(ctx context.Context, now time.Time, limit int) ([]RunKey, error)
	// Postpone sets when the tick looks at the run again and extends its
	// lease. psa.ErrConflict if the run is not active.
	Postpone(ctx context.Context, key RunKey, dueAt, leaseUntil time.Time) error
}

// MissingList is the part of RunStore that keeps what runs missed, and what
// people decide about it.
type MissingList interface {
	// PutMissing notes records that a run missed, once each, however often
	// called. Missing lists them by id, those greater than after: at most
	// limit, and fewer only at the end. They are kept 90 days.
	PutMissing(ctx context.Context, scope psa.Scope, runID string, ids []psa.RecordID) error
	Missing(ctx context.Context, scope psa.Scope, runID string, after psa.RecordID, limit int) ([]psa.RecordID, error)
	// Decide replaces the proposal of a final run, if its state still is
	// from, and logs it; confirming makes it TypeState.Confirmed. All in one
	// step; otherwise psa.ErrConflict.
	Decide(ctx context.Context, run Run, from ProposalState, entry LogEntry) error
}

// Journal is the part of RunStore that tells people what happened.
type Journal interface {
	// TypeState returns the type's state; a zero one if it has never run.
	TypeState(ctx context.Context, scope psa.Scope, typ psa.DataType) (TypeState, error)
	// Log appends; entries are kept 90 days. Logs lists newest first.
	Log(ctx context.Context, scope psa.Scope, e LogEntry) error
	Logs(ctx context.Context, scope psa.Scope, p Page) (entries []LogEntry, next string, err error)
}

// SkipList is the part of RunStore that keeps what was not kept.
type SkipList interface {
	// PutSkips lists records that were not kept: under their run, if they name
	// one, and under their type (once each, however often called). Skips lists
	// those of a run by id, OpenSkips those of a type, which is what was not
	// kept when it was last read. DropSkips takes records off the type's list,
	// as far as they were listed at or before the given time.
	PutSkips(ctx context.Context, scope psa.Scope, skips []Skip) error
	Skips(ctx context.Context, scope psa.Scope, runID string, p Page) (skips []Skip, next string, err error)
	OpenSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, p Page) (skips []Skip, next string, err error)
	DropSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, skips []Skip, before time.Time) error
}

// RunKey names a run.
type RunKey struct {
	Scope psa.Scope
	RunID string
}

// RecordStore keeps rows. Concurrency and durability as RunStore.
type RecordStore interface {
	RecordLists
	// Lookup returns the stored rows among ids without their Data,
	// tombstones included, by a consistent read.
	Lookup(ctx context.Context, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (map[psa.RecordID]Row, error)
	// Range returns the stored rows with after < id <= until (0: no bound) by
	// id, without their Data, tombstones included, by consistent reads: at
	// most limit, and fewer only where the range ends.
	Range(ctx context.Context, scope psa.Scope, typ psa.DataType, after, until psa.RecordID, limit int) ([]Row, error)
	// Write stores rows, each only if Row.Supersedes allows it over what is
	// stored then; it returns the ids that were refused. Some rows may be
	// stored when it returns an error. A row with Removed is a tombstone,
	// kept 90 days after RemovedAt.
	Write(ctx context.Context, scope psa.Scope, rows []Row) (refused []psa.RecordID, err error)
	// WriteFirst is Write without conditions, for rows that nothing newer can
	// stand in the way of: it costs a fraction.
	WriteFirst(ctx context.Context, scope psa.Scope, rows []Row) error
	// Get returns one row with its Data, tombstones included.
	Get(ctx context.Context, scope psa.Scope, typ psa.DataType, id psa.RecordID) (Row, error)
}

// RecordLists is the part of RecordStore that lists rows with their Data.
type RecordLists interface {
	// List returns living rows by id. It reads no more than about a page.
	List(ctx context.Context, scope psa.Scope, typ psa.DataType, p Page) (rows []Row, next string, err error)
	// Changed returns rows, tombstones included, changed at or after since,
	// oldest change first, but none changed within the last ten seconds (so
	// that a reader never passes a write that is still on its way). At least
	// once: a row may come again.
	Changed(ctx context.Context, scope psa.Scope, typ psa.DataType, since time.Time, p Page) (rows []Row, next string, err error)
	// ListUnder lists the living rows of a type that belong to parent, by id;
	// it may be a little behind. A page may be short, or even empty, while
	// next is not.
	ListUnder(ctx context.Context, scope psa.Scope, typ psa.DataType, parent psa.RecordID, p Page) (rows []Row, next string, err error)
}
