package dynamo_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// ids reads a range by pages of limit rows.
func (s store) ids(t *testing.T, after, until psa.RecordID, limit int) (ids []psa.RecordID) {
	t.Helper()
	for {
		rows, err := s.Records().Range(t.Context(), scope, psa.Companies, after, until, limit)
		must(t, err)
		for _, r := range rows {
			if r.ID <= after || until != 0 && r.ID > until {
				t.Fatalf("row %d of the range (%d, %d]", r.ID, after, until)
			}
			if len(r.Data) > 0 || r.Hash == "" {
				t.Fatalf("row %d: data %q, hash %q", r.ID, r.Data, r.Hash)
			}
			ids, after = append(ids, r.ID), r.ID
		}
		if len(rows) < limit {
			return ids
		}
	}
}

// What is stored between two ids, tombstones included, whatever lies between.
func TestRange(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	stored := []psa.RecordID{1, 2, 3, 500, 1023, 1024, 1025, 2048, 70_000, 70_001, 1_000_000, 5_000_000_000}
	for i := range psa.RecordID(60) {
		stored = append(stored, 200_000+i, 300_000+i*1024)
	}
	slices.Sort(stored)
	rows := make([]syncer.Row, len(stored))
	for i, id := range stored {
		rows[i] = s.row(id, 20)
		if i%3 == 0 {
			rows[i].Removed, rows[i].RemovedAt = syncer.Deleted, s.now()
		}
	}
	s.write(t, scope, rows...)
	for _, other := range others {
		s.write(t, other, s.row(4, 20))
	}
	want := func(after, until psa.RecordID) (ids []psa.RecordID) {
		for _, id := range stored {
			if id > after && (until == 0 || id <= until) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for _, limit := range []int{1, 7, 1000} {
		wantEqual(t, "everything", s.ids(t, 0, 0, limit), want(0, 0))
	}
	for range 40 {
		a, b := stored[rand.IntN(len(stored))], stored[rand.IntN(len(stored))]
		after, until := max(min(a, b)-psa.RecordID(rand.IntN(2)), 0), max(a, b)+psa.RecordID(rand.IntN(2))
		wantEqual(t, "a part", s.ids(t, after, until, 1+rand.IntN(50)), want(after, until))
	}
	wantEqual(t, "nothing", len(s.ids(t, 3, 3, 10)), 0)
	wantEqual(t, "between two", len(s.ids(t, 3, 400, 10)), 0)
	_, err := s.Records().Range(t.Context(), scope, psa.Companies, 0, 0, 0)
	wantErr(t, "no limit", err, psa.ErrInvalid)
}

// A partition of more than a megabyte takes more than one call to read: what
// follows is there too, with a limit and without.
func TestLargePartition(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var ids []psa.RecordID
	for i := range psa.RecordID(60) {
		row := s.row(i+1, 20)
		row.Data = make([]byte, 30_000)
		for j := range row.Data { // which nothing compresses
			row.Data[j] = byte(rand.IntN(256))
		}
		s.write(t, scope, row)
		ids = append(ids, i+1)
	}
	found, err := s.Records().Lookup(t.Context(), scope, psa.Companies, ids)
	must(t, err)
	wantEqual(t, "looked up", len(found), len(ids))
	wantEqual(t, "in a range", s.ids(t, 0, 0, 1000), ids)
	wantEqual(t, "page by page", s.ids(t, 0, 0, 50), ids)
}
