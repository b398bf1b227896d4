package syncer

import "github.com/psabridge/psabridge/internal/psa"

// deskTypes are the service desk's; off by default.
func deskTypes() []*Type {
	return []*Type{
		{
			Name:  "tickets",
			Label: "Service tickets",
			Path:  "/service/tickets",
			Fields: words(`id summary recordType board status workRole workType company site contact contactName
				contactPhoneNumber contactEmailAddress type subType item team owner priority serviceLocation source requiredDate
				budgetHours opportunity agreement severity impact externalXRef poNumber closedDate closedBy closedFlag actualHours
				approved dateResolved dateResponded resources parentTicketId hasChildTicket mergedParentTicket sla slaStatus
				location department customFields`),
			NameFields:  []string{"summary"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "ticket",
			Permission:  Permission{Module: "Service Desk", Name: "Service Tickets"},
		},
		{
			Name:  "time_entries",
			Label: "Time entries",
			Path:  "/time/entries",
			Fields: words(`id company chargeToId chargeToType member workType workRole agreement activity timeStart timeEnd
				hoursDeduct actualHours billableOption notes internalNotes hoursBilled hourlyRate enteredBy dateEntered invoice
				timeSheet status ticket project phase location department customFields`),
			NameFields:  []string{"notes"},
			Parent:      psa.Companies,
			ParentField: "company",
			Loose:       true, // internal time
			Callback:    "time",
			Permission:  Permission{Module: "Time & Expense", Name: "Time Entry"},
		},
		{
			Name:  "schedule_entries",
			Label: "Schedule entries",
			Path:  "/schedule/entries",
			Fields: words(`id objectId name member where dateStart dateEnd reminder status type span doneFlag acknowledgedFlag
				ownerFlag meetingFlag acknowledgedDate closeDate hours`),
			NameFields: []string{"name"},
			Callback:   "schedule",
			Permission: Permission{Module: "Service Desk", Name: "Resource Scheduling"},
		},
	}
}

// projectTypes are the projects'; off by default.
func projectTypes() []*Type {
	return []*Type{
		{
			Name:  projects,
			Label: "Projects",
			Path:  "/project/projects",
			Fields: words(`id name status type board company contact site manager agreement opportunity customerPO description
				estimatedStart estimatedEnd actualStart actualEnd scheduledStart scheduledEnd estimatedHours actualHours budgetHours
				percentComplete billingMethod billingAmount billingTerms billTime billExpenses billProducts closedFlag location
				department currency customFields`),
			NameFields:  []string{"name"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "project",
			Permission:  Permission{Module: "Project", Name: "Project Headers"},
		},
		{
			Name:  "project_tickets",
			Label: "Project tickets",
			Path:  "/project/tickets",
			Fields: words(`id summary isIssueFlag board status workRole workType project phase wbsCode company site contact
				contactName contactEmailAddress type subType item owner priority serviceLocation source requiredDate budgetHours
				opportunity agreement closedDate closedBy closedFlag actualHours approved resources estimatedStartDate
				scheduleStartDate scheduleEndDate location department customFields`),
			NameFields:  []string{"summary"},
			Parent:      psa.Companies,
			ParentField: "company",
			// Callbacks of tickets do not tell a project's from the service desk's.
			Permission: Permission{Module: "Project", Name: "Project Tickets"},
		},
		{
			Name:  "project_phases",
			Label: "Project phases",
			Path:  "/project/projects/{id}/phases",
			Fields: words(`id projectId description board status agreement opportunity parentPhase wbsCode billTime billExpenses
				billProducts markAsMilestoneFlag notes deadlineDate billingMethod scheduledHours scheduledStart scheduledEnd
				actualHours actualStart actualEnd budgetHours poNumber poAmount currency customFields`),
			NameFields: []string{"description"},
			Parent:     projects,
			Permission: Permission{Module: "Project", Name: "Project Phase"},
		},
	}
}

// projects is a parent too.
const projects psa.DataType = "projects"
