package syncer_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// sample is the test data of a type: where the simulator keeps it, and a field
// that people edit. Adding a type to the table is adding a row here.
type sample struct{ table, field string }

func samples() map[psa.DataType]sample {
	return map[psa.DataType]sample{
		psa.Companies:      {cwsim.Companies, "city"},
		psa.Contacts:       {cwsim.Contacts, "title"},
		"opportunities":    {cwsim.Opportunities, "notes"},
		"configurations":   {cwsim.Configurations, "notes"},
		"catalog":          {cwsim.Catalog, "customerDescription"},
		psa.Agreements:     {cwsim.Agreements, "customerPO"},
		"tickets":          {cwsim.Tickets, "summary"},
		"projects":         {cwsim.Projects, "description"},
		"project_tickets":  {cwsim.ProjectTickets, "summary"},
		"project_phases":   {cwsim.ProjectPhases, "notes"},
		"time_entries":     {cwsim.TimeEntries, "notes"},
		"schedule_entries": {cwsim.ScheduleEntries, "name"},
		"sales_orders":     {cwsim.SalesOrders, "notes"},
		"products":         {cwsim.Products, "description"},
		"invoices":         {cwsim.Invoices, "reference"},
		"purchase_orders":  {cwsim.PurchaseOrders, "internalNotes"},
		"members":          {cwsim.Members, "title"},
		"activities":       {cwsim.Activities, "notes"},
		"company_groups":   {cwsim.CompanyGroups, "name"},
		"company_notes":    {cwsim.CompanyNotes, "text"},
		"company_teams":    {cwsim.CompanyTeams, "techFlag"},
	}
}

// inField is the member of a record that refers to its parent.
func inField(parent psa.DataType) string {
	if parent == psa.Companies {
		return "company"
	}
	return "project"
}

// life is one type in a world with a company that the filter chooses and one
// that it does not.
type life struct {
	*world
	p             *process
	typ           *syncer.Type
	sample        sample
	status, other psa.RecordID
	in, out       psa.RecordID // companies
	mine, alien   psa.RecordID // records of theirs, and of nobody's
}

func newLife(t *testing.T, typ *syncer.Type) *life {
	t.Helper()
	s, ok := samples()[typ.Name]
	if !ok {
		t.Fatalf("there is no test data for %s", typ.Name)
	}
	l := &life{world: newWorld(t, cwsim.Config{}), typ: typ, sample: s}
	l.longAgo(func() {
		l.status = l.record(cwsim.CompanyStatuses, map[string]any{"name": "Active"})
		l.other = l.record(cwsim.CompanyStatuses, map[string]any{"name": "Not ours"})
		l.in = l.company(map[string]any{"name": "In", "identifier": "in", "status": ref(l.status)})
		l.out = l.company(map[string]any{"name": "Out", "identifier": "out", "status": ref(l.other)})
		l.mine, l.alien = l.under(typ, l.in), l.under(typ, l.out)
	})
	l.filter = filter.Filter{Statuses: []int64{int64(l.status)}}
	l.p = l.process(&mortal{})
	return l
}

// under makes a record of the type, with a parent of its own if the company
// is not that, and returns its id.
func (l *life) under(typ *syncer.Type, company psa.RecordID) psa.RecordID {
	if typ.Name == psa.Companies {
		return company
	}
	parent := company
	if typ.Parent != "" && typ.Parent != psa.Companies {
		row, _ := syncer.TypeNamed(typ.Parent)
		parent = l.under(row, company)
	}
	members := map[string]any{samples()[typ.Name].field: l.value(typ.Name, "before")}
	if typ.Parent != "" {
		members[inField(typ.Parent)] = ref(parent)
	}
	return l.record(samples()[typ.Name].table, members)
}

func (l *life) value(typ psa.DataType, text string) any {
	if samples()[typ].field == "techFlag" {
		return text == "after"
	}
	return text
}

// read runs the type, and what it follows, to its end.
func (l *life) read(mode syncer.Mode) syncer.Counts {
	l.t.Helper()
	types := []psa.DataType{l.typ.Name}
	for parent := l.typ.Parent; parent != ""; {
		types = append(types, parent)
		row, _ := syncer.TypeNamed(parent)
		parent = row.Parent
	}
	if mode == syncer.Full { // its own only: parents stay as they are
		types = types[:1]
	}
	if _, err := l.p.engine.Start(context.Background(), l.scope, types, mode, "tester"); err != nil {
		l.t.Fatal(err)
	}
	l.settle(l.p)
	for _, r := range l.runs() {
		if r.Type == l.typ.Name {
			if r.State != syncer.Succeeded && r.State != syncer.Partial {
				l.t.Fatalf("%s run: %s, %+v", r.Mode, r.State, r.Failure)
			}
			return r.Totals
		}
	}
	l.t.Fatal("no run")
	return syncer.Counts{}
}

func (l *life) is(id psa.RecordID, want syncer.Reason) {
	l.t.Helper()
	row, err := l.watch.store.Records().Get(context.Background(), l.scope, l.typ.Name, id)
	if err != nil || row.Removed != want {
		l.t.Errorf("%d is %q, want %q: %v", id, row.Removed, want, err)
	}
}

func (l *life) counts(got, want syncer.Counts) {
	l.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// Every row of the table goes through the same life: read for the first time,
// edited, out of the filter's choice and back, deleted.
func TestEveryTypeLives(t *testing.T) {
	t.Parallel()
	for _, typ := range syncer.Types() {
		t.Run(string(typ.Name), func(t *testing.T) {
			t.Parallel()
			newLife(t, typ).live()
		})
	}
}

func (l *life) live() {
	l.t.Helper()
	alone := l.typ.Parent == "" && !l.typ.Filtered
	was := len(l.sim.IDs(l.sample.table))
	switch first := l.read(""); {
	case alone:
		l.counts(first, syncer.Counts{Read: was, Created: was})
	case l.typ.Under(): // nobody asks for what parents out of scope have
		l.counts(first, syncer.Counts{Read: was - 1, Created: was - 1})
	default:
		l.counts(first, syncer.Counts{Read: was, Created: was - 1, OutOfScope: 1})
		l.is(l.alien, syncer.OutOfScope)
	}
	l.is(l.mine, "")

	l.record(l.sample.table, map[string]any{"id": int64(l.mine), l.sample.field: l.value(l.typ.Name, "after")})
	l.counts(l.read(""), syncer.Counts{Read: 1, Updated: 1})
	if got := field(l.t, l.stored(l.typ.Name)[l.mine], l.sample.field); got != l.value(l.typ.Name, "after") {
		l.t.Errorf("%s is %v after the edit", l.sample.field, got)
	}
	if !alone {
		l.company(map[string]any{"id": int64(l.in), "status": ref(l.other)})
		l.read("")
		l.is(l.mine, syncer.OutOfScope)
		l.company(map[string]any{"id": int64(l.in), "status": ref(l.status)})
		l.read("")
		l.is(l.mine, "")
	}
	// Another that stays proves that the role still sees the list.
	stays := l.under(l.typ, l.in)
	if l.typ.Name == psa.Companies {
		stays = l.company(map[string]any{"name": "Stays", "identifier": "stays", "status": ref(l.status)})
	}
	l.read("")
	l.is(stays, "")
	l.sim.Delete(l.sample.table, int(l.mine))
	if got := l.read(syncer.Full); got.Removed != 1 || got.Missing != 1 {
		l.t.Errorf("%+v after a record was deleted", got)
	}
	l.is(l.mine, syncer.Deleted)
	l.is(stays, "")
}
