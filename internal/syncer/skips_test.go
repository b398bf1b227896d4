package syncer_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// open lists what a type skips at present, as "id reason".
func (w *world) open(typ psa.DataType) (out []string) {
	w.t.Helper()
	skips, _, err := w.watch.engine.OpenSkips(context.Background(), w.scope, typ, syncer.Page{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range skips {
		out = append(out, fmt.Sprintf("%d %s", max(s.ID, s.Under), s.Reason))
	}
	return out
}

func (w *world) opens(typ psa.DataType, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.open(typ)); diff != "" {
		w.t.Errorf("skipped (-want +got):\n%s", diff)
	}
}

// A contact whose company is not there is listed until the company comes; then
// it is kept by itself.
func TestASkippedRecordIsKeptWhenItsParentArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	var person, nobody psa.RecordID
	w.longAgo(func() {
		w.fill(2)
		person = w.contact(map[string]any{"firstName": "Early", "company": ref(77)})
		nobody = w.contact(map[string]any{"firstName": "Nobody's"})
	})
	p := w.process(&mortal{})
	w.sync(p)
	w.check(psa.Contacts, outcome{syncer.Partial, syncer.Initial, syncer.Counts{Read: 4, Created: 2, Skipped: 2}})
	w.opens(psa.Contacts, fmt.Sprintf("%d company_not_synced", person), fmt.Sprintf("%d company_not_synced", nobody))
	if got := w.changed(psa.Contacts, w.now().Add(-3600e9)); len(got) != 2 {
		t.Errorf("who reads what changed is told of what was never kept: %v", got)
	}
	out, err := p.engine.SyncRecord(context.Background(), w.scope, psa.Contacts, person, "ann")
	if err != nil || out.Skip == nil || out.Skip.Reason != syncer.CompanyNotSynced || out.Row.Removed != syncer.Skipped {
		t.Errorf("tried again by itself: %+v, %v", out, err)
	}

	w.company(map[string]any{"id": int64(77), "name": "Late", "identifier": "late"})
	w.sync(p)
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 1, Created: 1}})
	w.opens(psa.Contacts, fmt.Sprintf("%d company_not_synced", nobody))
	out, err = p.engine.SyncRecord(context.Background(), w.scope, psa.Contacts, person, "ann")
	if err != nil || out.Skip != nil || out.Row.Removed != "" {
		t.Errorf("asked for by itself: %+v, %v", out, err)
	}
}

// What cannot be read as a record is listed. If it was kept before, it stays as
// it was, and leaves the list when it can be read again.
func TestAnInvalidRecordStaysAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.sim.SetSwitches(func(s *cwsim.Switches) { s.NoForwardOnly = map[string]string{"/company/companies": ""} })
	var ids []psa.RecordID
	w.longAgo(func() { ids = w.fill(3) })
	p := w.process(&mortal{})
	w.sync(p)
	before := w.stored(psa.Companies)
	page := fmt.Sprintf(`[{"id":%d,"name":"Company 0","_info":{"lastUpdated":"yesterday"}},{"id":9,"name":"New","_info":{"lastUpdated":1e999}}]`, ids[0])
	w.fault(cwsim.Fault{Method: "GET", Path: "/company/companies", Query: "id > 0 and lastUpdated", Kind: cwsim.FaultBody, Body: page})
	w.start(p, psa.Companies)
	w.settle(p)
	w.check(psa.Companies, outcome{syncer.Partial, syncer.Incremental, syncer.Counts{Read: 2, Skipped: 1, Created: 1}})
	w.noFaults()
	w.opens(psa.Companies, fmt.Sprintf("%d invalid", ids[0]))
	if got := w.stored(psa.Companies)[ids[0]]; got != before[ids[0]] {
		t.Errorf("it became %s", got)
	}
	out, err := p.engine.SyncRecord(context.Background(), w.scope, psa.Companies, ids[0], "ann")
	if err != nil || out.Skip != nil {
		t.Errorf("read again: %+v, %v", out, err)
	}
	w.opens(psa.Companies)
}

