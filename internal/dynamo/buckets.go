package dynamo

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Ids may be sparse, so a list cannot try every partition that could hold one.
// A directory per type names the partitions that exist. Its entry is written
// before a partition's first row, and stays.

// bucketItem is an entry of the directory.
type bucketItem struct {
	key
	V int `dynamodbav:"v"`
}

// maxKnown bounds the memory of a process that serves many accounts.
const maxKnown = 100_000

// buckets remembers entries that are known to exist.
type buckets struct {
	mu    sync.Mutex
	known map[key]bool
}

// unknown returns those of keys that are not remembered.
func (b *buckets) unknown(keys map[key]bool) []key {
	b.mu.Lock()
	defer b.mu.Unlock()
	var missing []key
	for k := range keys {
		if !b.known[k] {
			missing = append(missing, k)
		}
	}
	return missing
}

func (b *buckets) remember(keys []key) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil || len(b.known)+len(keys) > maxKnown {
		b.known = make(map[key]bool, len(keys))
	}
	for _, k := range keys {
		b.known[k] = true
	}
}

// ensureBuckets writes the directory entries of rows that are not there yet.
// Reading first costs a tenth of writing, and an entry never goes, so that a
// stale read is harmless.
func (r *Records) ensureBuckets(ctx context.Context, scope psa.Scope, rows []syncer.Row) error {
	wanted := map[key]bool{}
	for _, row := range rows {
		wanted[bucketKey(scope, row.Type, bucketOf(row.ID))] = true
	}
	unknown := r.known.unknown(wanted)
	if len(unknown) == 0 {
		return nil
	}
	stored, err := r.db.getAll(ctx, unknown, read{})
	if err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	for _, it := range stored {
		delete(wanted, key{text(it, "pk"), text(it, "sk")})
	}
	var missing []item
	for _, k := range unknown {
		if !wanted[k] {
			continue
		}
		it, err := marshal(bucketItem{key: k, V: version})
		if err != nil {
			return err
		}
		missing = append(missing, it)
	}
	if err := r.db.putAll(ctx, missing); err != nil {
		return fmt.Errorf("write directory: %w", err)
	}
	r.known.remember(unknown)
	return nil
}

// maxWidth is how many partitions a list reads side by side, maxRounds how
// often it reads before it returns a short page, and minRead how much it reads
// at least, so that it gets past tombstones.
const (
	maxWidth  = 16
	maxRounds = 16
	minRead   = 16
)

// List implements syncer.RecordStore. A page may be short, or even empty,
// where many rows are tombstones; the list ends where next is "".
func (r *Records) List(ctx context.Context, scope psa.Scope, typ psa.DataType, p syncer.Page) ([]syncer.Row, string, error) {
	after, err := parseIDCursor(p.After)
	if err != nil {
		return nil, "", err
	}
	l := lister{r: r, scope: scope, typ: typ, after: after, until: maxID, want: limitOf(p)}
	for width, round := 1, 0; round < maxRounds && !l.done && len(l.rows) < l.want; round++ {
		if err := l.round(ctx, width); err != nil {
			return nil, "", fmt.Errorf("list %s: %w", typ, err)
		}
		width = min(2*width, maxWidth) // dense ids fill the page at once, sparse ones need many partitions
	}
	if l.done {
		return l.rows, "", nil
	}
	return l.rows, cursorOf(paddedID(l.after)), nil
}

// lister is a list under way: rows are those up to after, the living ones
// unless all are wanted.
type lister struct {
	r     *Records
	scope psa.Scope
	typ   psa.DataType
	after psa.RecordID
	// until is the last id of the list, maxID where there is no bound.
	until psa.RecordID
	want  int
	all   bool
	attrs string
	rows  []syncer.Row
	done  bool
}

const maxID = psa.RecordID(math.MaxInt64)

// part is what was read of one partition; cut, if there is more.
type part struct {
	rows []syncer.Row
	cut  bool
}

// round reads the next partitions, and a little more than the page lacks, so
// that rows are taken in order until one of them turns out to hold more.
func (l *lister) round(ctx context.Context, width int) error {
	entries, more, err := l.r.db.page(ctx, query{
		pk: bucketsPK(l.scope, l.typ), cond: "#sk BETWEEN :from AND :to",
		with: with{"from": paddedID(psa.RecordID(bucketOf(l.after + 1))), "to": paddedID(psa.RecordID(bucketOf(l.until)))},
	}, width)
	if err != nil {
		return err
	}
	limit := max(minRead, l.want-len(l.rows))
	if width > 1 {
		limit = max(minRead, 2*limit/width)
	}
	parts, err := l.read(ctx, entries, limit)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if l.take(p) {
			return nil
		}
		if err := l.pass(entries[i]); err != nil {
			return err
		}
	}
	l.done = !more
	return nil
}

// read reads partitions side by side.
func (l *lister) read(ctx context.Context, entries []item, limit int) ([]part, error) {
	parts := make([]part, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	for i, e := range entries {
		group.Go(func() error {
			bucket, err := strconv.ParseInt(text(e, "sk"), 10, 64)
			if err != nil {
				return fmt.Errorf("directory entry %q: %w", text(e, "sk"), psa.ErrInvalid)
			}
			parts[i].rows, parts[i].cut, err = l.r.inPartition(ctx, l.typ, query{
				pk: bucketPK(l.scope, l.typ, bucket), attrs: l.attrs, cond: "#sk BETWEEN :from AND :to",
				with: with{"from": paddedID(l.after + 1), "to": paddedID(l.until)},
			}, limit)
			return err
		})
	}
	return parts, group.Wait()
}

// take adds what was read of a partition. It is full if there may be more of
// it, or no room.
func (l *lister) take(p part) (full bool) {
	l.rows = slices.Grow(l.rows, min(len(p.rows), l.want-len(l.rows)))
	for _, row := range p.rows {
		if len(l.rows) == l.want {
			return true
		}
		l.after = row.ID
		if l.all || row.Removed == "" {
			l.rows = append(l.rows, row)
		}
	}
	return p.cut
}

// pass moves on past a partition that was read to its end.
func (l *lister) pass(entry item) error {
	bucket, err := strconv.ParseInt(text(entry, "sk"), 10, 64)
	if err != nil {
		return fmt.Errorf("directory entry: %w", psa.ErrInvalid)
	}
	l.after = psa.RecordID((bucket+1)<<bucketBits - 1)
	return nil
}
