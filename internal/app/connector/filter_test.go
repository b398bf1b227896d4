package connector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

func newSource(t *testing.T, cfg cwsim.Config) (*cwsim.Simulator, filter.Source) {
	t.Helper()
	sim := cwsim.New(cfg)
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	company, public, private := sim.Credentials()
	conn := connector.New(connector.Config{ClientID: clientID, Version: "2025.1", AllowLoopback: true})
	e, err := conn.Discover(t.Context(), srv.URL, company)
	if err != nil {
		t.Fatal(err)
	}
	source, err := conn.Filters(e, psa.Credentials{PublicKey: public, PrivateKey: private})
	if err != nil {
		t.Fatal(err)
	}
	sim.ResetRequests()
	return sim, source
}

// sent is how many requests the simulator has seen.
func sent(sim *cwsim.Simulator) int {
	n := 0
	for _, c := range sim.Counts() {
		n += c
	}
	return n
}

// chosen counts companies by what the simulator has stored.
func chosen(sim *cwsim.Simulator, want func(id func(string) int, types []int) bool) int {
	n := 0
	for _, c := range sim.Snapshot(cwsim.Companies) {
		id := func(name string) int {
			ref, _ := c[name].(map[string]any)
			f, _ := ref["id"].(float64)
			return int(f)
		}
		var types []int
		list, _ := c["types"].([]any)
		for _, v := range list {
			types = append(types, int(v.(map[string]any)["id"].(float64)))
		}
		if c["deletedFlag"] != true && want(id, types) {
			n++
		}
	}
	return n
}

func listed(d filter.Discovery) map[filter.Category]filter.List {
	out := map[filter.Category]filter.List{}
	for _, l := range d.Lists {
		out[l.Category] = l
	}
	return out
}

func TestDiscoverFilters(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]cwsim.Config{
		"as it comes":     {},
		"no forward-only": {Switches: cwsim.Switches{NoForwardOnly: map[string]string{"/company/companies": "refuse"}}},
		"short pages":     {Switches: cwsim.Switches{MaxPageSize: 30}},
		"types accepted":  {Switches: cwsim.Switches{CompanyTypeConditions: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Companies = 200
			sim, source := newSource(t, cfg)
			d := filter.Discover(t.Context(), source, filter.Limits{})
			if d.Trouble != nil || *d.Companies != chosen(sim, func(func(string) int, []int) bool { return true }) {
				t.Errorf("%+v", d)
			}
			fields := map[filter.Category]string{filter.Statuses: "status", filter.Territories: "territory", filter.Markets: "market"}
			for category, l := range listed(d) {
				if l.State != filter.Listed || len(l.Choices) < 6 {
					t.Errorf("%s: %+v", category, l)
				}
				for _, c := range l.Choices {
					want := chosen(sim, func(id func(string) int, types []int) bool {
						return category == filter.Types && slices.Contains(types, int(c.ID)) || category != filter.Types && id(fields[category]) == int(c.ID)
					})
					if c.Name == "" || c.Companies == nil || *c.Companies != want {
						t.Errorf("%s %s: %v, want %d", category, c.Name, c.Companies, want)
					}
				}
			}
		})
	}
}

// A list that is refused or empty leaves the others as they are.
func TestDiscoverWithoutRights(t *testing.T) {
	t.Parallel()
	role := cwsim.ReadRole("no statuses", "Companies: Company Maintenance", "System: Table Setup")
	role.Tables = []string{"Company / Company Type", "Company / Market"}
	sim, source := newSource(t, cwsim.Config{Companies: 20, Role: &role})
	for _, id := range sim.IDs(cwsim.Markets) {
		sim.Delete(cwsim.Markets, id)
	}
	d := filter.Discover(t.Context(), source, filter.Limits{})
	states := map[filter.Category]filter.State{}
	for c, l := range listed(d) {
		states[c] = l.State
	}
	want := map[filter.Category]filter.State{
		filter.Types: filter.Listed, filter.Statuses: filter.Refused, filter.Territories: filter.Listed, filter.Markets: filter.Empty,
	}
	if !maps.Equal(states, want) || d.Trouble != nil || d.Companies == nil {
		t.Errorf("%v %+v", states, d.Trouble)
	}
	if l := listed(d)[filter.Statuses]; l.Trouble.Code != problem.PermissionMissing || l.Trouble.Remedy == "" {
		t.Errorf("%+v", l.Trouble)
	}
	if l := listed(d)[filter.Types]; l.Choices[0].Companies == nil {
		t.Errorf("%+v", l)
	}
}

