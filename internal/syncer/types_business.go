package syncer

import "github.com/psabridge/psabridge/internal/psa"

// businessTypes are what is sold, bought and billed; off by default.
func businessTypes() []*Type {
	return []*Type{
		{
			Name:  "sales_orders",
			Label: "Sales orders",
			Path:  "/sales/orders",
			Fields: words(`id company contact phone email site status opportunity orderDate dueDate billingTerms taxCode poNumber
				location department salesRep notes description billToCompany shipToCompany total taxTotal subTotal currency
				customFields`),
			NameFields:  []string{"description"},
			Parent:      psa.Companies,
			ParentField: "company",
			Permission:  Permission{Module: "Sales", Name: "Sales Orders"},
		},
		{
			Name:  "products",
			Label: "Products",
			Path:  "/procurement/products",
			Fields: words(`id catalogItem description sequenceNumber quantity unitOfMeasure price cost extPrice extCost discount
				margin priceMethod billableOption agreement vendor vendorSku taxableFlag cancelledFlag quantityCancelled
				cancelledReason customerDescription internalNotes ticket project phase salesOrder opportunity invoice purchaseDate
				taxCode integrationXRef listPrice serialNumbers company productClass customFields`),
			NameFields:  []string{"description"},
			Parent:      psa.Companies,
			ParentField: "company",
			Loose:       true, // of an invoice or an order, which has the company
			Permission:  Permission{Module: "Procurement", Name: "Products"},
		},
		{
			Name:  "invoices",
			Label: "Invoices",
			Path:  "/finance/invoices",
			Fields: words(`id invoiceNumber type status company billToCompany accountNumber applyToType applyToId attention
				billingTerms reference customerPO date dueDate taxableFlag taxCode serviceTotal expenseTotal productTotal
				agreementAmount downpaymentApplied subtotal total salesTax payments credits balance ticket project salesOrder
				agreement location department currency customFields`),
			NameFields:  []string{"invoiceNumber"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "invoice",
			Permission:  Permission{Module: "Finance", Name: "Invoicing"},
		},
		{
			// A purchase order's company is the vendor's, which no filter is about.
			Name:  "purchase_orders",
			Label: "Purchase orders",
			Path:  "/procurement/purchaseorders",
			Fields: words(`id poNumber poDate status closedFlag closedBy dateClosed vendorCompany vendorContact vendorOrderNumber
				vendorInvoiceNumber vendorInvoiceDate customerCompany customerContact terms shipmentDate shipmentMethod
				trackingNumber shippingInstructions internalNotes location warehouse taxCode freightCost salesTax subTotal total
				enteredBy currency customFields`),
			NameFields: []string{"poNumber"},
			Callback:   "purchaseorder",
			Permission: Permission{Module: "Procurement", Name: "Purchase Orders"},
		},
	}
}
