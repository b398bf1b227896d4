package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

func (w *world) merge(from, into psa.RecordID) {
	w.t.Helper()
	if !w.sim.Merge(int(from), int(into)) {
		w.t.Fatalf("%d was not merged into %d", from, into)
	}
}

// A merged company has its own reason where ConnectWise gives evidence of it:
// it answers with the other company, or a callback calls it merged.
func TestMergedCompanies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answers string
		hint    bool
		want    syncer.Reason
		into    bool
	}{
		{answers: "target", want: syncer.Merged, into: true},
		{answers: "notFound", hint: true, want: syncer.Merged},
		{answers: "notFound", want: syncer.Deleted},
		{answers: "softDeleted", want: syncer.SoftDeleted},
	} {
		t.Run(fmt.Sprintf("%s, hint %v", tt.answers, tt.hint), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.sim.SetSwitches(func(s *cwsim.Switches) { s.Points = map[string]string{cwsim.MergedCompany: tt.answers} })
			ids := w.fill(4)
			p := w.settle(w.request(w.process(&mortal{})))
			w.merge(ids[1], ids[2])
			for range 2 { // callbacks come twice
				err := p.handle(syncer.Message{
					V: 1, Kind: syncer.KindRecord, Account: w.scope.Account, Generation: w.scope.Generation,
					Type: psa.Companies, ID: ids[1], AsOf: w.now(), By: "callback", Merged: tt.hint,
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			row := w.row(ids[1])
			if row.Removed != tt.want || (row.MergedInto == ids[2]) != tt.into {
				t.Errorf("removed %q into %d, want %q", row.Removed, row.MergedInto, tt.want)
			}
			if got := len(w.stored(psa.Companies)); got != 3 {
				t.Errorf("%d companies, want 3", got)
			}
			w.settle(p) // its contacts follow
			w.compared(p, syncer.Full)
			if got := w.row(ids[1]).Removed; got != tt.want {
				t.Errorf("after a full run %q, want %q", got, tt.want)
			}
		})
	}
}

// An answer that shows another record, and no list that says so, is mixed up.
func TestAMixedUpAnswerMergesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(3)
	p := w.settle(w.request(w.process(&mortal{})))
	w.fault(cwsim.Fault{
		Method: "GET", Path: fmt.Sprintf("/company/companies/%d", ids[1]), Kind: cwsim.FaultBody,
		Body: fmt.Sprintf(`{"id":%d,"name":"Company 2"}`, ids[2]),
	})
	_, err := p.engine.SyncRecord(context.Background(), w.scope, psa.Companies, ids[1], "ann")
	if problem.CodeOf(err) != problem.ConnectWiseGarbled || !errors.Is(err, psa.ErrBusy) {
		t.Errorf("answered %v", err)
	}
	if got := w.row(ids[1]).Removed; got != "" {
		t.Errorf("removed: %s", got)
	}
}

// What is stored in the end is the latest look, in whatever order looks arrive:
// a page that was read, the record, its deletion and its return.
func TestEveryOrderOfLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	store, ctx := w.watch.store.Records(), context.Background()
	start := w.now().Truncate(time.Second)
	look := func(at, updated int, removed syncer.Reason, fence int64) syncer.Row {
		row := syncer.Row{Record: psa.Record{
			Type: psa.Companies, Name: fmt.Sprint("look ", at), ReadAt: start.Add(time.Duration(at) * time.Second),
			LastUpdated: start.Add(time.Duration(updated) * time.Second), Data: []byte("{}"),
		}, Removed: removed, Fence: fence, ChangedAt: w.now(), Hash: strconv.Itoa(at)}
		if removed != "" {
			row.RemovedAt = w.now()
		}
		return row
	}
	cases := 0
	for name, looks := range map[string][]syncer.Row{
		"edited, deleted":           {look(1, 0, "", 1), look(2, 2, "", 0), look(3, 0, syncer.Deleted, 0)},
		"deleted, back":             {look(1, 0, "", 1), look(2, 0, syncer.Deleted, 0), look(3, 3, "", 0)},
		"deleted, back, deleted":    {look(1, 0, "", 1), look(2, 0, syncer.Deleted, 0), look(3, 3, "", 1), look(4, 0, syncer.Deleted, 1)},
		"soft-deleted, restored":    {look(1, 0, "", 1), look(2, 2, syncer.SoftDeleted, 0), look(3, 3, "", 1)},
		"soft-deleted, deleted":     {look(1, 0, "", 1), look(2, 2, syncer.SoftDeleted, 0), look(3, 0, syncer.Deleted, 1)},
		"left and entered scope":    {look(1, 0, "", 1), look(2, 2, syncer.OutOfScope, 1), look(3, 3, "", 1)},
		"merged":                    {look(1, 0, "", 1), look(2, 2, "", 1), look(3, 0, syncer.Merged, 0)},
		"another run's later pages": {look(1, 0, "", 1), look(2, 0, syncer.Deleted, 1), look(3, 3, "", 2)},
	} {
		cases++
		last := looks[len(looks)-1]
		for n, order := range permutations(len(looks)) {
			id := psa.RecordID(1 + n + 100*cases)
			var did []string
			for _, i := range order {
				row := looks[i]
				row.ID = id
				refused, err := store.Write(ctx, w.scope, []syncer.Row{row})
				if err != nil {
					t.Fatal(err)
				}
				did = append(did, fmt.Sprintf("%s (refused: %v)", row.Name, len(refused) > 0))
			}
			got, err := store.Get(ctx, w.scope, psa.Companies, id)
			if err != nil || got.Name != last.Name || got.Removed != last.Removed {
				t.Errorf("%s: %s: %s stays, removed %q (%v)", name, strings.Join(did, ", "), got.Name, got.Removed, err)
			}
		}
	}
}

