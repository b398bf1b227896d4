package cwsim

import (
	"fmt"
	"net/http"
)

// Names of the tables behind the further endpoints.
const (
	Opportunities   = "opportunities"
	Forecasts       = "forecastItems"
	Stages          = "opportunityStages"
	Probabilities   = "probabilities"
	Configurations  = "configurations"
	Catalog         = "catalog"
	Agreements      = "agreements"
	Additions       = "additions"
	Tickets         = "tickets"
	Boards          = "boards"
	Priorities      = "priorities"
	WorkTypes       = "workTypes"
	Projects        = "projects"
	ProjectTickets  = "projectTickets"
	ProjectPhases   = "projectPhases"
	SalesOrders     = "salesOrders"
	Products        = "products"
	Invoices        = "invoices"
	PurchaseOrders  = "purchaseOrders"
	TimeEntries     = "timeEntries"
	ScheduleEntries = "scheduleEntries"
	Activities      = "activities"
	CompanyGroups   = "companyGroups"
	CompanyNotes    = "companyNotes"
	CompanyTeams    = "companyTeams"
	agreementTypes  = "agreementTypes"
	ticketStatuses  = "ticketStatuses"
	configTypes     = "configurationTypes"
	subcategories   = "subcategories"
	orderStatuses   = "orderStatuses"
	scheduleTypes   = "scheduleTypes"
)

// furtherEndpoints are what a security role's other cells are about. Their records have the fields that creating one needs and
// those that people look at; whoever builds on one of them completes it.
func furtherEndpoints() []endpoint {
	const opportunity = "/sales/opportunities"
	return []endpoint{
		{path: opportunity, table: Opportunities, cell: "Sales: Opportunity", methods: "lgcpud"},
		{path: opportunity + "/{parentId}/forecast", table: Forecasts, cell: "Sales: Opportunity Finance", parent: "opportunity", methods: "pu"},
		{path: "/sales/stages", table: Stages, cell: tableSetup, setup: "Opportunities / Opportunity Stage", methods: "lgc"},
		{
			path: "/sales/probabilities", table: Probabilities, cell: tableSetup, setup: "Opportunities / Opportunity Probability",
			methods: "lgc",
		},
		{path: "/company/configurations", table: Configurations, cell: "Companies: Configurations", methods: "lgcpud"},
		{path: "/procurement/catalog", table: Catalog, cell: "Procurement: Product Catalog", methods: "lgcpud"},
		{path: "/finance/agreements", table: Agreements, cell: "Finance: Agreements", methods: "lgcpud"},
		{
			path: "/finance/agreements/{parentId}/additions", table: Additions, cell: "Finance: Agreements", parent: "agreement",
			methods: "lgcpud",
		},
		{path: "/service/tickets", table: Tickets, cell: "Service Desk: Service Tickets", methods: "lgcpud"},
		{path: "/service/boards", table: Boards, cell: tableSetup, setup: "Service / Service Board", methods: "lgc"},
		{path: "/service/priorities", table: Priorities, cell: tableSetup, setup: "Service / Priority", methods: "lgc"},
		{path: "/time/workTypes", table: WorkTypes, cell: tableSetup, setup: "Time / Work Type", methods: "lgc"},
		{path: "/project/projects", table: Projects, cell: "Project: Project Headers", methods: "lgc"},
		{path: "/project/tickets", table: ProjectTickets, cell: "Project: Project Tickets", methods: "lgc"},
		{path: "/project/projects/{parentId}/phases", table: ProjectPhases, cell: "Project: Project Phase", parent: "project", methods: "lgc"},
		{path: "/sales/orders", table: SalesOrders, cell: "Sales: Sales Orders", methods: "lgc"},
		{path: "/procurement/products", table: Products, cell: "Procurement: Products", methods: "lgc"},
		{path: "/finance/invoices", table: Invoices, cell: "Finance: Invoicing", methods: "lgc"},
		{path: "/procurement/purchaseorders", table: PurchaseOrders, cell: "Procurement: Purchase Orders", methods: "lgc"},
		{path: "/time/entries", table: TimeEntries, cell: "Time & Expense: Time Entry", methods: "lgc"},
		{path: "/schedule/entries", table: ScheduleEntries, cell: "Service Desk: Resource Scheduling", methods: "lgc"},
		{path: "/system/members", table: Members, cell: "System: Member Maintenance", methods: "lgc"},
		{path: "/sales/activities", table: Activities, cell: "Companies: CRM/Sales Activities", methods: "lgc"},
		{path: "/marketing/groups", table: CompanyGroups, cell: "Companies: Company/Contact Group Maintenance", methods: "lgc"},
		{path: "/company/companies/{parentId}/notes", table: CompanyNotes, cell: "Companies: Notes", parent: "company", methods: "lgc"},
		{path: "/company/companies/{parentId}/teams", table: CompanyTeams, cell: "Companies: Team Members", parent: "company", methods: "lgc"},
	}
}

