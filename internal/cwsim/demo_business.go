package cwsim

import (
	"fmt"
	"time"
)

// business makes what belongs to companies: opportunities, configurations, agreements with additions, and a few of every further
// type. It draws from its own stream, so that companies and contacts stay what they are.
func (d *demo) business(seed uint64, today time.Time) {
	companies := d.st.tables[Companies].rows
	if len(companies) == 0 {
		return
	}
	d.rng = newRand(seed, 5)
	d.today = day(today)
	d.contactOf = d.contactsByCompany()
	d.recycled()
	d.products(len(companies))
	for i, c := range d.st.tables[Companies].rows {
		for range d.rng.IntN(5) {
			d.configuration(c)
		}
		if d.chance(40) {
			d.opportunity(c)
		}
		if d.chance(60) {
			d.agreement(c)
		}
		if i%20 == 0 {
			d.deskWork(c)
		}
	}
}

// contactsByCompany finds one contact of each company.
func (d *demo) contactsByCompany() map[int]int {
	t := d.st.tables[Contacts]
	out := make(map[int]int, len(d.st.tables[Companies].rows))
	at := t.entity.index["company"]
	for _, r := range t.rows {
		if company := r.ref(at); company != 0 && out[company] == 0 {
			out[company] = r.id
		}
	}
	return out
}

// recycled gives every second deleted company the name of the one before it: a duplicate out of the recycle bin.
func (d *demo) recycled() {
	t := d.st.tables[Companies]
	name, deleted := t.entity.index["name"], t.entity.index["deletedFlag"]
	odd := false
	for i, r := range t.rows {
		if i == 0 || !r.bool(deleted) {
			continue
		}
		if odd = !odd; odd {
			twin := r.clone()
			twin.set(name, t.rows[i-1].str(name))
			t.rows[i] = twin
		}
	}
}

// add stores a new record with members given in pairs; nil values are explicit nulls.
func (d *demo) add(table string, members ...any) *row {
	t := d.st.tables[table]
	r := d.row(t)
	r.cells = make([]cell, 0, len(members)/2)
	for i := 0; i+1 < len(members); i += 2 {
		name, _ := members[i].(string)
		r.set(t.entity.index[name], members[i+1])
	}
	d.st.put(t, r)
	return r
}

// some is a reference to one of the first n records of a setup table.
func (d *demo) some(n int) refID { return refID(1 + d.rng.IntN(n)) }

// contact of a company, or null.
func (d *demo) contactRef(company int) any {
	if id := d.contactOf[company]; id != 0 {
		return refID(id)
	}
	return nil
}

func (d *demo) configuration(c *row) {
	id := d.st.tables[Configurations].next
	name := fmt.Sprintf("%s-%d", pick(d.rng, d.words.devices), id)
	company := any(refID(c.id))
	if d.chance(1) {
		company = nil // belongs to nobody
	}
	r := d.add(
		Configurations, "name", name, "type", d.some(4), "status", refID(1+d.skewed(3)), "company", company,
		"activeFlag", !d.chance(10), "deviceIdentifier", fmt.Sprintf("dev-%06d", id), "serialNumber", fmt.Sprintf("SN%08X", id*7919),
		"osType", pick(d.rng, d.words.systems), "billFlag", false, "questions", d.noRows, "customFields", d.noRows,
	)
	at := d.st.tables[Configurations].entity.index
	switch d.rng.IntN(200) {
	case 0:
		r.updated = demoFuture
	case 1:
		r.set(at["name"], pick(d.rng, d.words.odd))
	case 2:
		r.set(at["contact"], map[string]any{"id": 999999999, "name": "Somebody who left"})
	case 3:
		r.set(at["deviceIdentifier"], nil)
		r.set(at["status"], nil)
	default:
		if d.chance(30) {
			r.set(at["contact"], d.contactRef(c.id))
			r.set(at["ipAddress"], fmt.Sprintf("10.%d.%d.%d", d.rng.IntN(256), d.rng.IntN(256), d.rng.IntN(256)))
		}
	}
	d.st.tables[Configurations].next += d.rng.IntN(3)
}

