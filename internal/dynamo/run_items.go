package dynamo

import (
	"maps"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// runItem is a run. It stands in the due index while it is active.
type runItem struct {
	key
	V          int              `dynamodbav:"v"`
	ID         string           `dynamodbav:"id"`
	Type       psa.DataType     `dynamodbav:"type"`
	Mode       syncer.Mode      `dynamodbav:"mode"`
	State      syncer.State     `dynamodbav:"state"`
	Fence      int64            `dynamodbav:"fence"`
	By         string           `dynamodbav:"by,omitempty"`
	Requested  int64            `dynamodbav:"requested,omitempty"`
	Started    int64            `dynamodbav:"started,omitempty"`
	Finished   int64            `dynamodbav:"finished,omitempty"`
	After      string           `dynamodbav:"after,omitempty"`
	Since      int64            `dynamodbav:"since,omitempty"`
	ServerTime int64            `dynamodbav:"serverTime,omitempty"`
	Expected   int              `dynamodbav:"expected,omitempty"`
	MaxID      psa.RecordID     `dynamodbav:"maxId,omitempty"`
	Shards     int              `dynamodbav:"shards"`
	Totals     syncer.Counts    `dynamodbav:"totals"`
	Failure    *syncer.Failure  `dynamodbav:"failure,omitempty"`
	Filter     string           `dynamodbav:"filter,omitempty"`
	From       string           `dynamodbav:"from,omitempty"`
	Proposal   *syncer.Proposal `dynamodbav:"proposal,omitempty"`
	// Decision is the proposal's state, for conditions.
	Decision syncer.ProposalState `dynamodbav:"decision,omitempty"`
	// Lease is until when the run keeps its type.
	Lease int64 `dynamodbav:"lease"`
	// Lost is set when another run took its lease.
	Lost    bool   `dynamodbav:"lost,omitempty"`
	DPK     string `dynamodbav:"dpk,omitempty"`
	DSK     string `dynamodbav:"dsk,omitempty"`
	Expires int64  `dynamodbav:"expiresAt,omitempty"`
}

func newRunItem(r syncer.Run) runItem {
	return runItem{
		key: runKey(r.Scope, r.ID), V: version, ID: r.ID, Type: r.Type, Mode: r.Mode, State: r.State, Fence: r.Fence,
		By: r.RequestedBy, Requested: nanos(r.RequestedAt), Started: nanos(r.StartedAt), Finished: nanos(r.FinishedAt),
		After: r.After, Since: nanos(r.Since), ServerTime: nanos(r.ServerStart),
		Expected: r.Expected, MaxID: r.MaxID, Shards: r.Shards, Totals: r.Totals, Failure: r.Failure,
		Filter: r.Filter, From: r.From, Proposal: r.Proposal,
	}
}

func (it runItem) run(scope psa.Scope) syncer.Run {
	return syncer.Run{
		ID: it.ID, Scope: scope, Type: it.Type, Mode: it.Mode, State: it.State, Fence: it.Fence,
		RequestedBy: it.By, RequestedAt: fromNanos(it.Requested), StartedAt: fromNanos(it.Started),
		FinishedAt: fromNanos(it.Finished), After: it.After, Since: fromNanos(it.Since),
		ServerStart: fromNanos(it.ServerTime), Expected: it.Expected, MaxID: it.MaxID, Shards: it.Shards,
		Totals: it.Totals, Failure: it.Failure, Filter: it.Filter, From: it.From, Proposal: it.Proposal,
	}
}

// holds reports whether the run still has its type.
func (it runItem) holds() bool { return it.State.Active() && !it.Lost }

// stillActive is the condition of a write to an active run. The states are
// the values :queued, :running and :interrupted of activeStates.
const stillActive = "#state IN (:queued, :running, :interrupted) AND attribute_not_exists(#lost)"

func activeStates(more with) with {
	w := with{"queued": syncer.Queued, "running": syncer.Running, "interrupted": syncer.Interrupted}
	maps.Copy(w, more)
	return w
}

// runNameItem lists a run under its type.
type runNameItem struct {
	key
	V       int   `dynamodbav:"v"`
	Expires int64 `dynamodbav:"expiresAt,omitempty"`
}

// typeItem is a type's state and lease. Fence only grows.
type typeItem struct {
	key
	V           int    `dynamodbav:"v"`
	Fence       int64  `dynamodbav:"fence"`
	LastRun     string `dynamodbav:"lastRun,omitempty"`
	ActiveRun   string `dynamodbav:"activeRun,omitempty"`
	Watermark   int64  `dynamodbav:"watermark,omitempty"`
	LastSuccess int64  `dynamodbav:"lastSuccess,omitempty"`
	Planned     int64  `dynamodbav:"planned,omitempty"`
	Filter      string `dynamodbav:"filter,omitempty"`
	Compared    int64  `dynamodbav:"compared,omitempty"`
	Proposal    string `dynamodbav:"proposal,omitempty"`
	Confirmed   string `dynamodbav:"confirmed,omitempty"`
}

// shardItem is a shard. Stopped is set when its run is over.
type shardItem struct {
	key
	V        int             `dynamodbav:"v"`
	No       int             `dynamodbav:"no"`
	Part     syncer.Part     `dynamodbav:"part,omitempty"`
	Of       []psa.RecordID  `dynamodbav:"of,omitempty"`
	Lo       psa.RecordID    `dynamodbav:"lo"`
	Hi       psa.RecordID    `dynamodbav:"hi"`
	Cursor   psa.RecordID    `dynamodbav:"cursor"`
	Done     bool            `dynamodbav:"done"`
	Stopped  bool            `dynamodbav:"stopped,omitempty"`
	Counts   syncer.Counts   `dynamodbav:"counts"`
	Fence    int64           `dynamodbav:"fence"`
	Owner    string          `dynamodbav:"owner"`
	Lease    int64           `dynamodbav:"lease"`
	Woken    int64           `dynamodbav:"woken"`
	Failures int             `dynamodbav:"failures"`
	Waiting  *syncer.Failure `dynamodbav:"waiting,omitempty"`
	Expires  int64           `dynamodbav:"expiresAt,omitempty"`
}

func newShardItem(scope psa.Scope, runID string, s syncer.Shard) shardItem {
	return shardItem{
		key: shardKey(scope, runID, s.No), V: version, No: s.No, Part: s.Part, Of: s.Of, Lo: s.Lo, Hi: s.Hi, Cursor: s.Cursor,
		Done: s.Done, Counts: s.Counts, Fence: s.Fence, Owner: s.Owner, Lease: nanos(s.LeaseUntil),
		Woken: nanos(s.WokenAt), Failures: s.Failures, Waiting: s.Waiting,
	}
}

func (it shardItem) shard(runID string) syncer.Shard {
	return syncer.Shard{
		RunID: runID, No: it.No, Part: it.Part, Of: it.Of, Lo: it.Lo, Hi: it.Hi, Cursor: it.Cursor, Done: it.Done, Counts: it.Counts,
		Fence: it.Fence, Owner: it.Owner, LeaseUntil: fromNanos(it.Lease), WokenAt: fromNanos(it.Woken),
		Failures: it.Failures, Waiting: it.Waiting,
	}
}
