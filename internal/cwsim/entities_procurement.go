package cwsim

// procurementEntities are what is bought and what it is called.
func procurementEntities() []*entity {
	return []*entity{
		declared(Catalog, "CatalogItem", "/procurement/catalog", `
		identifier:75! description:60! inactiveFlag:bool subcategory:@subcategories! type:@productTypes!
		productClass:Agreement|Bundle|Inventory|NonInventory|Service serializedFlag:bool serializedCostFlag:bool
		phaseProductFlag:bool unitOfMeasure:@unitsOfMeasure minStockLevel:int price:num cost:num
		priceAttribute:FixedFee|NotToExceed|OverrideRate|TimeAndMaterials taxableFlag:bool dropShipFlag:bool
		specialOrderFlag:bool customerDescription:6000! manufacturer:@manufacturers manufacturerPartNumber:50
		vendor:@companies vendorSku:50 notes:text integrationXRef:50 sla:@slas entityType:@entityTypes recurringFlag:bool
		recurringRevenue:num recurringCost:num recurringOneTimeFlag:bool recurringBillCycle:@billingCycles
		recurringCycleType:ContractYear|CalendarYear calculatedPriceFlag:bool calculatedCostFlag:bool
		category:@productCategories calculatedPrice:num calculatedCost:num
		billableOption:Billable|DoNotBill|NoCharge|NoDefault connectWiseID:text agreementType:@agreementTypes
		markupPercentage:num markupFlag:bool autoUpdateUnitCostFlag:bool autoUpdateUnitPriceFlag:bool customFields:custom
		`),
		declared(Products, "ProductItem", "/procurement/products", `
		catalogItem:@catalog! description:2000 sequenceNumber:num quantity:num unitOfMeasure:@unitsOfMeasure price:num
		cost:num extPrice:num extCost:num discount:num margin:num agreementAmount:num
		priceMethod:FlatRateForRange|PercentMarkupFromCost|PercentMarkdownFromPrice|PricePerUnit
		billableOption:Billable|DoNotBill|NoCharge! agreement:@agreements locationId:int location:@locations
		businessUnitId:int businessUnit:@billingUnits vendor:@companies vendorSku:50 taxableFlag:bool dropshipFlag:bool
		specialOrderFlag:bool phaseProductFlag:bool cancelledFlag:bool quantityCancelled:num cancelledReason:100
		customerDescription:6000 internalNotes:1000 productSuppliedFlag:bool subContractorShipToId:int
		subContractorAmountLimit:num sla:@slas entityType:@entityTypes ticket:@tickets project:@projects phase:@projectPhases
		salesOrder:@salesOrders opportunity:@opportunities invoice:@invoices warehouseId:int warehouseIdObject:@warehouses
		warehouseBinId:int warehouseBinIdObject:@warehouseBins calculatedPriceFlag:bool calculatedCostFlag:bool
		forecastDetailId:int cancelledBy:int cancelledDate:time warehouse:text warehouseBin:text purchaseDate:time
		taxCode:@taxCodes integrationXRef:text listPrice:num serialNumberIds:ints serialNumbers:texts company:@companies
		forecastStatus:@opportunityStatuses productClass:Agreement|Bundle|Inventory|NonInventory|Service
		needToPurchaseFlag:bool needToOrderQuantity:int minimumStockFlag:bool shipSet:10 calculatedPrice:num
		calculatedCost:num invoiceGrouping:@invoiceGroupings poApprovedFlag:bool uom:text addComponentsFlag:bool
		ignorePricingSchedulesFlag:bool asioSubscriptionsID:guid bypassForecastUpdate:bool wonCost:num wonPrice:num
		wonQuantity:num customFields:custom
		`),
		declared(PurchaseOrders, "PurchaseOrder", "/procurement/purchaseorders", `
		businessUnitId:int businessUnit:@billingUnits cancelReason:text closedFlag:bool closedBy:text customerCity:text
		customerCompany:@companies customerContact:@contacts customerCountry:@countries customerExtension:text
		customerName:text customerPhone:text customerSite:@sites customerSiteName:text customerState:text
		customerStreetLine1:text customerStreetLine2:text customerZip:text dateClosed:time dropShipCustomerFlag:bool
		enteredBy:text freightCost:num freightPackingSlip:text freightTaxTotal:num internalNotes:text locationId:int
		location:@locations poDate:time poNumber:50 salesTax:num shipmentDate:time shipmentMethod:@shipmentMethods
		shippingInstructions:text status:@purchaseOrderStatuses! subTotal:num taxCode:@taxCodes taxFreightFlag:bool
		taxPoFlag:bool terms:@billingTerms! total:num trackingNumber:50 updateShipmentInfo:bool updateVendorOrderNumber:bool
		vendorCompany:@companies! vendorContact:@contacts vendorInvoiceDate:time vendorInvoiceNumber:50 vendorOrderNumber:50
		vendorSite:@sites warehouse:@warehouses warehouseContact:@contacts currency:@currencies customFields:custom
		`),
	}
}
