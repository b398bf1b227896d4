package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

func (s store) named(id psa.RecordID, name string, removed syncer.Reason) syncer.Row {
	row := s.row(id, 0)
	row.Name, row.Removed, row.RemovedAt, row.ChangedAt = name, removed, s.now(), s.now()
	return row
}

// The directory follows what is stored, from the first list through every
// change, and across processes.
func TestDirectoryFollow(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := s.Directory()
	want := func(at string, d mapping.Directory, names ...mapping.Ref) {
		t.Helper()
		got, err := d.Names(t.Context(), scope)
		must(t, err)
		if len(got)+len(names) > 0 {
			wantEqual(t, at, got, names)
		}
	}
	want("nothing", dir)
	s.write(t, scope, s.named(1, "beta", ""), s.named(2, "Alpha", ""), s.named(3, "gone", syncer.Deleted), s.named(4, "", syncer.OutOfScope))
	for _, other := range others {
		s.write(t, other, s.named(5, "other", ""))
	}
	s.pass(2 * time.Minute)
	alpha, beta := mapping.Ref{ID: 2, Name: "Alpha"}, mapping.Ref{ID: 1, Name: "beta"}
	want("the first", dir, alpha, beta)
	row := s.named(1, "zeta", "")
	row.ReadAt = s.now()
	gone := s.named(2, "Alpha", syncer.SoftDeleted)
	gone.ReadAt = s.now()
	s.write(t, scope, row, gone, s.named(6, "Beta", ""))
	want("within a minute", dir, alpha, beta)
	s.pass(2 * time.Minute)
	newest := []mapping.Ref{{ID: 6, Name: "Beta"}, {ID: 1, Name: "zeta"}}
	want("what changed", dir, newest...)
	want("another process", s.Directory(), newest...)
	s.pass(2 * time.Minute)
	want("nothing changed", dir, newest...)
}

// Fifty thousand names are a handful of items.
func TestDirectoryAreMany(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const n = 5_500
	rows := make([]syncer.Row, n)
	for i := range rows {
		rows[i] = s.named(psa.RecordID(i+1), fmt.Sprintf("Company %05d", i), "")
	}
	for len(rows) > 0 {
		s.write(t, scope, rows[:500]...)
		rows = rows[500:]
	}
	s.pass(time.Minute)
	for range 2 { // built, then read
		names, err := s.Directory().Names(t.Context(), scope)
		must(t, err)
		wantEqual(t, "names", len(names), n)
		wantEqual(t, "the last", names[n-1], mapping.Ref{ID: n, Name: "Company 05499"})
	}
}

// The directory is whole once everything was read without a filter: not before,
// and not while what a filter left out is still to come.
func TestDirectoryWhole(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	dir := s.Directory()
	want := func(at string, want bool) {
		t.Helper()
		got, err := dir.Whole(t.Context(), scope)
		must(t, err)
		if got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
	want("no connection", false)
	c, err := s.activate(t, scope.Account, false)
	must(t, err)
	read := func(id string) {
		t.Helper()
		run := s.create(t, s.newRun(id))
		run.State, run.StartedAt, run.Shards, run.Filter = syncer.Running, s.now(), 1, c.FilterKey()
		must(t, s.Runs().PlanRun(t.Context(), run, []syncer.Shard{{RunID: id}}, s.entry("run_started")))
		want("reading", false)
		run.State, run.FinishedAt = syncer.Succeeded, s.now()
		must(t, s.Runs().EndRun(t.Context(), run, s.now(), s.entry("run_succeeded")))
	}
	choose := func(f filter.Filter) {
		t.Helper()
		c.Filter, c.FilterAt = f, s.pass(time.Minute)
		c, err = s.Setup().UpdateConnection(t.Context(), c, setup.SecretNote{}, setup.SecretNote{})
		must(t, err)
	}
	want("nothing was read", false)
	read("01A")
	want("read", true)
	choose(filter.Filter{Types: []int64{1}})
	want("filtered", false)
	read("01B")
	want("read with the filter", false)
	choose(filter.Filter{})
	want("the filter taken away", false)
	read("01C")
	want("read again", true)
	got, err := dir.Whole(t.Context(), psa.Scope{Account: scope.Account, Generation: 2})
	must(t, err)
	wantEqual(t, "another generation", got, false)
}
