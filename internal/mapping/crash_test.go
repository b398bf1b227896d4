package mapping_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// mapped is a world whose tenants stand in every way that a change set can
// find them, and the edits of one.
func mapped(t *testing.T) (*world, []mapping.Edit) {
	t.Helper()
	w := newWorld(t)
	was, is := w.company("Was", nil), w.company("Is", nil)
	gold, core := w.agreement("Gold", was, "Active"), w.item("CORE", "Service", false)
	w.tenants("new", "own", "gone", "bulk", "stale", "invalid")
	own := mapping.Target{
		Company: mapping.Ref{ID: was}, Agreement: mapping.Ref{ID: gold}, Off: mapping.ZeroLine,
		Products: map[mapping.SKU]mapping.Ref{"core": {ID: core}},
	}
	w.save("own", 0, own)
	w.save("gone", 0, own)
	w.save("gone", 1, mapping.Target{})
	w.save("stale", 0, own)
	w.save("stale", 1, own)
	w.bulk("bulk", own)
	wish := mapping.Target{Company: mapping.Ref{ID: is}, Enabled: true}
	edit := func(name string, rev int64, target mapping.Target) mapping.Edit {
		return mapping.Edit{Tenant: mapping.TenantID("t-" + name), Rev: rev, Target: target}
	}
	return w, []mapping.Edit{
		edit("new", 0, wish), edit("own", 1, wish), edit("gone", 2, wish), edit("bulk", 1, mapping.Target{}), edit("stale", 1, wish),
		edit("invalid", 0, mapping.Target{Company: mapping.Ref{ID: 9999}}), edit("nobody", 0, wish),
	}
}

func (w *world) save(tenant string, rev int64, target mapping.Target) {
	w.t.Helper()
	edit := mapping.Edit{Tenant: mapping.TenantID("t-" + tenant), Rev: rev, Target: target}
	if _, err := w.Save(w.t.Context(), w.scope, edit, "ada"); err != nil {
		w.t.Fatal(err)
	}
}

// bulk maps a tenant by a change set of its own.
func (w *world) bulk(tenant string, target mapping.Target) {
	w.t.Helper()
	edit := mapping.Edit{Tenant: mapping.TenantID("t-" + tenant), Target: target}
	if _, err := w.StartChange(w.t.Context(), w.scope, []mapping.Edit{edit}, "ada"); err != nil {
		w.t.Fatal(err)
	}
	w.work()
}

// targets are what all tenants are mapped to.
func (w *world) targets() map[mapping.TenantID]mapping.Target {
	w.t.Helper()
	all, err := w.Store.Mappings(w.t.Context(), w.scope)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[mapping.TenantID]mapping.Target{}
	for _, m := range all {
		if m.Mapped() {
			out[m.Tenant] = m.Target
		}
	}
	return out
}

// mortal is a second service over the world's table, whose process can be cut
// off at a chosen call to it.
func (w *world) mortal() (*mapping.Service, *dynamotest.Faults) {
	w.t.Helper()
	faults := new(dynamotest.Faults)
	s := *w.Service
	s.Store = dynamo.New(dynamotest.Client(w.t, faults.Apply), w.table, time.Now).Mapping()
	return &s, faults
}

// left is what a change set and its undo leave behind.
type left struct {
	Applied, Undone map[mapping.TenantID]mapping.Target
	Results, After  []mapping.Result
	Notes           []string
}

// thereAndBack applies edits and takes them back. A person whose press fails
// presses again; a message whose worker fails comes again.
func (w *world) thereAndBack(s *mapping.Service, faults *dynamotest.Faults, edits []mapping.Edit) (out left) {
	w.t.Helper()
	insist := func(do func() error) {
		w.t.Helper()
		for err := do(); err != nil; err = do() {
			if !errors.Is(err, localawstest.ErrKilled) {
				w.t.Fatal(err)
			}
			faults.Revive()
		}
	}
	var c mapping.Change
	work := func() {
		w.t.Helper()
		for len(w.queue) > 0 {
			insist(func() error { return s.Work(w.t.Context(), w.scope, w.queue[0]) })
			w.queue = w.queue[1:]
		}
	}
	insist(func() (err error) { c, err = s.StartChange(w.t.Context(), w.scope, edits, "ada"); return err })
	work()
	out.Applied, out.Results = w.targets(), w.results(c.ID)
	insist(func() error { _, err := s.Undo(w.t.Context(), w.scope, c.ID, "bob"); return err })
	work()
	out.Undone, out.After, out.Notes = w.targets(), w.results(c.ID), w.notes()
	slices.Sort(out.Notes)
	return out
}

func (w *world) results(id string) (out []mapping.Result) {
	w.t.Helper()
	for _, r := range w.change(id).Rows {
		out = append(out, r.Result)
	}
	return out
}

