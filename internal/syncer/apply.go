package syncer

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
)

// apply keeps what a shard of the run read and says what became of each record.
// It may be repeated with the same or a later read of the same ids, by this
// worker or another: rows that this run has created or changed are counted as
// that again, so that a page counts the same however often it is tried.
func (e *Engine) apply(ctx context.Context, run Run, t *Type, f filter.Filter, part Part, page Batch) (Counts, error) {
	began := e.opt.Now()
	was, err := e.stored(ctx, run, t, page)
	if err != nil {
		return Counts{}, err
	}
	records, err := e.judge(ctx, run.Scope, f, t, page.Reads, was)
	if err != nil {
		return Counts{}, err
	}
	is, err := e.upsert(ctx, run, t, records, was)
	if err != nil {
		return Counts{}, err
	}
	if err := e.listSkips(ctx, run, records, was, is, began); err != nil {
		return Counts{}, err
	}
	if err := e.listRefused(ctx, run, page.Skips); err != nil {
		return Counts{}, err
	}
	if err := e.announce(ctx, run, is); err != nil {
		return Counts{}, err
	}
	missing, err := e.beyond(ctx, run, t, part, page)
	if err != nil {
		return Counts{}, err
	}
	counts := Counts{Read: len(page.Skips), Skipped: len(page.Skips), Missing: missing}
	for _, rec := range records {
		if !alsoInRange(run, t, part, rec) {
			counts.Read++
			counts.tally(run.ID, is[rec.ID])
		}
	}
	return counts, nil
}

// alsoInRange reports whether a record that was read because something named
// it is counted where the run reads what changed.
func alsoInRange(run Run, t *Type, part Part, rec judged) bool {
	if part == Range || run.Since.IsZero() || rec.LastUpdated.Before(run.Since.Truncate(time.Second)) {
		return false
	}
	return !t.Under() || rec.removed == "" // the parents of others are not in any range
}

// stored looks up the rows of a page. Before a type's very first run nothing
// is stored, and what the run stored itself is stored again by a repetition.
func (e *Engine) stored(ctx context.Context, run Run, t *Type, page Batch) (map[psa.RecordID]Row, error) {
	if page.stored != nil || run.first() {
		return page.stored, nil
	}
	ids := make([]psa.RecordID, len(page.Reads))
	for i, r := range page.Reads {
		ids[i] = r.ID
	}
	rows, err := e.records.Lookup(ctx, run.Scope, t.Name, ids)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", t.Name, err)
	}
	return rows, nil
}

// upsert writes what changed and returns the rows as they are stored then. A
// row that was refused lost against a newer read, which stands in its place.
func (e *Engine) upsert(ctx context.Context, run Run, t *Type, records []judged, was map[psa.RecordID]Row) (map[psa.RecordID]Row, error) {
	is := make(map[psa.RecordID]Row, len(records))
	var rows []Row
	if run.first() { // all of them are new
		rows = make([]Row, 0, len(records))
	}
	for _, rec := range records {
		old := was[rec.ID]
		if rec.again {
			is[rec.ID] = old
			continue
		}
		row, changed, err := e.merge(ctx, run, rec, old)
		if err != nil {
			return nil, err
		}
		if is[rec.ID] = old; changed {
			is[rec.ID] = row
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return is, nil
	}
	if run.first() {
		if err := e.records.WriteFirst(ctx, run.Scope, rows); err != nil {
			return nil, fmt.Errorf("write first %s: %w", t.Name, err)
		}
		return is, nil
	}
	refused, err := e.records.Write(ctx, run.Scope, rows)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", t.Name, err)
	}
	newer, err := e.records.Lookup(ctx, run.Scope, t.Name, refused)
	if err != nil {
		return nil, fmt.Errorf("look up newer %s: %w", t.Name, err)
	}
	maps.Copy(is, newer)
	return is, nil
}

// tally counts a record by its row as it is stored now. What is out of scope or
// skipped counts as that, whoever found it.
func (c *Counts) tally(runID string, row Row) {
	mine := row.CreatedRun == runID || row.ChangedRun == runID
	switch {
	case row.Skip != "":
		c.Skipped++
	case row.Removed == OutOfScope:
		c.OutOfScope++
	case !mine:
		c.Unchanged++
	case row.Removed != "":
		c.Removed++
	case row.CreatedRun == runID:
		c.Created++
	default:
		c.Updated++
	}
}

// merge makes the row of a record that was read and says whether it must be
// written: it is new, it says something else, or it was changed since (the
// same content with a later lastUpdated is written, for else an older read
// still on its way could pass for the newest). old is the zero Row if there is
// none.
func (e *Engine) merge(ctx context.Context, run Run, rec judged, old Row) (Row, bool, error) {
	if (rec.skip == InvalidRecord || rec.skip == NoPermission) && old.ID != 0 {
		return e.spoilt(ctx, run, rec, old)
	}
	row := Row{
		Record: rec.Record, CreatedRun: old.CreatedRun, ChangedRun: run.ID, ChangedAt: e.opt.Now(), Fence: run.Fence,
		Removed: rec.removed, RemovedAt: old.RemovedAt, Skip: rec.skip, Sent: rec.sent,
	}
	if rec.removed == OutOfScope || rec.removed == Skipped {
		row.Name = ""
	}
	if row.Removed == "" {
		row.RemovedAt = time.Time{}
	} else if row.Removed != old.Removed {
		row.RemovedAt = row.ChangedAt
	}
	kept := old.ID != 0 && old.Removed == ""
	if old.ID == 0 || row.Removed == "" && !kept && run.Fence != 0 {
		row.CreatedRun = run.ID // what was never kept, or not any more, counts as new
	}
	e.flip(&row, old, run.Mode)
	row.Hash = hashOf(row.Record, row.Removed)
	if old.ID == 0 {
		return row, true, nil
	}
	if row.Removed != "" && row.Removed == old.Removed {
		row.ChangedAt = old.ChangedAt // nobody who reads what changed has it
	}
	same := old.Hash == row.Hash && old.LastUpdated.Equal(rec.LastUpdated) && old.Skip == row.Skip
	return row, !same && row.Supersedes(old), nil
}

// spoilt is the row of a record that was stored and is invalid now, or may not
// be read. One that is kept stays as it is, with a mark.
func (e *Engine) spoilt(ctx context.Context, run Run, rec judged, old Row) (Row, bool, error) {
	if old.Removed == "" {
		if old.Skip == rec.skip {
			return old, false, nil
		}
		row, err := e.records.Get(ctx, run.Scope, old.Type, old.ID)
		if err != nil {
			return Row{}, false, fmt.Errorf("get %s %d: %w", old.Type, old.ID, err)
		}
		row.Skip, row.Fence = rec.skip, max(run.Fence, old.Fence)
		return row, row.Removed == "", nil
	}
	row := Row{
		Record: rec.Record, CreatedRun: old.CreatedRun, ChangedRun: run.ID, ChangedAt: old.ChangedAt, Fence: run.Fence,
		Removed: Skipped, RemovedAt: old.RemovedAt, Skip: rec.skip, ScopeAt: old.ScopeAt,
	}
	row.LastUpdated = old.LastUpdated
	e.flip(&row, old, run.Mode)
	row.Hash = hashOf(row.Record, row.Removed)
	return row, old.Skip != row.Skip && row.Supersedes(old), nil
}
