package syncer

import (
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Mode is what a run reads.
type Mode string

const (
	// Initial reads everything; the type was never fully read before.
	Initial Mode = "initial"
	// Incremental reads what changed since the watermark, less an overlap.
	Incremental Mode = "incremental"
	// Full reads everything again.
	Full Mode = "full"
)

// State of a run.
type State string

// The states of spec 3.2. Queued, Running and Interrupted are active: the run
// holds its type's lease. The others are final.
const (
	Queued      State = "queued"
	Running     State = "running"
	Interrupted State = "interrupted" // its workers died; a tick resumes it from its cursors
	Succeeded   State = "succeeded"
	Partial     State = "partial" // fully enumerated, with listed skips
	Failed      State = "failed"
	Cancelled   State = "cancelled"
)

// Active reports whether a run in this state may still do work.
func (s State) Active() bool { return s == Queued || s == Running || s == Interrupted }

// Counts are records, not requests. Read is every record that ConnectWise
// returned; each is then exactly one of the others, but Removed, which also
// counts records that ConnectWise no longer returns.
type Counts struct {
	Read      int `json:"read"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Removed   int `json:"removed"`
}

// Add returns the sum.
func (c Counts) Add(o Counts) Counts {
	return Counts{
		Read: c.Read + o.Read, Created: c.Created + o.Created, Updated: c.Updated + o.Updated,
		Unchanged: c.Unchanged + o.Unchanged, Skipped: c.Skipped + o.Skipped, Removed: c.Removed + o.Removed,
	}
}

// Failure is why a run failed or a shard had to wait: the public half of a
// problem.Error.
type Failure struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Remedy  string       `json:"remedy,omitempty"`
}

// FailureOf keeps the public half of err.
func FailureOf(err error) *Failure {
	p := problem.From(err)
	return &Failure{Code: p.Code, Message: p.Message, Remedy: p.Remedy}
}

// Run is one recorded attempt to bring one data type up to date.
type Run struct {
	// ID is a ULID: runs sort by the time they were asked for.
	ID    string
	Scope psa.Scope
	Type  psa.DataType
	Mode  Mode
	State State
	// Fence is the generation of the type's lease that this run holds.
	Fence int64
	// RequestedBy is a person's id, "schedule" or "system".
	RequestedBy string
	RequestedAt time.Time
	// StartedAt is when it was planned, FinishedAt when it became final.
	StartedAt, FinishedAt time.Time
	// After is the run that must be final before this one is planned: the
	// parent type's. Empty if there is none.
	After string
	// Since is the lower bound of lastUpdated in an incremental run.
	Since time.Time
	// ServerStart is ConnectWise's clock when the run was planned: the
	// watermark once the run has read everything.
	ServerStart time.Time
	// Expected is how many records ConnectWise said there are, at planning.
	Expected int
	// Shards is how many there are; 0 until planned.
	Shards int
	// Totals are the sums over the shards once the run is final; while it
	// is active, Progress adds up the shards.
	Totals  Counts
	Failure *Failure
}

// Shard is a part of a run: the records with Lo < id <= Hi.
type Shard struct {
	RunID string
	// No counts from 0.
	No int
	// Lo is exclusive; Hi is inclusive, 0 meaning no upper bound.
	Lo, Hi psa.RecordID
	// Cursor is the last id that is read, kept and counted.
	Cursor psa.RecordID
	Done   bool
	Counts Counts
	// Fence grows with every claim; a write with an older one is refused.
	Fence int64
	// Owner holds the shard until LeaseUntil; "" if nobody does.
	Owner      string
	LeaseUntil time.Time
	// WokenAt is when a message was last sent for it, or it last moved.
	WokenAt time.Time
	// Failures counts attempts since the cursor moved last.
	Failures int
	// Waiting says why it last stopped early, nil if it did not.
	Waiting *Failure
}

// Held reports whether a living worker may hold the shard at now.
func (s Shard) Held(now time.Time) bool { return s.Owner != "" && now.Before(s.LeaseUntil) }

// TypeState is what is known of a data type between runs.
type TypeState struct {
	Type psa.DataType
	// Watermark is ConnectWise's clock at the start of the last run that
	// read everything it meant to; zero before the first.
	Watermark time.Time
	// LastRun is the newest run, of any outcome; ActiveRun the one that
	// holds the lease, if any.
	LastRun, ActiveRun string
	// LastSuccess is when the last run that moved the watermark finished.
	LastSuccess time.Time
}

// Removal says why a record is a tombstone; "" is a living record.
type Removal string

// Reasons for removal.
const (
	Deleted     Removal = "deleted"      // ConnectWise answers 404 for it while a control read works
	SoftDeleted Removal = "soft_deleted" // its deletedFlag is set
)

// Row is a stored record.
type Row struct {
	psa.Record
	// Hash of Data and Name, Parent and Removed: equal rows need no write.
	Hash string
	// CreatedRun and ChangedRun are the runs that created and last changed
	// the row; "" if a callback did. A callback leaves both as they are.
	CreatedRun, ChangedRun string
	// ChangedAt is our clock when the row was last written with a change.
	ChangedAt time.Time
	Removed   Removal
	RemovedAt time.Time
	// Fence of the run that wrote it; 0 for a callback, which is ordered by
	// its read alone.
	Fence int64
}

// Supersedes is the one ordering rule of writes: may r be stored over old? A
// run never writes over a later run of its type. A record that ConnectWise no
// longer has shows no lastUpdated, so a Deleted tombstone and a living row
// are ordered by when they were read; all else by psa.Newer. A row that was
// read at the same instant may be stored again.
func (r Row) Supersedes(old Row) bool {
	if r.Fence != 0 && r.Fence < old.Fence {
		return false
	}
	if r.Removed == Deleted || old.Removed == Deleted {
		return !r.ReadAt.Before(old.ReadAt)
	}
	return !psa.Newer(old.LastUpdated, old.ReadAt, r.LastUpdated, r.ReadAt)
}

// SkipReason says why a record was read and not kept.
type SkipReason string

// The reasons of spec 3.8.
const (
	CompanyNotSynced SkipReason = "company_not_synced"
	InvalidRecord    SkipReason = "invalid"
	NoPermission     SkipReason = "permission"
)

// Skip is one record that could not be kept.
type Skip struct {
	Type   psa.DataType
	ID     psa.RecordID
	Name   string
	Reason SkipReason
	Detail string
	RunID  string
	At     time.Time
}

// LogEntry is a lifecycle event of the sync (spec 3.9).
type LogEntry struct {
	At    time.Time
	Event string // run_queued, run_started, run_finished, run_cancelled, run_interrupted, run_resumed, record_synced …
	Type  psa.DataType
	RunID string
	// Who is a person's id, "schedule", "callback" or "system".
	Who     string
	Message string
	Counts  *Counts
	Failure *Failure
}

// Page asks for part of a list; After is the opaque cursor of the answer
// before, "" for the first.
type Page struct {
	Limit int
	After string
}
