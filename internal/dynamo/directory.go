package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Directory lists the companies by name: sorted and packed, a few
// thousand an item, so that a type-ahead over all of them reads a handful of
// items. It is brought up to date by what changed since it was written,
// whenever it is asked and was not within a minute.
type Directory struct {
	db      *table
	records *Records

	mu    sync.Mutex
	known map[psa.Scope]knownNames
}

var _ mapping.Directory = (*Directory)(nil)

// Directory implements mapping.Directory. It remembers what it read: use one per
// process.
func (s *Store) Directory() *Directory {
	return &Directory{db: s.db, records: s.records, known: map[psa.Scope]knownNames{}}
}

const (
	namesPerItem = 5000
	namesFresh   = time.Minute
	maxDirectory = 32 // directories that a process remembers
	namesPage    = 5000
)

type knownNames struct {
	at    time.Time
	names []mapping.Ref
}

func namesPK(s psa.Scope) string { return scopePK(s) + "#names" }

func namesHeadKey(s psa.Scope) key { return key{namesPK(s), "head"} }

func namesPartKey(s psa.Scope, edition string, no int) key {
	return key{namesPK(s), fmt.Sprintf("%s#%04d", edition, no)}
}

// namesHead says which edition counts. Until is when the last change that is in
// it was made.
type namesHead struct {
	key
	V       int    `dynamodbav:"v"`
	Edition string `dynamodbav:"edition"`
	Parts   int    `dynamodbav:"parts"`
	Until   int64  `dynamodbav:"until"`
	Rev     int64  `dynamodbav:"rev"`
}

type namesPart struct {
	key
	V   int    `dynamodbav:"v"`
	Zip []byte `dynamodbav:"zip"`
}

// Names implements mapping.Directory.
func (d *Directory) Names(ctx context.Context, scope psa.Scope) ([]mapping.Ref, error) {
	d.mu.Lock()
	known, ok := d.known[scope]
	d.mu.Unlock()
	if ok && d.db.now().Sub(known.at) < namesFresh {
		return known.names, nil
	}
	names, err := d.current(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("company names: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxDirectory {
		clear(d.known)
	}
	d.known[scope] = knownNames{d.db.now(), names}
	return names, nil
}

// Whole implements mapping.Directory: a filter that was taken away counts once
// every company was decided without it.
func (d *Directory) Whole(ctx context.Context, scope psa.Scope) (bool, error) {
	conn, err := (&Setup{db: d.db}).Connection(ctx, scope.Account)
	if errors.Is(err, psa.ErrNotFound) {
		return false, nil
	}
	if err != nil || conn.Generation != scope.Generation || !conn.Filter.All() {
		return false, err
	}
	state, err := (&Runs{db: d.db}).TypeState(ctx, scope, psa.Companies)
	return err == nil && !state.Watermark.IsZero() && state.Filter == conn.FilterKey(), err
}

// current reads the edition that counts and what changed since. Two processes
// may do it at once: one of them writes the next edition.
func (d *Directory) current(ctx context.Context, scope psa.Scope) ([]mapping.Ref, error) {
	head, err := getAs[namesHead](ctx, d.db, namesHeadKey(scope))
	if errors.Is(err, psa.ErrNotFound) {
		return d.build(ctx, scope)
	}
	if err != nil {
		return nil, err
	}
	names, err := d.read(ctx, scope, head)
	if errors.Is(err, psa.ErrNotFound) { // replaced while it was read
		return d.build(ctx, scope)
	}
	if err != nil {
		return nil, err
	}
	byID := make(map[psa.RecordID]string, len(names))
	for _, r := range names {
		byID[r.ID] = r.Name
	}
	until, changed, err := d.follow(ctx, scope, fromNanos(head.Until), byID)
	if err != nil || !changed {
		return names, err
	}
	return d.write(ctx, scope, head, byID, until)
}

// build makes the first edition.
func (d *Directory) build(ctx context.Context, scope psa.Scope) ([]mapping.Ref, error) {
	head, err := getAs[namesHead](ctx, d.db, namesHeadKey(scope))
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return nil, err
	}
	until := d.db.now().Add(-changedLag)
	byID := map[psa.RecordID]string{}
	for after := psa.RecordID(0); ; {
		rows, err := d.records.Range(ctx, scope, psa.Companies, after, 0, namesPage)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			note(byID, row)
		}
		if len(rows) < namesPage {
			return d.write(ctx, scope, head, byID, until)
		}
		after = rows[len(rows)-1].ID
	}
}

