package cwsim

// financeEntities are what is billed.
func financeEntities() []*entity {
	return []*entity{
		declared(Agreements, "Agreement", "/finance/agreements", `
		name:100! type:@agreementTypes! company:@companies! contact:@contacts! site:@sites subContractCompany:@companies
		subContractContact:@contacts parentAgreement:@agreements customerPO:50 location:@locations
		department:@systemDepartments restrictLocationFlag:bool restrictDepartmentFlag:bool startDate:day endDate:day
		noEndingDateFlag:bool opportunity:@opportunities cancelledFlag:bool dateCancelled:day reasonCancelled:100 sla:@slas
		workOrder:20 internalNotes:text applicationUnits:Amount|Hours|Incidents applicationLimit:num
		applicationCycle:Contract2Weeks|Contract4Weeks|ContractYear|CalendarMonth|CalendarQuarter|CalendarWeek|ContractQuarter|CalendarYear
		applicationUnlimitedFlag:bool oneTimeFlag:bool coverAgreementTime:bool coverAgreementProduct:bool
		coverAgreementExpense:bool coverSalesTax:bool carryOverUnused:bool allowOverruns:bool expiredDays:int limit:int
		expireWhenZero:bool chargeToFirm:bool employeeCompRate:Actual|Hourly employeeCompNotExceed:Billing|Amount|Percent
		compHourlyRate:num compLimitAmount:num billingCycle:@billingCycles billOneTimeFlag:bool billingTerms:@billingTerms
		invoicingCycle:ContractYear|CalendarYear billToCompany:@companies billToContact:@contacts billToSite:@sites
		billAmount:num taxable:bool prorateFirstBill:num billStartDate:day taxCode:@taxCodes restrictDownPayment:bool
		prorateFlag:bool invoiceProratedAdditionsFlag:bool invoiceDescription:text topComment:bool bottomComment:bool
		workRole:@workRoles workType:@workTypes projectType:@projectTypes invoiceTemplate:@invoiceTemplates
		billTime:Billable|DoNotBill|NoCharge|NoDefault billExpenses:Billable|DoNotBill|NoCharge|NoDefault
		billProducts:Billable|DoNotBill|NoCharge|NoDefault billableTimeInvoice:bool billableExpenseInvoice:bool
		billableProductInvoice:bool currency:@currencies periodType:Current|Future|Both|Undefined autoInvoiceFlag:bool
		billZeroAmountFlag:bool nextInvoiceDate:day companyLocation:@locations shipToCompany:@companies
		shipToContact:@contacts shipToSite:@sites agreementStatus:Active|Cancelled|Expired|Inactive customFields:custom
		`),
		declared(agreementTypes, "AgreementType", "/finance/agreements/types", `
		name:50! defaultFlag:bool inactiveFlag:bool prorateFlag:bool connectWiseId:text
		`),
		declared(BillingCycles, "BillingCycle", "/finance/billingCycles", `
		identifier:5! name:50! defaultFlag:bool
		billingOptions:BiMonthly|BiWeekly|Monthly|NotRecurring|Quarterly|SemiAnnual|Weekly|Yearly! connectWiseId:text
		`),
		declared(Additions, "Addition", "/finance/agreements/additions", `
		product:@ivItem! quantity:num lessIncluded:num unitPrice:num unitCost:num billCustomer:Billable|DoNotBill|NoCharge!
		effectiveDate:day cancelledDate:day taxableFlag:bool serialNumber:50 invoiceDescription:6000 purchaseItemFlag:bool
		specialOrderFlag:bool agreementId:int description:text billedQuantity:num uom:text extPrice:num extCost:num
		sequenceNumber:num margin:num prorateCost:num proratePrice:num extendedProrateCost:num extendedProratePrice:num
		prorateCurrentPeriodFlag:bool opportunity:@opportunities agreementStatus:Active|Cancelled|Expired|Inactive
		invoiceGrouping:@invoiceGroupings customFields:custom agreement:@agreements
		`),
		declared(Invoices, "Invoice", "/finance/invoices", `
		invoiceNumber:15 type:Agreement|CreditMemo|DownPayment|Miscellaneous|Progress|Standard|Consolidated!
		status:@billingStatuses company:@companies! billToCompany:@companies shipToCompany:@companies accountNumber:text
		applyToType:All|Agreement|Project|ProjectPhase|SalesOrder|Ticket applyToId:int attention:60 shipToAttention:60
		billingSite:@sites billingSiteAddressLine1:text billingSiteAddressLine2:text billingSiteCity:text
		billingSiteState:text billingSiteZip:text billingSiteCountry:text shippingSite:@sites shippingSiteAddressLine1:text
		shippingSiteAddressLine2:text shippingSiteCity:text shippingSiteState:text shippingSiteZip:text
		shippingSiteCountry:text billingTerms:@billingTerms reference:50 customerPO:50 templateSetupId:int
		invoiceTemplate:@invoiceTemplates emailTemplateId:int addToBatchEmailList:bool date:time restrictDownpaymentFlag:bool
		locationId:int location:@locations departmentId:int department:@billingUnits territoryId:int territory:@locations
		topComment:text bottomComment:text taxableFlag:bool taxCode:@taxCodes internalNotes:text
		downpaymentPreviouslyTaxedFlag:bool serviceTotal:num overrideDownPaymentAmountFlag:bool currency:@currencies
		dueDate:time expenseTotal:num productTotal:num previousProgressApplied:num serviceAdjustmentAmount:num
		agreementAmount:num downpaymentApplied:num subtotal:num total:num remainingDownpayment:num salesTax:num
		adjustmentReason:text adjustedBy:text closedBy:text payments:num credits:num balance:num specialInvoiceFlag:bool
		billingSetupReference:@billingSetups ticket:@tickets project:@projects phase:@projectPhases salesOrder:@salesOrders
		agreement:@agreements glBatch:@batches unbatchedBatch:@batches customFields:custom
		`),
	}
}
