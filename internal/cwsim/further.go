package cwsim

import (
	"fmt"
	"net/http"
)

// Names of the tables behind the further endpoints.
const (
	Opportunities       = "opportunities"
	Forecasts           = "forecastItems"
	Stages              = "opportunityStages"
	OpportunityStatuses = "opportunityStatuses"
	OpportunityTypes    = "opportunityTypes"
	Probabilities       = "probabilities"
	Configurations      = "configurations"
	ConfigTypes         = "configurationTypes"
	ConfigStatuses      = "configurationStatuses"
	Catalog             = "catalog"
	Agreements          = "agreements"
	BillingCycles       = "billingCycles"
	Additions           = "additions"
	Tickets             = "tickets"
	TicketStatuses      = "ticketStatuses"
	Boards              = "boards"
	Priorities          = "priorities"
	WorkTypes           = "workTypes"
	Projects            = "projects"
	ProjectTickets      = "projectTickets"
	ProjectPhases       = "projectPhases"
	SalesOrders         = "salesOrders"
	Products            = "products"
	Invoices            = "invoices"
	PurchaseOrders      = "purchaseOrders"
	TimeEntries         = "timeEntries"
	ScheduleEntries     = "scheduleEntries"
	Activities          = "activities"
	CompanyGroups       = "companyGroups"
	CompanyGroupings    = "companyGroupings"
	CompanyNotes        = "companyNotes"
	CompanyTeams        = "companyTeams"
	agreementTypes      = "agreementTypes"
	subcategories       = "subcategories"
	orderStatuses       = "orderStatuses"
	scheduleTypes       = "scheduleTypes"
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
		{
			path: opportunity + "/statuses", table: OpportunityStatuses, cell: tableSetup, setup: "Opportunities / Opportunity Status",
			methods: "lgc",
		},
		{path: opportunity + "/types", table: OpportunityTypes, cell: tableSetup, setup: "Opportunities / Opportunity Type", methods: "lgc"},
		{path: "/company/configurations/types", table: ConfigTypes, cell: tableSetup, setup: "Company / Configuration", methods: "lgc"},
		{
			path: "/company/configurations/statuses", table: ConfigStatuses, cell: tableSetup, setup: "Company / Configuration Status",
			methods: "lgc",
		},
		{path: "/finance/agreements/types", table: agreementTypes, cell: tableSetup, setup: "Finance / Agreement Type", methods: "lgc"},
		{path: "/finance/billingCycles", table: BillingCycles, cell: tableSetup, setup: "Finance / Billing Cycle", methods: "lgc"},
		{path: "/company/configurations", table: Configurations, cell: "Companies: Configurations", methods: "lgcpud"},
		{path: "/procurement/catalog", table: Catalog, cell: "Procurement: Product Catalog", methods: "lgcpud"},
		{path: "/finance/agreements", table: Agreements, cell: "Finance: Agreements", methods: "lgcpud"},
		{
			path: "/finance/agreements/{parentId}/additions", table: Additions, cell: "Finance: Agreements", parent: "agreement",
			methods: "lgcpud",
		},
		{path: "/service/tickets", table: Tickets, cell: "Service Desk: Service Tickets", methods: "lgcpud"},
		{path: "/service/boards", table: Boards, cell: tableSetup, setup: "Service / Service Board", methods: "lgc"},
		{
			path: "/service/boards/{parentId}/statuses", table: TicketStatuses, cell: tableSetup, setup: "Service / Service Board",
			parent: "board", methods: "lgc",
		},
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
		{
			path: "/company/companies/{parentId}/groups", table: CompanyGroupings,
			cell: "Companies: Company/Contact Group Maintenance", parent: "company", methods: "lgc",
		},
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
	for _, list := range [][]*entity{
		salesEntities(), financeEntities(), procurementEntities(), serviceEntities(), projectEntities(), configurationEntities(), accountEntities(),
	} {
		out = append(out, list...)
	}
	for name, path := range map[string]string{
		subcategories: "/procurement/subcategories", orderStatuses: "/sales/orders/statuses",
		WorkTypes: "/time/workTypes", CompanyGroups: "/marketing/groups",
	} {
		out = append(out, named(name, path))
	}
	for _, e := range out {
		refine(e)
		e.derived = map[int]func(*state, *row) any{}
		for name, of := range derivations(e) {
			i, f := e.field(name)
			*f = f.fixed()
			e.derived[i] = of
		}
	}
	return out
}

// refine adds what the text of a declaration cannot say.
func refine(e *entity) {
	change := func(name string, how func(field) field) {
		i, _ := e.field(name)
		e.fields[i] = how(e.fields[i])
	}
	switch e.name {
	case Catalog:
		e.title, e.unique = "identifier", "identifier"
	case Probabilities:
		change("probability", func(f field) field { return f.within(0, 100) })
	case ProjectPhases:
		e.title = "description"
		change("project", field.unreturned)
	case Additions:
		// The agreement is in the path: the model has only its id.
		change("agreement", field.unreturned)
		change("billedQuantity", field.fixed)
	case Tickets:
		change("recordType", field.fixed)
		for _, name := range []string{"initialDescription", "initialInternalAnalysis", "initialResolution"} {
			change(name, func(f field) field { return f.onPost().unreturned() })
		}
		change("processNotifications", field.unreturned)
	case Members:
		change("password", field.unreturned)
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