// furtherRoutes are what is no list of records.
func furtherRoutes() []route {
	const path = "/sales/opportunities/{parentId}/forecast"
	forecast := endpoint{path: path, table: Forecasts, cell: "Sales: Opportunity Finance", parent: "opportunity"}
	return []route{newRoute(forecast, http.MethodGet, path, inquire, (*call).forecast)}
}

// forecast is one object with the items in it.
func (c *call) forecast() (response, error) {
	s := c.sim
	s.mu.RLock()
	defer s.mu.RUnlock()
	q, err := c.bind(&s.sw)
	if err != nil {
		return response{}, err
	}
	if err := s.st.list(q, c.params, false, &s.sw); err != nil {
		return response{}, err
	}
	rows, _ := q.rows()
	items := s.page(c.base, q, rows)
	return jsonResponse(http.StatusOK, fmt.Appendf(nil, `{"id":%d,"forecastItems":%s}`, c.parent, items)), nil
}

func furtherEntities() []*entity {
	var out []*entity
	for name, path := range map[string]string{
		agreementTypes: "/finance/agreements/types", ticketStatuses: "/service/statuses", configTypes: "/company/configurations/types",
		subcategories: "/procurement/subcategories", orderStatuses: "/sales/orders/statuses", scheduleTypes: "/schedule/types",
		Stages: "/sales/stages", WorkTypes: "/time/workTypes", CompanyGroups: "/marketing/groups",
	} {
		out = append(out, named(name, path))
	}
	out = append(out, salesEntities()...)
	out = append(out, financeEntities()...)
	out = append(out, serviceEntities()...)
	return append(out, companyEntities()...)
}

func thing(name, label, path string, fields ...field) *entity {
	object := string(label[0]|0x20) + label[1:]
	return indexed(entity{name: name, label: label, object: object, path: path, fields: fields})
}

func toCompany() refType { return to(Companies, "company", "identifier") }

func toContact() refType { return to(Contacts, "contact") }

func salesEntities() []*entity {
	rep := to(Members, "member", "identifier")
	return []*entity{
		thing(Opportunities, "Opportunity", "/sales/opportunities", str("name", 100).must(), moment("expectedCloseDate"),
			ref("stage", to(Stages, "stage")), ref("probability", to(Probabilities, "probability")), ref("primarySalesRep", rep).must(),
			ref("company", toCompany()).must(), ref("contact", toContact()).must(), str("notes", 0), moment("closedDate"),
			flag("closedFlag"), number("totalSalesTax"), customFields()),
		thing(Forecasts, "ForecastItem", "/sales/opportunities/forecast", ref("opportunity", to(Opportunities, "opportunity")).must(),
			str("forecastDescription", 50), number("quantity"), number("revenue"), number("cost"), flag("includeFlag"),
			choice("forecastType", "Agreement", "Inventory", "Labor", "Other", "Product", "Service").must()),
		indexed(entity{
			name: Probabilities, label: "Probability", object: "probability", path: "/sales/probabilities", title: "probability",
			fields: []field{integer("probability").within(0, 100).must()},
		}),
		thing(SalesOrders, "Order", "/sales/orders", ref("company", toCompany()).must(), ref("status", to(orderStatuses, "status")).must(),
			moment("orderDate"), ref("salesRep", rep).must(), number("total")),
		thing(Activities, "Activity", "/sales/activities", str("name", 100).must(), ref("company", toCompany()), ref("contact", toContact()),
			ref("assignTo", rep).must(), moment("dateStart"), moment("dateEnd"), str("notes", 0)),
	}
}

