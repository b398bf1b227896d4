package cwsim

// further fills the small tables, without a draw of the generator: what the same seed gave before, it still gives.
func (d *demo) further() {
	d.names(Boards, "Help Desk", "Security", "Projects – intern")
	d.names(Priorities, "Priority 1 - Critical", "Priority 2 - High", "Priority 3 - Medium", "Priority 4 - Low")
	d.names(WorkTypes, "Remote", "On-site", "After hours")
	for range d.st.tables[Boards].rows {
		d.names(TicketStatuses, "New", "In Progress", "Closed")
	}
	d.each(TicketStatuses, func(e *entity, r *row) {
		r.set(e.index["board"], refID(1+(r.id-1)/3))
		r.set(e.index["defaultFlag"], r.id%3 == 1)
		r.set(e.index["closedStatus"], r.id%3 == 0)
	})
	d.names(Stages, "Lead", "Quote", "Won")
	d.names(agreementTypes, "Managed Services", "Block Time")
	d.names(BillingCycles, cycleNames()...)
	d.names(ConfigTypes, "Workstation", "Server", "Firewall", "Printer")
	d.described(ConfigStatuses, "Active", "Spare", "Retired")
	d.names(OpportunityStatuses, "Open", "Won", "Lost", "No decision")
	d.described(OpportunityTypes, "New business", "Renewal", "Add-on")
	d.names(CompanyGroups, "Newsletter", "Beta testers")
	for name, list := range d.words.smallSetups() {
		d.names(name, list...)
	}
	d.each(BillingCycles, func(e *entity, r *row) {
		r.set(e.index["identifier"], string([]rune(r.str(e.index["name"]))[:3]))
		r.set(e.index["billingOptions"], cycleOptions()[r.id-1])
	})
	d.each(OpportunityStatuses, func(e *entity, r *row) {
		r.set(e.index["wonFlag"], r.id == 2)
		r.set(e.index["lostFlag"], r.id == 3)
		r.set(e.index["closedFlag"], r.id > 1)
		r.set(e.index["inactiveFlag"], false)
	})
	d.names(subcategories, "Security", "Software")
	d.each(Boards, func(e *entity, r *row) { r.set(e.index["location"], refID(1)) })
	d.each(Priorities, func(e *entity, r *row) {
		r.set(e.index["color"], "#FF0000")
		r.set(e.index["level"], [...]string{"Critical", "High", "Medium", "Low"}[r.id-1])
	})
	t := d.st.tables[Probabilities]
	for _, percent := range []int{0, 25, 50, 90, 100} {
		r := &row{id: t.next, updated: d.from, entered: d.from, by: "amanager"}
		r.set(t.entity.index["probability"], percent)
		t.put(r)
	}
	d.catalog()
}

// described fills a table whose records are known by their description.
func (d *demo) described(table string, texts ...string) {
	t := d.st.tables[table]
	for _, text := range texts {
		r := &row{id: t.next, updated: d.from, entered: d.from, by: "amanager"}
		r.set(t.entity.index["description"], text)
		t.put(r)
	}
}

// cycleOptions are the billing options of the billing cycles, the commonest first, and cycleNames what people call them.
func cycleOptions() []string {
	return []string{"Monthly", "Quarterly", "Yearly", "SemiAnnual", "BiMonthly", "Weekly", "BiWeekly", "NotRecurring"}
}

func cycleNames() []string {
	return []string{"Monthly", "Quarterly", "Annual", "Semi-annual", "Every two months", "Weekly", "Every two weeks", "One time"}
}

func (d *demo) catalog() {
	t := d.st.tables[Catalog]
	for _, name := range []string{"EMAIL-CORE", "EMAIL-PROTECT", "ATO", "DMARC", "BUNDLE-ALL"} {
		r := &row{id: t.next, updated: d.from, entered: d.from, by: "amanager"}
		class := "Agreement"
		if name == "BUNDLE-ALL" {
			class = "Bundle"
		}
		for field, v := range map[string]any{
			"identifier": name, "description": "Seats of " + name, "customerDescription": "Seats of " + name, "productClass": class,
			"subcategory": refID(1), "type": refID(1), "price": 3.5, "cost": 1.25, "inactiveFlag": false, "recurringFlag": true, "customFields": []*row{},
		} {
			r.set(t.entity.index[field], v)
		}
		t.put(r)
	}
}