// A record that the role may not read is listed, and stays as it was.
func TestARefusedRecordIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(2)
	p := w.process(&mortal{})
	w.sync(p)
	w.fault(cwsim.Fault{Path: fmt.Sprintf("/company/companies/%d", ids[1]), Kind: cwsim.FaultStatus, Status: 403})
	out, err := p.engine.SyncRecord(context.Background(), w.scope, psa.Companies, ids[1], "ann")
	if err != nil || out.Skip == nil || out.Skip.Reason != syncer.NoPermission || out.Row.Removed != "" {
		t.Errorf("%+v, %v", out, err)
	}
	w.opens(psa.Companies, fmt.Sprintf("%d permission", ids[1]))
	w.noFaults()
	w.sync(p)
	w.opens(psa.Companies)
}

// P39: one parent's records are refused. The others' are read, the run is
// partial, and the list says which parent it was until a run could read it.
func TestOneRefusedParentDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(5)
	for _, id := range ids {
		w.record(cwsim.CompanyNotes, map[string]any{"text": "A note", "company": ref(id)})
	}
	w.fault(cwsim.Fault{Path: fmt.Sprintf("/company/companies/%d/notes", ids[2]), Kind: cwsim.FaultStatus, Status: 403})
	p := w.process(&mortal{})
	w.start(p, "company_notes")
	w.settle(p)
	w.check("company_notes", outcome{syncer.Partial, syncer.Initial, syncer.Counts{Read: 5, Created: 4, Skipped: 1}})
	w.opens("company_notes", fmt.Sprintf("%d permission", ids[2]))
	w.noFaults()
	w.start(p, "company_notes")
	w.settle(p)
	w.opens("company_notes")
	if got := len(w.stored("company_notes")); got != 5 {
		t.Errorf("%d notes", got)
	}
}

// P39 again: a type that may not be read fails by name, and the others go on.
func TestOneRefusedTypeDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	role := cwsim.ReadRole("narrow", "Companies: Company Maintenance", "Companies: Contacts")
	w := newWorld(t, cwsim.Config{Role: &role})
	w.fill(3)
	p := w.process(&mortal{})
	w.start(p, psa.Companies, psa.Contacts, psa.Agreements, "company_notes")
	w.settle(p)
	for _, r := range w.runs() {
		refused := r.Type == psa.Agreements || r.Type == "company_notes"
		if refused != (r.State == syncer.Failed) || refused && r.Failure.Code != "permission_missing" {
			t.Errorf("%s: %s %+v", r.Type, r.State, r.Failure)
		}
	}
}

// Of a parent with more records than a page has, every one is read once.
func TestAParentWithManyRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(30)
	for n := range 20 {
		w.record(cwsim.CompanyNotes, map[string]any{"text": strconv.Itoa(n), "company": ref(ids[n%2*29])})
	}
	p := w.process(&mortal{})
	w.start(p, "company_notes")
	w.settle(p)
	w.check("company_notes", outcome{syncer.Succeeded, syncer.Initial, syncer.Counts{Read: 20, Created: 20}})
	checkRun(t, w.run(p, "company_notes", syncer.Full), outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 20, Unchanged: 20}})
	checkRun(t, w.run(p, "company_notes", syncer.Reconcile), outcome{syncer.Succeeded, syncer.Full, syncer.Counts{Read: 20, Unchanged: 20}})
	// Its company goes, and ConnectWise has none of it any more.
	w.sim.SetSwitches(func(s *cwsim.Switches) { s.HardDelete = true })
	w.remove(cwsim.Companies, ids[0])
	w.refresh(p, psa.Companies, ids[0])
	w.later(time.Minute)
	w.start(p, "company_notes")
	w.settle(p)
	if got := len(w.stored("company_notes")); got != 10 {
		t.Errorf("%d notes are left", got)
	}
}

// The schedule leaves a type that is read parent by parent alone for nine times
// as long as its last run took.
func TestTypesReadParentByParentRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.fill(3)
	p := w.process(&mortal{})
	w.run(p, "company_notes", "")
	w.start(p, "company_notes")
	m, _ := w.take(nil)
	if err := p.handle(m); err != nil { // planned
		t.Fatal(err)
	}
	w.later(time.Minute)
	w.settle(p)
	due := func() int {
		before := len(w.runs())
		w.later(time.Second)
		if err := p.engine.StartDue(context.Background(), w.scope, []psa.DataType{"company_notes"}, w.now(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		return len(w.runs()) - before
	}
	w.later(8 * time.Minute)
	if n := due(); n != 0 {
		t.Errorf("%d runs eight minutes after one that took a minute", n)
	}
	w.later(2 * time.Minute)
	if n := due(); n != 1 {
		t.Errorf("%d runs ten minutes after it", n)
	}
}
