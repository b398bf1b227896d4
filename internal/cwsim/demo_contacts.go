package cwsim

import (
	"fmt"
	"strings"
)

// contacts makes n contacts and hands them to companies; the number per company varies around the mean.
func (d *demo) contacts(n int) {
	t := d.st.tables[Contacts]
	companies := d.st.tables[Companies].rows
	if len(companies) == 0 {
		return
	}
	items := t.entity.fields[t.entity.index["communicationItems"]].sub
	for range n {
		r := d.row(t)
		d.contact(t.entity, items, r)
		if !d.chance(1) { // one in a hundred belongs to nobody
			r.set(t.entity.index["company"], refID(pick(d.rng, companies).id))
		}
		t.put(r)
		t.next += d.rng.IntN(3)
	}
}

func (d *demo) contact(e, items *entity, r *row) {
	set := func(name string, v any) { r.set(e.index[name], v) }
	first, last := pick(d.rng, d.words.first), pick(d.rng, d.words.last)
	set("firstName", first)
	if !d.chance(3) {
		set("lastName", last)
	}
	set("relationship", refID(1))
	set("inactiveFlag", d.chance(8))
	set("marriedFlag", false)
	set("childrenFlag", false)
	set("disablePortalLoginFlag", true)
	set("unsubscribeFlag", d.chance(5))
	set("defaultBillingFlag", false)
	set("defaultFlag", d.chance(30))
	set("types", d.noRefs)
	set("customFields", d.noRows)
	if d.chance(50) {
		set("title", pick(d.rng, d.words.titles))
	}
	if d.chance(20) {
		set("types", []any{refID(1 + d.rng.IntN(5))})
	}
	mail := fmt.Sprintf("%s.%s%d", identifier(first), identifier(last), r.id)
	set("communicationItems", d.items(items, r.id, strings.ToLower(mail)))
	d.oddContact(set)
}

// items are the ways to reach a contact: most have mail, many a phone, some nothing.
func (d *demo) items(e *entity, id int, mail string) []*row {
	out := []*row{}
	if d.chance(90) {
		r := &row{id: id*10 + 1}
		r.set(e.index["type"], refID(1))
		r.set(e.index["value"], mail+"@example.com")
		r.set(e.index["defaultFlag"], true)
		r.set(e.index["domain"], "@example.com")
		r.set(e.index["communicationType"], "Email")
		out = append(out, r)
	}
	if d.chance(40) {
		r := &row{id: id*10 + 2}
		r.set(e.index["type"], refID(2))
		r.set(e.index["value"], d.phone())
		r.set(e.index["defaultFlag"], true)
		r.set(e.index["communicationType"], "Phone")
		out = append(out, r)
	}
	return out
}

func (d *demo) oddContact(set func(string, any)) {
	switch d.rng.IntN(40) {
	case 0:
		set("firstName", pick(d.rng, d.words.odd))
	case 1:
		set("lastName", nil)
		set("title", "")
	case 2:
		set("nickName", strings.Repeat("é", 200))
	case 3:
		set("managerContact", map[string]any{"id": 999999999, "name": "Somebody who left"})
	}
}
