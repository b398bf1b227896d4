package dynamo_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// row is a full row with data of about n bytes.
func (s store) row(id psa.RecordID, n int) syncer.Row {
	data, _ := json.Marshal(map[string]any{"id": id, "name": "Zoë & Søn ✓", "notes": strings.Repeat("lorem ipsum ", n/12)})
	return syncer.Row{
		Record: psa.Record{
			Type: psa.Companies, ID: id, Name: "Zoë & Søn ✓", Parent: 17, UpdatedBy: "ann",
			LastUpdated: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), ReadAt: s.now(), Data: data,
		},
		Hash: "hash", CreatedRun: "01A", ChangedRun: "01B", ChangedAt: s.now(), Fence: 3,
	}
}

func (s store) write(t *testing.T, scope psa.Scope, rows ...syncer.Row) {
	t.Helper()
	refused, err := s.Records().Write(t.Context(), scope, rows)
	if err != nil || len(refused) > 0 {
		t.Fatalf("write: refused %v, %v", refused, err)
	}
}

func TestRowComesBackAsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	huge := s.row(4, 0)
	huge.Name = strings.Repeat("ü", 50_000)
	random := make([]byte, syncer.MaxDataBytes-20)
	for i := range random {
		random[i] = byte('!' + 2 + rand.IntN(50))
	}
	incompressible := s.row(5, 0)
	incompressible.Data, incompressible.Name = random, string(random)
	bare := syncer.Row{Record: psa.Record{Type: psa.Companies, ID: 6, ReadAt: s.now()}, ChangedAt: s.now()}
	far := s.row(7, 10)
	far.LastUpdated = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	gone := s.row(8, 10)
	gone.Removed, gone.RemovedAt, gone.SoftDeleted = syncer.SoftDeleted, s.now(), true
	for _, row := range []syncer.Row{s.row(1, 100), s.row(2, 3000), s.row(3, 100_000), huge, incompressible, bare, far, gone} {
		s.write(t, scope, row)
		got, err := s.Records().Get(t.Context(), scope, psa.Companies, row.ID)
		must(t, err)
		wantEqual(t, fmt.Sprint("row ", row.ID), got, row)
		_, err = s.Records().Get(t.Context(), scope, psa.Contacts, row.ID)
		wantErr(t, "as another type", err, psa.ErrNotFound)
	}
	for _, other := range others {
		_, err := s.Records().Get(t.Context(), other, psa.Companies, 1)
		wantErr(t, "in "+other.String(), err, psa.ErrNotFound)
	}
}

func TestTooMuchDataIsRefusedByName(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	big := s.row(2, 0)
	big.Data = make([]byte, syncer.MaxDataBytes+1)
	_, err := s.Records().Write(t.Context(), scope, []syncer.Row{s.row(1, 0), big})
	wantErr(t, "write", err, psa.ErrInvalid)
	if err != nil && !strings.Contains(err.Error(), "companies 2") {
		t.Errorf("the error does not name the record: %v", err)
	}
	_, err = s.Records().Get(t.Context(), scope, psa.Companies, 1)
	wantErr(t, "the other row", err, psa.ErrNotFound)
}

func TestLookup(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	want := map[psa.RecordID]syncer.Row{}
	var ids []psa.RecordID
	var rows []syncer.Row
	for i := range 150 {
		row := s.row(psa.RecordID(i*3+1), 2000) // dense: one partition
		if i%2 == 0 {
			row = s.row(psa.RecordID(i)<<20+5, 2000) // sparse: one each
		}
		if i%5 == 0 {
			row.Removed, row.RemovedAt = syncer.Deleted, s.now()
		}
		rows = append(rows, row)
		ids = append(ids, row.ID, row.ID+1)
		row.Data = nil
		want[row.ID] = row
	}
	s.write(t, scope, rows...)
	s.write(t, scope, s.row(999, 0)) // in the dense partition, not asked for
	s.faults.LeaveUnprocessed(4)
	got, err := s.Records().Lookup(t.Context(), scope, psa.Companies, append(ids, ids[0]))
	must(t, err)
	wantEqual(t, "found", got, want)
	got, err = s.Records().Lookup(t.Context(), scope, psa.Companies, nil)
	if err != nil || len(got) != 0 {
		t.Errorf("nothing asked for: %v, %v", got, err)
	}
}

func TestWriteOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	type version struct {
		updated, read int
		fence         int64
		removed       syncer.Reason
	}
	row := func(id psa.RecordID, v version) syncer.Row {
		r := s.row(id, 0)
		r.LastUpdated, r.ReadAt = r.LastUpdated.Add(time.Duration(v.updated)*time.Second), r.ReadAt.Add(time.Duration(v.read))
		r.Fence, r.Removed, r.Data = v.fence, v.removed, []byte(`{}`)
		if v.removed != "" {
			r.RemovedAt = s.now()
		}
		return r
	}
	var id psa.RecordID
	for _, removedA := range []syncer.Reason{"", syncer.Deleted, syncer.SoftDeleted} {
		for _, removedB := range []syncer.Reason{"", syncer.Deleted} {
			for _, d := range []version{{}, {updated: 1}, {updated: -1}, {read: 1}, {read: -1}, {updated: 1, read: -1}, {updated: -1, read: 1}} {
				for _, fences := range [][2]int64{{0, 0}, {5, 4}, {5, 5}, {5, 6}, {5, 0}, {0, 5}} {
					id++
					a, b := version{removed: removedA, fence: fences[0]}, d
					b.removed, b.fence = removedB, fences[1]
					rowA, rowB := row(id, a), row(id, b)
					s.write(t, scope, rowA)
					refused, err := s.Records().Write(t.Context(), scope, []syncer.Row{rowB})
					must(t, err)
					if got, want := len(refused) == 0, rowB.Supersedes(rowA); got != want {
						t.Errorf("%+v over %+v: stored %v, want %v", b, a, got, want)
					}
				}
			}
		}
	}
}

// Reads of one record may be written in any order, and at once: the newest
// stays.
func TestNewestStays(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var id psa.RecordID
	rapid.Check(t, func(rt *rapid.T) {
		id++
		n := rapid.IntRange(2, 6).Draw(rt, "versions")
		rows := make([]syncer.Row, n)
		for i := range rows {
			rows[i] = s.row(id, 0)
			rows[i].LastUpdated = rows[i].LastUpdated.Add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "updated")) * time.Second)
			rows[i].ReadAt = rows[i].ReadAt.Add(time.Duration(i))
			rows[i].Hash = strconv.Itoa(i)
		}
		newest := slices.MaxFunc(rows, func(a, b syncer.Row) int {
			if psa.Newer(a.LastUpdated, a.ReadAt, b.LastUpdated, b.ReadAt) {
				return 1
			}
			return -1
		})
		rows = rapid.Permutation(rows).Draw(rt, "order")
		if rapid.Bool().Draw(rt, "at once") {
			if _, err := s.Records().Write(t.Context(), scope, rows); err != nil {
				rt.Fatal(err)
			}
		} else {
			for _, row := range rows {
				if _, err := s.Records().Write(t.Context(), scope, []syncer.Row{row}); err != nil {
					rt.Fatal(err)
				}
			}
		}
		got, err := s.Records().Get(t.Context(), scope, psa.Companies, id)
		if err != nil || got.Hash != newest.Hash {
			rt.Fatalf("stored %s (%v), want %s", got.Hash, err, newest.Hash)
		}
	})
}

func TestExpiredTombstoneIsAbsent(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	gone := s.row(1, 0)
	gone.Removed, gone.RemovedAt, gone.Fence = syncer.Deleted, s.now(), 9
	s.write(t, scope, gone)
	s.pass(90*24*time.Hour + time.Second)
	_, err := s.Records().Get(t.Context(), scope, psa.Companies, 1)
	wantErr(t, "get", err, psa.ErrNotFound)
	found, err := s.Records().Lookup(t.Context(), scope, psa.Companies, []psa.RecordID{1})
	if err != nil || len(found) != 0 {
		t.Errorf("lookup: %v, %v", found, err)
	}
	if got := s.changed(t, time.Time{}, 10); len(got) != 0 {
		t.Errorf("changed: %v", got)
	}
	back := gone
	back.Removed, back.Fence, back.ReadAt = "", 1, gone.ReadAt.Add(-time.Hour)
	back.LastUpdated = back.LastUpdated.Add(-time.Hour)
	s.write(t, scope, back)
	if got := s.list(t, scope, 10); !slices.Equal(got, []psa.RecordID{1}) {
		t.Errorf("list: %v", got)
	}
}

func TestWriteUnderFaults(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.write(t, scope, s.row(6, 0)) // the directory's entry, which is written alone
	s.faults.Throttle("PutItem", 2)
	s.faults.LoseAnswer("PutItem", 2)
	s.faults.ConflictWrites("PutItem", 1)
	s.write(t, scope, s.row(1, 0), s.row(2, 0), s.row(3, 0), s.row(4, 0), s.row(5, 0))
	if diff := cmp.Diff([]psa.RecordID{1, 2, 3, 4, 5, 6}, s.list(t, scope, 10), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
