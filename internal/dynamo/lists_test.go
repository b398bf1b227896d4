package dynamo_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

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

func TestListInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var rows []syncer.Row
	var want []psa.RecordID
	add := func(id psa.RecordID, removed syncer.Reason) {
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
				row.ChangedAt, row.ReadAt, row.Hash = s.pass(100*time.Millisecond), s.now(), strconv.Itoa(v)
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
		want[id+1] = strconv.Itoa(versions - 1)
	}
	wantEqual(t, "seen", seen, want)
}
