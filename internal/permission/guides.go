package permission

import "slices"

// Grant is a line of a guide's role, the value All in the columns named.
type Grant struct {
	Cell

	Levels []Level
	// Tables are the setup tables that the guide has customised Table Setup
	// to; nil means all of them.
	Tables []string
}

// Guide is the role that a guide asks for, as it stands there.
func Guide(s Source) []Grant {
	switch s {
	case Guide1:
		return guide1()
	case Guide2:
		return guide2()
	default:
		return nil
	}
}

func grants(module string, columns []Level, permissions ...string) []Grant {
	out := make([]Grant, len(permissions))
	for i, p := range permissions {
		out[i] = Grant{Cell: Cell{module, p}, Levels: columns}
	}
	return out
}

// guide1 covers what that guide syncs now and means to sync later.
func guide1() []Grant {
	read, full := []Level{Inquire}, levels()
	return slices.Concat(
		grants("Companies", read, "Company Maintenance", "Company/Contact Group Maintenance", "Configurations"),
		grants("Companies", full, "Contacts"),
		grants("Companies", read, "CRM/Sales Activities"),
		grants("Companies", full, "Manage Attachments"),
		grants("Companies", read, "Notes", "Team Members"),
		grants("Finance", full, "Accounting Interface"),
		grants("Finance", read, "Agreements"),
		grants("Finance", []Level{Add, Edit, Inquire}, "Invoicing"),
		grants("Procurement", read, "Product Catalog"),
		grants("Procurement", full, "Products", "Purchase Orders"),
		grants("Sales", read, "Closed Opportunity", "Opportunity", "Opportunity Finance"),
		grants("Sales", full, "Sales Orders"),
		grants("Service Desk", full, "Close Service Tickets", "Merge Tickets", "Resource Scheduling",
			"Service Ticket - Dependencies", "Service Tickets"),
		grants("Project", read, "Close Project Tickets", "Close Projects", "Project Contacts", "Project Headers",
			"Project Management", "Project Notes", "Project Phase", "Project Product", "Project Teams",
			"Project Ticket - Dependencies"),
		grants("Project", full, "Project Tickets"),
		grants("Time & Expense", full, "Time Entry"),
		grants("System", read, "API Reports", "Member Maintenance", "Member Maintenance - Finance", "Security Roles"),
		grants("System", []Level{Edit, Delete, Inquire}, "Table Setup"),
	)
}

// guide2 covers posting usage and opening tickets.
func guide2() []Grant {
	write := []Level{Add, Edit, Inquire}
	return slices.Concat(
		grants("Companies", []Level{Inquire}, "Company Maintenance"),
		grants("Service Desk", write, "Service Tickets", "Close Service Tickets"),
		[]Grant{{Cell: tableSetup(), Levels: []Level{Inquire}, Tables: []string{
			"Company / Company Status", "Service / Priority", "Service / Service Board", "Time / Work Type",
		}}},
		grants("Finance", write, "Agreements"),
		grants("Procurement", []Level{Inquire}, "Product Catalog"),
	)
}

// covers reports whether the grant holds the right.
func (g Grant) covers(r Right) bool {
	return g.Cell == r.Cell && slices.Contains(g.Levels, r.Level) &&
		(g.Tables == nil || r.Table == "" || slices.Contains(g.Tables, r.Table))
}

// names reports whether a guide's role holds the right.
func (s Source) names(r Right) bool {
	return slices.ContainsFunc(Guide(s), func(g Grant) bool { return g.covers(r) })
}

// Sources says who asks for a right.
func Sources(r Right) []Source {
	var out []Source
	for _, s := range []Source{Guide1, Guide2} {
		if s.names(r) {
			out = append(out, s)
		}
	}
	if out == nil {
		return []Source{Ours}
	}
	return out
}
