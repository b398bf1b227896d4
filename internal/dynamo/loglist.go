package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// A log entry stands in the log of its scope, in the order of time, and under
// the same sort key in the index of its type's entries and in that of its
// run's. What else is asked for is looked for in the entries that are read, and
// no more than maxExamined of them are for one answer.
const maxExamined = 1000

func typeLogPK(s psa.Scope, t psa.DataType) string { return typePK(s, t) + "#log" }

func runLogPK(s psa.Scope, runID string) string { return shardsPK(s, runID) + "#log" }

// FindLogs lists entries, newest first. A page may be short, or even empty,
// while next is not.
func (r *Runs) FindLogs(ctx context.Context, scope psa.Scope, q syncer.LogQuery) (entries []syncer.LogEntry, next string, err error) {
	search, err := newLogSearch(scope, q)
	if err != nil {
		return nil, "", err
	}
	next, err = search.run(ctx, r.db)
	if err != nil {
		return nil, "", fmt.Errorf("find in log: %w", err)
	}
	return search.found, next, nil
}

// logSearch is one answer in the making.
type logSearch struct {
	syncer.LogQuery

	query query
	// sort is the sort key's attribute, seen that of the cursor: the last that
	// was looked at.
	sort, seen string
	limit      int
	examined   int
	found      []syncer.LogEntry
}

func newLogSearch(scope psa.Scope, q syncer.LogQuery) (*logSearch, error) {
	s := &logSearch{LogQuery: q, limit: limitOf(q.Page), query: query{pk: logPK(scope), backward: true}, sort: "sk", found: []syncer.LogEntry{}}
	switch {
	case q.RunID != "":
		s.query.index, s.query.pk, s.sort = parentIndex, runLogPK(scope, q.RunID), "psk"
	case q.Type != "":
		s.query.index, s.query.pk, s.sort = changedIndex, typeLogPK(scope, q.Type), "csk"
	}
	var err error
	if s.seen, err = parseCursor(q.After); err != nil {
		return nil, err
	}
	until := logBound(q.To, ":") // behind every digit
	if s.seen != "" {
		until = min(until, s.seen)
	}
	s.query.cond = fmt.Sprintf("#%s BETWEEN :from AND :until", s.sort)
	s.query.with = with{"from": logBound(q.From, "0"), "until": until}
	return s, nil
}

// logBound is where the entries of a time begin; open if it is zero.
func logBound(t time.Time, open string) string {
	if t.IsZero() {
		return open
	}
	return paddedTime(t)
}

func (s *logSearch) run(ctx context.Context, db *table) (next string, err error) {
	if from, until := s.query.with["from"], s.query.with["until"]; fmt.Sprint(from) > fmt.Sprint(until) {
		return "", nil
	}
	var start item
	for {
		// One for the cursor itself, and one to know whether more follow.
		items, last, err := db.once(ctx, s.query, min(s.limit+2, maxExamined), start)
		if err == nil {
			items, err = s.whole(ctx, db, items)
		}
		if err != nil {
			return "", err
		}
		full, err := s.take(items)
		if err != nil {
			return "", err
		}
		switch {
		case full:
			return cursorOf(s.seen), nil
		case len(last) == 0:
			return "", nil
		case s.examined >= maxExamined:
			return cursorOf(text(last, s.sort)), nil
		}
		start = last
	}
}

// whole reads the items of which an index has the keys alone.
func (s *logSearch) whole(ctx context.Context, db *table, items []item) ([]item, error) {
	if s.query.index != parentIndex || len(items) == 0 {
		return items, nil
	}
	return db.inOrder(ctx, items)
}

// take keeps what is asked for, and reports whether there is more of it than
// the page takes.
func (s *logSearch) take(items []item) (full bool, err error) {
	for _, raw := range items {
		key := text(raw, "sk")
		if key == s.seen {
			continue
		}
		it, err := unmarshal[logItem](raw)
		if err != nil {
			return false, err
		}
		wanted := s.wants(it)
		if wanted && len(s.found) == s.limit {
			return true, nil
		}
		if wanted {
			s.found = append(s.found, it.entry())
		}
		s.seen = key
		s.examined++
	}
	return false, nil
}

func (s *logSearch) wants(it logItem) bool {
	return (s.Type == "" || it.Type == s.Type) && (s.Event == "" || it.Event == s.Event) && (s.Who == "" || it.Who == s.Who)
}

func (it logItem) entry() syncer.LogEntry {
	return syncer.LogEntry{
		At: fromNanos(it.At), Event: it.Event, Type: it.Type, RunID: it.RunID, Who: it.Who,
		Message: it.Message, Counts: it.Counts, Failure: it.Failure,
	}
}