func financeEntities() []*entity {
	product := to(Catalog, "catalog", "identifier")
	return []*entity{
		indexed(entity{
			name: Catalog, label: "CatalogItem", object: "catalogItem", path: "/procurement/catalog", title: "identifier", unique: "identifier",
			fields: []field{
				str("identifier", 75).must(), str("description", 60).must(), flag("inactiveFlag"),
				ref("subcategory", to(subcategories, "subcategory")).must(),
				choice("productClass", "Agreement", "Bundle", "Inventory", "NonInventory", "Service"),
				number("price"), number("cost"), str("customerDescription", 6000).must(), flag("recurringFlag"), customFields(),
			},
		}),
		thing(Agreements, "Agreement", "/finance/agreements", str("name", 100).must(), ref("type", to(agreementTypes, "type")).must(),
			ref("company", toCompany()).must(), ref("contact", toContact()).must(), ref("parentAgreement", to(Agreements, "agreement")),
			moment("startDate"), moment("endDate"), flag("noEndingDateFlag"), flag("cancelledFlag"), moment("dateCancelled"),
			moment("billStartDate"), str("nextInvoiceDate", 0), flag("prorateFlag"),
			choice("agreementStatus", "Active", "Cancelled", "Expired", "Inactive"), customFields()),
		// The agreement is in the path: the model has only its id.
		thing(Additions, "Addition", "/finance/agreements/additions", ref("agreement", to(Agreements, "agreement")).unreturned(),
			ref("product", product).must(), number("quantity"), number("lessIncluded"), number("unitPrice"), number("unitCost"),
			choice("billCustomer", "Billable", "DoNotBill", "NoCharge").must(), moment("effectiveDate"), moment("cancelledDate"),
			flag("taxableFlag"), str("serialNumber", 50), str("invoiceDescription", 6000), str("description", 0),
			number("billedQuantity"), str("uom", 0), customFields()),
		thing(Products, "ProductItem", "/procurement/products", ref("catalogItem", product).must(), str("description", 60), number("quantity"),
			choice("billableOption", "Billable", "DoNotBill", "NoCharge", "NoDefault").must(), ref("company", toCompany())),
		thing(Invoices, "Invoice", "/finance/invoices", str("invoiceNumber", 15),
			choice("type", "Agreement", "CreditMemo", "DownPayment", "Miscellaneous", "Progress", "Standard").must(),
			ref("company", toCompany()).must(), moment("date"), number("total"), number("balance")),
		thing(PurchaseOrders, "PurchaseOrder", "/procurement/purchaseorders", str("poNumber", 50), ref("vendorCompany", toCompany()),
			moment("poDate"), number("total")),
	}
}

