package cwsim

import "fmt"

// Names of the tables, for Put, Get, Delete and Snapshot.
const (
	Companies        = "companies"
	Contacts         = "contacts"
	CompanyTypes     = "companyTypes"
	CompanyStatuses  = "companyStatuses"
	TypeAssociations = "companyTypeAssociations"
	Locations        = "locations"
	Markets          = "markets"
	ContactTypes     = "contactTypes"
	Callbacks        = "callbacks"
	Members          = "members"
)

func to(table, href string, more ...string) refType {
	return refType{table: table, href: href, fields: append([]string{"id", "name"}, more...)}
}

// entities builds the schema of every table.
func entities() map[string]*entity {
	all := []*entity{companyEntity(), contactEntity(), callbackEntity()}
	all = append(all, setupEntities()...)
	all = append(all, smallSetups()...)
	all = append(all, furtherEntities()...)
	out := make(map[string]*entity, len(all))
	for _, e := range all {
		out[e.name] = e
	}
	return completed(out)
}

func userFields() []field {
	out := make([]field, 10)
	for i := range out {
		out[i] = str(fmt.Sprintf("userDefinedField%d", i+1), 50)
	}
	return out
}

func customFields() field {
	return objects("customFields", indexed(entity{name: "customFields", label: "CustomFieldValue", plain: true, fields: []field{
		str("caption", 0),
		choice("type", "TextArea", "Button", "Currency", "Date", "Hyperlink", "IPAddress", "Checkbox", "Number", "Percent", "Text", "Password"),
		choice("entryMethod", "Date", "EntryField", "List", "Option"),
		integer("numberOfDecimals"),
		{name: "value", kind: kindAny},
		str("connectWiseId", 0), integer("rowNum"), integer("userDefinedFieldRecId"), str("podId", 0),
	}}))
}

func companyEntity() *entity {
	fields := []field{
		str("identifier", 25).must(), str("name", 50).must(), ref("status", to(CompanyStatuses, "status")),
		str("addressLine1", 50), str("addressLine2", 50), str("city", 50), str("state", 50), str("zip", 12),
		ref("country", to("countries", "country", "identifier")),
		str("phoneNumber", 30), str("faxNumber", 30), str("website", 255),
		ref("territory", to(Locations, "location")), ref("market", to(Markets, "market")), str("accountNumber", 0),
		ref("defaultContact", to(Contacts, "contact")), moment("dateAcquired"), ref("sicCode", to("sicCodes", "sicCode")),
		ref("parentCompany", to(Companies, "company", "identifier")),
		number("annualRevenue"), number("creditLimit"), number("additionalDebt"), integer("numberOfEmployees"),
		integer("yearEstablished").within(1700, 2100), integer("revenueYear").within(1900, 2100),
		ref("ownershipType", to("ownershipTypes", "ownershipType")), ref("timeZoneSetup", to("timeZones", "timeZoneSetup")),
		str("leadSource", 50), flag("leadFlag"), flag("unsubscribeFlag"), ref("calendar", to("calendars", "calendar")),
	}
	fields = append(fields, userFields()...)
	fields = append(
		fields,
		str("vendorIdentifier", 0), str("taxIdentifier", 0), ref("taxCode", to("taxCodes", "taxCode")),
		ref("billingTerms", to("billingTerms", "billingTerms")), ref("invoiceTemplate", to("invoiceTemplates", "invoiceTemplate")),
		ref("pricingSchedule", to("pricingSchedules", "pricingSchedule")), ref("companyEntityType", to("entityTypes", "entityType")),
		ref("billToCompany", to(Companies, "company", "identifier")), ref("billingSite", to("sites", "site")),
		ref("billingContact", to(Contacts, "contact")), ref("invoiceDeliveryMethod", to("billingDeliveries", "billingDelivery")),
		ref("emailTemplate", to("emailTemplates", "emailTemplate")), str("invoiceToEmailAddress", 0), str("invoiceCCEmailAddress", 0),
		flag("deletedFlag"), moment("dateDeleted"), str("deletedBy", 0), guid("mobileGuid"),
		str("facebookUrl", 0), str("twitterUrl", 0), str("linkedInUrl", 0),
		ref("currency", toCurrency()),
		ref("territoryManager", to(Members, "member", "identifier", "dailyCapacity")), str("resellerIdentifier", 0), flag("isVendorFlag"),
		refs("types", to(CompanyTypes, "type")).onPost(), ref("site", to("sites", "site")),
		field{name: "integratorTags", kind: kindStrings}, customFields(),
	)
	return indexed(entity{
		name: Companies, label: "Company", object: "company", path: "/company/companies", unique: "identifier",
		fields: fields, links: companyLinks(),
	})
}

