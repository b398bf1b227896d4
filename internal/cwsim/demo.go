package cwsim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// demo makes up data. The same seed and sizes give the same records.
type demo struct {
	rng   *rand.Rand
	st    *state
	words vocabulary
	from  stamp // the oldest record
	today stamp // the day on which the data is made

	contactOf map[int]int // one contact of each company
	noRows    any         // one empty list for all
	noRefs    any
}

const (
	demoEpoch = stamp(1672531200)     // 2023-01-01
	demoSpan  = 3 * 365 * 24 * 3600   // records were changed within three years from then
	demoBulk  = demoEpoch + 400*86400 // when an import changed many records in one second

	demoFuture = stamp(2051222400) // 2035-01-01: a clock was wrong
)

func newDemo(seed uint64, st *state) *demo {
	return &demo{rng: newRand(seed, 4), st: st, words: words(), from: demoEpoch, noRows: []*row{}, noRefs: []any{}}
}

// fill makes the setup tables, companies and contacts.
func (d *demo) fill(companies, contactsPerCompany int) {
	d.setups()
	d.companies(companies)
	if contactsPerCompany > 0 {
		d.contacts(companies * contactsPerCompany)
	}
	d.further()
}

// setups are the tables that companies and contacts refer to.
func (d *demo) setups() {
	d.names(CompanyStatuses, "Active", "Inactive", "Not Approved", "Credit Hold", "Prospect – lost", "Délinquant")
	d.names(CompanyTypes, "Customer", "Prospect", "Vendor", "Partner", "Former Customer", "Competitor", "\"VIP\" & friends")
	d.names(Locations, "Corporate", "North East", "West Coast", "Île-de-France", "Zürich", "אזור צפון")
	d.names(Markets, "Healthcare", "Legal", "Manufacturing", "Education", "Finance & Banking", "Non-Profit", "Government")
	d.members("Psabridge API", "Ada Manager", "Grace Owner", "Linus Tech")
	for name, list := range d.words.setups {
		d.names(name, list...)
	}
	d.each(CompanyStatuses, func(e *entity, r *row) {
		r.set(e.index["defaultFlag"], r.id == 1)
		r.set(e.index["inactiveFlag"], r.id == 2)
		r.set(e.index["disallowSavingFlag"], r.id == 4)
	})
	d.each(CompanyTypes, func(e *entity, r *row) {
		r.set(e.index["defaultFlag"], r.id == 1)
		r.set(e.index["vendorFlag"], r.id == 3)
		r.set(e.index["serviceAlertFlag"], false)
	})
	d.each(Locations, func(e *entity, r *row) { r.set(e.index["structureLevel"], refID(1)) })
	d.each("countries", func(e *entity, r *row) {
		r.set(e.index["identifier"], [...]string{"US", "GB", "FR", "IL", "JP"}[r.id-1])
	})
	d.each("currencies", func(e *entity, r *row) {
		r.set(e.index["symbol"], "$")
		r.set(e.index["currencyCode"], [...]string{"USD", "EUR"}[r.id-1])
	})
	kinds := []string{"Technical Contact", "Billing", "Approver", "End User", "Décideur"}
	t := d.st.tables[ContactTypes]
	for _, text := range kinds {
		r := d.row(t)
		r.set(t.entity.index["description"], text)
		r.set(t.entity.index["defaultFlag"], r.id == 4)
		t.put(r)
	}
}

func (d *demo) members(names ...string) {
	t := d.st.tables[Members]
	for i, name := range names {
		first, last, _ := strings.Cut(name, " ")
		r := &row{id: t.next, updated: d.from, entered: d.from, by: "amanager"}
		for field, v := range map[string]any{
			"identifier": [...]string{"PsabridgeAPI", "amanager", "gowner", "ltech"}[i], "firstName": first, "lastName": last,
			"licenseClass": "F", "hireDate": d.from, "inactiveFlag": false, "adminFlag": i == 1, "customFields": []*row{},
		} {
			r.set(t.entity.index[field], v)
		}
		t.put(r)
	}
}

func (d *demo) names(table string, names ...string) {
	t := d.st.tables[table]
	for _, name := range names {
		r := &row{id: t.next, updated: d.from, entered: d.from, by: "amanager"}
		r.set(t.entity.index["name"], name)
		t.put(r)
	}
}

func (d *demo) each(table string, do func(*entity, *row)) {
	t := d.st.tables[table]
	for _, r := range t.rows {
		do(t.entity, r)
	}
}

