package syncer

import (
	"context"
	"fmt"
	"slices"

	"github.com/psabridge/psabridge/internal/psa"
)

// span is the records of a parent that a page shows completely: after < id <=
// until, 0 being no bound.
type span struct{ parent, after, until psa.RecordID }

// beyond looks at what is stored and a page did not show, where it shows all
// that a parent has. In a run that enumerates, that is missing: it is noted
// before the cursor moves over it, and counted with it. Where a parent went,
// what it leaves behind goes with it.
func (e *Engine) beyond(ctx context.Context, run Run, t *Type, part Part, page Batch) (missing int, err error) {
	enumerates := run.Mode.Enumerates() && part == Range
	if !enumerates && part != Children {
		return 0, nil
	}
	left, err := e.unseen(ctx, run.Scope, t, page, page.left)
	if err != nil {
		return 0, err
	}
	rows, err := e.unseen(ctx, run.Scope, t, page, page.spans)
	if err != nil {
		return 0, err
	}
	if part == Children {
		left, rows = rows, nil
	}
	if err := e.forsake(ctx, run, t, left, page); err != nil || len(rows) == 0 {
		return 0, err
	}
	ids := make([]psa.RecordID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	if err := e.runs.PutMissing(ctx, run.Scope, run.ID, ids); err != nil {
		return 0, fmt.Errorf("note what is missing: %w", err)
	}
	return len(ids), nil
}

// unseen lists living rows of the spans that the page did not show and that
// nobody read since it was asked for.
func (e *Engine) unseen(ctx context.Context, scope psa.Scope, t *Type, page Batch, spans []span) (rows []Row, err error) {
	shown := make(map[psa.RecordID]bool, len(page.Reads))
	for _, r := range page.Reads {
		shown[r.ID] = true
	}
	for _, s := range spans {
		p := Page{Limit: 1000}
		for more := true; more; {
			listed, next, err := e.records.ListUnder(ctx, scope, t.Name, s.parent, p)
			if err != nil {
				return nil, fmt.Errorf("%s of %d: %w", t.Name, s.parent, err)
			}
			for _, row := range listed {
				inside := row.ID > s.after && (s.until == 0 || row.ID <= s.until)
				if inside && !shown[row.ID] && row.ReadAt.Before(page.SentAt) {
					rows = append(rows, row)
				}
			}
			p.After, more = next, next != ""
		}
	}
	return rows, nil
}

// forsake lets rows that ConnectWise did not show follow their parents out.
func (e *Engine) forsake(ctx context.Context, run Run, t *Type, rows []Row, page Batch) error {
	if len(rows) == 0 {
		return nil
	}
	began := e.opt.Now()
	was := make(map[psa.RecordID]Row, len(rows))
	records := make([]judged, len(rows))
	for i, row := range rows {
		was[row.ID] = row
		records[i] = judged{Record: row.Record}
		records[i].ReadAt = page.SentAt
	}
	if err := e.judgeByParents(ctx, run.Scope, t, records); err != nil {
		return err
	}
	records = slices.DeleteFunc(records, func(j judged) bool { return j.removed == "" })
	for i := range records {
		records[i].slim(t)
	}
	is, err := e.upsert(ctx, run, t, records, was)
	if err != nil {
		return err
	}
	return e.listSkips(ctx, run, records, was, is, began)
}

// goneUnder is gone for a type that is read parent by parent. What proves that
// the role still sees the type is another of its records.
func (s *slice) goneUnder(ctx context.Context, ids []psa.RecordID) (gone []psa.RecordID, err error) {
	if err := s.controlUnder(ctx, ids); err != nil {
		return nil, err
	}
	rows, err := s.e.records.Lookup(ctx, s.run.Scope, s.typ.Name, ids)
	if err != nil {
		return nil, fmt.Errorf("remove %s: %w", s.typ.Name, err)
	}
	of := map[psa.RecordID][]psa.RecordID{}
	for id, row := range rows {
		of[row.Parent] = append(of[row.Parent], id)
	}
	for parent, children := range of {
		reads, _, err := s.named(ctx, Query{Under: parent, IDs: children, IDsOnly: true})
		if err != nil {
			return nil, err
		}
		for _, id := range children {
			if !slices.ContainsFunc(reads, func(r Read) bool { return r.ID == id }) {
				gone = append(gone, id)
			}
		}
	}
	slices.Sort(gone)
	return gone, nil
}

// controlUnder asks for a record that is stored and not among those in doubt.
func (s *slice) controlUnder(ctx context.Context, but []psa.RecordID) error {
	after, more := psa.RecordID(0), true
	for more {
		rows, err := s.e.records.Range(ctx, s.run.Scope, s.typ.Name, after, 0, compareAtOnce)
		if err != nil {
			return fmt.Errorf("remove %s: %w", s.typ.Name, err)
		}
		for _, row := range rows {
			after = row.ID
			if row.Removed != "" || slices.Contains(but, row.ID) {
				continue
			}
			reads, _, err := s.named(ctx, Query{Under: row.Parent, IDs: []psa.RecordID{row.ID}, IDsOnly: true})
			if err != nil {
				return err
			}
			if len(reads) == 0 {
				return s.unproven()
			}
			return nil
		}
		more = len(rows) == compareAtOnce
	}
	if s.run.Mode == Removal { // a person saw that nothing would be left
		return nil
	}
	return s.unproven()
}