func contactEntity() *entity {
	fields := []field{
		str("firstName", 0).must(), str("lastName", 0), ref("company", to(Companies, "company", "identifier")), ref("site", to("sites", "site")),
		str("addressLine1", 0), str("addressLine2", 0), str("city", 0), str("state", 0), str("zip", 0),
		ref("country", to("countries", "country", "identifier")), ref("relationship", to("relationships", "relationship")),
		str("relationshipOverride", 0), ref("department", to("departments", "department")), flag("inactiveFlag"),
		integer("defaultMergeContactId"), str("securityIdentifier", 0), ref("managerContact", to(Contacts, "contact")),
		ref("assistantContact", to(Contacts, "contact")), str("title", 0), str("school", 0), str("nickName", 0),
		flag("marriedFlag"), flag("childrenFlag"), str("children", 0), str("significantOther", 0),
		str("portalPassword", 0).unreturned(), integer("portalSecurityLevel"), flag("disablePortalLoginFlag"), flag("unsubscribeFlag"),
		choice("gender", "Female", "Male"), str("birthDay", 0), str("anniversary", 0),
		choice("presence", "NoAgent", "Online", "DoNotDisturb", "Away", "Offline"), guid("mobileGuid"),
		str("facebookUrl", 0), str("twitterUrl", 0), str("linkedInUrl", 0),
		str("defaultPhoneType", 0), str("defaultPhoneNbr", 0), str("defaultPhoneExtension", 0), flag("defaultBillingFlag"), flag("defaultFlag"),
	}
	fields = append(fields, userFields()...)
	fields = append(
		fields,
		ref("companyLocation", to(Locations, "location")), objects("communicationItems", communicationItem()),
		refs("types", to(ContactTypes, "type")).fixed(), field{name: "integratorTags", kind: kindStrings}, customFields(),
		ref("photo", to("documents", "document")), flag("ignoreDuplicates").unreturned(),
		field{name: "typeIds", kind: kindInts, postOnly: true, hidden: true},
	)
	return indexed(entity{
		name: Contacts, label: "Contact", object: "contact", path: "/company/contacts", title: "firstName",
		fields: fields, links: contactLinks(),
	})
}

func communicationItem() *entity {
	return indexed(entity{name: "communicationItems", label: "ContactCommunicationItem", plain: true, fields: []field{
		ref("type", to("communicationTypes", "type", "coreEntityId")), str("value", 250), str("extension", 15),
		flag("defaultFlag"), str("domain", 0), choice("communicationType", "Email", "Fax", "Phone"),
	}})
}

func callbackEntity() *entity {
	return indexed(entity{name: Callbacks, label: "CallbackEntry", object: "callbackEntry", path: "/system/callbacks", fields: []field{
		str("description", 100), str("url", 0).must(), integer("objectId").must(), str("type", 0).must(), str("level", 0).must(),
		integer("memberId").fixed(), str("payloadVersion", 0), flag("inactiveFlag"), flag("isSoapCallbackFlag"),
		flag("isSelfSuppressedFlag"), str("connectWiseID", 0),
	}})
}

func companyLinks() []href {
	var out []href
	for _, sub := range []string{"sites", "teams", "managementSummaryReports", "notes", "typeAssociations"} {
		out = append(out, href{sub, "/company/companies/%d/" + sub})
	}
	for _, by := range []struct{ name, path string }{
		{"contacts", "/company/contacts"},
		{"agreements", "/finance/agreements"},
		{"tickets", "/service/tickets"},
		{"opportunities", "/sales/opportunities"},
		{"activities", "/sales/activities"},
		{"projects", "/project/projects"},
		{"configurations", "/company/configurations"},
		{"orders", "/sales/orders"},
	} {
		out = append(out, href{by.name, by.path + "?conditions=company/id=%d"})
	}
	return append(out, href{"documents", "/system/documents?recordType=Company&recordId=%d"})
}

func contactLinks() []href {
	var out []href
	for _, sub := range []string{"communications", "notes", "tracks", "portalSecurity"} {
		out = append(out, href{sub, "/company/contacts/%d/" + sub})
	}
	for _, by := range []struct{ name, path string }{
		{"activities", "/sales/activities"},
		{"configurations", "/company/configurations"},
		{"tickets", "/service/tickets"},
		{"opportunities", "/sales/opportunities"},
		{"projects", "/project/projects"},
	} {
		out = append(out, href{by.name, by.path + "?conditions=contact/id=%d"})
	}
	return append(out, href{"documents", "/system/documents?recordType=Contact&recordId=%d"})
}