// permutations of 0..n-1.
func permutations(n int) (all [][]int) {
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == n {
			all = append(all, append([]int{}, order...))
			return
		}
	next:
		for i := range n {
			for _, used := range order {
				if used == i {
					continue next
				}
			}
			extend(append(order, i))
		}
	}
	extend(nil)
	return all
}

// A callback's look at a deleted record, and a page that had it before, in
// every order of what really happens.
func TestALatePageDoesNotBringADeletedRecordBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(5)
	p := w.settle(w.request(w.process(&mortal{})))
	// The record goes, is found gone, comes back, is on a page, and goes again:
	// what the page had is stored last.
	gone := func() {
		w.remove(cwsim.Companies, ids[2])
		if _, err := p.engine.Refresh(context.Background(), w.scope, psa.Companies, ids[2], w.now(), "callback"); err != nil {
			t.Fatal(err)
		}
	}
	gone()
	first := w.row(ids[2])
	page := first
	page.Removed, page.RemovedAt, page.ReadAt, page.Fence = "", time.Time{}, w.now(), 1
	w.company(map[string]any{"id": int64(ids[2]), "name": "Back", "identifier": "back"})
	gone()
	refused, err := p.store.Records().Write(context.Background(), w.scope, []syncer.Row{page})
	if err != nil || len(refused) != 1 {
		t.Errorf("refused %v, %v", refused, err)
	}
	if row := w.row(ids[2]); row.Removed != syncer.Deleted || !row.RemovedAt.Equal(first.RemovedAt) || !row.ReadAt.After(first.ReadAt) {
		t.Errorf("row %+v after %+v", row, first)
	}
}

// A shard whose workers die over it, each time, fails its run in the end.
func TestAShardThatKillsItsWorkersFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.opt.MaxFailures = 3
	w.fill(3)
	p := w.process(&mortal{})
	w.start(p, psa.Companies)
	m, _ := w.take(nil)
	if err := p.handle(m); err != nil {
		t.Fatal(err)
	}
	deaths := 0
	for range 100 {
		if !w.active() {
			break
		}
		m, ok := w.take(nil)
		if !ok {
			w.later(3 * time.Minute)
			if err := p.handle(syncer.Message{Kind: syncer.KindTick}); err != nil {
				t.Fatal(err)
			}
			continue
		}
		victim := w.process(&mortal{at: 7}) // it may end a run by then, and not keep a page
		if err := victim.handle(m); victim.dead && err != nil {
			deaths++
		}
	}
	run := w.runs()[0]
	if run.State != syncer.Failed || run.Failure == nil || run.Failure.Code != problem.NoProgress || deaths > 5*run.Shards {
		t.Errorf("after %d deaths %s, failure %+v", deaths, run.State, run.Failure)
	}
}

// Cancelling while records are being removed stops it where it stands.
func TestCancellingARemoval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(30)
	p := w.settle(w.request(w.process(&mortal{})))
	w.remove(cwsim.Companies, ids[3])
	started, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{psa.Companies}, syncer.Full, "ann")
	if err != nil {
		t.Fatal(err)
	}
	id := started[0].Run.ID
	for w.progress(id).Run.Totals.Missing == 0 {
		m, _ := w.take(nil)
		if err := p.handle(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.engine.Reset(context.Background(), w.scope, psa.Companies, "ann"); err != nil {
		t.Fatal(err)
	}
	w.settle(p)
	run, err := p.store.Runs().Run(context.Background(), w.scope, id)
	if err != nil || run.State != syncer.Cancelled || w.row(ids[3]).Removed != "" {
		t.Errorf("run %+v (%v), removed %q", run, err, w.row(ids[3]).Removed)
	}
	checkRun(t, w.run(p, psa.Companies, syncer.Full), outcome{
		syncer.Succeeded, syncer.Full, syncer.Counts{Read: 29, Unchanged: 29, Missing: 1, Removed: 1},
	})
}
