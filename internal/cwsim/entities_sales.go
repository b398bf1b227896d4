package cwsim

// salesEntities are what is sold, and to whom.
func salesEntities() []*entity {
	return []*entity{
		declared(Opportunities, "Opportunity", "/sales/opportunities", `
		name:100! expectedCloseDate:time type:@opportunityTypes stage:@opportunityStages status:@opportunityStatuses
		priority:@opportunityPriorities notes:text probability:@probabilities source:50 rating:@opportunityRatings
		campaign:@campaigns primarySalesRep:@members! secondarySalesRep:@members locationId:int businessUnitId:int
		company:@companies! contact:@contacts! site:@sites customerPO:25 pipelineChangeDate:time dateBecameLead:time
		closedDate:time closedBy:@members totalSalesTax:num shipToCompany:@companies shipToContact:@contacts shipToSite:@sites
		billToCompany:@companies billToContact:@contacts billToSite:@sites billingTerms:@billingTerms taxCode:@taxCodes
		currency:@currencies companyLocationId:int technicalContact:@contacts customFields:custom
		`),
		declared(Forecasts, "ForecastItem", "/sales/opportunities/forecast", `
		forecastDescription:50 opportunity:@opportunities! quantity:num bill:text quantityCancelled:num teStatusID:int
		billingLogRecID:int convertedRecID:int convertedAGRDetailRecID:int status:@opportunityStatuses! catalogItem:@ivItem
		productDescription:text productClass:text revenue:num cost:num margin:num percentage:int includeFlag:bool
		quoteWerksDocNo:20 quoteWerksDocName:255 quoteWerksQuantity:int forecastType:Other1|Other2|Agreement|Product|Service!
		linkFlag:bool recurringRevenue:num recurringCost:num recurringDateStart:time recurringDateEnd:time
		billCycle:@billingCycles cycleBasis:text cycles:int recurringFlag:bool sequenceNumber:num subNumber:int
		taxableFlag:bool
		`),
		declared(Stages, "OpportunityStage", "/sales/stages", `name:50! probability:@probabilities color:25 sequenceNumber:int connectWiseId:text`),
		declared(OpportunityStatuses, "OpportunityStatus", "/sales/opportunities/statuses", `
		name:30! wonFlag:bool lostFlag:bool closedFlag:bool inactiveFlag:bool defaultFlag:bool enteredBy:text dateEntered:time
		connectWiseId:text
		`),
		declared(OpportunityTypes, "OpportunityType", "/sales/opportunities/types", `
		description:50! inactiveFlag:bool connectWiseId:text
		`).titled("description"),
		declared(Probabilities, "Probability", "/sales/probabilities", `probability:int! connectWiseId:text`).titled("probability"),
		declared(SalesOrders, "Order", "/sales/orders", `
		company:@companies! contact:@contacts phone:text phoneExt:text email:text site:@sites status:@orderStatuses!
		opportunity:@opportunities orderDate:time dueDate:time billingTerms:@billingTerms taxCode:@taxCodes poNumber:50
		location:@locations department:@systemDepartments salesRep:@members! notes:text billClosedFlag:bool
		billShippedFlag:bool restrictDownpaymentFlag:bool description:text topCommentFlag:bool bottomCommentFlag:bool
		shipToCompany:@companies shipToContact:@contacts shipToSite:@sites billToCompany:@companies billToContact:@contacts
		billToSite:@sites productIds:ints documentIds:ints invoiceIds:ints configIds:ints total:num taxTotal:num
		currency:@currencies companyLocation:@locations subTotal:num customFields:custom
		`),
		declared(Activities, "Activity", "/sales/activities", `
		name:100! type:@activityTypes company:@companies contact:@contacts phoneNumber:30 phoneExtension:30 email:250
		status:@activityStatuses opportunity:@opportunities ticket:@tickets agreement:@agreements campaign:@campaigns
		notes:text dateStart:time dateEnd:time dateEndUtc:time dateClosedUtc:time assignedBy:@members assignTo:@members!
		scheduleStatus:@scheduleStatuses reminder:@reminders where:@serviceLocations notifyFlag:bool closeFlag:bool
		mobileGuid:guid currency:@currencies customFields:custom
		`),
	}
}
