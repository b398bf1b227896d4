package syncer_test

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Ways in which integrations with ConnectWise are known to break, each against
// a ConnectWise that misbehaves so. Those that have a test elsewhere:
//
//	P1  TestAFailedRunDoesNotMoveTheWatermark
//	P4  TestEqualTimestampsAndLowPageCaps
//	P9  TestACompanyLeavesTheFilterAndComesBack
//	P39 TestOneRefusedParentDoesNotFailTheOthers, TestOneRefusedTypeDoesNotFailTheOthers

// P2: more records of one timestamp than a page holds, on either way of paging.
func TestP2EqualTimestampsAcrossPages(t *testing.T) {
	t.Parallel()
	for _, paging := range []map[string]string{nil, {"/company/companies": ""}, {"/company/companies": "refuse"}} { // P5: 400
		w := newWorld(t, cwsim.Config{})
		w.opt.PageSize = 100
		w.sim.SetSwitches(func(s *cwsim.Switches) { s.NoForwardOnly = paging })
		w.longAgo(func() {
			for i := range 150 {
				w.company(map[string]any{"name": strconv.Itoa(i), "identifier": strconv.Itoa(i)})
			}
		})
		p := w.process(&mortal{})
		w.run(p, psa.Companies, "")
		if err := w.sim.Touch(cwsim.Companies, w.now(), 150); err != nil {
			t.Fatal(err)
		}
		checkRun(t, w.run(p, psa.Companies, ""), outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 150, Updated: 150}})
	}
}

// P3: records come, change and go between pages. Every other one is read once:
// eleven; the newest are read first, so that the new one may come too late.
func TestP3RowsChangeBetweenPages(t *testing.T) {
	t.Parallel()
	for _, paging := range []map[string]string{nil, {"/company/companies": ""}} {
		w := newWorld(t, cwsim.Config{})
		w.sim.SetSwitches(func(s *cwsim.Switches) { s.NoForwardOnly = paging })
		ids := w.fill(12)
		w.fault(cwsim.Fault{Method: "GET", Path: "/company/companies", Nth: 4, Kind: cwsim.FaultChange, Changes: []cwsim.Change{
			{Table: cwsim.Companies, ID: int(ids[0]), Delete: true},
			{Table: cwsim.Companies, ID: int(ids[1]), Members: map[string]any{"name": "AAA", "city": "Elsewhere"}},
			{Table: cwsim.Companies, ID: int(ids[11]), Members: map[string]any{"city": "There"}},
			{Table: cwsim.Companies, Members: map[string]any{"name": "New", "identifier": "new"}},
		}})
		p := w.process(&mortal{})
		first := w.run(p, psa.Companies, "").Totals
		if first.Read != first.Created || first.Read < 11 || first.Read > 13 {
			t.Errorf("first run: %+v", first)
		}
		w.run(p, psa.Companies, "")
		w.run(p, psa.Companies, syncer.Full)
		if got := w.stored(psa.Companies); len(got) != 12 || got[ids[0]] != "" || field(t, got[ids[1]], "city") != "Elsewhere" {
			t.Errorf("%d companies stored", len(got))
		}
	}
}

// P6 and P7: every page of every list asks for the same condition, and for
// _info, without which no record says when it changed.
func TestP6P7EveryPageAsksForTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(10)
	p := w.process(&mortal{})
	w.sync(p)
	w.sim.ResetRequests()
	w.sync(p)
	pages := 0
	for _, r := range w.sim.Requests() {
		q, err := url.ParseQuery(r.Query)
		if err != nil {
			t.Fatal(err)
		}
		if r.Endpoint != "/company/companies" && r.Endpoint != "/company/contacts" || q.Get("orderBy") == "id desc" {
			continue
		}
		pages++
		if !strings.Contains(q.Get("conditions"), "lastUpdated >= [") || !strings.Contains(","+q.Get("fields")+",", ",_info,") {
			t.Errorf("%s asks for %s", r.Path, r.Query)
		}
	}
	if pages < 6 {
		t.Errorf("only %d pages", pages)
	}
	if w.row(ids[0]).LastUpdated.IsZero() {
		t.Error("lastUpdated is not known")
	}
}

// P8: our clock is hours off, or ConnectWise's Date header is ahead of the
// clock that stamps records, or missing: nothing that changed is overlooked.
func TestP8ClocksDisagree(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ours     time.Duration
		switches func(*cwsim.Switches)
	}{
		"ours is ahead":  {3 * time.Hour, func(*cwsim.Switches) {}},
		"ours is behind": {-3 * time.Hour, func(*cwsim.Switches) {}},
		"Date is ahead":  {0, func(s *cwsim.Switches) { s.DateSkew = 240 }},
		"no Date":        {0, func(s *cwsim.Switches) { s.NoDate = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.later(tt.ours)
			w.sim.SetSwitches(tt.switches)
			ids := w.fill(3)
			p := w.process(&mortal{})
			w.run(p, psa.Companies, "")
			w.company(map[string]any{"id": int64(ids[1]), "city": "Elsewhere"})
			w.run(p, psa.Companies, "")
			if got := field(t, w.stored(psa.Companies)[ids[1]], "city"); got != "Elsewhere" {
				t.Errorf("the edit was overlooked: %v", got)
			}
		})
	}
}

