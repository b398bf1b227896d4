package cwsim

// configurationEntities are the devices of companies.
func configurationEntities() []*entity {
	return []*entity{
		declared(Configurations, "Configuration", "/company/configurations", `
		name:100! type:@configurationTypes! status:@configurationStatuses company:@companies! contact:@contacts site:@sites
		locationId:int location:@locations businessUnitId:int department:@systemDepartments deviceIdentifier:100
		serialNumber:250 modelNumber:50 tagNumber:50 purchaseDate:time installationDate:time installedBy:@members
		warrantyExpirationDate:time vendorNotes:text notes:text macAddress:25 lastLoginName:100 billFlag:bool
		backupSuccesses:int backupIncomplete:int backupFailed:int backupRestores:int lastBackupDate:time backupServerName:50
		backupBillableSpaceGb:num backupProtectedDeviceList:text backupYear:int backupMonth:int ipAddress:50 defaultGateway:50
		osType:250 osInfo:250 cpuSpeed:100 ram:25 localHardDrives:text parentConfigurationId:int vendor:@companies
		manufacturer:@manufacturers activeFlag:bool managementLink:1000 remoteLink:1000 sla:@slas mobileGuid:text
		displayVendorFlag:bool companyLocationId:int showRemoteFlag:bool showAutomateFlag:bool needsRenewalFlag:bool
		manufacturerPartNumber:50 questions:questions customFields:custom
		`),
		declared(ConfigTypes, "ConfigurationType", "/company/configurations/types", `name:50! inactiveFlag:bool systemFlag:bool connectWiseId:text`),
		declared(ConfigStatuses, "ConfigurationStatus", "/company/configurations/statuses", `
		description:50! closedFlag:bool defaultFlag:bool connectWiseId:text
		`).titled("description"),
	}
}

// accountEntities are what belongs to companies besides, and the people who look after them.
func accountEntities() []*entity {
	return []*entity{
		declared(CompanyNotes, "CompanyNote", "/company/companies/notes", `
		text:text! type:@noteTypes flagged:bool enteredBy:text company:@companies
		`),
		declared(CompanyTeams, "CompanyTeam", "/company/companies/teams", `
		company:@companies teamRole:@teamRoles! location:@locations department:@systemDepartments contact:@contacts
		member:@members accountManagerFlag:bool techFlag:bool salesFlag:bool
		`),
		declared(CompanyGroupings, "CompanyGroup", "/company/companies/groups", `
		group:@groups! company:@companies defaultContactFlag:bool allContactsFlag:bool removeAllContactsFlag:bool
		unsubscribeFlag:bool contactIds:ints
		`),
		declared(Members, "Member", "/system/members", `
		identifier:15! password:60 disableOnlineFlag:bool licenseClass:A|C|F|X! notes:text employeeIdentifer:10
		vendorNumber:text enableMobileGpsFlag:bool inactiveDate:time inactiveFlag:bool lastLogin:text clientId:text token:text
		firstName:30! middleInitial:1 lastName:30! hireDate:time! country:@countries photo:@documents officeEmail:250
		mobileEmail:250 homeEmail:250 defaultEmail:Office|Mobile|Home! primaryEmail:250 officePhone:15 officeExtension:10
		mobilePhone:15 mobileExtension:10 homePhone:15 homeExtension:10 defaultPhone:Office|Mobile|Home!
		securityRole:@securityRoles! mapiName:text calendarSyncIntegrationFlag:bool
		authenticationServiceType:AuthAnvil|GoogleAuthenticator|Email timebasedOneTimePasswordActivated:bool
		enableLdapAuthenticationFlag:bool ldapConfiguration:@ldapConfigurations ldapUserName:50
		directionalSync:@directionalSyncs signature:text phoneIntegrationType:TAPI|SKYPE|TEL|CALLTO|NONE
		useBrowserLanguageFlag:bool title:text reportCard:@reportCards enableMobileFlag:bool type:@memberTypes
		timeZone:@timeZones partnerPortalFlag:bool stsUserAdminUrl:text toastNotificationFlag:bool memberPersonas:ints
		adminFlag:bool structureLevel:@structureLevels securityLocation:@locations defaultLocation:@locations
		defaultDepartment:@systemDepartments reportsTo:@members restrictLocationFlag:bool restrictDepartmentFlag:bool
		workRole:@workRoles workType:@workTypes timeApprover:@members expenseApprover:@members billableForecast:num
		dailyCapacity:num hourlyCost:num hourlyRate:num includeInUtilizationReportingFlag:bool requireExpenseEntryFlag:bool
		requireTimeSheetEntryFlag:bool requireStartAndEndTimeOnTimeEntryFlag:bool allowInCellEntryOnTimeSheet:bool
		enterTimeAgainstCompanyFlag:bool allowExpensesEnteredAgainstCompaniesFlag:bool timeReminderEmailFlag:bool
		daysTolerance:int minimumHours:num timeSheetStartDate:text serviceDefaultLocation:@locations
		serviceDefaultDepartment:@systemDepartments serviceDefaultBoard:@boards restrictServiceDefaultLocationFlag:bool
		restrictServiceDefaultDepartmentFlag:bool excludedServiceBoardIds:ints teams:ints serviceBoardTeamIds:ints
		projectDefaultLocation:@locations projectDefaultDepartment:@systemDepartments projectDefaultBoard:@boards
		restrictProjectDefaultLocationFlag:bool restrictProjectDefaultDepartmentFlag:bool excludedProjectBoardIds:ints
		scheduleDefaultLocation:@locations scheduleDefaultDepartment:@systemDepartments scheduleCapacity:num
		serviceLocation:@serviceLocations restrictScheduleFlag:bool hideMemberInDispatchPortalFlag:bool calendar:@calendars
		salesDefaultLocation:@locations restrictDefaultSalesTerritoryFlag:bool warehouse:@warehouses
		warehouseBin:@warehouseBins restrictDefaultWarehouseFlag:bool restrictDefaultWarehouseBinFlag:bool
		companyActivityTabFormat:SummaryList|DetailList invoiceTimeTabFormat:SummaryList|DetailList
		invoiceScreenDefaultTabFormat:ShowInvoicingTab|ShowAgreementInvoicingTab
		invoicingDisplayOptions:RemainOnInvoicingScreen|ShowRecentInvoices
		agreementInvoicingDisplayOptions:RemainOnInvoicingScreen|ShowRecentInvoices autoStartStopwatch:bool
		autoPopupQuickNotesWithStopwatch:bool globalSearchDefaultTicketFilter:OpenRecords|ClosedRecords|AllRecords
		globalSearchDefaultSort:None|LastUpdatedDesc|LastUpdatedAsc|CreatedDesc|CreatedAsc phoneSource:text
		copyPodLayouts:bool copySharedDefaultViews:bool copyColumnLayoutsAndFilters:bool fromMemberRecId:int
		fromMemberTemplateRecId:int customFields:custom
		`),
	}
}
