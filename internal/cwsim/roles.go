package cwsim

import "slices"

// Level is how far a permission reaches.
type Level string

// The levels of a security role. The zero Level means None.
const (
	None Level = "None"
	Mine Level = "Mine"
	All  Level = "All"
)

// Rights is one line of a security role: what the four columns say.
type Rights struct {
	Add     Level `json:"add,omitempty"`
	Edit    Level `json:"edit,omitempty"`
	Delete  Level `json:"delete,omitempty"`
	Inquire Level `json:"inquire,omitempty"`
}

// Role is a security role. A cell is named "Module: Permission", such as "Companies: Company Maintenance".
type Role struct {
	Name string `json:"name"`
	// Everything grants all, whatever Cells says.
	Everything bool              `json:"everything,omitempty"`
	Cells      map[string]Rights `json:"cells,omitempty"`
	// Tables limits Table Setup to these setup tables, such as "Company / Company Status". Nil is no limit.
	Tables []string `json:"tables,omitempty"`
}

type verb int

const (
	inquire verb = iota
	add
	edit
	remove
)

// need is the cell that an endpoint asks for. An empty cell asks for nothing.
type need struct {
	cell  string
	table string // setup table, for cells of Table Setup
}

const tableSetup = "System: Table Setup"

func (r Role) level(n need, v verb, openTables bool) Level {
	if r.Everything || n.cell == "" {
		return All
	}
	if n.cell == tableSetup && v == inquire && openTables {
		return All
	}
	if n.cell == tableSetup && r.Tables != nil && !slices.Contains(r.Tables, n.table) {
		return None
	}
	rights := r.Cells[n.cell]
	level := [...]Level{inquire: rights.Inquire, add: rights.Add, edit: rights.Edit, remove: rights.Delete}[v]
	if level == "" {
		return None
	}
	return level
}

// FullRole grants everything.
func FullRole() Role { return Role{Name: "Admin", Everything: true} }

// NoRole grants nothing.
func NoRole() Role { return Role{Name: "No rights", Cells: map[string]Rights{}} }

// ReadRole grants Inquire: All on these cells and nothing else.
func ReadRole(name string, cells ...string) Role {
	r := Role{Name: name, Cells: map[string]Rights{}}
	for _, c := range cells {
		r.Cells[c] = Rights{Inquire: All}
	}
	return r
}

// GuideOneRole is the table of the setup guide that syncs companies, contacts, opportunities, configurations and catalog.
func GuideOneRole() Role {
	r := ReadRole(
		"Guide 1", "Companies: Company Maintenance", "Companies: Company/Contact Group Maintenance", "Companies: Configurations",
		"Companies: CRM/Sales Activities", "Companies: Notes", "Companies: Team Members", "Finance: Agreements",
		"Procurement: Product Catalog", "Sales: Closed Opportunity", "Sales: Opportunity", "Sales: Opportunity Finance",
		"Project: Close Project Tickets", "Project: Close Projects", "Project: Project Contacts", "Project: Project Headers",
		"Project: Project Management", "Project: Project Notes", "Project: Project Phase", "Project: Project Product",
		"Project: Project Teams", "Project: Project Ticket - Dependencies", "System: API Reports", "System: Member Maintenance",
		"System: Member Maintenance - Finance", "System: Security Roles",
	)
	full := Rights{Add: All, Edit: All, Delete: All, Inquire: All}
	for _, c := range []string{
		"Companies: Contacts", "Companies: Manage Attachments", "Finance: Accounting Interface", "Procurement: Products",
		"Procurement: Purchase Orders", "Sales: Sales Orders", "Service Desk: Close Service Tickets", "Service Desk: Merge Tickets",
		"Service Desk: Resource Scheduling", "Service Desk: Service Ticket - Dependencies", "Service Desk: Service Tickets",
		"Project: Project Tickets", "Time & Expense: Time Entry",
	} {
		r.Cells[c] = full
	}
	r.Cells["Finance: Invoicing"] = Rights{Add: All, Edit: All, Inquire: All}
	r.Cells[tableSetup] = Rights{Edit: All, Delete: All, Inquire: All}
	return r
}

// GuideTwoRole is the table of the setup guide that posts usage and opens tickets.
func GuideTwoRole() Role {
	r := ReadRole("Guide 2", "Companies: Company Maintenance", tableSetup, "Procurement: Product Catalog")
	write := Rights{Add: All, Edit: All, Inquire: All}
	for _, c := range []string{"Service Desk: Service Tickets", "Service Desk: Close Service Tickets", "Finance: Agreements"} {
		r.Cells[c] = write
	}
	r.Tables = []string{"Company / Company Status", "Service / Priority", "Service / Service Board", "Time / Work Type"}
	return r
}
