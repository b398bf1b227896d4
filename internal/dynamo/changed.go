package dynamo

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// changedLag is how far Changed stays behind the clock.
const changedLag = 10 * time.Second

// Changed implements syncer.RecordStore. The index is spread over partitions
// by id; each is in the order of change, and so are they when merged. That
// order is total, so one cursor serves all.
func (r *Records) Changed(ctx context.Context, scope psa.Scope, typ psa.DataType, since time.Time, p syncer.Page) ([]syncer.Row, string, error) {
	cursor, err := parseCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	from := paddedTime(since)
	if cursor >= from {
		from = cursor + "!" // behind the cursor and before every other key
	}
	until := paddedTime(r.db.now().Add(-changedLag))
	if from > until {
		return []syncer.Row{}, "", nil
	}
	limit := limitOf(p)
	m := merge{db: r.db, chunk: max(2*limit/changedShards, minRead)}
	for shard := range m.streams {
		m.streams[shard].query = query{
			index: changedIndex, pk: changedPK(scope, typ, int64(shard)),
			cond: "#csk BETWEEN :from AND :until", with: with{"from": from, "until": until},
		}
	}
	items, more, err := m.take(ctx, limit)
	if err != nil {
		return nil, "", fmt.Errorf("changed %s: %w", typ, err)
	}
	next := ""
	if more {
		next = cursorOf(text(items[len(items)-1], "csk"))
	}
	rows, err := r.codec.rows(typ, items)
	return rows, next, err
}

// merge reads streams side by side and puts them in one order, by csk. A
// stream is read in chunks, so that not much more is read than taken.
type merge struct {
	db      *table
	chunk   int
	streams [changedShards]stream
}

// stream is what was read of one partition and not taken yet.
type stream struct {
	query query
	items []item
	start item
	ended bool
}

// take returns the first limit items, and whether there are more.
func (m *merge) take(ctx context.Context, limit int) (items []item, more bool, err error) {
	for {
		if err := m.fill(ctx); err != nil {
			return nil, false, err
		}
		least := m.least()
		if least == nil {
			return items, false, nil
		}
		if len(items) == limit {
			return items, true, nil
		}
		items = append(items, least.items[0])
		least.items = least.items[1:]
	}
}

// fill reads on in every stream of which nothing is left.
func (m *merge) fill(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range m.streams {
		if s := &m.streams[i]; len(s.items) == 0 && !s.ended {
			group.Go(func() error { return s.read(ctx, m.db, m.chunk) })
		}
	}
	return group.Wait()
}

func (s *stream) read(ctx context.Context, db *table, chunk int) (err error) {
	for len(s.items) == 0 && !s.ended {
		if s.items, s.start, err = db.once(ctx, s.query, chunk, s.start); err != nil {
			return err
		}
		s.ended = len(s.start) == 0
	}
	return nil
}

// least is the stream whose next item comes first, nil if all have ended.
func (m *merge) least() *stream {
	var least *stream
	for i := range m.streams {
		s := &m.streams[i]
		if len(s.items) > 0 && (least == nil || text(s.items[0], "csk") < text(least.items[0], "csk")) {
			least = s
		}
	}
	return least
}
