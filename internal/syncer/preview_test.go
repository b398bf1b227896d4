package syncer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
)

// preview looks ahead as the wizard does.
func (w *world) preview(f filter.Filter, types []psa.DataType) filter.Outlook {
	w.t.Helper()
	ctx := context.Background()
	company, public, private := w.sim.Credentials()
	conn := connector.New(connector.Config{ClientID: "11111111-2222-3333-4444-555555555555", AllowLoopback: true})
	endpoint, err := conn.Discover(ctx, w.url, company)
	if err != nil {
		w.t.Fatal(err)
	}
	source, err := conn.Filters(endpoint, psa.Credentials{PublicKey: public, PrivateKey: private})
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := filter.Preview(ctx, source, f, connector.FilterChildren(types), filter.Limits{})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// What a preview calls exact is what a run then keeps, and what it calls "up
// to" is never less.
func TestAPreviewIsTrueToItsWord(t *testing.T) {
	t.Parallel()
	for _, n := range []int{12, 310} { // more than 300 companies are not named one by one
		t.Run(fmt.Sprint(n, " companies"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cwsim.Config{})
			w.opt.PageSize = 1000
			choices := w.market(n)
			types := []psa.DataType{psa.Companies, psa.Contacts, "opportunities", "catalog", psa.Agreements, "activities", "company_notes"}
			p := w.process(&mortal{})
			for _, f := range choices {
				w.filter = f
				out := w.preview(f, types)
				w.later(time.Minute)
				w.start(p, types...)
				w.settle(p)
				if kept := len(w.stored(psa.Companies)); out.Companies.UpTo || out.Companies.N != kept {
					t.Errorf("%+v: %d companies, previewed %+v", f, kept, out.Companies)
				}
				exact := 0
				for _, e := range out.Types {
					if e.Number == nil {
						if e.Type != "company_notes" || e.Trouble == nil {
							t.Errorf("%s was not counted: %+v", e.Type, e.Trouble)
						}
						continue
					}
					kept := len(w.stored(e.Type))
					if kept > e.Number.N || !e.Number.UpTo && kept != e.Number.N {
						t.Errorf("%+v: %d %s, previewed %+v", f, kept, e.Type, *e.Number)
					}
					if !e.Number.UpTo {
						exact++
					}
				}
				if n < 300 && exact < 5 {
					t.Errorf("%+v: only %d numbers are exact: %+v", f, exact, out.Types)
				}
			}
		})
	}
}

// market makes companies of every kind, records of theirs, of deleted companies
// and of none, and the filters to try on them.
func (w *world) market(n int) []filter.Filter {
	w.t.Helper()
	var types, statuses []int64
	for i := range 2 {
		types = append(types, int64(w.record(cwsim.CompanyTypes, map[string]any{"name": fmt.Sprint("Type ", i)})))
		statuses = append(statuses, int64(w.record(cwsim.CompanyStatuses, map[string]any{"name": fmt.Sprint("Status ", i)})))
	}
	for i := range n {
		id := w.company(map[string]any{
			"name": fmt.Sprint("Company ", i), "identifier": fmt.Sprint("c", i), "deletedFlag": i%7 == 6,
			"status": map[string]any{"id": statuses[i%2]}, "types": []any{map[string]any{"id": types[i/2%2]}},
		})
		for _, table := range []string{cwsim.Contacts, cwsim.Opportunities, cwsim.Agreements, cwsim.Activities, cwsim.CompanyNotes} {
			if i%3 == 0 {
				w.record(table, map[string]any{"company": ref(id)})
			}
		}
	}
	w.contact(map[string]any{"firstName": "Nobody's"})
	w.record(cwsim.Activities, map[string]any{"name": "Nobody's"})
	w.record(cwsim.Catalog, map[string]any{"identifier": "CORE"})
	return []filter.Filter{
		{},
		{Statuses: statuses[:1]},
		{Types: types[:1]},
		{Types: types[1:], Statuses: statuses[1:]},
		{Markets: []int64{4711}},
	}
}