func serviceEntities() []*entity {
	member := to(Members, "member", "identifier")
	return []*entity{
		thing(Boards, "Board", "/service/boards", str("name", 50).must(), ref("location", to(Locations, "location")).must(),
			ref("department", to("departments", "department")).must(), flag("inactiveFlag"), flag("projectFlag")),
		thing(Priorities, "Priority", "/service/priorities", str("name", 50).must(), str("color", 0).must(), integer("sortOrder"),
			flag("defaultFlag"), choice("level", "Critical", "High", "Medium", "Low")),
		thing(Tickets, "Ticket", "/service/tickets", str("summary", 100).must(), ref("company", toCompany()).must(),
			ref("board", to(Boards, "board")), ref("status", to(ticketStatuses, "status")), ref("priority", to(Priorities, "priority")),
			ref("contact", toContact()), str("externalXRef", 100), flag("closedFlag"), moment("closedDate"),
			choice("recordType", "ServiceTicket", "ProjectTicket", "ProjectIssue").fixed(), flag("processNotifications").unreturned(),
			str("initialDescription", 0).onPost(), customFields()),
		thing(Projects, "Project", "/project/projects", str("name", 100).must(), ref("board", to(Boards, "board")).must(),
			ref("company", toCompany()).must(), moment("estimatedStart").must(), moment("estimatedEnd").must(),
			choice("billingMethod", "ActualRates", "FixedFee", "NotToExceed", "OverrideRate").must(), ref("manager", member)),
		thing(ProjectTickets, "ProjectTicket", "/project/tickets", str("summary", 100).must(), ref("project", to(Projects, "project")),
			ref("phase", to(ProjectPhases, "phase")).must(), ref("company", toCompany())),
		indexed(entity{
			name: ProjectPhases, label: "ProjectPhase", object: "projectPhase", path: "/project/phases", title: "description",
			fields: []field{str("description", 100).must(), ref("project", to(Projects, "project")), str("wbsCode", 50)},
		}),
		thing(TimeEntries, "TimeEntry", "/time/entries", ref("company", toCompany()), moment("timeStart").must(), moment("timeEnd"),
			number("actualHours"), ref("member", member), ref("workType", to(WorkTypes, "workType")), str("notes", 0)),
		thing(ScheduleEntries, "ScheduleEntry", "/schedule/entries", str("name", 250), ref("member", member), moment("dateStart"),
			moment("dateEnd"), ref("type", to(scheduleTypes, "type")).must()),
	}
}

func companyEntities() []*entity {
	return []*entity{
		thing(Configurations, "Configuration", "/company/configurations", str("name", 100).must(),
			ref("type", to(configTypes, "type")).must(), ref("company", toCompany()).must(), ref("contact", toContact()), flag("activeFlag"),
			str("serialNumber", 250), str("modelNumber", 250), str("tagNumber", 250), str("deviceIdentifier", 100), str("ipAddress", 50),
			customFields()),
		thing(CompanyNotes, "CompanyNote", "/company/companies/notes", str("text", 0).must(), flag("flagged"), ref("company", toCompany())),
		thing(CompanyTeams, "CompanyTeam", "/company/companies/teams", ref("company", toCompany()), ref("member", to(Members, "member", "identifier")),
			ref("contact", toContact()), flag("accountManagerFlag"), flag("techFlag"), flag("salesFlag")),
	}
}

// Tables lists the names of all tables, for Snapshot.
func (s *Simulator) Tables() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]string, 0, len(s.st.tables))
	for name := range s.st.tables {
		out = append(out, name)
	}
	return out
}

// further fills the small tables, without a draw of the generator: what the same seed gave before, it still gives.
func (d *demo) further() {
	d.names(Boards, "Help Desk", "Security", "Projects – intern")
	d.names(Priorities, "Priority 1 - Critical", "Priority 2 - High", "Priority 3 - Medium", "Priority 4 - Low")
	d.names(WorkTypes, "Remote", "On-site", "After hours")
	d.names(ticketStatuses, "New", "In Progress", "Closed")
	d.names(Stages, "Lead", "Quote", "Won")
	d.names(agreementTypes, "Managed Services", "Block Time")
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
			"subcategory": refID(1), "price": 3.5, "cost": 1.25, "inactiveFlag": false, "recurringFlag": true, "customFields": []*row{},
		} {
			r.set(t.entity.index[field], v)
		}
		t.put(r)
	}
}
