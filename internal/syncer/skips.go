package syncer

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// listSkips lists the records that were skipped, under the run and under the
// type, and takes those off the type's list that something else became of. A
// row says whether its record is skipped; the lists say why, to people. began
// is from before anything was looked up: what another worker listed since is
// left alone.
func (e *Engine) listSkips(ctx context.Context, run Run, records []judged, was, is map[psa.RecordID]Row, began time.Time) error {
	var skips, over []Skip
	for _, rec := range records {
		switch {
		case is[rec.ID].Skip != "" && rec.skip != "":
			skips = append(skips, Skip{
				Type: rec.Type, ID: rec.ID, Name: rec.Name, Reason: rec.skip, Detail: rec.detail, RunID: run.ID, At: e.opt.Now(),
			})
		case was[rec.ID].Skip != "" && is[rec.ID].Skip == "":
			over = append(over, Skip{Type: rec.Type, ID: rec.ID})
		}
	}
	if len(skips) > 0 {
		if err := e.runs.PutSkips(ctx, run.Scope, skips); err != nil {
			return fmt.Errorf("put skips: %w", err)
		}
	}
	if len(over) > 0 {
		if err := e.runs.DropSkips(ctx, run.Scope, run.Type, over, began); err != nil {
			return fmt.Errorf("drop skips: %w", err)
		}
	}
	return nil
}

// listRefused lists parents whose records could not be read.
func (e *Engine) listRefused(ctx context.Context, run Run, skips []Skip) error {
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

// OpenSkips lists the records of a type that were not kept when they were last
// read, by id. What became something else since is left out, though its entry
// may not have gone yet; a page may be short for it.
func (e *Engine) OpenSkips(ctx context.Context, scope psa.Scope, typ psa.DataType, p Page) ([]Skip, string, error) {
	listed, next, err := e.runs.OpenSkips(ctx, scope, typ, p)
	if err != nil || len(listed) == 0 {
		return []Skip{}, next, err
	}
	state, err := e.runs.TypeState(ctx, scope, typ)
	if err != nil {
		return nil, "", fmt.Errorf("open skips: %w", err)
	}
	var ids []psa.RecordID
	for _, s := range listed {
		if s.ID != 0 {
			ids = append(ids, s.ID)
		}
	}
	rows, err := e.records.Lookup(ctx, scope, typ, ids)
	if err != nil {
		return nil, "", fmt.Errorf("open skips: %w", err)
	}
	open := []Skip{}
	for _, s := range listed {
		// A run that read all of a type since would have listed the parent again.
		if s.ID != 0 && rows[s.ID].Skip != "" || s.Under != 0 && !state.PlannedAt.After(s.At) {
			open = append(open, s)
		}
	}
	return open, next, nil
}

// Outcome is what became of a record that was asked for by itself.
type Outcome struct {
	// Row is as it is stored now, without Data; zero if ConnectWise has no
	// such record and never had, as far as is known.
	Row Row
	// Skip says why it was not kept, nil if it was or is out of scope.
	Skip *Skip
}

// keepOne keeps one record outside any run: the runs that created and changed
// the row stay as they are, so that their counts do too.
func (e *Engine) keepOne(ctx context.Context, scope psa.Scope, t *Type, rec judged, by string) (Outcome, error) {
	began := e.opt.Now()
	was, err := e.stored(ctx, Run{Scope: scope}, t, Batch{Reads: []Read{{ID: rec.ID}}})
	if err != nil {
		return Outcome{}, err
	}
	old := was[rec.ID]
	run := Run{ID: old.ChangedRun, Scope: scope, Type: t.Name}
	is, err := e.upsert(ctx, run, t, []judged{rec}, was)
	if err != nil {
		return Outcome{}, err
	}
	listing := Run{Scope: scope, Type: t.Name}
	if err := e.listSkips(ctx, listing, []judged{rec}, was, is, began); err != nil {
		return Outcome{}, err
	}
	out := Outcome{Row: is[rec.ID]}
	if out.Row.Skip != "" {
		out.Skip = &Skip{Type: t.Name, ID: rec.ID, Name: rec.Name, Reason: out.Row.Skip, Detail: rec.detail, At: e.opt.Now()}
	}
	if out.Skip != nil && old.Skip != out.Row.Skip {
		if err := e.skipped(ctx, scope, *out.Skip, by); err != nil {
			return Outcome{}, err
		}
	}
	if err := e.announceSince(ctx, scope, out.Row, old.ChangedAt); err != nil {
		return Outcome{}, err
	}
	return out, e.followed(ctx, scope, t, old, out.Row)
}
