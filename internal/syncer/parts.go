package syncer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// A shard's cursor is the id of the last record that was read. In a shard of a
// type that is read parent by parent, it is the last parent and the last of its
// records, see under; Lo and Hi are parents' ids there.

// maxNamed is how many records or parents a run reads by name; if more changed,
// it reads everything.
const maxNamed = 500

// Changed stays behind the clock, and a row may be stored a little after the
// time that it names. A run looks for parents that changed since flipsBack
// before the last one was planned; one that has something to look for is
// planned no sooner than flipsShown after it happened.
const (
	flipsBack  = 12 * time.Second
	flipsShown = 13 * time.Second
	// flipsKept is how long ago a parent may have come or gone that changed
	// since: a change of it just before the last run was planned has hidden that
	// it did from that run.
	flipsKept = 24 * time.Hour
)

// named are the shards of an incremental run that read what changed without a
// lastUpdated of its own: the records that a touching list names, and the
// children of parents that came or went. all is set if there is so much of it
// that everything is to be read.
func (e *Engine) named(ctx context.Context, src Source, run Run, t *Type) (shards []Shard, all bool, err error) {
	if run.Mode != Incremental {
		return nil, false, nil
	}
	touched, err := e.touched(ctx, src, run, t)
	if err != nil {
		return nil, false, err
	}
	flipped, all, err := e.flipped(ctx, run, t)
	if err != nil || all || len(touched) > maxNamed {
		return nil, err == nil, err
	}
	return slices.Concat(naming(run, Touched, touched), naming(run, Children, flipped)), false, nil
}

// naming makes shards that name ids, as many as fit into a request.
func naming(run Run, part Part, ids []psa.RecordID) (shards []Shard) {
	for of := range slices.Chunk(ids, MaxNamed) {
		shards = append(shards, Shard{RunID: run.ID, Part: part, Of: of})
	}
	return shards
}

