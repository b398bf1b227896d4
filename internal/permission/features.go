package permission

import (
	"net/http"

	"github.com/psabridge/psabridge/internal/psa"
)

// Features is the table, in the order in which people meet the features. Each
// asks for the least that its calls need; what the guides ask for beyond that
// is a Difference.
func Features() []Feature {
	rows := []Feature{
		{Name: Connection, Label: "Connection", Calls: []Call{{Method: http.MethodGet, Path: "/system/info"}}},
		callbacksRow(),
		filtersRow(),
		companiesRow(),
		reads("contacts", "Contacts", "/company/contacts", Cell{"Companies", "Contacts"}),
		opportunitiesRow(),
		reads("configurations", "Configurations", "/company/configurations", Cell{"Companies", "Configurations"}),
		reads("catalog", "Product catalog", "/procurement/catalog", Cell{"Procurement", "Product Catalog"}),
		reads("agreements", "Agreements", "/finance/agreements", Cell{"Finance", "Agreements"}),
		mappingRow(),
		usageRow(),
		ticketingRow(),
		closingRow(),
		writeBackRow(),
	}
	return append(rows, furtherTypes()...)
}

func inquire(c Cell) Right { return Right{Cell: c, Level: Inquire} }

// setup is reading one setup table. Its lists can be read without the right on
// some installations (facts, section 2); least rights name the one table.
func setup(path, table string) Call {
	return Call{Method: http.MethodGet, Path: path, Needs: Right{Cell: tableSetup(), Level: Inquire, Table: table}}
}

func tableSetup() Cell { return Cell{"System", "Table Setup"} }

func (c Call) without(what string) Call {
	c.Without = what
	return c
}

func get(path string, cell Cell) Call {
	return Call{Method: http.MethodGet, Path: path, Needs: inquire(cell)}
}

// reads is a data type that needs its own list and nothing else.
func reads(name psa.DataType, label, path string, cell Cell) Feature {
	return Feature{Name: Name(name), Label: label, Type: name, Calls: []Call{get(path, cell)}}
}

// callbacksRow: which right ConnectWise asks for is in no public material.
// Table Setup is a guess, and only guide 1's role has it with Edit.
func callbacksRow() Feature {
	need := func(l Level) Right { return Right{Cell: tableSetup(), Level: l, Table: "Integrator / Callbacks"} }
	const lost = "Changes arrive with the next scheduled sync instead of within seconds."
	return Feature{Name: Callbacks, Label: "Live updates", Calls: []Call{
		{Method: http.MethodGet, Path: "/system/callbacks", Needs: need(Inquire), Without: lost, Unless: true},
		{Method: http.MethodPost, Path: "/system/callbacks", Needs: need(Add), Without: lost, Unless: true},
		{Method: http.MethodPatch, Path: "/system/callbacks/{id}", Needs: need(Edit), Without: lost, Unless: true},
	}}
}

// filtersRow: a company's territory is a location, whose light form any API
// member may read.
func filtersRow() Feature {
	return Feature{Name: Filters, Label: "Filters", Calls: []Call{
		setup("/company/companies/types", "Company / Company Type").without("Companies cannot be filtered by type."),
		setup("/company/companies/statuses", "Company / Company Status").without("Companies cannot be filtered by status."),
		setup("/company/marketDescriptions", "Company / Market").without("Companies cannot be filtered by market."),
		{Method: http.MethodGet, Path: "/system/info/locations", Without: "Companies cannot be filtered by territory."},
	}}
}

// companiesRow: a company's types are associations, and changing them need not
// touch the company (spec 3.4).
func companiesRow() Feature {
	f := reads(psa.Companies, "Companies", "/company/companies", companies())
	f.Calls = append(f.Calls, get("/company/companyTypeAssociations", companies()))
	return f
}

func companies() Cell { return Cell{"Companies", "Company Maintenance"} }

// opportunitiesRow: closed opportunities and amounts have cells of their own,
// without which the list comes all the same, with less in it.
func opportunitiesRow() Feature {
	closed := get("/sales/opportunities", Cell{"Sales", "Closed Opportunity"}).without("Closed opportunities are not synced.")
	closed.Blind = "A list without closed opportunities looks like one of an MSP that has none."
	finance := get("/sales/opportunities/{id}/forecast", Cell{"Sales", "Opportunity Finance"}).without("Opportunities come without their amounts.")
	return Feature{Name: "opportunities", Label: "Opportunities", Type: "opportunities", Calls: []Call{
		get("/sales/opportunities", Cell{"Sales", "Opportunity"}), closed, finance,
	}}
}

func mappingRow() Feature {
	return Feature{Name: Mapping, Label: "Companies & agreements", Calls: []Call{
		get("/company/companies", companies()),
		setup("/company/companies/statuses", "Company / Company Status").
			without("Whether a company's status allows billing and tickets is known only when ConnectWise refuses one."),
		get("/finance/agreements", Cell{"Finance", "Agreements"}),
		get("/procurement/catalog", Cell{"Procurement", "Product Catalog"}),
	}}
}