func TestPreviewFilters(t *testing.T) {
	t.Parallel()
	f := filter.Filter{Types: []int64{1, 4}, Statuses: []int64{1, 2}, Territories: []int64{1, 2, 3}}
	match := func(id func(string) int, types []int) bool {
		return (slices.Contains(types, 1) || slices.Contains(types, 4)) && slices.Contains([]int{1, 2}, id("status")) && slices.Contains([]int{1, 2, 3}, id("territory"))
	}
	children := connector.FilterChildren([]psa.DataType{psa.Companies, psa.Contacts, "nonsense"})
	for name, tc := range map[string]struct {
		cfg   cwsim.Config
		fault []cwsim.Fault
	}{
		"as it comes":       {},
		"no forward-only":   {cfg: cwsim.Config{Switches: cwsim.Switches{NoForwardOnly: map[string]string{"/company/companies": "ignore"}}}},
		"no childCondition": {fault: []cwsim.Fault{{Path: "/company/companies/count", Nth: 1, Kind: cwsim.FaultStatus, Status: 400}}},
		"short URLs":        {cfg: cwsim.Config{MaxURL: 340}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.cfg.Companies, tc.cfg.ContactsPerCompany = 400, 2
			sim, source := newSource(t, tc.cfg)
			if err := sim.SetFaults(tc.fault...); err != nil {
				t.Fatal(err)
			}
			got, err := filter.Preview(t.Context(), source, f, children, filter.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := chosen(sim, match)
			if got.Companies != (filter.Number{N: want}) || len(got.Sample) != 10 || len(got.Types) != 2 {
				t.Errorf("%+v, want %d", got, want)
			}
			if tc.cfg.MaxURL > 0 { // no room to name companies in
				return
			}
			if contacts := got.Types[1].Number; contacts == nil || contacts.UpTo || contacts.N != contactsOf(sim, match) {
				t.Errorf("contacts: %+v %+v", contacts, got.Types[1].Trouble)
			}
			if n := sent(sim); n > 20 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// contactsOf counts the contacts of the companies that match.
func contactsOf(sim *cwsim.Simulator, match func(func(string) int, []int) bool) int {
	ids := map[float64]bool{}
	for _, c := range sim.Snapshot(cwsim.Companies) {
		id := func(name string) int {
			ref, _ := c[name].(map[string]any)
			f, _ := ref["id"].(float64)
			return int(f)
		}
		var types []int
		list, _ := c["types"].([]any)
		for _, v := range list {
			types = append(types, int(v.(map[string]any)["id"].(float64)))
		}
		ids[c["id"].(float64)] = c["deletedFlag"] != true && match(id, types)
	}
	n := 0
	for _, c := range sim.Snapshot(cwsim.Contacts) {
		if ref, ok := c["company"].(map[string]any); ok && ids[ref["id"].(float64)] {
			n++
		}
	}
	return n
}

// What is stored in odd forms is counted and named all the same.
func TestFiltersOfOddData(t *testing.T) {
	t.Parallel()
	sim, source := newSource(t, cwsim.Config{Companies: 3})
	for i, c := range []map[string]any{
		{"name": nil, "identifier": "nameless", "city": "x", "deletedFlag": false},
		{"name": strings.Repeat("長", 5000), "identifier": "long", "city": "x", "status": nil, "market": nil, "territory": nil, "deletedFlag": false},
		{"name": "a\u0000b\u202e", "identifier": "odd", "types": []any{map[string]any{"id": 1}, map[string]any{"id": 3}}, "deletedFlag": false},
		{"name": "gone", "identifier": "gone", "deletedFlag": true},
	} {
		if _, err := sim.Put(cwsim.Companies, c); err != nil {
			t.Fatal(i, err)
		}
	}
	if _, err := sim.Put(cwsim.Markets, map[string]any{"name": nil}); err != nil {
		t.Fatal(err)
	}
	d := filter.Discover(t.Context(), source, filter.Limits{})
	if want := chosen(sim, func(func(string) int, []int) bool { return true }); d.Trouble != nil || *d.Companies != want {
		t.Errorf("%+v, want %d", d, want)
	}
	markets := listed(d)[filter.Markets].Choices
	if last := markets[len(markets)-1]; last.Name != fmt.Sprintf("#%d", last.ID) || *last.Companies != 0 {
		t.Errorf("%+v", last)
	}
	got, err := filter.Preview(t.Context(), source, filter.Filter{}, nil, filter.Limits{})
	if err != nil || got.Companies.N != *d.Companies || got.Companies.UpTo || slices.Contains(got.Sample, "gone") {
		t.Errorf("%v %+v", err, got)
	}
}

// However many companies there are, the number of calls has a bound.
func TestFiltersOfFiftyThousand(t *testing.T) {
	t.Parallel()
	sim, source := newSource(t, cwsim.Config{Companies: 50_000})
	d := filter.Discover(t.Context(), source, filter.Limits{})
	discovery := sent(sim)
	if d.Trouble != nil || discovery > 60 {
		t.Errorf("%d requests, %+v", discovery, d.Trouble)
	}
	for c, l := range listed(d) {
		if l.Choices[0].Companies == nil {
			t.Errorf("%s has no numbers", c)
		}
	}
	sim.ResetRequests()
	f := filter.Filter{Types: []int64{1}, Statuses: []int64{1, 2}}
	got, err := filter.Preview(t.Context(), source, f, connector.FilterChildren([]psa.DataType{psa.Contacts}), filter.Limits{})
	if err != nil || got.Companies.UpTo || got.Companies.N < 10_000 || sent(sim) > 10 {
		t.Errorf("%v, %+v, %d requests", err, got.Companies, sent(sim))
	}
	t.Logf("50,000 companies: %d requests to discover, %d to preview", discovery, sent(sim))
}

// A job asks the ConnectWise of the draft, which a person in the wizard has,
// and keeps what it found in the table.
func TestFilterJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	conn := w.connector(true)
	jobs := &filter.Jobs{
		Store: w.store().Jobs(), Now: w.now, Children: connector.FilterChildren,
		Wake: func(context.Context, psa.AccountID, string) error { return nil },
		Sources: func(ctx context.Context, account psa.AccountID) (filter.Source, error) {
			return conn.FilterSource(ctx, w.store().Setup(), account)
		},
	}
	end := func(j filter.Job) filter.Job {
		t.Helper()
		j, err := jobs.Start(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if err := jobs.Run(t.Context(), account, j.ID); err != nil {
			t.Fatal(err)
		}
		if j, err = jobs.Get(t.Context(), account, j.ID); err != nil {
			t.Fatal(err)
		}
		return j
	}
	if j := end(filter.Job{Account: account, Kind: filter.DiscoverJob}); j.State != filter.JobFailed || j.Trouble.Code != problem.NotConnected {
		t.Errorf("without a connection: %+v", j)
	}
	if _, err := w.service(t).Save(t.Context(), account, "ann", w.input()); err != nil {
		t.Fatal(err)
	}
	var d filter.Discovery
	if j := end(filter.Job{Account: account, Kind: filter.DiscoverJob}); j.State != filter.JobDone || json.Unmarshal(j.Result, &d) != nil || len(d.Lists) != 4 {
		t.Errorf("with a draft: %+v", j)
	}
	if _, err := w.service(t).Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	var o filter.Outlook
	j := end(filter.Job{Account: account, Kind: filter.PreviewJob, Types: []psa.DataType{psa.Contacts}})
	if j.State != filter.JobDone || json.Unmarshal(j.Result, &o) != nil || o.Companies.N == 0 || o.Types[0].Number == nil {
		t.Errorf("enabled: %+v", j)
	}
}
