package cwsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A run knows what it asked for, in order and once, and what it was answered.
func TestAsked(t *testing.T) {
	t.Parallel()
	sim := New(Config{Companies: 1, Now: clock, Trace: true, Switches: Switches{Points: map[string]string{DateFormat: "date", LessIncluded: "ignored"}}})
	id, err := sim.Put(Agreements, map[string]any{
		"name": "Managed", "company": map[string]any{"id": 1}, "type": map[string]any{"id": 1}, "startDate": "2026-01-01", "billStartDate": "2026-01-01",
		"billingCycle": map[string]any{"id": 1}, "noEndingDateFlag": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	asks := func(what string, do func(), want ...Asked) {
		t.Helper()
		before := len(sim.Asked())
		do()
		if diff := cmp.Diff(want, sim.Asked()[before:], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	read := func() { sim.Get(Agreements, id) }
	asks("reading", read, Asked{Point: DateFormat, Answer: "date"}, Asked{Point: NextInvoiceFormat})
	asks("reading again", read)
	line := map[string]any{
		"agreementId": id, "product": map[string]any{"id": 1}, "quantity": 5, "unitPrice": 2, "billCustomer": "Billable", "effectiveDate": "2026-01-01",
	}
	put(t, sim, Additions, line)
	invoice := func() {
		if _, err := sim.InvoiceAgreement(id, clock()); err != nil {
			t.Error(err)
		}
	}
	asks("a line that is open and has no included units", invoice)
	line["lessIncluded"] = 2
	put(t, sim, Additions, line)
	asks("a line that is billed again, and one with included units", invoice,
		Asked{Point: BilledQuantity, Value: "total", Answer: "false"}, Asked{Point: LessIncluded, Value: "ignored", Answer: "true"})
	if plain := New(Config{Now: clock}); plain.Asked() != nil {
		t.Error("it keeps what nobody wants to know")
	}
}