// Killing the process at every call to the table, before it is made and after
// it was, changes nothing in what is mapped, in what people are told of it, and
// in what was there before, once it is put back.
func TestEveryCrashPoint(t *testing.T) {
	t.Parallel()
	w, edits := mapped(t)
	original := w.targets()
	s, faults := w.mortal()
	want := w.thereAndBack(s, faults, edits)
	calls := len(faults.Calls())
	if diff := cmp.Diff(original, want.Undone); diff != "" {
		t.Fatalf("undisturbed (-original +taken back):\n%s", diff)
	}
	results := []mapping.Result{"applied", "applied", "applied", "applied", "conflict", "invalid", "invalid"}
	if !slices.Equal(want.Results, results) || cmp.Equal(want.Applied, original) || calls < 25 {
		t.Fatalf("%d calls, applied %+v", calls, want)
	}
	t.Logf("%d calls to the table, %d crash points", calls, 2*calls)
	for at := 1; at <= calls; at++ {
		for _, when := range []localawstest.When{localawstest.Before, localawstest.After} {
			t.Run(fmt.Sprintf("%d/%v", at, when), func(t *testing.T) {
				t.Parallel()
				w, edits := mapped(t)
				s, faults := w.mortal()
				faults.KillAt(at, when)
				if diff := cmp.Diff(want, w.thereAndBack(s, faults, edits)); diff != "" {
					t.Errorf("(-undisturbed +killed):\n%s", diff)
				}
			})
		}
	}
}

// meddling has something happen between a look at a mapping and its write.
type meddling struct {
	mapping.Store
	meddle func()
}

func (m *meddling) Mapping(ctx context.Context, scope psa.Scope, id mapping.TenantID) (mapping.Mapping, error) {
	now, err := m.Store.Mapping(ctx, scope, id)
	if do := m.meddle; do != nil {
		m.meddle = nil
		do()
	}
	return now, err
}

// Two workers have the same message, and the one that writes the mapping dies:
// the other does not take it for a stranger.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	w, edits := mapped(t)
	original := w.targets()
	c, err := w.StartChange(t.Context(), w.scope, edits[1:2], "ada")
	if err != nil {
		t.Fatal(err)
	}
	dying, faults := w.mortal()
	slow := *w.Service
	meddler := &meddling{Store: w.Store}
	slow.Store = meddler
	die := func() {
		faults.Fail("UpdateItem", 1, localawstest.ErrKilled) // where it says what became of the rows
		if err := dying.Work(t.Context(), w.scope, c.ID); !errors.Is(err, localawstest.ErrKilled) {
			t.Error(err)
		}
	}
	for step, want := range []mapping.Result{mapping.RowApplied, mapping.RowUndone} {
		if step == 1 {
			if _, err := w.Undo(t.Context(), w.scope, c.ID, "ada"); err != nil {
				t.Fatal(err)
			}
		}
		meddler.meddle = die
		if err := slow.Work(t.Context(), w.scope, c.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.results(c.ID); !slices.Equal(got, []mapping.Result{want}) {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	if diff := cmp.Diff(original, w.targets()); diff != "" {
		t.Errorf("(-original +taken back):\n%s", diff)
	}
}

// closed is a ConnectWise that lets nobody in.
type closed struct{}

func (closed) Mapping(context.Context, psa.Scope) (mapping.ConnectWise, error) {
	return nil, problem.New(problem.PermissionMissing, "No right to read companies.", "Ask for it.")
}

// What stopped half way can be taken back, and taking back asks ConnectWise for
// nothing.
func TestStoppedHalfWay(t *testing.T) {
	t.Parallel()
	w, edits := mapped(t)
	original := w.targets()
	c, err := w.StartChange(t.Context(), w.scope, edits, "ada")
	if err != nil {
		t.Fatal(err)
	}
	s, faults := w.mortal()
	faults.Fail("UpdateItem", 1, localawstest.ErrKilled) // the mappings are written, the rows are not
	if err := s.Work(t.Context(), w.scope, c.ID); !errors.Is(err, localawstest.ErrKilled) {
		t.Fatal(err)
	}
	w.Connector = closed{}
	w.work()
	if got := w.change(c.ID); got.State != mapping.Stopped || cmp.Equal(original, w.targets()) {
		t.Fatalf("%s: %s, mapped %+v", got.State, got.Failure, w.targets())
	}
	if _, err := w.Undo(t.Context(), w.scope, c.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	w.work()
	if diff := cmp.Diff(original, w.targets()); diff != "" || w.change(c.ID).State != mapping.Undone {
		t.Errorf("%s (-original +taken back):\n%s", w.change(c.ID).State, diff)
	}
}