// row starts a record of a table; ids have gaps where records were deleted, and a third of the times are equal.
func (d *demo) row(t *table) *row {
	updated := d.from + stamp(d.rng.IntN(demoSpan))
	if d.chance(33) {
		updated = demoBulk
	}
	entered := d.from + (updated-d.from)/2
	return &row{id: t.next, updated: updated, entered: entered, by: pick(d.rng, d.words.members)}
}

func (d *demo) chance(percent int) bool { return d.rng.IntN(100) < percent }

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

func (d *demo) companies(n int) {
	t := d.st.tables[Companies]
	assoc := d.st.tables[TypeAssociations]
	for i := range n {
		r := d.row(t)
		d.company(t.entity, r, i)
		t.put(r)
		t.next += d.rng.IntN(4) * d.rng.IntN(4)
		for _, kind := range d.types() {
			a := &row{id: assoc.next, updated: r.updated, entered: r.entered, by: r.by}
			a.set(assoc.entity.index["type"], refID(kind))
			a.set(assoc.entity.index["company"], refID(r.id))
			d.st.put(assoc, a)
		}
	}
}

// types of a company: usually one, sometimes none or two.
func (d *demo) types() []int {
	switch n := d.rng.IntN(20); {
	case n == 0:
		return nil
	case n == 1:
		return []int{1, 4}
	case n < 14:
		return []int{1}
	}
	return []int{1 + d.rng.IntN(7)}
}

func (d *demo) company(e *entity, r *row, i int) {
	set := func(name string, v any) { r.set(e.index[name], v) }
	name := d.companyName(i)
	set("identifier", fmt.Sprintf("%.14s%d", identifier(name), r.id))
	set("name", name)
	set("status", refID(1+d.skewed(6)))
	set("territory", refID(1+d.rng.IntN(6)))
	set("addressLine1", fmt.Sprintf("%d %s", 1+d.rng.IntN(9999), pick(d.rng, d.words.streets)))
	set("city", pick(d.rng, d.words.cities))
	set("country", refID(1+d.rng.IntN(5)))
	set("site", refID(1))
	set("billToCompany", refID(r.id))
	set("deletedFlag", false)
	set("leadFlag", d.chance(10))
	set("unsubscribeFlag", false)
	set("isVendorFlag", false)
	set("types", d.noRefs)
	set("customFields", d.noRows)
	if d.chance(80) {
		set("market", refID(1+d.rng.IntN(7)))
		set("phoneNumber", d.phone())
	}
	if d.chance(60) {
		set("website", "https://"+strings.ToLower(identifier(name))+".example")
		set("territoryManager", refID(2+d.rng.IntN(3)))
		set("numberOfEmployees", 1+d.rng.IntN(5000))
		set("annualRevenue", float64(d.rng.IntN(10_000_000))/4)
	}
	d.oddCompany(set, r)
}

// oddCompany adds what makes clients stumble.
func (d *demo) oddCompany(set func(string, any), r *row) {
	switch d.rng.IntN(40) {
	case 0:
		set("deletedFlag", true)
		set("dateDeleted", r.updated)
		set("deletedBy", r.by)
	case 1:
		set("phoneNumber", nil)
		set("website", "")
		set("market", nil)
	case 2:
		set("yearEstablished", 0) // stored long ago and no longer valid
	case 3:
		set("userDefinedField1", strings.Repeat("long ", 10))
		set("integratorTags", []any{"psabridge", "a,b"})
	case 4:
		set("customFields", []*row{d.customField(1, "Cabinet №", "Text", "R2-\"D2\""), d.customField(2, "Seats", "Number", 12.5)})
	}
}

func (d *demo) customField(id int, caption, kind string, value any) *row {
	f := customFields().sub
	r := &row{id: id}
	r.set(f.index["caption"], caption)
	r.set(f.index["type"], kind)
	r.set(f.index["entryMethod"], "EntryField")
	r.set(f.index["numberOfDecimals"], 0)
	r.set(f.index["value"], value)
	return r
}

// skewed prefers small numbers.
func (d *demo) skewed(n int) int { return d.rng.IntN(1 + d.rng.IntN(n)) }

func (d *demo) companyName(i int) string {
	if i%23 == 22 {
		return d.words.odd[i/23%len(d.words.odd)]
	}
	return pick(d.rng, d.words.last) + " " + pick(d.rng, d.words.trades) + " " + pick(d.rng, d.words.forms)
}

// identifier keeps the letters and digits of a name.
func identifier(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, name)
}

func (d *demo) phone() string {
	return fmt.Sprintf("(555) 01%d-%04d", d.rng.IntN(10), d.rng.IntN(10000))
}
