package syncer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// What a run may remove by itself (spec 3.7): up to fewRemovals records or
// removalPercent of what is stored, never more than manyRemovals.
const (
	fewRemovals    = 5
	removalPercent = 5
	manyRemovals   = 500
)

// removalsAtOnce of ids are asked for again, beside one that must come back.
const removalsAtOnce = MaxNamed - 1

// guarded says why a person has to agree to the removals, "" if none has to.
func guarded(c Counts) string {
	stored := c.Read + c.Missing
	switch {
	case c.Missing == 0:
		return ""
	case c.Read == 0:
		return "ConnectWise showed no records at all."
	case c.Missing > manyRemovals:
		return fmt.Sprintf("More than %d records are missing.", manyRemovals)
	case c.Missing > fewRemovals && c.Missing*100 > stored*removalPercent:
		return fmt.Sprintf("More than %d %% of the records are missing.", removalPercent)
	default:
		return ""
	}
}

// removals is the shard of a planned run that removes what the others miss; nil
// if the run does not, or if others are still at work.
func removals(shards []Shard) *Shard {
	_, done := sum(shards)
	last := len(shards) - 1
	if last < 0 || shards[last].Part != Removals || shards[last].Done || done < last {
		return nil
	}
	return &shards[last]
}

// remove works a Removals shard.
func (l *lane) remove(ctx context.Context) error {
	ready, err := l.mayRemove(ctx)
	if err != nil || !ready {
		return err
	}
	for l.holds() {
		ids, err := l.e.runs.Missing(ctx, l.run.Scope, l.list(), l.shard.Cursor, removalsAtOnce)
		if err != nil {
			return fmt.Errorf("remove %s: %w", l.typ.Name, err)
		}
		counts, err := l.removeGone(ctx, ids)
		if err != nil {
			return err
		}
		cursor := l.shard.Cursor
		if len(ids) > 0 {
			cursor = ids[len(ids)-1]
		}
		if err := l.advance(ctx, counts, cursor, len(ids) < removalsAtOnce); err != nil {
			return err
		}
		if !l.e.opt.Now().Before(l.until) {
			return nil
		}
	}
	return nil
}

// list is the run whose missing records the shard is about.
func (s *slice) list() string {
	if s.run.Mode == Removal {
		return s.run.From
	}
	return s.run.ID
}

// mayRemove reports whether the run may remove by itself what it missed. If a
// person has to agree, the run ends here, with a proposal; if other shards are
// still at work, this one is let go of.
func (l *lane) mayRemove(ctx context.Context) (bool, error) {
	if l.run.Mode == Removal {
		return true, nil
	}
	shards, err := l.e.runs.Shards(ctx, l.run.Scope, l.run.ID)
	if err != nil {
		return false, fmt.Errorf("before removing: %w", err)
	}
	if removals(shards) == nil {
		l.sleep(ctx)
		return false, nil
	}
	totals, _ := sum(shards)
	reason := guarded(totals)
	if reason == "" {
		reason, err = l.mapped(ctx)
	}
	if err != nil || reason == "" {
		return err == nil, err
	}
	l.run.Proposal = &Proposal{State: ProposalOpen, Missing: totals.Missing, Stored: totals.Read + totals.Missing, Reason: reason}
	return false, l.e.end(ctx, l.run, Partial, nil, "system")
}

// mapped says that something depends on one of the records, "" if nothing does.
func (l *lane) mapped(ctx context.Context) (string, error) {
	if l.e.opt.Mapped == nil {
		return "", nil
	}
	ids, err := l.e.runs.Missing(ctx, l.run.Scope, l.list(), l.shard.Cursor, manyRemovals)
	if err != nil || len(ids) == 0 {
		return "", err
	}
	mapped, err := l.e.opt.Mapped(ctx, l.run.Scope, l.typ.Name, ids)
	if err != nil || !mapped {
		return "", err
	}
	return "Mappings use some of the missing records.", nil
}