// P10: a callback brings a new record while a run enumerates everything that
// was there before it: the record stays.
func TestP10ACallbackBringsARecordDuringAFullRun(t *testing.T) {
	t.Parallel()
	for handled := range 6 {
		w := newWorld(t, cwsim.Config{})
		w.fill(9)
		p := w.process(&mortal{})
		w.run(p, psa.Companies, "")
		if _, err := p.engine.Start(context.Background(), w.scope, []psa.DataType{psa.Companies}, syncer.Full, "tester"); err != nil {
			t.Fatal(err)
		}
		for range handled {
			if m, ok := w.take(nil); ok {
				if err := p.handle(m); err != nil {
					t.Fatal(err)
				}
			}
		}
		id := w.company(map[string]any{"name": "New", "identifier": "new"})
		w.refresh(p, psa.Companies, id)
		w.settle(p)
		if got := w.row(id).Removed; got != "" || len(w.stored(psa.Companies)) != 10 {
			t.Errorf("after %d messages: %q, %d companies", handled, got, len(w.stored(psa.Companies)))
		}
	}
}

// P37: names are data. None of them breaks a condition, and all come through.
func TestP37OddNamesComeThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	names := []string{`O'Neil "The Box" & Sons`, `50% [off] *all*`, `C:\Temp\ or 1=1`, "Zoë 漢字 🦊", ` trailing `, `a,b;c=d/e?f#g`}
	var ids []psa.RecordID
	for i, name := range names {
		ids = append(ids, w.company(map[string]any{"name": name, "identifier": strconv.Itoa(i)}))
	}
	p := w.process(&mortal{})
	w.run(p, psa.Companies, "")
	w.run(p, psa.Companies, syncer.Full)
	stored := w.stored(psa.Companies)
	for i, name := range names {
		if got := field(t, stored[ids[i]], "name"); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
}

// P38: many companies come and go at once, and their ids are long: no request
// is longer than ConnectWise takes.
func TestP38ManyIDsAreSplit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.opt.PageSize = 1000
	var status, other psa.RecordID
	w.longAgo(func() {
		status = w.record(cwsim.CompanyStatuses, map[string]any{"name": "Active"})
		other = w.record(cwsim.CompanyStatuses, map[string]any{"name": "Gone"})
		for i := range 180 {
			id := psa.RecordID(2_000_000_000 + 7*i)
			w.company(map[string]any{"id": int64(id), "name": strconv.Itoa(i), "identifier": strconv.Itoa(i), "status": ref(status)})
			w.contact(map[string]any{"firstName": strconv.Itoa(i), "company": ref(id)})
		}
	})
	p := w.process(&mortal{})
	w.filter = filter.Filter{Statuses: []int64{int64(status)}}
	w.sync(p)
	w.filter = filter.Filter{Statuses: []int64{int64(other)}}
	w.sync(p)
	w.check(psa.Contacts, outcome{syncer.Succeeded, syncer.Incremental, syncer.Counts{Read: 180, OutOfScope: 180}})
	for _, r := range w.sim.Requests() {
		if n := len(w.url) + len(r.Path) + len(r.Query) + 1; n > 2000 {
			t.Errorf("a request of %d characters: %s", n, r.Path)
		}
	}
}

// P40: a company in the recycle bin is listed beside one of the same name: only
// the living one is kept.
func TestP40TheRecycleBinIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	binned := w.company(map[string]any{"name": "Twice", "identifier": "one", "deletedFlag": true})
	kept := w.company(map[string]any{"name": "Twice", "identifier": "two"})
	person := w.contact(map[string]any{"firstName": "Of the bin", "company": ref(binned)})
	p := w.process(&mortal{})
	w.sync(p)
	if got := w.stored(psa.Companies); len(got) != 1 || got[kept] == "" {
		t.Errorf("kept %v", got)
	}
	if got := w.row(binned).Removed; got != syncer.SoftDeleted {
		t.Errorf("removed %q", got)
	}
	w.opens(psa.Contacts, fmt.Sprintf("%d company_not_synced", person))
	w.company(map[string]any{"id": int64(binned), "deletedFlag": false})
	w.sync(p)
	if got := w.stored(psa.Contacts); len(w.stored(psa.Companies)) != 2 || got[person] == "" {
		t.Errorf("restored, and kept: %v", got)
	}
}

// P41: the schedule, a button and a callback ask at the same time: one run.
func TestP41ManyTriggersAreOneRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	ids := w.fill(4)
	p := w.process(&mortal{})
	w.sync(p)
	before := len(w.runs())
	w.company(map[string]any{"id": int64(ids[0]), "deletedFlag": true})
	types := []psa.DataType{psa.Companies, psa.Contacts}
	for range 3 {
		if err := p.engine.StartDue(context.Background(), w.scope, types, w.now(), time.Time{}); err != nil {
			t.Fatal(err)
		}
		w.start(p, types...)
		w.refresh(p, psa.Companies, ids[0])
	}
	w.settle(p)
	runs := map[psa.DataType]int{}
	for _, r := range w.runs()[:len(w.runs())-before] {
		runs[r.Type]++
	}
	if diff := cmp.Diff(map[psa.DataType]int{psa.Companies: 1, psa.Contacts: 1}, runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
}