// note keeps the name of a living company and forgets the others.
func note(byID map[psa.RecordID]string, row syncer.Row) (changed bool) {
	was, had := byID[row.ID]
	if row.Removed != "" || row.Name == "" {
		delete(byID, row.ID)
		return had
	}
	byID[row.ID] = row.Name
	return !had || was != row.Name
}

// follow applies what changed since.
func (d *Directory) follow(
	ctx context.Context, scope psa.Scope, since time.Time, byID map[psa.RecordID]string,
) (until time.Time, changed bool, err error) {
	until = since
	for page := (syncer.Page{Limit: 1000}); ; {
		rows, next, err := d.records.Changed(ctx, scope, psa.Companies, since, page)
		if err != nil {
			return until, false, err
		}
		for _, row := range rows {
			changed = note(byID, row) || changed
			until = row.ChangedAt
		}
		if next == "" {
			return until, changed, nil
		}
		page.After = next
	}
}

func (d *Directory) read(ctx context.Context, scope psa.Scope, head namesHead) ([]mapping.Ref, error) {
	var names []mapping.Ref
	for no := range head.Parts {
		part, err := getAs[namesPart](ctx, d.db, namesPartKey(scope, head.Edition, no))
		if err != nil {
			return nil, err
		}
		some, err := unpack[mapping.Ref](part.Zip)
		if err != nil {
			return nil, err
		}
		names = append(names, some...)
	}
	return names, nil
}

// write stores an edition, then has the head point to it, then removes the one
// before. Losing the race for the head leaves parts that the next edition's
// writer removes.
func (d *Directory) write(
	ctx context.Context, scope psa.Scope, head namesHead, byID map[psa.RecordID]string, until time.Time,
) ([]mapping.Ref, error) {
	names := sorted(byID)
	edition := rand.Text()
	parts := 0
	for some := range slices.Chunk(names, namesPerItem) {
		zip, err := pack(some)
		if err != nil {
			return nil, err
		}
		it, err := marshal(namesPart{key: namesPartKey(scope, edition, parts), V: version, Zip: zip})
		if err != nil {
			return nil, err
		}
		if err := d.db.put(ctx, it, "", nil); err != nil {
			return nil, err
		}
		parts++
	}
	u := update{
		key:  namesHeadKey(scope),
		set:  with{"v": version, "edition": edition, "parts": parts, "until": nanos(until), "rev": head.Rev + 1},
		cond: "attribute_not_exists(#pk)",
	}
	if head.Rev > 0 {
		u.cond, u.with = "#rev = :seen", with{"seen": head.Rev}
	}
	_, err := d.db.update(ctx, u)
	if errors.Is(err, psa.ErrConflict) {
		return names, nil // another process wrote one as new
	}
	if err != nil {
		return nil, err
	}
	return names, d.sweep(ctx, scope, edition)
}

// sweep removes the parts of all editions but one.
func (d *Directory) sweep(ctx context.Context, scope psa.Scope, edition string) error {
	items, err := d.db.all(ctx, query{pk: namesPK(scope), attrs: "#pk, #sk"})
	if err != nil {
		return err
	}
	keys, err := unmarshalAll[key](items)
	if err != nil {
		return err
	}
	return d.db.deleteAll(ctx, slices.DeleteFunc(keys, func(k key) bool {
		return k.SK == "head" || strings.HasPrefix(k.SK, edition+"#")
	}))
}

func sorted(byID map[psa.RecordID]string) []mapping.Ref {
	names := make([]mapping.Ref, 0, len(byID))
	for id, name := range byID {
		names = append(names, mapping.Ref{ID: id, Name: name})
	}
	slices.SortFunc(names, func(a, b mapping.Ref) int {
		if c := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	return names
}
