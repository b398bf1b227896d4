package syncer_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// record adds or edits a record of any kind in ConnectWise.
func (w *world) record(entity string, members map[string]any) psa.RecordID {
	w.t.Helper()
	id, err := w.sim.Put(entity, members)
	if err != nil {
		w.t.Fatal(err)
	}
	return psa.RecordID(id)
}

// longAgo lets f happen in ConnectWise a day ago, so that no overlap reaches
// it.
func (w *world) longAgo(f func()) {
	w.sim.SetClock(time.Now().Add(-24 * time.Hour))
	f()
	w.sim.SetClock(time.Time{})
}

// customers makes a company type and n companies that alternate between having
// it and not, with a contact each.
func (w *world) customers(n int) (typ int64, in, out, people []psa.RecordID) {
	w.t.Helper()
	w.longAgo(func() {
		typ = int64(w.record(cwsim.CompanyTypes, map[string]any{"name": "Customer"}))
		status := w.record(cwsim.CompanyStatuses, map[string]any{"name": "Active"})
		for i := range n {
			members := map[string]any{"name": fmt.Sprintf("Company %d", i), "identifier": fmt.Sprintf("c%d", i), "status": ref(status)}
			if i%2 == 0 {
				members["types"] = []any{ref(psa.RecordID(typ))}
			}
			id := w.company(members)
			if i%2 == 0 {
				in = append(in, id)
			} else {
				out = append(out, id)
			}
			people = append(people, w.contact(map[string]any{"firstName": fmt.Sprintf("P%d", i), "company": ref(id)}))
		}
	})
	return typ, in, out, people
}

// sync runs companies and contacts to their end.
func (w *world) sync(p *process) {
	w.t.Helper()
	w.start(p, psa.Companies, psa.Contacts)
	w.settle(p)
}

// changed lists what changed-since tells of a type, as "id reason".
func (w *world) changed(typ psa.DataType, since time.Time) (out []string) {
	w.t.Helper()
	w.later(15 * time.Second)
	rows, _, err := w.watch.store.Records().Changed(context.Background(), w.scope, typ, since, syncer.Page{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%d %s", r.ID, r.Removed))
	}
	slices.Sort(out)
	return out
}

func (w *world) typeState(typ psa.DataType) syncer.TypeState {
	w.t.Helper()
	state, err := w.watch.store.Runs().TypeState(context.Background(), w.scope, typ)
	if err != nil {
		w.t.Fatal(err)
	}
	return state
}

func TestAFilterChoosesCompaniesAndTheirRecordsFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	typ, in, out, people := w.customers(6)
	w.filter = filter.Filter{Types: []int64{typ}}
	p := w.process(&mortal{})
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 6, Created: 3, OutOfScope: 3}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 6, Created: 3, OutOfScope: 3}})
	if got := w.stored(psa.Companies); len(got) != 3 || got[in[0]] == "" {
		t.Errorf("stored %v", got)
	}
	row := w.row(out[0])
	if row.Removed != syncer.OutOfScope || row.Name != "" || field(t, string(row.Data), "name") != nil || field(t, string(row.Data), "status") == nil {
		t.Errorf("a company out of scope: %+v %s", row, row.Data)
	}
	contact, err := p.store.Records().Get(context.Background(), w.scope, psa.Contacts, people[1])
	if err != nil || contact.Removed != syncer.OutOfScope || contact.Parent != out[0] || contact.Name != "" || string(contact.Data) != "{}" {
		t.Errorf("a contact out of scope: %+v, %v", contact, err)
	}
	// Whoever reads what changed never had what was never in scope.
	if got := w.changed(psa.Companies, time.Time{}); len(got) != 3 {
		t.Errorf("changed %v", got)
	}
	if got := w.typeState(psa.Companies).Filter; got != w.filter.Key() {
		t.Errorf("decided by %q", got)
	}
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{}})
}

// P9: a company's types change, which touches no company. It leaves with its
// contacts, and comes back with them.
func TestACompanyLeavesTheFilterAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	typ, in, _, people := w.customers(6)
	w.filter = filter.Filter{Types: []int64{typ}}
	p := w.process(&mortal{})
	w.sync(p)
	other := w.record(cwsim.CompanyTypes, map[string]any{"name": "Former customer"})
	began := w.now()

	w.retype(in[0], typ, int64(other))
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, OutOfScope: 1}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, OutOfScope: 1}})
	if got := w.stored(psa.Contacts); len(got) != 2 || got[people[0]] != "" {
		t.Errorf("contacts %v", got)
	}
	want := []string{fmt.Sprintf("%d out_of_scope", in[0])}
	if diff := cmp.Diff(want, w.changed(psa.Companies, began)); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}

	w.retype(in[0], int64(other), typ)
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, Created: 1}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, Created: 1}})
	if got := w.stored(psa.Contacts); len(got) != 3 || got[people[0]] == "" {
		t.Errorf("contacts %v", got)
	}
}

// retype gives a company one type for another without touching the company.
func (w *world) retype(company psa.RecordID, from, to int64) {
	w.t.Helper()
	for _, a := range w.sim.Snapshot(cwsim.TypeAssociations) {
		if refID(a["company"]) == int64(company) && refID(a["type"]) == from {
			w.record(cwsim.TypeAssociations, map[string]any{"id": a["id"], "type": map[string]any{"id": to}})
			return
		}
	}
	w.t.Fatalf("company %d has no type %d", company, from)
}

