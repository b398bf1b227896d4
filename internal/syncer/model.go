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
	// Reconcile reads the ids of everything, to find what is missing.
	Reconcile Mode = "reconcile"
	// Removal removes what an earlier run missed and a person confirmed.
	Removal Mode = "removal"
)

// Enumerates reports whether a run in this mode sees every record of its type,
// so that what it does not see is gone.
func (m Mode) Enumerates() bool { return m == Full || m == Reconcile }

// reads reports whether a run in this mode reads all that changed since the
// watermark, which it moves.
func (m Mode) reads() bool { return m == Initial || m == Incremental || m == Full }

// Compares reports whether the run has compared all that is stored with all
// that ConnectWise has; before an Initial one, nothing was stored.
func (r Run) Compares() bool {
	return (r.Mode == Initial || r.Mode.Enumerates()) && (r.State == Succeeded || r.State == Partial)
}

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
// counts records that ConnectWise no longer returns, and Missing, which are
// those that are stored and were not returned: what may be removed.
type Counts struct {
	Read       int `json:"read"`
	Created    int `json:"created"`
	Updated    int `json:"updated"`
	Unchanged  int `json:"unchanged"`
	Skipped    int `json:"skipped"`
	OutOfScope int `json:"outOfScope"`
	Removed    int `json:"removed"`
	Missing    int `json:"missing"`
}

// Add returns the sum.
func (c Counts) Add(o Counts) Counts {
	return Counts{
		Read: c.Read + o.Read, Created: c.Created + o.Created, Updated: c.Updated + o.Updated,
		Unchanged: c.Unchanged + o.Unchanged, Skipped: c.Skipped + o.Skipped, OutOfScope: c.OutOfScope + o.OutOfScope,
		Removed: c.Removed + o.Removed, Missing: c.Missing + o.Missing,
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
	// MaxID is the largest id that there was at planning.
	MaxID psa.RecordID
	// Shards is how many there are; 0 until planned.
	Shards int
	// Totals are the sums over the shards once the run is final; while it
	// is active, Progress adds up the shards.
	Totals  Counts
	Failure *Failure
	// Filter is the key of the filter that the run was planned under.
	Filter string
	// From is the run whose missing records a Removal run removes.
	From string
	// Proposal is set if the run found more missing than it may remove by
	// itself.
	Proposal *Proposal
}

// first reports whether the run is the first of its type: it finds nothing
// stored, and since callbacks are parked meanwhile, nothing is newer than what
// it reads.
func (r Run) first() bool { return r.Mode == Initial && r.Fence == 1 }

// Proposal asks a person whether what a run missed shall be removed.
type Proposal struct {
	State ProposalState `json:"state"`
	// Missing of Stored records are proposed for removal.
	Missing int `json:"missing"`
	Stored  int `json:"stored"`
	// Reason is why the run did not remove them by itself.
	Reason string `json:"reason"`
	// DecidedBy is the person who confirmed or dismissed it.
	DecidedBy string    `json:"decidedBy,omitempty"`
	DecidedAt time.Time `json:"decidedAt,omitzero"`
}

// ProposalState says what became of a proposal.
type ProposalState string

// The states. A proposal of a run that is not its type's newest is Outdated.
const (
	ProposalOpen      ProposalState = "open"
	ProposalConfirmed ProposalState = "confirmed"
	ProposalDismissed ProposalState = "dismissed"
	ProposalOutdated  ProposalState = "outdated"
)

// Part says which records a shard is about.
type Part string

// The parts of a run.
const (
	// Range is the records with Lo < id <= Hi; of a type that is read under
	// its parent, those of the parents with Lo < id <= Hi.
	Range Part = ""
	// Touched is the records that a touching list names (Type.Touched).
	Touched Part = "touched"
	// Children is the records of the parents in Of.
	Children Part = "children"
	// Removals is what the other shards of the run missed; it is worked when
	// they are done.
	Removals Part = "removals"
)

// Shard is a part of a run.
type Shard struct {
	RunID string
	// No counts from 0.
	No   int
	Part Part
	// Of are the parents of a Children shard.
	Of []psa.RecordID
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
	// Failures counts the attempts since the cursor moved last, this one
	// included: a worker that dies counts nothing any more.
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
	// LastSuccess is when the last run that moved the watermark finished,
	// PlannedAt when it was planned, both by our clock.
	LastSuccess, PlannedAt time.Time
	// Filter is the key of the filter under which every record was decided.
	Filter string
	// Compared is when the last run was asked for that compared what is
	// stored with everything that ConnectWise has, and read all of it.
	Compared time.Time
	// Proposal is that run, if its proposal is open; Confirmed is the run
	// whose missing records a person wants removed, until a Removal run has.
	Proposal, Confirmed string
	// Fence counts the type's runs.
	Fence int64
}

// Reason says why a record is not kept; "" is a living record.
type Reason string

// The reasons. The first three make a row a tombstone, which goes after 90
// days. A row that is out of scope or skipped stays, without its data, so that
// its return is noticed.
const (
	Deleted     Reason = "deleted"      // ConnectWise answers 404 for it while a control read works, or no list has it
	SoftDeleted Reason = "soft_deleted" // its deletedFlag is set
	Merged      Reason = "merged"       // it is part of another record now
	OutOfScope  Reason = "out_of_scope" // the filter does not choose its company
	Skipped     Reason = "skipped"      // it could not be kept; a Skip says why
)

// Tombstone reports whether ConnectWise no longer has the record.
func (r Reason) Tombstone() bool { return r == Deleted || r == SoftDeleted || r == Merged }

// unread reports whether the reason comes from the record's absence, which
// shows no lastUpdated.
func (r Reason) unread() bool { return r == Deleted || r == Merged }

// Row is a stored record.
type Row struct {
	psa.Record
	// Hash of Data and Name, Parent and Removed: equal rows need no write.
	Hash string
	// Sent tells what ConnectWise sent for it and what of that is kept, see
	// Type.prints: the same again needs no decoding. "" if it is not known.
	Sent string
	// CreatedRun and ChangedRun are the runs that created and last changed
	// the row; "" if a callback did. A callback leaves both as they are.
	CreatedRun, ChangedRun string
	// ChangedAt is our clock when the row was last written with a change.
	ChangedAt time.Time
	Removed   Reason
	RemovedAt time.Time
	// ScopeAt is our clock when the row last became living, or ceased to be:
	// what its children depend on.
	ScopeAt time.Time
	// MergedInto is the record that a Merged one is part of, 0 if unknown.
	MergedInto psa.RecordID
	// Skip is why the record was not kept when it was last read, "" if it was
	// or is none of ours. A row that was kept before may have one: it is as it
	// was then.
	Skip SkipReason
	// Fence of the run that wrote it; 0 for a callback, which is ordered by
	// its read alone.
	Fence int64
}

// Supersedes is the one ordering rule of writes: may r be stored over old? A
// run never writes over a later run of its type. A record that ConnectWise no
// longer has shows no lastUpdated, so its tombstone and a row that was read
// are ordered by when they were read; all else by psa.Newer. A row that was
// read at the same instant may be stored again.
func (r Row) Supersedes(old Row) bool {
	if r.Fence != 0 && r.Fence < old.Fence {
		return false
	}
	if r.Removed.unread() || old.Removed.unread() {
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
	Type psa.DataType
	ID   psa.RecordID
	// Under is set, and ID is 0, if no record of this parent could be read.
	Under  psa.RecordID
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
