package cwsim

// serviceEntities are the service desk.
func serviceEntities() []*entity {
	return []*entity{
		declared(Boards, "Board", "/service/boards", `
		name:50! location:@locations! department:@systemDepartments! inactiveFlag:bool projectFlag:bool
		`),
		// Statuses belong to one board each: the same name has another id on another board.
		declared(TicketStatuses, "BoardStatus", "/service/statuses", `
		name:50! board:@boards sortOrder:int displayOnBoard:bool inactive:bool closedStatus:bool defaultFlag:bool
		`),
		declared(Priorities, "Priority", "/service/priorities", `
		name:50! color:text! sortOrder:int defaultFlag:bool level:Critical|High|Medium|Low
		`),
		declared(Tickets, "Ticket", "/service/tickets", `
		summary:100! recordType:ProjectIssue|ProjectTicket|ServiceTicket board:@boards status:@ticketStatuses
		workRole:@workRoles workType:@workTypes company:@companies! site:@sites siteName:156 addressLine1:50 addressLine2:50
		city:50 stateIdentifier:50 zip:12 country:@countries contact:@contacts contactName:62 contactPhoneNumber:20
		contactPhoneExtension:15 contactEmailAddress:250 type:@ticketTypes subType:@ticketSubtypes item:@ticketItems
		team:@serviceTeams owner:@members priority:@priorities serviceLocation:@serviceLocations source:@ticketSources
		requiredDate:time budgetHours:num opportunity:@opportunities agreement:@agreements agreementType:text
		severity:Low|Medium|High impact:Low|Medium|High externalXRef:100 poNumber:50 knowledgeBaseCategoryId:int
		knowledgeBaseSubCategoryId:int allowAllClientsPortalView:bool customerUpdatedFlag:bool automaticEmailContactFlag:bool
		automaticEmailResourceFlag:bool automaticEmailCcFlag:bool automaticEmailCc:1000 initialDescription:text
		initialInternalAnalysis:text initialResolution:text initialDescriptionFrom:text contactEmailLookup:text
		processNotifications:bool skipCallback:bool closedDate:text closedBy:text closedFlag:bool actualHours:num
		approved:bool estimatedExpenseCost:num estimatedExpenseRevenue:num estimatedProductCost:num
		estimatedProductRevenue:num estimatedTimeCost:num estimatedTimeRevenue:num
		billingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate billingAmount:num hourlyRate:num
		subBillingMethod:ActualRates|FixedFee|NotToExceed|OverrideRate subBillingAmount:num subDateAccepted:text
		dateResolved:text dateResplan:text dateResponded:text resolveMinutes:int resPlanMinutes:int respondMinutes:int
		respondByGoalUTC:time resplanGoalUTC:time resolutionGoalUTC:time escalationLastUpdateMinutes:int isInSla:bool
		knowledgeBaseLinkId:int resources:text parentTicketId:int hasChildTicket:bool hasMergedChildTicketFlag:bool
		knowledgeBaseLinkType:Activity|ProjectIssue|KnowledgeBaseArticle|ProjectTicket|ServiceTicket|Time
		billTime:Billable|DoNotBill|NoCharge|NoDefault billExpenses:Billable|DoNotBill|NoCharge|NoDefault
		billProducts:Billable|DoNotBill|NoCharge|NoDefault predecessorType:Ticket|Phase predecessorId:int
		predecessorClosedFlag:bool lagDays:int lagNonworkingDaysFlag:bool estimatedStartDate:time duration:int
		location:@locations department:@systemDepartments mobileGuid:guid sla:@slas slaStatus:text requestForChangeFlag:bool
		currency:@currencies mergedParentTicket:@tickets integratorTags:texts escalationStartDateUTC:text escalationLevel:int
		minutesBeforeWaiting:int respondedSkippedMinutes:int resplanSkippedMinutes:int respondedHours:num respondedBy:text
		resplanHours:num resplanBy:text resolutionHours:num resolvedBy:text minutesWaiting:int customFields:custom
		`),
		declared(TimeEntries, "TimeEntry", "/time/entries", `
		company:@companies companyType:text chargeToId:int
		chargeToType:Company|ServiceTicket|ProjectTicket|ChargeCode|Activity member:@members locationId:int businessUnitId:int
		businessGroupDesc:text location:@locations department:@billingUnits workType:@workTypes workRole:@workRoles
		agreement:@agreements agreementType:text activity:@activities opportunityRecid:int projectActivity:text territory:text
		timeStart:time! timeEnd:time hoursDeduct:num actualHours:num billableOption:Billable|DoNotBill|NoCharge|NoDefault
		notes:text internalNotes:text addToDetailDescriptionFlag:bool addToInternalAnalysisFlag:bool addToResolutionFlag:bool
		emailResourceFlag:bool emailContactFlag:bool emailCcFlag:bool emailCc:text hoursBilled:num invoiceHours:num
		hourlyCost:text enteredBy:text dateEntered:time invoice:@invoices mobileGuid:guid hourlyRate:num overageRate:num
		agreementHours:num agreementAmount:num agreementAdjustment:num adjustment:num invoiceReady:int timeSheet:@timeSheets
		status:text
		ticket:@tickets project:@projects phase:@projectPhases ticketBoard:text ticketStatus:text ticketType:text
		ticketSubType:text invoiceFlag:bool extendedInvoiceAmount:num locationName:text taxCode:@taxCodes customFields:custom
		`),
		declared(ScheduleEntries, "ScheduleEntry", "/schedule/entries", `
		objectId:int name:250 member:@members where:@serviceLocations dateStart:time dateEnd:time reminder:@reminders
		status:@scheduleStatuses type:@scheduleTypes! span:@scheduleSpans doneFlag:bool acknowledgedFlag:bool ownerFlag:bool
		meetingFlag:bool ticketType:text allowScheduleConflictsFlag:bool addMemberToProjectFlag:bool projectRoleId:int
		mobileGuid:guid acknowledgedDate:time closeDate:time notifyResource:bool notificationSent:bool
		notificationResponse:text hours:num startTimeSet:bool endTimeSet:bool
		`),
	}
}
