package cwsim

// projectEntities are projects and their parts.
func projectEntities() []*entity {
	return []*entity{
		declared(Projects, "Project", "/project/projects", `
		actualEnd:time actualHours:num actualStart:time agreement:@agreements
		billExpenses:Billable|DoNotBill|NoCharge|NoDefault billingAmount:num billingAttention:50
		billingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate! billingRateType:StaffMember|WorkRole
		billingTerms:@billingTerms billProducts:Billable|DoNotBill|NoCharge|NoDefault billProjectAfterClosedFlag:bool
		billTime:Billable|DoNotBill|NoCharge|NoDefault billToCompany:@companies billToContact:@contacts billToSite:@sites
		billUnapprovedTimeAndExpense:bool board:@boards! budgetAnalysis:ActualHours|BillableHours budgetFlag:bool
		budgetHours:num company:@companies! contact:@contacts customerPO:50 description:text currency:@currencies
		downpayment:num estimatedEnd:time! percentComplete:num estimatedExpenseRevenue:num estimatedHours:num
		estimatedProductRevenue:num estimatedStart:time! estimatedTimeRevenue:num expenseApprover:@members
		includeDependenciesFlag:bool includeEstimatesFlag:bool location:@locations department:@systemDepartments
		manager:@members name:100! opportunity:@opportunities projectTemplateId:int restrictDownPaymentFlag:bool
		scheduledEnd:time scheduledHours:num scheduledStart:time shipToCompany:@companies shipToContact:@contacts
		shipToSite:@sites site:@sites status:@projectStatuses closedFlag:bool timeApprover:@members type:@projectTypes
		doNotDisplayInPortalFlag:bool billingStartDate:time poAmount:num estimatedTimeCost:num estimatedExpenseCost:num
		estimatedProductCost:num taxCode:@taxCodes companyLocation:@locations overridePercentComplete:bool
		showOverridePercentFlag:bool customFields:custom
		`),
		declared(ProjectTickets, "ProjectTicket", "/project/tickets", `
		summary:100! isIssueFlag:bool board:@boards status:@ticketStatuses workRole:@workRoles workType:@workTypes
		project:@projects phase:@projectPhases! wbsCode:50 company:@companies site:@sites siteName:156 addressLine1:50
		addressLine2:50 city:50 stateIdentifier:50 zip:12 country:@countries contact:@contacts contactName:62
		contactPhoneNumber:20 contactPhoneExtension:15 contactEmailAddress:250 type:@ticketTypes subType:@ticketSubtypes
		item:@ticketItems owner:@members priority:@priorities serviceLocation:@serviceLocations source:@ticketSources
		requiredDate:time budgetHours:num opportunity:@opportunities agreement:@agreements agreementType:text
		knowledgeBaseCategoryId:int knowledgeBaseSubCategoryId:int knowledgeBaseLinkId:int
		knowledgeBaseLinkType:Activity|ProjectIssue|KnowledgeBaseArticle|ProjectTicket|ServiceTicket|Time
		allowAllClientsPortalView:bool customerUpdatedFlag:bool automaticEmailContactFlag:bool automaticEmailResourceFlag:bool
		automaticEmailCcFlag:bool automaticEmailCc:1000 closedDate:text closedBy:text closedFlag:bool actualHours:num
		approved:bool subBillingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate subBillingAmount:num subDateAccepted:text
		resources:text billTime:Billable|DoNotBill|NoCharge|NoDefault billExpenses:Billable|DoNotBill|NoCharge|NoDefault
		billProducts:Billable|DoNotBill|NoCharge|NoDefault predecessorType:Ticket|Phase predecessorId:int
		predecessorClosedFlag:bool lagDays:int lagNonworkingDaysFlag:bool estimatedStartDate:time location:@locations
		department:@systemDepartments duration:int scheduleStartDate:time scheduleEndDate:time mobileGuid:guid
		currency:@currencies initialDescription:text initialInternalAnalysis:text initialResolution:text
		contactEmailLookup:text processNotifications:bool skipCallback:bool customFields:custom
		`),
		declared(ProjectPhases, "ProjectPhase", "/project/phases", `
		projectId:int description:100! board:@boards status:@phaseStatuses agreement:@agreements opportunity:@opportunities
		department:@billingUnits parentPhase:@projectPhases wbsCode:50 billTime:Billable|DoNotBill|NoCharge|NoDefault
		billExpenses:Billable|DoNotBill|NoCharge|NoDefault billProducts:Billable|DoNotBill|NoCharge|NoDefault
		markAsMilestoneFlag:bool notes:text deadlineDate:time billSeparatelyFlag:bool
		billingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate scheduledHours:num scheduledStart:text scheduledEnd:text
		actualHours:num actualStart:text actualEnd:text budgetHours:num startDate:text endDate:text locationId:int
		businessUnitId:int hourlyRate:num billingStartDate:time billPhaseClosedFlag:bool billProjectClosedFlag:bool
		downpayment:num poNumber:25 poAmount:num estimatedTimeCost:num estimatedExpenseCost:num estimatedProductCost:num
		estimatedTimeRevenue:num estimatedExpenseRevenue:num estimatedProductRevenue:num currency:@currencies
		billToCompany:@companies billToContact:@contacts billToSite:@sites shipToCompany:@companies shipToContact:@contacts
		shipToSite:@sites billingTerms:@billingTerms taxCode:@taxCodes customFields:custom project:@projects
		`),
	}
}