// removeGone makes tombstones of those of ids that ConnectWise, asked again,
// does not have. One that was read since ConnectWise was asked stays.
func (s *slice) removeGone(ctx context.Context, ids []psa.RecordID) (Counts, error) {
	gone, sentAt, err := s.gone(ctx, ids)
	if err != nil || len(gone) == 0 {
		return Counts{}, err
	}
	stored, err := s.e.records.Lookup(ctx, s.run.Scope, s.typ.Name, gone)
	if err != nil {
		return Counts{}, fmt.Errorf("remove %s: %w", s.typ.Name, err)
	}
	var rows []Row
	removed := map[psa.RecordID]Row{}
	for _, id := range gone {
		old, ok := stored[id]
		switch {
		case !ok:
		case !old.Removed.Tombstone():
			removed[id] = s.e.tombstone(s.run, old, psa.Record{Type: s.typ.Name, ID: id, ReadAt: sentAt}, Deleted)
			rows = append(rows, removed[id])
		case old.ChangedRun == s.run.ID:
			removed[id] = old // by an earlier attempt
		}
	}
	if len(rows) > 0 {
		refused, err := s.e.records.Write(ctx, s.run.Scope, rows)
		if err != nil {
			return Counts{}, fmt.Errorf("remove %s: %w", s.typ.Name, err)
		}
		for _, id := range refused {
			delete(removed, id)
		}
	}
	return Counts{Removed: len(removed)}, s.e.announce(ctx, s.run, removed)
}

// gone asks ConnectWise for records again, and for one that it has: unless that
// one comes back, the others' absence proves nothing.
func (s *slice) gone(ctx context.Context, ids []psa.RecordID) (gone []psa.RecordID, sentAt time.Time, err error) {
	if len(ids) == 0 {
		return nil, time.Time{}, nil
	}
	if s.typ.Under() {
		sentAt = s.e.opt.Now()
		gone, err = s.goneUnder(ctx, ids)
		return gone, sentAt, err
	}
	control, err := s.controlID(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	asked := append([]psa.RecordID{}, ids...)
	if control != 0 {
		asked = append(asked, control)
	}
	reads, sentAt, err := s.named(ctx, Query{IDs: asked, IDsOnly: true})
	if err != nil {
		return nil, time.Time{}, err
	}
	shown := map[psa.RecordID]bool{0: true}
	for _, r := range reads {
		shown[r.ID] = true
	}
	if !shown[control] {
		return nil, time.Time{}, s.unproven()
	}
	for _, id := range ids {
		if !shown[id] {
			gone = append(gone, id)
		}
	}
	return gone, sentAt, nil
}

// controlID is a record that ConnectWise has now. Where it shows none at all,
// nothing can be proven; only if that is what the person saw who confirmed the
// removal, it is taken for true, and the id is 0.
func (s *slice) controlID(ctx context.Context) (psa.RecordID, error) {
	extent, err := s.src.Extent(ctx, s.typ, time.Time{})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errSource, err)
	}
	if extent.MaxID != 0 || s.run.Mode != Removal {
		if extent.MaxID == 0 {
			return 0, s.unproven()
		}
		return extent.MaxID, nil
	}
	from, err := s.e.runs.Run(ctx, s.run.Scope, s.run.From)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return 0, fmt.Errorf("remove %s: %w", s.typ.Name, err)
	}
	if err != nil || from.Totals.Read > 0 {
		return 0, s.unproven()
	}
	return 0, nil
}

func (s *slice) unproven() error {
	return fmt.Errorf("%w: %w", errSource, problem.New(problem.ConnectWiseGarbled,
		"ConnectWise does not show "+s.typ.Label+" that it has, so nothing is taken for deleted.", ""))
}

// tombstone takes the place of old, the zero Row if there is none, for a record
// that ConnectWise was asked for at rec.ReadAt and does not have. Where there is
// a tombstone it only gets to be as new as that, so that what was read before
// stays out; what a record was merged into is not forgotten.
func (e *Engine) tombstone(run Run, old Row, rec psa.Record, reason Reason) Row {
	row := old
	row.Type, row.ID, row.ReadAt, row.Fence = rec.Type, rec.ID, rec.ReadAt, run.Fence
	if old.Removed == reason || old.Removed == Merged {
		return row
	}
	row.ChangedAt, row.ChangedRun = e.opt.Now(), run.ID
	row.Removed, row.RemovedAt, row.Skip = reason, row.ChangedAt, ""
	row.Data, row.Sent = []byte("{}"), ""
	e.flip(&row, old, run.Mode)
	row.Hash = hashOf(row.Record, row.Removed)
	return row
}

// planRemoval plans a Removal run.
func (e *Engine) planRemoval(ctx context.Context, run Run) error {
	from, err := e.runs.Run(ctx, run.Scope, run.From)
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return fmt.Errorf("plan: %w", err)
	}
	if from.Proposal != nil {
		run.Expected = from.Proposal.Missing
	}
	return e.planned(ctx, run, []Shard{{RunID: run.ID, Part: Removals, WokenAt: e.opt.Now()}})
}
