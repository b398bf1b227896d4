package cwsim

// Points about agreements, additions and invoices.
const (
	NextInvoiceFormat    = "nextInvoiceFormat"
	DateFormat           = "dateFormat"
	DateZone             = "dateZone"
	RaiseBilled          = "raiseBilled"
	BilledLineEdit       = "billedLineEdit"
	BilledLineDelete     = "billedLineDelete"
	BilledQuantity       = "billedQuantity"
	LessIncluded         = "lessIncluded"
	ProrateCurrentPeriod = "prorateCurrentPeriod"
	ProratedAdditions    = "proratedAdditions"
	CancelledDate        = "cancelledDate"
	InvoicedPeriod       = "invoicedPeriod"
)

// FinancePoints lists those that decide what is billed or how it is written. A simulated year is run under each of them.
func FinancePoints() []Point { return financePoints() }

func financePoints() []Point {
	formats := []string{"isoZ", "date", "isoNoZone", "localMidnight"}
	return []Point{
		{NextInvoiceFormat, "13.5", "How is nextInvoiceDate written?", formats},
		{DateFormat, "13.5", "How are the other dates without a time written?", formats},
		{DateZone, "13.5", "Which day is a date that is sent with a time and a zone?", []string{"civil", "serverZone"}},
		{
			RaiseBilled, "13.6", "What becomes of a raised quantity whose period is billed already?",
			[]string{"deferred", "refused", "prorated", "billedNext"},
		},
		{BilledLineEdit, "13.6", "What may change on a line that was billed?", []string{"everything", "endOnly", "nothing"}},
		{BilledLineDelete, "13.6", "May a line that was billed be deleted?", []string{"yes", "no"}},
		{BilledQuantity, "13.6", "Is billedQuantity that of the last invoice or of all?", []string{"last", "total"}},
		{LessIncluded, "13.7", "Is lessIncluded taken off the quantity that is billed?", []string{"subtracted", "ignored"}},
		{
			ProrateCurrentPeriod, "13.7", "Does prorateCurrentPeriodFlag of an addition outweigh its agreement's prorateFlag in the first period?",
			[]string{"no", "yes"},
		},
		{
			ProratedAdditions, "13.7", "When is the rest of an invoiced period billed, with invoiceProratedAdditionsFlag?",
			[]string{"nextInvoice", "atOnce"},
		},
		{CancelledDate, "8", "Is cancelledDate the last day that is billed, or the first that is not?", []string{"inclusive", "exclusive"}},
		{
			InvoicedPeriod, "8", "Which dates count as invoiced: those of periods on invoices, or all before the next invoice date?",
			[]string{"covered", "beforeNextInvoice"},
		},
	}
}