// usageRow: lines are created and ended, never deleted.
func usageRow() Feature {
	agreements := Cell{"Finance", "Agreements"}
	return Feature{Name: Usage, Label: "Usage posting", Calls: []Call{
		get("/finance/agreements", agreements),
		{Method: http.MethodPost, Path: "/finance/agreements/{id}/additions", Needs: Right{Cell: agreements, Level: Add}},
		{Method: http.MethodPatch, Path: "/finance/agreements/{id}/additions/{id}", Needs: Right{Cell: agreements, Level: Edit}},
		get("/procurement/catalog", Cell{"Procurement", "Product Catalog"}),
	}}
}

func ticketingRow() Feature {
	tickets := Cell{"Service Desk", "Service Tickets"}
	return Feature{Name: Ticketing, Label: "Tickets", Calls: []Call{
		get("/service/tickets", tickets),
		{Method: http.MethodPost, Path: "/service/tickets", Needs: Right{Cell: tickets, Level: Add}},
		{Method: http.MethodPatch, Path: "/service/tickets/{id}", Needs: Right{Cell: tickets, Level: Edit}},
		setup("/service/boards", "Service / Service Board"),
		setup("/service/priorities", "Service / Priority").without("Tickets get their board's own priority."),
		setup("/time/workTypes", "Time / Work Type").without("Tickets get their board's own work type."),
		setup("/company/companies/statuses", "Company / Company Status").
			without("Whether a company's status allows tickets is known only when ConnectWise refuses one."),
		get("/company/contacts", Cell{"Companies", "Contacts"}).without("Tickets are not linked to the person concerned."),
		get("/company/configurations", Cell{"Companies", "Configurations"}).without("Tickets are not linked to the device concerned."),
	}}
}

// closingRow: guide 2 asks for Add as well, which would be opening a ticket
// that is closed already.
func closingRow() Feature {
	cell := Cell{"Service Desk", "Close Service Tickets"}
	const blind = "Only closing a real ticket would show it. Send a test ticket: it is closed again."
	read := get("/service/tickets", cell)
	read.Blind = blind
	return Feature{Name: Closing, Label: "Closing tickets", Calls: []Call{
		read,
		{Method: http.MethodPatch, Path: "/service/tickets/{id}", Needs: Right{Cell: cell, Level: Edit}, Blind: blind},
	}}
}

// writeBackRow: guide 1 writes quotes back and asks for Inquire alone, which
// cannot be enough.
func writeBackRow() Feature {
	finance := Cell{"Sales", "Opportunity Finance"}
	return Feature{Name: WriteBack, Label: "Opportunity write-back", Calls: []Call{
		get("/sales/opportunities", Cell{"Sales", "Opportunity"}),
		{Method: http.MethodPatch, Path: "/sales/opportunities/{id}", Needs: Right{Cell: Cell{"Sales", "Opportunity"}, Level: Edit}},
		get("/sales/opportunities/{id}/forecast", finance),
		{Method: http.MethodPost, Path: "/sales/opportunities/{id}/forecast", Needs: Right{Cell: finance, Level: Add}},
		{Method: http.MethodPatch, Path: "/sales/opportunities/{id}/forecast/{id}", Needs: Right{Cell: finance, Level: Edit}},
		setup("/sales/stages", "Opportunities / Opportunity Stage").without("A quote's stage is not written back."),
		setup("/sales/probabilities", "Opportunities / Opportunity Probability").without("A quote's probability is not written back."),
		get("/company/contacts", Cell{"Companies", "Contacts"}).without("A quote's contact is not written back."),
	}}
}

// furtherTypes are off by default (spec 2.5); guide 1 lists most of their cells.
func furtherTypes() []Feature {
	return []Feature{
		reads("tickets", "Service tickets", "/service/tickets", Cell{"Service Desk", "Service Tickets"}),
		reads("projects", "Projects", "/project/projects", Cell{"Project", "Project Headers"}),
		reads("project_tickets", "Project tickets", "/project/tickets", Cell{"Project", "Project Tickets"}),
		reads("project_phases", "Project phases", "/project/projects/{id}/phases", Cell{"Project", "Project Phase"}),
		reads("sales_orders", "Sales orders", "/sales/orders", Cell{"Sales", "Sales Orders"}),
		reads("products", "Products", "/procurement/products", Cell{"Procurement", "Products"}),
		reads("invoices", "Invoices", "/finance/invoices", Cell{"Finance", "Invoicing"}),
		reads("purchase_orders", "Purchase orders", "/procurement/purchaseorders", Cell{"Procurement", "Purchase Orders"}),
		reads("time_entries", "Time entries", "/time/entries", Cell{"Time & Expense", "Time Entry"}),
		reads("schedule_entries", "Schedule entries", "/schedule/entries", Cell{"Service Desk", "Resource Scheduling"}),
		reads("members", "Members", "/system/members", Cell{"System", "Member Maintenance"}),
		reads("activities", "Activities", "/sales/activities", Cell{"Companies", "CRM/Sales Activities"}),
		reads("company_groups", "Company groups", "/marketing/groups", Cell{"Companies", "Company/Contact Group Maintenance"}),
		reads("company_notes", "Company notes", "/company/companies/{id}/notes", Cell{"Companies", "Notes"}),
		reads("company_teams", "Team members", "/company/companies/{id}/teams", Cell{"Companies", "Team Members"}),
	}
}
