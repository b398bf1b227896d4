package cwsim

import (
	"bytes"
	"strings"
	"testing"
)

func TestDemoIsDeterministic(t *testing.T) {
	t.Parallel()
	dump := func(seed uint64) []byte {
		sim := New(Config{Seed: seed, Companies: 300, ContactsPerCompany: 3})
		var out []byte
		for _, name := range []string{Companies, Contacts, TypeAssociations} {
			out = append(out, sim.dump(name).body...)
		}
		return out
	}
	if !bytes.Equal(dump(1), dump(1)) {
		t.Error("the same seed gives different data")
	}
	if bytes.Equal(dump(1), dump(2)) {
		t.Error("different seeds give the same data")
	}
}

func TestDemoIsOdd(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1000, ContactsPerCompany: 3})
	for path, texts := range map[string][]string{
		"/company/companies": {
			`deletedFlag=true`, `name contains "שלום"`, `name contains "🥞"`, `name contains "Best"`, `name contains "[[]"`, `market=null`,
			`name contains "\"`, `yearEstablished=0`, `lastUpdated=[2024-02-05T00:00:00Z]`, `status/id=2`,
		},
		"/company/contacts": {`company=null`, `lastName=null`, `inactiveFlag=true`, `nickName contains "ééé"`, `managerContact/id=999999999`},
	} {
		for _, text := range texts {
			if n := a.get(path+"/count", conditions(text)).object(t)["count"]; n == 0.0 || n == nil {
				t.Errorf("%s: no record with %s", path, text)
			}
		}
	}
	ids := a.sim.IDs(Companies)
	if ids[len(ids)-1] < 1200 {
		t.Error("the ids have no gaps")
	}
	deleted := a.ids("/company/companies", conditions("deletedFlag=true"))
	if n := a.get("/company/contacts/count", conditions("company/id="+itoa(deleted[0]))).status; n != 200 {
		t.Errorf("got %d", n)
	}
	for _, m := range a.sim.Snapshot(Companies) {
		if id, _ := m["identifier"].(string); id == "" || len([]rune(id)) > 25 {
			t.Errorf("identifier %q", id)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	_, public, private := New(Config{Seed: 7}).Credentials()
	_, again, same := New(Config{Seed: 7}).Credentials()
	_, _, other := New(Config{Seed: 8}).Credentials()
	if public != again || private != same || private == other || !strings.ContainsAny(private, "/+&<") {
		t.Errorf("%s %s %s", public, private, other)
	}
}

// Every further type has records, some of them odd, and the seed repeats them too.
func TestDemoOfFurtherTypes(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 400, ContactsPerCompany: 2})
	again := New(Config{Companies: 400, ContactsPerCompany: 2})
	for _, name := range []string{
		Opportunities, Configurations, Catalog, Agreements, Additions, Tickets, Projects, ProjectTickets, ProjectPhases, SalesOrders, Products,
		PurchaseOrders, TimeEntries, ScheduleEntries, Members, Activities, CompanyGroups, CompanyGroupings, CompanyNotes, CompanyTeams,
	} {
		if len(a.sim.IDs(name)) == 0 {
			t.Errorf("there are no %s", name)
		}
		if !bytes.Equal(a.sim.dump(name).body, again.dump(name).body) {
			t.Errorf("the same seed gives different %s", name)
		}
	}
	for path, texts := range map[string][]string{
		"/company/configurations": {
			`company=null`, `lastUpdated > [2034-01-01T00:00:00Z]`, `contact/id=999999999`, `status=null`, `company/id in (1,2,3,4,5,6,7,8,9,10)`,
		},
		"/sales/opportunities":   {`contact/id > 0`, `closedDate != null`, `stage=null`},
		"/finance/agreements":    {`cancelledFlag=true`, `parentAgreement != null`, `billingCycle=null`, `nextInvoiceDate > [2020-01-01T00:00:00Z]`},
		"/procurement/catalog":   {`productClass="Bundle"`, `inactiveFlag=true`},
		"/project/tickets":       {`company/id > 0`},
		"/marketing/groups":      {`name="Newsletter"`},
		"/schedule/entries":      {`lastUpdated > [2020-01-01T00:00:00Z]`},
		"/company/companies":     {`deletedFlag=true`},
		"/finance/billingCycles": {`billingOptions="Quarterly"`},
	} {
		for _, text := range texts {
			if n := a.get(path+"/count", conditions(text)).object(t)["count"]; n == 0.0 || n == nil {
				t.Errorf("%s: no record with %s", path, text)
			}
		}
	}
}

// A deleted company may bear the name of a living one.
func TestDemoHasDuplicatesOutOfTheRecycleBin(t *testing.T) {
	t.Parallel()
	living := map[any]bool{}
	companies := New(Config{Companies: 400}).Snapshot(Companies)
	for _, c := range companies {
		if c["deletedFlag"] == false {
			living[c["name"]] = true
		}
	}
	for _, c := range companies {
		if c["deletedFlag"] == true && living[c["name"]] {
			return
		}
	}
	t.Error("there is none")
}

// The agreements' dates make sense together: the next invoice date begins a period, for all but odd ones, and no bundle is billed.
func TestDemoAgreements(t *testing.T) {
	t.Parallel()
	sim := New(Config{Companies: 300, ContactsPerCompany: 1})
	agreements := sim.st.tables[Agreements]
	odd := 0
	for _, r := range agreements.rows {
		terms := sim.st.terms(r)
		if terms.payer == r && terms.cycle.recurs() && terms.cycle.begin(terms.next) != terms.next {
			odd++
		}
	}
	if odd == 0 || odd > len(agreements.rows)/10 {
		t.Errorf("%d of %d agreements have odd dates", odd, len(agreements.rows))
	}
	additions, products := sim.st.tables[Additions], sim.st.tables[Catalog]
	for _, r := range additions.rows {
		p := products.get(r.ref(additions.entity.index["product"]))
		if p.str(products.entity.index["productClass"]) == "Bundle" {
			t.Errorf("addition %d is of a bundle", r.id)
		}
	}
	if n := len(sim.InvoiceDue(sim.now())); n == 0 || n > len(agreements.rows)*8 {
		t.Errorf("%d invoices are due", n)
	}
}
