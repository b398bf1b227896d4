package cwsim

// setupEntities are the tables that have an endpoint of their own.
func setupEntities() []*entity {
	alert := []field{flag("defaultFlag"), flag("serviceAlertFlag"), str("serviceAlertMessage", 150), str("connectWiseId", 0)}
	return []*entity{
		indexed(entity{
			name: CompanyTypes, label: "CompanyType", object: "companyType", path: "/company/companies/types",
			fields: append([]field{str("name", 50).must(), flag("vendorFlag")}, alert...),
		}),
		indexed(entity{
			name: CompanyStatuses, label: "CompanyStatus", object: "companyStatus", path: "/company/companies/statuses", fields: []field{
				str("name", 50).must(), flag("defaultFlag"), flag("inactiveFlag"), flag("notifyFlag"), flag("disallowSavingFlag"),
				str("notificationMessage", 500), flag("customNoteFlag"), flag("cancelOpenTracksFlag"),
				ref("track", to("tracks", "track")), str("connectWiseId", 0),
			},
		}),
		indexed(entity{
			name: TypeAssociations, label: "CompanyTypeAssociation", object: "companyTypeAssociation", path: "/company/companyTypeAssociations",
			fields: []field{
				ref("type", to(CompanyTypes, "type")).must(), ref("company", to(Companies, "company", "identifier")).must(),
			},
		}),
		locationEntity(),
		indexed(entity{
			name: Markets, label: "MarketDescription", object: "marketDescription", path: "/company/marketDescriptions",
			fields: []field{str("name", 50).must(), str("connectWiseId", 0)},
		}),
		indexed(entity{
			name: ContactTypes, label: "ContactType", object: "contactType", path: "/company/contacts/types", title: "description",
			fields: append([]field{str("description", 50).must()}, alert...),
		}),
	}
}

func locationEntity() *entity {
	return indexed(entity{name: Locations, label: "Location", object: "location", path: "/system/locations", fields: []field{
		integer("ownerLevelId"), ref("structureLevel", to("structureLevels", "structureLevel")).must(), str("name", 50).must(),
		ref("manager", to(Members, "member", "identifier", "dailyCapacity")),
		ref("reportsTo", to(Locations, "location")), str("salesRep", 50),
		ref("timeZoneSetup", to("timeZones", "timeZoneSetup")), ref("calendar", to("calendars", "calendar")),
		str("overrideAddressLine1", 50), str("overrideAddressLine2", 50), str("overrideCity", 50), str("overrideState", 50),
		str("overrideZip", 12),
		ref("overrideCountry", to("countries", "country", "identifier")), str("overridePhoneNumber", 15), str("overrideFaxNumber", 15),
		str("owaUrl", 100), str("payrollXref", 10), flag("locationFlag"), flag("clientFlag"),
		{name: "workRoleIds", kind: kindInts},
		{name: "departmentIds", kind: kindInts},
	}})
}

// smallSetups are tables that only references point at.
func smallSetups() []*entity {
	var out []*entity
	for name, path := range map[string]string{
		"sicCodes": "/company/sicCodes", "ownershipTypes": "/company/ownershipTypes", "timeZones": "/system/timeZoneSetups",
		"calendars": "/schedule/calendars", "taxCodes": "/finance/taxCodes", "billingTerms": "/finance/billingTerms",
		"invoiceTemplates": "/finance/invoiceTemplates", "pricingSchedules": "/procurement/pricingschedules",
		"entityTypes": "/company/entityTypes", "sites": "/company/sites", "billingDeliveries": "/finance/deliveryMethods",
		"emailTemplates": "/system/emailTemplates", "relationships": "/company/contacts/relationships",
		"departments": "/company/contacts/departments", "documents": "/system/documents", "structureLevels": "/system/structureLevels",
		"tracks": "/company/tracks",
	} {
		out = append(out, named(name, path))
	}
	return append(
		out,
		named("countries", "/company/countries", str("identifier", 0)),
		named("communicationTypes", "/company/communicationTypes", str("coreEntityId", 0)),
		named("currencies", "/finance/currencies", str("symbol", 0), str("currencyCode", 0), str("decimalSeparator", 0),
			integer("numberOfDecimals"), str("thousandsSeparator", 0), flag("negativeParenthesesFlag"), flag("displaySymbolFlag"),
			str("currencyIdentifier", 0), flag("displayIdFlag"), flag("rightAlign")),
	)
}

func named(name, path string, more ...field) *entity {
	return indexed(entity{name: name, label: name, object: name, path: path, fields: append([]field{str("name", 0)}, more...)})
}
