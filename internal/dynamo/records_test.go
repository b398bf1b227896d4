package dynamo_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/dynamo"
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

func (s store) list(t *testing.T, scope psa.Scope, limit int) (ids []psa.RecordID) {
	t.Helper()
	for page := (syncer.Page{Limit: limit}); ; {
		rows, next, err := s.Records().List(t.Context(), scope, psa.Companies, page)
		must(t, err)
		if len(rows) > limit {
			t.Errorf("a page of %d rows, asked for %d", len(rows), limit)
		}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		if page.After = next; next == "" {
			return ids
		}
	}
}

func (s store) changed(t *testing.T, since time.Time, limit int) (ids []psa.RecordID) {
	t.Helper()
	for page := (syncer.Page{Limit: limit}); ; {
		rows, next, err := s.Records().Changed(t.Context(), scope, psa.Companies, since, page)
		must(t, err)
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		if page.After = next; next == "" {
			return ids
		}
	}
}

func TestRowComesBackAsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	huge := s.row(4, 0)
	huge.Name = strings.Repeat("ü", 50_000)
	random := make([]byte, dynamo.MaxDataBytes-20)
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
	big.Data = make([]byte, dynamo.MaxDataBytes+1)
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
		removed       syncer.Removal
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
	for _, removedA := range []syncer.Removal{"", syncer.Deleted, syncer.SoftDeleted} {
		for _, removedB := range []syncer.Removal{"", syncer.Deleted} {
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
			rows[i].Hash = fmt.Sprint(i)
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

func TestListInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var rows []syncer.Row
	var want []psa.RecordID
	add := func(id psa.RecordID, removed syncer.Removal) {
		row := s.row(id, 0)
		row.Removed, row.RemovedAt = removed, s.now()
		rows = append(rows, row)
		if removed == "" {
			want = append(want, id)
		}
	}
	for id := psa.RecordID(1); id < 1400; id += 7 {
		add(id, "")
	}
	for id := psa.RecordID(5000); id < 5300; id++ {
		add(id, syncer.SoftDeleted)
	}
	for shift := 20; shift <= 40; shift++ {
		add(1<<shift-1, "")
		add(1<<shift, "")
	}
	s.write(t, scope, rows...)
	for _, other := range others {
		s.write(t, other, s.row(3, 0), s.row(5001, 0))
	}
	for _, limit := range []int{5, 100, 1000} {
		if diff := cmp.Diff(want, s.list(t, scope, limit)); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	_, _, err := s.Records().List(t.Context(), scope, psa.Companies, syncer.Page{After: "nonsense"})
	wantErr(t, "cursor", err, psa.ErrInvalid)
}

// What a page costs does not depend on how sparse the ids are.
func TestListReadsFewPartitions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		id    func(i int) psa.RecordID
		calls int
	}{
		"dense":  {func(i int) psa.RecordID { return psa.RecordID(i + 1) }, 6},
		"sparse": {func(i int) psa.RecordID { return psa.RecordID(i+1) << 30 }, 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			var rows []syncer.Row
			for i := range 200 {
				rows = append(rows, s.row(test.id(i), 0))
			}
			s.write(t, scope, rows...)
			s.faults.Revive()
			page, next, err := s.Records().List(t.Context(), scope, psa.Companies, syncer.Page{Limit: 50})
			if err != nil || len(page) != 50 || next == "" {
				t.Fatalf("page of %d, %v", len(page), err)
			}
			if got := len(s.faults.Calls()); got > test.calls {
				t.Errorf("%d calls for a page, want at most %d", got, test.calls)
			}
		})
	}
}

func TestDirectoryIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.write(t, scope, s.row(1, 0), s.row(2, 0))
	s.faults.Revive()
	s.write(t, scope, s.row(3, 0))
	wantEqual(t, "calls for a row of a known partition", s.faults.Calls(), []string{"PutItem"})
}

func TestChangedIsMergedInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	start := s.now()
	var want []psa.RecordID
	for i := range 130 {
		row := s.row(psa.RecordID(i*5%131+1), 0)
		row.ChangedAt = s.now()
		if i%10 == 0 {
			row.Removed, row.RemovedAt = syncer.Deleted, s.now()
		}
		s.write(t, scope, row)
		want = append(want, row.ID)
		s.pass(time.Millisecond)
	}
	for _, other := range others {
		s.write(t, other, s.row(999, 0))
	}
	middle := start.Add(60 * time.Millisecond)
	if got := s.changed(t, start, 1000); len(got) != 0 {
		t.Errorf("changed within the last ten seconds: %v", got)
	}
	s.pass(10*time.Second - 65*time.Millisecond)
	wantEqual(t, "first half", s.changed(t, start, 10), want[:65])
	s.pass(time.Second)
	for _, limit := range []int{7, 1000} {
		wantEqual(t, "all", s.changed(t, time.Time{}, limit), want)
		wantEqual(t, "since the middle", s.changed(t, middle, limit), want[60:])
	}
}

// A reader that follows the changes while rows are written misses none, and
// ends with the last version of each.
func TestChangedMissesNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const ids, versions = 20, 12
	written := make(chan error, 1)
	go func() {
		var err error
		for v := range versions {
			for id := range psa.RecordID(ids) {
				row := s.row(id+1, 0)
				row.ChangedAt, row.ReadAt, row.Hash = s.pass(100*time.Millisecond), s.now(), fmt.Sprint(v)
				if _, werr := s.Records().Write(t.Context(), scope, []syncer.Row{row}); werr != nil {
					err = werr
				}
			}
		}
		s.pass(time.Minute)
		written <- err
	}()
	seen := map[psa.RecordID]string{}
	var since time.Time
	read := func() {
		for page := (syncer.Page{Limit: 9}); ; {
			rows, next, err := s.Records().Changed(t.Context(), scope, psa.Companies, since, page)
			must(t, err)
			for _, r := range rows {
				seen[r.ID], since = r.Hash, r.ChangedAt
			}
			if page.After = next; next == "" {
				return
			}
		}
	}
	for ended := false; !ended; {
		select {
		case err := <-written:
			must(t, err)
			ended = true
		default:
		}
		read()
	}
	read()
	want := map[psa.RecordID]string{}
	for id := range psa.RecordID(ids) {
		want[id+1] = fmt.Sprint(versions - 1)
	}
	wantEqual(t, "seen", seen, want)
}

func TestWriteUnderFaults(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.faults.Throttle("PutItem", 2)
	s.faults.LoseAnswer("PutItem", 2)
	s.faults.ConflictWrites("PutItem", 1)
	s.write(t, scope, s.row(1, 0), s.row(2, 0), s.row(3, 0), s.row(4, 0), s.row(5, 0))
	if diff := cmp.Diff([]psa.RecordID{1, 2, 3, 4, 5}, s.list(t, scope, 10), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}