func (d *demo) opportunity(c *row) {
	id := d.st.tables[Opportunities].next
	closing := d.today.add(d.rng.IntN(400) - 200)
	r := d.add(
		Opportunities, "name", fmt.Sprintf("%s #%d", pick(d.rng, d.words.deals), id), "type", d.some(3), "stage", d.some(3),
		"status", refID(1+d.skewed(4)), "probability", d.some(5), "expectedCloseDate", closing, "primarySalesRep", refID(2+d.rng.IntN(3)),
		"company", refID(c.id), "contact", d.contactRef(c.id), "locationId", 1, "businessUnitId", 1, "customFields", d.noRows,
	)
	at := d.st.tables[Opportunities].entity.index
	switch d.rng.IntN(40) {
	case 0:
		r.set(at["notes"], "")
		r.set(at["stage"], nil)
	case 1:
		r.set(at["name"], pick(d.rng, d.words.odd))
	case 2, 3, 4:
		r.set(at["closedDate"], closing)
		r.set(at["closedBy"], refID(3))
	}
	d.st.tables[Opportunities].next += d.rng.IntN(2)
}

// products fills the catalog beyond the vendor's own items.
func (d *demo) products(companies int) {
	for i := range min(max(20, companies/20), 2000) {
		id := d.st.tables[Catalog].next
		class := [...]string{"Agreement", "NonInventory", "Service", "Inventory", "Bundle"}[d.skewed(5)]
		name := fmt.Sprintf("%s-%s-%d", pick(d.rng, d.words.wares), class[:3], id)
		price := float64(100+d.rng.IntN(20_000)) / 4
		d.add(
			Catalog, "identifier", name, "description", pick(d.rng, d.words.wares)+" "+class, "customerDescription", name, "inactiveFlag", i%17 == 16,
			"subcategory", d.some(2), "type", d.some(3), "productClass", class, "price", price, "cost", price/2, "taxableFlag", i%2 == 0,
			"recurringFlag", class == "Agreement", "serializedFlag", false, "unitOfMeasure", refID(1), "customFields", d.noRows,
		)
	}
}

// deskWork is one of each further type for a company.
func (d *demo) deskWork(c *row) {
	company, when := refID(c.id), d.today.add(-d.rng.IntN(300))
	words := pick(d.rng, d.words.deals)
	board := d.rng.IntN(2)
	d.add(
		Tickets, "summary", words, "company", company, "contact", d.contactRef(c.id), "board", refID(1+board), "status", refID(1+board*3+d.rng.IntN(3)),
		"priority", d.some(4), "recordType", "ServiceTicket", "closedFlag", d.chance(60), "customFields", d.noRows,
	)
	project := d.add(
		Projects, "name", "Project: "+words, "company", company, "board", refID(3), "estimatedStart", when, "estimatedEnd", when.add(90),
		"billingMethod", "ActualRates", "manager", refID(3), "status", refID(1), "closedFlag", d.chance(30), "customFields", d.noRows,
	)
	phase := d.add(ProjectPhases, "description", "Phase one", "project", refID(project.id), "projectId", project.id, "wbsCode", "1")
	d.add(
		ProjectTickets, "summary", words+" (project)", "project", refID(project.id), "phase", refID(phase.id), "company", company, "closedFlag", false,
		"status", refID(1),
	)
	d.add(
		SalesOrders, "company", company, "status", d.some(2), "orderDate", when, "salesRep", refID(3), "total", float64(d.rng.IntN(5000)),
		"customFields", d.noRows,
	)
	product := d.add(
		Products, "catalogItem", d.some(10), "description", words, "quantity", float64(1+d.rng.IntN(9)), "billableOption", "Billable",
		"company", company, "price", 12.5,
	)
	d.add(
		PurchaseOrders, "poNumber", fmt.Sprintf("PO-%d", product.id), "vendorCompany", company, "poDate", when, "total", 99.5, "status", refID(1),
		"terms", refID(1),
	)
	d.add(
		TimeEntries, "company", company, "chargeToType", "Company", "chargeToId", c.id, "timeStart", when, "timeEnd", when+3600, "actualHours", 1.0,
		"member", refID(4), "workType", d.some(3), "notes", nil, "status", "Open",
	)
	d.add(
		ScheduleEntries, "name", "Visit "+words, "member", refID(4), "dateStart", when+9*3600, "dateEnd", when+10*3600, "type", d.some(2),
		"doneFlag", false,
	)
	d.add(
		Activities, "name", "Call about "+words, "company", company, "contact", d.contactRef(c.id), "assignTo", refID(3), "dateStart", when,
		"closeFlag", false,
	)
	d.add(CompanyNotes, "text", "Note: "+words, "flagged", d.chance(10), "company", company, "type", refID(1))
	d.add(CompanyTeams, "company", company, "member", refID(3), "teamRole", refID(1), "accountManagerFlag", true, "techFlag", false, "salesFlag", false)
	d.add(CompanyGroupings, "group", d.some(2), "company", company, "defaultContactFlag", true, "allContactsFlag", false)
}
