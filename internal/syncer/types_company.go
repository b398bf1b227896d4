package syncer

import "github.com/psabridge/psabridge/internal/psa"

// companyTypes are the people at the MSP and what they know of companies; off
// by default.
func companyTypes() []*Type {
	return []*Type{
		{
			Name:  "members",
			Label: "Members",
			Path:  "/system/members",
			Fields: words(`id identifier firstName middleInitial lastName title inactiveFlag inactiveDate licenseClass hireDate
				officeEmail mobileEmail primaryEmail officePhone officeExtension mobilePhone defaultEmail defaultPhone
				securityRole timeZone type workRole workType reportsTo defaultLocation defaultDepartment adminFlag customFields`),
			NameFields: []string{"firstName", "lastName"},
			Callback:   "member",
			Permission: Permission{Module: "System", Name: "Member Maintenance"},
		},
		{
			Name:  "activities",
			Label: "Activities",
			Path:  "/sales/activities",
			Fields: words(`id name type company contact phoneNumber email status opportunity ticket agreement campaign notes
				dateStart dateEnd dateClosedUtc assignedBy assignTo scheduleStatus reminder where closeFlag currency customFields`),
			NameFields:  []string{"name"},
			Parent:      psa.Companies,
			ParentField: "company",
			Loose:       true,
			Callback:    "activity",
			Permission:  Permission{Module: "Companies", Name: "CRM/Sales Activities"},
		},
		{
			Name:       "company_groups",
			Label:      "Company groups",
			Path:       "/marketing/groups",
			Fields:     words(`id name`),
			NameFields: []string{"name"},
			Permission: Permission{Module: "Companies", Name: "Company/Contact Group Maintenance"},
		},
		{
			Name:       "company_notes",
			Label:      "Company notes",
			Path:       "/company/companies/{id}/notes",
			Fields:     words(`id text type flagged enteredBy company`),
			NameFields: []string{"text"},
			Parent:     psa.Companies,
			Permission: Permission{Module: "Companies", Name: "Notes"},
		},
		{
			Name:       "company_teams",
			Label:      "Team members",
			Path:       "/company/companies/{id}/teams",
			Fields:     words(`id company teamRole location department contact member accountManagerFlag techFlag salesFlag`),
			NameFields: nil,
			Parent:     psa.Companies,
			Permission: Permission{Module: "Companies", Name: "Team Members"},
		},
	}
}
