package syncer

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// apply keeps what was read and says what became of each record. It may be
// repeated with the same or a later read of the same ids, by this worker or
// another: rows that this run has created or changed are counted as that
// again, so that a page counts the same however often it is tried.
func (e *Engine) apply(ctx context.Context, run Run, t *Type, reads []Read) (Counts, error) {
	counts := Counts{Read: len(reads)}
	records, skips := e.decodeAll(t, reads)
	records, orphans, err := e.withParent(ctx, run.Scope, t, records)
	if err != nil {
		return Counts{}, err
	}
	skips = append(skips, orphans...)
	if err := e.putSkips(ctx, run, skips); err != nil {
		return Counts{}, err
	}
	counts.Skipped = len(skips)
	kept, err := e.upsert(ctx, run, t, records)
	if err != nil {
		return Counts{}, err
	}
	return counts.Add(kept), nil
}

func (e *Engine) decodeAll(t *Type, reads []Read) (records []psa.Record, skips []Skip) {
	for _, r := range reads {
		rec, err := decode(t, r)
		if err != nil {
			skips = append(skips, Skip{Type: t.Name, ID: r.ID, Reason: InvalidRecord, Detail: err.Error()})
			continue
		}
		records = append(records, rec)
	}
	return records, skips
}

// withParent parts the records whose parent is kept from those whose parent
// is not.
func (e *Engine) withParent(ctx context.Context, scope psa.Scope, t *Type, records []psa.Record) (kept []psa.Record, orphans []Skip, err error) {
	if t.Parent == "" {
		return records, nil, nil
	}
	var ids []psa.RecordID
	seen := map[psa.RecordID]bool{0: true}
	for _, rec := range records {
		if !seen[rec.Parent] {
			seen[rec.Parent] = true
			ids = append(ids, rec.Parent)
		}
	}
	parents, err := e.records.Lookup(ctx, scope, t.Parent, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("look up %s: %w", t.Parent, err)
	}
	for _, rec := range records {
		parent, ok := parents[rec.Parent]
		if ok && parent.Removed == "" {
			kept = append(kept, rec)
			continue
		}
		orphans = append(orphans, Skip{Type: t.Name, ID: rec.ID, Name: rec.Name, Reason: CompanyNotSynced, Detail: orphanDetail(rec, ok)})
	}
	return kept, orphans, nil
}

func orphanDetail(rec psa.Record, known bool) string {
	switch {
	case rec.Parent == 0:
		return "It belongs to no company."
	case known:
		return fmt.Sprintf("Company %d is deleted in ConnectWise.", rec.Parent)
	default:
		return fmt.Sprintf("Company %d is not synced.", rec.Parent)
	}
}

func (e *Engine) putSkips(ctx context.Context, run Run, skips []Skip) error {
	if len(skips) == 0 {
		return nil
	}
	for i := range skips {
		skips[i].RunID, skips[i].At = run.ID, e.opt.Now()
	}
	if err := e.runs.PutSkips(ctx, run.Scope, skips); err != nil {
		return fmt.Errorf("put skips: %w", err)
	}
	return nil
}

// upsert writes the records that changed.
func (e *Engine) upsert(ctx context.Context, run Run, t *Type, records []psa.Record) (Counts, error) {
	ids := make([]psa.RecordID, len(records))
	for i, rec := range records {
		ids[i] = rec.ID
	}
	stored, err := e.records.Lookup(ctx, run.Scope, t.Name, ids)
	if err != nil {
		return Counts{}, fmt.Errorf("look up %s: %w", t.Name, err)
	}
	var counts Counts
	var rows []Row
	for _, rec := range records {
		old, exists := stored[rec.ID]
		row, changed := e.merge(run, rec, old, exists)
		if changed {
			rows = append(rows, row)
			continue
		}
		counts.tally(run.ID, old)
	}
	written, err := e.write(ctx, run, t, rows)
	return counts.Add(written), err
}

// write stores rows and tallies them. A row that was refused lost against a
// newer read, which is tallied in its place.
func (e *Engine) write(ctx context.Context, run Run, t *Type, rows []Row) (Counts, error) {
	var counts Counts
	if len(rows) == 0 {
		return counts, nil
	}
	refused, err := e.records.Write(ctx, run.Scope, rows)
	if err != nil {
		return Counts{}, fmt.Errorf("write %s: %w", t.Name, err)
	}
	newer, err := e.records.Lookup(ctx, run.Scope, t.Name, refused)
	if err != nil {
		return Counts{}, fmt.Errorf("look up newer %s: %w", t.Name, err)
	}
	for _, row := range rows {
		if n, ok := newer[row.ID]; ok {
			row = n
		}
		counts.tally(run.ID, row)
	}
	return counts, nil
}

// tally counts a row as it is stored now.
func (c *Counts) tally(runID string, row Row) {
	mine := row.CreatedRun == runID || row.ChangedRun == runID
	switch {
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
// still on its way could pass for the newest).
func (e *Engine) merge(run Run, rec psa.Record, old Row, exists bool) (Row, bool) {
	row := Row{Record: rec, CreatedRun: old.CreatedRun, ChangedRun: run.ID, ChangedAt: e.opt.Now(), Fence: run.Fence}
	if !exists {
		row.CreatedRun = run.ID
	}
	if rec.SoftDeleted {
		row.Removed, row.RemovedAt = SoftDeleted, e.opt.Now()
	}
	row.Hash = hashOf(rec, row.Removed)
	same := exists && old.Hash == row.Hash && old.LastUpdated.Equal(rec.LastUpdated)
	return row, !same && (!exists || row.Supersedes(old))
}
