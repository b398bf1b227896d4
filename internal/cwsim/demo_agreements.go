package cwsim

import "fmt"

// agreement makes an agreement of a company with a few additions, and now and then a child of it.
func (d *demo) agreement(c *row) {
	kind := d.skewed(len(cycleNames()))
	cycle := refID(1 + kind)
	begin := d.today.month().add(-40 * (1 + d.rng.IntN(20))).month()
	next := d.nextInvoice(cycleOptions()[kind], begin)
	r := d.add(
		Agreements, "name", fmt.Sprintf("Managed Services %d", d.st.tables[Agreements].next), "type", d.some(2), "company", refID(c.id),
		"contact", d.contactRef(c.id), "startDate", begin, "noEndingDateFlag", true, "cancelledFlag", false, "billStartDate", begin,
		"billingCycle", cycle, "nextInvoiceDate", next, "prorateFlag", d.chance(30), "invoiceProratedAdditionsFlag", false, "periodType", "Current",
		"billAmount", float64(d.rng.IntN(2000)), "taxable", true, "autoInvoiceFlag", false, "customFields", d.noRows,
	)
	d.oddAgreement(r)
	for range d.rng.IntN(4) {
		d.addition(r, max(begin, next.month().add(-31*d.rng.IntN(12)).month()))
	}
	if d.chance(10) {
		child := d.add(
			Agreements, "name", "Child of "+r.str(d.st.tables[Agreements].entity.index["name"]), "type", d.some(2), "company", refID(c.id),
			"contact", d.contactRef(c.id), "parentAgreement", refID(r.id), "startDate", begin, "billStartDate", begin, "billingCycle", cycle,
			"noEndingDateFlag", true, "cancelledFlag", false, "prorateFlag", false, "customFields", d.noRows,
		)
		d.addition(child, begin)
	}
	d.st.tables[Agreements].next += d.rng.IntN(2)
}

// nextInvoice usually begins the next period, sometimes the present one, and now and then it is far ahead or long ago.
func (d *demo) nextInvoice(option string, begin stamp) stamp {
	c := cycle{anchor: begin, first: begin}
	if c.months, c.days = cycleLength(option); !c.recurs() {
		return d.today.month().months(1)
	}
	switch n := d.rng.IntN(20); {
	case n < 13:
		return c.following(d.today)
	case n < 18:
		return c.begin(d.today)
	case n == 18:
		return c.following(c.following(d.today))
	}
	return begin
}

func (d *demo) oddAgreement(r *row) {
	at := d.st.tables[Agreements].entity.index
	switch d.rng.IntN(25) {
	case 0:
		r.set(at["cancelledFlag"], true)
		r.set(at["dateCancelled"], d.today.add(-30))
		r.set(at["reasonCancelled"], "Moved away")
	case 1:
		r.set(at["noEndingDateFlag"], false)
		r.set(at["endDate"], d.today.add(-20))
	case 2:
		r.set(at["contact"], nil)
		r.set(at["billingCycle"], nil)
	case 3:
		r.set(at["name"], pick(d.rng, d.words.odd))
	case 4:
		r.set(at["billStartDate"], d.today.month().add(14))
	}
}

func (d *demo) addition(agreement *row, from stamp) {
	at := d.st.tables[Catalog].entity.index
	product := d.st.tables[Catalog].rows[d.rng.IntN(min(25, len(d.st.tables[Catalog].rows)))]
	if product.str(at["productClass"]) == "Bundle" {
		return // those cannot be added to agreements
	}
	r := d.add(
		Additions, "agreement", refID(agreement.id), "product", refID(product.id), "quantity", float64(1+d.rng.IntN(60)), "lessIncluded", 0.0,
		"unitPrice", product.get(at["price"]), "unitCost", product.get(at["cost"]), "billCustomer", "Billable", "effectiveDate", from,
		"taxableFlag", true, "description", product.str(at["description"]), "invoiceDescription", product.str(at["description"]),
		"uom", "Each", "billedQuantity", 0.0, "sequenceNumber", 1.0, "customFields", d.noRows,
	)
	if d.chance(10) {
		r.set(d.st.tables[Additions].entity.index["cancelledDate"], from.months(1).add(-1))
	}
}