func refID(v any) int64 {
	m, _ := v.(map[string]any)
	switch id := m["id"].(type) {
	case float64:
		return int64(id)
	case int:
		return int64(id)
	case int64:
		return id
	default:
		return 0
	}
}

// Another filter, be it one that was chosen before, makes companies be read
// anew, and what it concerns of their records.
func TestAnotherFilterReadsEverythingAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	typ, in, out, _ := w.customers(6)
	p := w.process(&mortal{})
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 6, Created: 6}})

	w.filter = filter.Filter{Types: []int64{typ}}
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 6, Unchanged: 3, OutOfScope: 3}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 3, OutOfScope: 3}})
	if got := len(w.stored(psa.Contacts)); got != 3 {
		t.Errorf("%d contacts", got)
	}
	w.filter = filter.Filter{}
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 6, Unchanged: 3, Created: 3}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 3, Created: 3}})
	if got := w.stored(psa.Companies); len(got) != len(in)+len(out) {
		t.Errorf("%d companies", len(got))
	}
	w.sync(p) // nothing came or went since
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{}})
}

// Where more came or went than can be named, everything is read.
func TestTooManyToNameAreReadAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.opt.PageSize = 1000
	var status psa.RecordID
	w.longAgo(func() {
		status = w.record(cwsim.CompanyStatuses, map[string]any{"name": "Odd"})
		for i := range 502 {
			w.company(map[string]any{"name": strconv.Itoa(i), "identifier": strconv.Itoa(i), "status": ref(status)})
		}
		w.contact(map[string]any{"firstName": "Only", "company": ref(1)})
	})
	p := w.process(&mortal{})
	w.sync(p)
	w.filter = filter.Filter{Statuses: []int64{int64(status) + 1}}
	w.sync(p)
	w.check(psa.Companies, outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 502, OutOfScope: 502}})
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 1, OutOfScope: 1}})
}

// A company arrives by callback: its contacts, which were skipped, are read at
// once, and not when the schedule comes round.
func TestACompanyThatArrivesByCallbackBringsItsRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	typ, in, out, people := w.customers(4)
	w.filter = filter.Filter{Types: []int64{typ}}
	p := w.process(&mortal{})
	w.sync(p)
	before := len(w.runs())
	w.company(map[string]any{"id": int64(in[0]), "name": "Renamed"})
	w.refresh(p, psa.Companies, in[0])
	if got := len(w.runs()); got != before {
		t.Errorf("%d runs after a mere edit", got-before)
	}
	assoc := w.record(cwsim.TypeAssociations, map[string]any{"company": ref(out[0]), "type": map[string]any{"id": typ}})
	w.refresh(p, psa.Companies, out[0])
	w.settle(p)
	if got := w.runs(); len(got) != before+1 || got[0].Type != psa.Contacts || got[0].RequestedBy != "system" {
		t.Fatalf("runs %+v", got[0])
	}
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, Created: 1}})
	if w.stored(psa.Contacts)[people[1]] == "" {
		t.Error("the contact did not come")
	}
	w.sim.Delete(cwsim.TypeAssociations, int(assoc))
	w.refresh(p, psa.Companies, out[0])
	w.settle(p)
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, OutOfScope: 1}})
}

// refresh does what a callback leads to.
func (w *world) refresh(p *process, typ psa.DataType, id psa.RecordID) {
	w.t.Helper()
	if _, err := p.engine.Refresh(context.Background(), w.scope, typ, id, w.now(), "callback"); err != nil {
		w.t.Fatal(err)
	}
}

// A worker dies at every call of runs that read by name what left the filter:
// records and counts are as undisturbed.
func TestEveryCrashPointOfAChangeOfScope(t *testing.T) {
	t.Parallel()
	arrange := func(t *testing.T) (*world, func(*process) *process) {
		t.Helper()
		w := newWorld(t, cwsim.Config{})
		typ, in, out, _ := w.customers(6)
		w.filter = filter.Filter{Types: []int64{typ}}
		w.sync(w.process(&mortal{}))
		other := w.record(cwsim.CompanyTypes, map[string]any{"name": "Former customer"})
		w.retype(in[0], typ, int64(other))
		w.retype(in[2], typ, int64(other))
		w.record(cwsim.TypeAssociations, map[string]any{"company": ref(out[1]), "type": map[string]any{"id": typ}})
		return w, w.request
	}
	w, request := arrange(t)
	life := &mortal{}
	w.settle(request(w.process(life)))
	want, calls := w.final(), life.calls
	if got := want.Runs[psa.Contacts][0].Totals; got != (syncer.Counts{Read: 3, Created: 1, OutOfScope: 2}) {
		t.Fatalf("contacts %+v", got)
	}
	for at := 1; at <= calls; at++ {
		after := at%2 == 0
		t.Run(fmt.Sprintf("%d/after=%v", at, after), func(t *testing.T) {
			t.Parallel()
			w, request := arrange(t)
			w.settle(request(w.process(&mortal{at: at, after: after})))
			if diff := cmp.Diff(want, w.final()); diff != "" {
				t.Errorf("(-undisturbed +killed):\n%s", diff)
			}
		})
	}
}