// touched lists the records that a touching list names, in order; a little more
// than maxNamed if there are more.
func (e *Engine) touched(ctx context.Context, src Source, run Run, t *Type) (ids []psa.RecordID, err error) {
	if t.Touched == "" {
		return nil, nil
	}
	var after psa.RecordID
	for more := true; more && len(ids) <= maxNamed; {
		var page []psa.RecordID
		if page, after, more, err = src.Touched(ctx, t, run.Since, after); err != nil {
			return nil, fmt.Errorf("touched %s: %w", t.Name, err)
		}
		ids = append(ids, page...)
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	return ids, nil
}

// flipped lists the parents that came or went since the type's last run was
// planned, in order.
func (e *Engine) flipped(ctx context.Context, run Run, t *Type) (ids []psa.RecordID, all bool, err error) {
	if t.Parent == "" {
		return nil, false, nil
	}
	state, err := e.runs.TypeState(ctx, run.Scope, t.Name)
	if err != nil {
		return nil, false, fmt.Errorf("flipped parents: %w", err)
	}
	if state.PlannedAt.IsZero() {
		return nil, true, nil
	}
	since := state.PlannedAt.Add(-flipsBack)
	page := Page{Limit: 1000}
	for {
		rows, next, err := e.records.Changed(ctx, run.Scope, t.Parent, since, page)
		if err != nil {
			return nil, false, fmt.Errorf("flipped %s: %w", t.Parent, err)
		}
		for _, row := range rows {
			if !row.ScopeAt.Before(since.Add(-flipsKept)) {
				ids = append(ids, row.ID)
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		if len(ids) > maxNamed {
			return nil, true, nil
		}
		if next == "" {
			return ids, false, nil
		}
		page.After = next
	}
}

// readPart reads a page of a shard behind cursor.
func (e *Engine) readPart(ctx context.Context, src Source, run Run, t *Type, shard Shard, cursor psa.RecordID) (Batch, error) {
	if t.Under() {
		return e.readUnder(ctx, src, run, t, shard, cursor)
	}
	q := Query{After: cursor, Limit: e.opt.PageSize}
	switch shard.Part {
	case Touched:
		q.IDs = shard.Of
	case Children:
		q.Of = shard.Of
	default:
		q.Until, q.Last, q.Since, q.IDsOnly = shard.Hi, run.MaxID, run.Since, run.Mode == Reconcile
	}
	batch, err := src.Read(ctx, t, q)
	batch.Next = cursor
	if n := len(batch.Reads); n > 0 {
		batch.Next = batch.Reads[n-1].ID
	}
	if shard.Part == Children {
		until := psa.RecordID(0)
		if batch.More {
			until = batch.Next
		}
		for _, parent := range shard.Of {
			batch.spans = append(batch.spans, span{parent: parent, after: cursor, until: until})
		}
	}
	return batch, err
}

// under is where a shard stands that reads parent by parent: parent's records
// up to child are read, all of them if child is whole. ConnectWise's ids have 32
// bits, so that both fit into a cursor.
type under struct{ parent, child psa.RecordID }

const (
	childBits = 32
	whole     = psa.RecordID(1)<<childBits - 1
)

func underOf(cursor psa.RecordID) under {
	return under{parent: cursor >> childBits, child: cursor & whole}
}

func (u under) cursor() psa.RecordID { return u.parent<<childBits | u.child }

// parentsAtOnce bounds the parents of which one page has records.
const parentsAtOnce = 25

// readUnder reads the records of some parents, and at most about a page of
// them. Parents that may not be read are passed over and told of, unless that
// is so for all of them.
func (e *Engine) readUnder(ctx context.Context, src Source, run Run, t *Type, shard Shard, cursor psa.RecordID) (Batch, error) {
	at := underOf(cursor)
	parents, gone, more, err := e.parents(ctx, run, t, shard, at)
	if err != nil {
		return Batch{}, err
	}
	out := Batch{More: true, Next: cursor, SentAt: e.opt.Now()}
	var refused error
	for i, parent := range parents {
		if parent != at.parent {
			at = under{parent: parent}
		}
		seen := span{parent: parent, after: at.child}
		if slices.Contains(gone, parent) {
			out.left = append(out.left, span{parent: parent})
			out.Next = under{parent, whole}.cursor()
			continue
		}
		batch, err := src.Read(ctx, t, e.queryUnder(run, shard, at))
		switch {
		case refusedOne(err) && shard.Part == Children && problem.CodeOf(err) == problem.ConnectWiseNotFound:
			// It went, which is why it is looked at.
		case refusedOne(err):
			refused = err
			out.Skips = append(out.Skips, Skip{Type: t.Name, Under: parent, Reason: NoPermission, Detail: problem.From(err).Message})
		case err != nil && i == 0:
			return Batch{}, fmt.Errorf("%s of %d: %w", t.Name, parent, err)
		case err != nil:
			return out, nil //nolint:nilerr // the next page meets it again; this one is kept
		}
		out.Reads = append(out.Reads, batch.Reads...)
		at.child = whole
		if n := len(batch.Reads); n > 0 && batch.More {
			at.child, seen.until = batch.Reads[n-1].ID, batch.Reads[n-1].ID
		}
		if !refusedOne(err) || shard.Part == Children {
			out.spans = append(out.spans, seen)
		}
		out.Next = at.cursor()
		if batch.More || len(out.Reads) >= e.opt.PageSize {
			return out, nil
		}
	}
	if len(out.Skips) == parentsAtOnce {
		return Batch{}, refused
	}
	out.More = more
	return out, nil
}

// refusedOne reports whether ConnectWise refuses one parent's records: to the
// role, or since the parent is gone.
func refusedOne(err error) bool {
	code := problem.CodeOf(err)
	return code == problem.PermissionMissing || code == problem.ConnectWiseNotFound || errors.Is(err, psa.ErrNotFound)
}

// queryUnder asks for whole records in every mode: parents are asked one by one
// anyhow.
func (e *Engine) queryUnder(run Run, shard Shard, at under) Query {
	q := Query{Under: at.parent, After: at.child, Limit: e.opt.PageSize}
	if shard.Part == Range {
		q.Since = run.Since
	}
	return q
}

// parents are the next parents of a shard, beginning with the one whose records
// were not all read. A run that enumerates looks at those that went as well:
// nobody else may have, if what they left behind is still there.
func (e *Engine) parents(ctx context.Context, run Run, t *Type, shard Shard, at under) (ids, gone []psa.RecordID, more bool, err error) {
	after := at.parent
	if at.child != whole && after > 0 {
		after--
	}
	if shard.Part == Children {
		ids = slices.DeleteFunc(slices.Clone(shard.Of), func(id psa.RecordID) bool { return id <= after })
		return ids[:min(len(ids), parentsAtOnce)], nil, len(ids) > parentsAtOnce, nil
	}
	for len(ids) == 0 {
		rows, err := e.records.Range(ctx, run.Scope, t.Parent, max(after, shard.Lo), shard.Hi, parentsAtOnce)
		if err != nil {
			return nil, nil, false, fmt.Errorf("parents of %s: %w", t.Name, err)
		}
		for _, row := range rows {
			after = row.ID
			if row.Removed != "" && run.Mode.Enumerates() {
				gone = append(gone, row.ID)
			}
			if row.Removed == "" || run.Mode.Enumerates() {
				ids = append(ids, row.ID)
			}
		}
		if len(rows) < parentsAtOnce {
			return ids, gone, false, nil
		}
	}
	return ids, gone, true, nil
}
