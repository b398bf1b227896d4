package syncer

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/psabridge/psabridge/internal/psa"
)

// Type is a row of the types table: everything the engine needs to know of a
// data type. Adding a type is adding a row.
type Type struct {
	Name psa.DataType
	// Label is what people call it.
	Label string
	// Path below the API base. An {id} in it is a parent's: the type is read
	// parent by parent, and belongs to the parent that it was read under.
	Path string
	// Fields are kept, and are what is asked for, with _info.
	Fields []string
	// NameFields make up the record's name, joined by a space.
	NameFields []string
	// Parent is the type of the record that ParentField refers to; a record
	// whose parent is not kept is not kept either. "" if the type stands
	// alone. The parent of a type that is read parent by parent is not.
	Parent      psa.DataType
	ParentField string
	// Loose types have records that name no parent, which are kept.
	Loose bool
	// Filtered types have records that the connection's filter chooses among.
	Filtered bool
	// DeletedFlag names the boolean that marks a soft-deleted record.
	DeletedFlag string
	// Touched is a list whose entries change a record without touching it:
	// the record is the one that an entry's TouchedField refers to. "" if
	// there is none.
	Touched, TouchedField string
	// Callback is ConnectWise's name of the type in callbacks, "" if it tells
	// nobody about changes.
	Callback string
	// Permission is the security role cell that reading needs, as the
	// role's page in ConnectWise shows it.
	Permission Permission
	// Default says whether a new connection has it enabled; Always, that
	// every connection has, whatever people choose.
	Default, Always bool
}

// Permission is a cell of ConnectWise's security role table, level Inquire.
type Permission struct {
	Module string `json:"module"`
	Name   string `json:"name"`
}

// below is what stands for a parent's id in a path.
const below = "{id}"

// Under reports whether the type is read parent by parent.
func (t *Type) Under() bool { return strings.Contains(t.Path, below) }

// PathUnder is the path of the records of one parent.
func (t *Type) PathUnder(parent psa.RecordID) string {
	return strings.Replace(t.Path, below, strconv.FormatInt(int64(parent), 10), 1)
}

// table is made once: every message asks for rows of it.
var table = sync.OnceValue(func() []*Type { //nolint:gochecknoglobals // it never changes
	return slices.Concat(firstTypes(), guideTypes(), deskTypes(), projectTypes(), businessTypes(), companyTypes())
})

// Types returns the table, parents before children. Its rows are not to be
// changed.
func Types() []*Type { return slices.Clone(table()) }

// TypeNamed finds a row of the table.
func TypeNamed(name psa.DataType) (*Type, bool) {
	types := table()
	i := slices.IndexFunc(types, func(t *Type) bool { return t.Name == name })
	if i < 0 {
		return nil, false
	}
	return types[i], true
}

// childrenOf are the types whose records depend on those of a type.
func childrenOf(name psa.DataType) []*Type {
	return slices.DeleteFunc(Types(), func(t *Type) bool { return t.Parent != name })
}

// words splits a list of field names.
func words(list string) []string { return strings.Fields(list) }

// firstTypes are companies, which the filter chooses among, and their contacts.
func firstTypes() []*Type {
	return []*Type{
		{
			Name:  psa.Companies,
			Label: "Companies",
			Path:  "/company/companies",
			Fields: words(`id identifier name status types addressLine1 addressLine2 city state zip country phoneNumber faxNumber
				website territory market accountNumber defaultContact parentCompany timeZoneSetup leadFlag isVendorFlag deletedFlag
				dateDeleted customFields`),
			NameFields:  []string{"name"},
			Filtered:    true,
			DeletedFlag: "deletedFlag",
			// A company's types are associations, which have their own lastUpdated.
			Touched:      "/company/companyTypeAssociations",
			TouchedField: "company",
			Callback:     "company",
			Permission:   Permission{Module: "Companies", Name: "Company Maintenance"},
			Default:      true,
		},
		{
			Name:  psa.Contacts,
			Label: "Contacts",
			Path:  "/company/contacts",
			Fields: words(`id firstName lastName company site title department relationship inactiveFlag addressLine1 addressLine2
				city state zip country defaultPhoneType defaultPhoneNbr defaultPhoneExtension defaultFlag defaultBillingFlag
				communicationItems types customFields`),
			NameFields:  []string{"firstName", "lastName"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "contact",
			Permission:  Permission{Module: "Companies", Name: "Contacts"},
			Default:     true,
		},
	}
}

// guideTypes are what else the guides offer, and agreements, without which no
// usage can be posted.
func guideTypes() []*Type {
	return []*Type{
		{
			Name:  "opportunities",
			Label: "Opportunities",
			Path:  "/sales/opportunities",
			Fields: words(`id name expectedCloseDate type stage status priority notes probability source rating primarySalesRep
				secondarySalesRep company contact site customerPO dateBecameLead closedDate closedBy totalSalesTax currency
				technicalContact customFields`),
			NameFields:  []string{"name"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "opportunity",
			Permission:  Permission{Module: "Sales", Name: "Opportunity"},
			Default:     true,
		},
		{
			Name:  "configurations",
			Label: "Configurations",
			Path:  "/company/configurations",
			Fields: words(`id name type status company contact site location deviceIdentifier serialNumber modelNumber tagNumber
				purchaseDate installationDate warrantyExpirationDate vendorNotes notes macAddress lastLoginName billFlag ipAddress
				osType osInfo parentConfigurationId vendor manufacturer manufacturerPartNumber activeFlag managementLink remoteLink
				needsRenewalFlag questions customFields`),
			NameFields:  []string{"name"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "configuration",
			Permission:  Permission{Module: "Companies", Name: "Configurations"},
			Default:     true,
		},
		{
			Name:  "catalog",
			Label: "Product catalog",
			Path:  "/procurement/catalog",
			Fields: words(`id identifier description inactiveFlag subcategory type productClass category unitOfMeasure price cost
				priceAttribute taxableFlag customerDescription manufacturer manufacturerPartNumber vendor vendorSku integrationXRef
				recurringFlag recurringRevenue recurringCost recurringOneTimeFlag recurringBillCycle recurringCycleType
				billableOption agreementType customFields`),
			NameFields: []string{"identifier"},
			Callback:   "productcatalog",
			Permission: Permission{Module: "Procurement", Name: "Product Catalog"},
			Default:    true,
		},
		{
			Name:  psa.Agreements,
			Label: "Agreements",
			Path:  "/finance/agreements",
			Fields: words(`id name type company contact parentAgreement customerPO location department startDate endDate
				noEndingDateFlag cancelledFlag dateCancelled reasonCancelled oneTimeFlag billingCycle billOneTimeFlag billingTerms
				billToCompany billAmount taxable taxCode billStartDate prorateFirstBill prorateFlag invoiceProratedAdditionsFlag
				invoicingCycle billProducts billableProductInvoice currency periodType autoInvoiceFlag billZeroAmountFlag
				nextInvoiceDate agreementStatus customFields`),
			NameFields:  []string{"name"},
			Parent:      psa.Companies,
			ParentField: "company",
			Callback:    "agreement",
			Permission:  Permission{Module: "Finance", Name: "Agreements"},
			Default:     true, Always: true,
		},
	}
}
