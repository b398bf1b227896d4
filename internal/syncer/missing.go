package syncer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// compareAtOnce is how many stored rows are compared with a page at a time:
// any number of rows may lie in the range of a page that shows none of them.
const compareAtOnce = 2000

// compares reports whether the pages of the shard show everything that
// ConnectWise has between two ids of the type.
func (l *lane) compares() bool {
	return l.run.Mode.Enumerates() && l.shard.Part == Range && !l.typ.Under()
}

// compare keeps a page beside what is stored of its range, step by step. A
// living row that the page did not show, and that was not read since, is
// missing. What is missing is noted before the cursor moves over it, so that
// nothing is lost with a worker, and counted with the cursor, so that it is
// counted once.
func (l *lane) compare(ctx context.Context, page Batch) error {
	until := l.shard.Hi
	if page.More {
		until = page.Next
	}
	reads := page.Reads
	for {
		rows, err := l.e.records.Range(ctx, l.run.Scope, l.typ.Name, l.shard.Cursor, until, compareAtOnce)
		if err != nil {
			return fmt.Errorf("compare %s: %w", l.typ.Name, err)
		}
		cursor, now, last := max(page.Next, l.shard.Cursor), len(reads), true
		if len(rows) == compareAtOnce && rows[len(rows)-1].ID != until {
			cursor, last = rows[len(rows)-1].ID, false
			now = slices.IndexFunc(append(reads, Read{ID: cursor + 1}), func(r Read) bool { return r.ID > cursor })
		}
		counts, err := l.beside(ctx, reads[:now], rows, page.SentAt)
		if err != nil {
			return err
		}
		if err := l.advance(ctx, counts, cursor, last && !page.More); err != nil {
			return err
		}
		if last || !l.e.opt.Now().Before(l.until) {
			return nil
		}
		reads = reads[now:]
	}
}

// beside keeps what was read of a range in which rows are stored.
func (s *slice) beside(ctx context.Context, reads []Read, rows []Row, sentAt time.Time) (Counts, error) {
	known := make(map[psa.RecordID]Row, len(rows))
	for _, row := range rows {
		known[row.ID] = row
	}
	var counts Counts
	var err error
	if s.run.Mode == Reconcile {
		counts, err = s.reconcile(ctx, reads, known, sentAt)
	} else {
		counts, err = s.e.apply(ctx, s.run, s.typ, s.src.Filter, Range, Batch{Reads: reads, SentAt: sentAt, stored: known})
	}
	if err != nil {
		return Counts{}, fmt.Errorf("keep %s: %w", s.typ.Name, err)
	}
	for _, r := range reads {
		delete(known, r.ID)
	}
	var missing []psa.RecordID
	for _, row := range rows {
		if _, unseen := known[row.ID]; unseen && !row.Removed.Tombstone() && row.ReadAt.Before(sentAt) {
			missing = append(missing, row.ID)
		}
	}
	counts.Missing = len(missing)
	if len(missing) == 0 {
		return counts, nil
	}
	if err := s.e.runs.PutMissing(ctx, s.run.Scope, s.run.ID, missing); err != nil {
		return Counts{}, fmt.Errorf("note what is missing: %w", err)
	}
	return counts, nil
}

// reconcile counts records of which only the ids were read. Those that should
// be stored and are not were lost somehow: they are read and kept.
func (s *slice) reconcile(ctx context.Context, reads []Read, known map[psa.RecordID]Row, sentAt time.Time) (Counts, error) {
	var counts Counts
	var lost []psa.RecordID
	for _, r := range reads {
		row, ok := known[r.ID]
		if !ok || row.Removed.unread() && row.ReadAt.Before(sentAt) {
			lost = append(lost, r.ID)
			continue
		}
		counts.Read++
		counts.tally(s.run.ID, row)
	}
	for ids := range slices.Chunk(lost, MaxNamed) {
		found, _, err := s.named(ctx, Query{IDs: ids})
		if err != nil {
			return Counts{}, err
		}
		kept, err := s.e.apply(ctx, s.run, s.typ, s.src.Filter, Range, Batch{Reads: found})
		if err != nil {
			return Counts{}, err
		}
		counts = counts.Add(kept)
	}
	return counts, nil
}

// named reads all pages of what q names; sentAt is when the first was asked for.
func (s *slice) named(ctx context.Context, q Query) (reads []Read, sentAt time.Time, err error) {
	q.Limit = MaxNamed
	for more := true; more; {
		batch, err := s.src.Read(ctx, s.typ, q)
		if err != nil {
			return nil, time.Time{}, fmt.Errorf("%w: %w", errSource, err)
		}
		if sentAt.IsZero() {
			sentAt = batch.SentAt
		}
		reads = append(reads, batch.Reads...)
		if more = batch.More && len(batch.Reads) > 0; more {
			q.After = batch.Reads[len(batch.Reads)-1].ID
		}
	}
	return reads, sentAt, nil
}
