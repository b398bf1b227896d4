package cwsim

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// desk is an agreement that tests bill: 10 of product 1 at 3.50 from the 1st of January.
type desk struct {
	*api

	agreement, addition int
}

func onDay(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

func ref1(id int) map[string]any { return map[string]any{"id": id} }

// agreed makes an agreement with what is given and one addition.
func agreed(t *testing.T, members map[string]any) desk {
	t.Helper()
	a := start(t, Config{Companies: 1})
	a.sim.SetClock(onDay("2026-01-10"))
	d := desk{api: a}
	all := map[string]any{
		"name": "Managed", "company": ref1(a.sim.IDs(Companies)[0]), "type": ref1(1), "billingCycle": map[string]any{"name": "Monthly"},
		"startDate": "2026-01-01", "billStartDate": "2026-01-01", "prorateFlag": false, "noEndingDateFlag": true,
	}
	maps.Copy(all, members)
	d.agreement = put(t, a.sim, Agreements, all)
	d.addition = d.line(map[string]any{})
	return d
}

// line puts an addition without asking the rules.
func (d desk) line(members map[string]any) int {
	d.t.Helper()
	all := map[string]any{
		"agreementId": d.agreement, "product": ref1(1), "quantity": 10, "unitPrice": 3.5, "billCustomer": "Billable", "effectiveDate": "2026-01-01",
	}
	maps.Copy(all, members)
	return put(d.t, d.sim, Additions, all)
}

func (d desk) path() string { return "/finance/agreements/" + itoa(d.agreement) + "/additions" }

func (d desk) invoice(on string) Invoice {
	d.t.Helper()
	out, err := d.sim.InvoiceAgreement(d.agreement, onDay(on))
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d desk) post(from string) answer {
	d.t.Helper()
	return d.do("POST", d.path(), `{"product":{"id":2},"billCustomer":"Billable","quantity":2,"unitPrice":31,"effectiveDate":"`+from+`T00:00:00Z"}`)
}

// lines are what an invoice bills, in short.
func lines(v Invoice) []string {
	out := []string{}
	for _, l := range v.Lines {
		out = append(out, fmt.Sprintf("%s %s..%s %g*%g=%g", l.Reason, l.From[5:], l.Through[5:], l.Quantity, l.UnitPrice, l.Amount))
	}
	return out
}

func (d desk) next() any { return d.sim.Get(Agreements, d.agreement)["nextInvoiceDate"] }

func TestCycles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		option, basis, start string
		want                 string // the periods of three invoices
	}{
		{"Monthly", "", "2026-01-01", "01-01..01-31 02-01..02-28 03-01..03-31"},
		{"Monthly", "", "2026-01-31", "01-31..02-27 02-28..03-30 03-31..04-29"},
		{"Monthly", "ContractYear", "2026-01-15", "01-15..02-14 02-15..03-14 03-15..04-14"},
		{"Monthly", "CalendarYear", "2026-01-15", "01-15..01-31 02-01..02-28 03-01..03-31"},
		{"BiMonthly", "", "2026-01-01", "01-01..02-28 03-01..04-30 05-01..06-30"},
		{"Quarterly", "CalendarYear", "2026-02-10", "02-10..03-31 04-01..06-30 07-01..09-30"},
		{"Quarterly", "", "2026-02-10", "02-10..05-09 05-10..08-09 08-10..11-09"},
		{"SemiAnnual", "", "2026-01-01", "01-01..06-30 07-01..12-31 01-01..06-30"},
		{"Yearly", "", "2024-02-29", "02-29..02-27 02-28..02-27 02-28..02-27"},
		{"Weekly", "", "2026-01-05", "01-05..01-11 01-12..01-18 01-19..01-25"},
		{"BiWeekly", "CalendarYear", "2026-01-05", "01-05..01-18 01-19..02-01 02-02..02-15"},
	} {
		cycleID := 0
		for i, option := range cycleOptions() {
			if option == c.option {
				cycleID = i + 1
			}
		}
		members := map[string]any{"billStartDate": c.start, "billingCycle": ref1(cycleID)}
		if c.basis != "" {
			members["invoicingCycle"] = c.basis
		}
		d := agreed(t, members)
		var got []string
		for range 3 {
			v := d.invoice("2026-01-01")
			got = append(got, v.From[5:]+".."+v.Through[5:])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s %s %s: got %s, want %s", c.option, c.basis, c.start, s, c.want)
		}
	}
}

// In advance the first invoice is about the period that begins with it; in arrears about the one that ends before it. Whether it
// is made early or late does not matter.
func TestInAdvanceAndInArrears(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	for i, on := range []string{"2025-12-20", "2026-02-01", "2026-05-05"} {
		v := d.invoice(on)
		from := onDay("2026-01-01").AddDate(0, i, 0).Format(time.DateOnly)
		if v.Date != on || v.From != from || v.Total != 35 || len(v.Lines) != 1 {
			t.Errorf("%s: %+v", on, v)
		}
	}
	if d.next() != "2026-04-01T00:00:00Z" {
		t.Errorf("next invoice %v", d.next())
	}
	d = agreed(t, map[string]any{"nextInvoiceDate": "2026-02-01"})
	d.sim.SetArrears(d.agreement, true)
	if v := d.invoice("2026-02-01"); v.From != "2026-01-01" || v.Through != "2026-01-31" || v.Total != 35 {
		t.Errorf("in arrears: %+v", v)
	}
	d = agreed(t, nil)
	d.sim.SetArrears(d.agreement, true)
	if v := d.invoice("2026-01-01"); v.From != "" || len(v.Lines) != 0 || d.next() != "2026-02-01T00:00:00Z" {
		t.Errorf("nothing is behind the first invoice: %+v", v)
	}
}

func TestInvoicesAreImmutableAndReadable(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	v := d.invoice("2026-01-01")
	put(t, d.sim, Additions, map[string]any{"id": d.addition, "quantity": 99, "unitPrice": 1})
	if diff := cmp.Diff([]Invoice{v}, d.sim.Invoices(d.agreement)); diff != "" {
		t.Error(diff)
	}
	if len(d.sim.Invoices(d.agreement+1)) != 0 {
		t.Error("another agreement has it too")
	}
	record := d.get("/finance/invoices/"+itoa(v.ID), nil).object(t)
	if record["total"] != 35.0 || record["type"] != "Agreement" || at(record, "agreement", "id") != float64(d.agreement) {
		t.Errorf("record %v", record)
	}
	if got := d.sim.Get(Additions, d.addition)["billedQuantity"]; got != 10.0 {
		t.Errorf("billedQuantity %v", got)
	}
	if v = d.invoice("2026-02-01"); v.Total != 99 { // what stands there
		t.Errorf("second invoice %+v", v)
	}
}

func TestWhatIsBilled(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agreement, addition map[string]any
		point, value        string
		want                string
	}{
		"plain":                {want: "period 01-01..01-31 10*3.5=35"},
		"do not bill":          {addition: map[string]any{"billCustomer": "DoNotBill"}},
		"no charge":            {addition: map[string]any{"billCustomer": "NoCharge"}, want: "period 01-01..01-31 10*0=0"},
		"nothing":              {addition: map[string]any{"quantity": 0}},
		"nothing, shown":       {addition: map[string]any{"quantity": 0}, agreement: map[string]any{"billZeroAmountFlag": true}, want: "period 01-01..01-31 0*3.5=0"},
		"included":             {addition: map[string]any{"lessIncluded": 4}, want: "period 01-01..01-31 6*3.5=21"},
		"included, ignored":    {addition: map[string]any{"lessIncluded": 4}, point: LessIncluded, value: "ignored", want: "period 01-01..01-31 10*3.5=35"},
		"later":                {addition: map[string]any{"effectiveDate": "2026-02-01"}},
		"mid-month":            {addition: map[string]any{"effectiveDate": "2026-01-17"}, want: "period 01-17..01-31 10*3.5=35"},
		"ends before":          {addition: map[string]any{"effectiveDate": "2025-12-01", "cancelledDate": "2025-12-31"}},
		"ends on the first":    {addition: map[string]any{"cancelledDate": "2026-01-01"}, want: "period 01-01..01-01 10*3.5=35"},
		"the first is no more": {addition: map[string]any{"cancelledDate": "2026-01-01"}, point: CancelledDate, value: "exclusive"},
		"prorated": {
			agreement: map[string]any{"prorateFlag": true}, addition: map[string]any{"effectiveDate": "2026-01-17", "unitPrice": 31},
			want: "period 01-17..01-31 10*31=150",
		},
		"prorated, to an end": {
			agreement: map[string]any{"prorateFlag": true}, addition: map[string]any{"cancelledDate": "2026-01-16", "unitPrice": 31},
			want: "period 01-01..01-16 10*31=160",
		},
		"prorated, to an end that is no more": {
			agreement: map[string]any{"prorateFlag": true}, addition: map[string]any{"cancelledDate": "2026-01-16", "unitPrice": 31},
			point: CancelledDate, value: "exclusive", want: "period 01-01..01-15 10*31=150",
		},
		"the line is not prorated": {
			agreement: map[string]any{"prorateFlag": true}, point: ProrateCurrentPeriod, value: "yes",
			addition: map[string]any{"effectiveDate": "2026-01-17", "unitPrice": 31, "prorateCurrentPeriodFlag": false}, want: "period 01-17..01-31 10*31=310",
		},
		"the line is prorated": {
			point: ProrateCurrentPeriod, value: "yes",
			addition: map[string]any{"effectiveDate": "2026-01-17", "unitPrice": 31, "prorateCurrentPeriodFlag": true}, want: "period 01-17..01-31 10*31=150",
		},
		"the line's flag means nothing": {
			addition: map[string]any{"effectiveDate": "2026-01-17", "unitPrice": 31, "prorateCurrentPeriodFlag": true}, want: "period 01-17..01-31 10*31=310",
		},
		"the agreement ends": {
			agreement: map[string]any{"prorateFlag": true, "noEndingDateFlag": false, "endDate": "2026-01-10"}, addition: map[string]any{"unitPrice": 31},
			want: "period 01-01..01-10 10*31=100",
		},
	} {
		d := agreed(t, c.agreement)
		if c.point != "" {
			d.point(c.point, c.value)
		}
		if c.addition != nil {
			c.addition["id"] = d.addition
			put(t, d.sim, Additions, c.addition)
		}
		if got := strings.Join(lines(d.invoice("2026-01-01")), ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestRefusedDates(t *testing.T) {
	t.Parallel()
	billed := func(d desk) { d.invoice("2026-01-01") }
	for name, c := range map[string]struct {
		agreement map[string]any
		prepare   func(desk)
		from      string
		refused   string
	}{
		"before billing":             {from: "2025-12-31", refused: beforeBilling},
		"the first day":              {from: "2026-01-01"},
		"invoiced":                   {prepare: billed, from: "2026-01-31", refused: invoiced},
		"the next period":            {prepare: billed, from: "2026-02-01"},
		"invoiced, but prorated":     {agreement: map[string]any{"prorateFlag": true}, prepare: billed, from: "2026-01-20"},
		"before billing, prorated":   {agreement: map[string]any{"prorateFlag": true}, from: "2025-12-31", refused: beforeBilling},
		"no next invoice date":       {agreement: map[string]any{"nextInvoiceDate": nil}, from: "2026-01-01"},
		"arrears: the period before": {agreement: map[string]any{"nextInvoiceDate": "2026-03-01"}, prepare: func(d desk) { d.sim.SetArrears(d.agreement, true) }, from: "2026-02-01"},
		"arrears: invoiced":          {agreement: map[string]any{"nextInvoiceDate": "2026-03-01"}, prepare: func(d desk) { d.sim.SetArrears(d.agreement, true) }, from: "2026-01-31", refused: invoiced},
		"arrears by the next invoice date": {
			agreement: map[string]any{"nextInvoiceDate": "2026-03-01"}, from: "2026-02-01", refused: invoiced,
			prepare: func(d desk) { d.sim.SetArrears(d.agreement, true); d.point(InvoicedPeriod, "beforeNextInvoice") },
		},
	} {
		d := agreed(t, c.agreement)
		if c.prepare != nil {
			c.prepare(d)
		}
		out := d.post(c.from)
		if c.refused == "" {
			out.want(t, 201, "")
			continue
		}
		var e apiError
		out.decode(t, &e)
		if out.status != 400 || e.Message != "addition object is invalid" || e.Errors[0].Message != c.refused {
			t.Errorf("%s: %d %s", name, out.status, out.body)
		}
	}
}

// A change of the date is held to the same rules; other changes of an old line are not.
func TestRefusedChangesOfDates(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	d.invoice("2026-01-01")
	path := d.path() + "/" + itoa(d.addition)
	d.do("PATCH", path, `[{"op":"replace","path":"effectiveDate","value":"2026-01-05T00:00:00Z"}]`).want(t, 400, "")
	d.do("PATCH", path, `[{"op":"replace","path":"cancelledDate","value":"2026-01-31T00:00:00Z"},{"op":"replace","path":"quantity","value":11}]`).want(t, 200, "")
	if v := d.invoice("2026-02-01"); len(v.Lines) != 0 {
		t.Errorf("an ended line was billed: %+v", v)
	}
}

// Nothing keeps two lines of one product apart, and both are billed.
func TestLinesAreNotUnique(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	d.post("2026-01-01").want(t, 201, "")
	d.post("2026-01-01").want(t, 201, "")
	if v := d.invoice("2026-01-01"); v.Total != 35+62+62 {
		t.Errorf("total %v", v.Total)
	}
	if n := len(d.ids(d.path(), nil)); n != 3 {
		t.Errorf("%d lines", n)
	}
}

func TestNewAdditionIsCompleted(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	put(t, d.sim, Catalog, map[string]any{"id": 2, "price": 8, "cost": 3})
	out := d.do("POST", d.path(), `{"product":{"id":2},"billCustomer":"Billable","quantity":2.5,"billedQuantity":7,"agreementId":99}`)
	out.want(t, 201, "")
	got := out.object(t)
	for name, want := range map[string]any{
		"unitPrice": 8.0, "unitCost": 3.0, "extPrice": 20.0, "extCost": 7.5, "margin": 12.5, "billedQuantity": 0.0, "lessIncluded": 0.0,
		"effectiveDate": "2026-01-10T00:00:00Z", "agreementId": float64(d.agreement), "agreementStatus": "Active", "sequenceNumber": 2.0,
		"proratePrice": 8.0, "description": "Seats of EMAIL-PROTECT",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	id, _ := out.object(t)["id"].(float64)
	put(t, d.sim, Agreements, map[string]any{"id": d.agreement, "prorateFlag": true})
	put(t, d.sim, Additions, map[string]any{"id": int(id), "effectiveDate": "2026-01-17", "unitPrice": 31})
	if got := d.sim.Get(Additions, int(id)); got["proratePrice"] != 15.0 || got["extendedProratePrice"] != 37.5 {
		t.Errorf("prorated %v, %v", got["proratePrice"], got["extendedProratePrice"])
	}
	bundle := put(t, d.sim, Catalog, map[string]any{"identifier": "B", "productClass": "Bundle"})
	d.do("POST", d.path(), `{"product":{"id":`+itoa(bundle)+`},"billCustomer":"Billable"}`).want(t, 400, "")
	if n := len(d.ids("/finance/agreements", conditions(`agreementStatus="Active" and name="Managed"`))); n != 1 {
		t.Errorf("%d active agreements", n)
	}
}

// Rests of periods that were invoiced are billed later, or at once.
func TestProratedCatchUp(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"nextInvoice", "atOnce"} {
		d := agreed(t, map[string]any{"prorateFlag": true, "invoiceProratedAdditionsFlag": true})
		d.point(ProratedAdditions, value)
		d.invoice("2026-01-01")
		d.post("2026-01-17").want(t, 201, "")
		rest := "catchUp 01-17..01-31 2*31=30"
		next := []string{"period 02-01..02-28 10*3.5=35", "period 02-01..02-28 2*31=62"}
		if value == "nextInvoice" {
			next = []string{next[0], rest, next[1]}
		}
		if value == "atOnce" {
			all := d.sim.Invoices(d.agreement)
			if diff := cmp.Diff([]string{rest}, lines(all[len(all)-1])); diff != "" || d.next() != "2026-02-01T00:00:00Z" {
				t.Errorf("at once: %s, next %v", diff, d.next())
			}
		}
		if diff := cmp.Diff(next, lines(d.invoice("2026-02-01"))); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
		if diff := cmp.Diff(2, len(d.invoice("2026-03-01").Lines)); diff != "" {
			t.Errorf("%s: billed again: %s", value, diff)
		}
	}
}

// An addition shows the 32 properties of the vendor's model, those that are computed among them, and can be searched by them.
func TestAdditionShowsEverything(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	id := d.line(map[string]any{
		"lessIncluded": 1, "unitCost": 1, "cancelledDate": "2026-05-31", "taxableFlag": true, "serialNumber": "marker", "invoiceDescription": "x",
		"purchaseItemFlag": false, "specialOrderFlag": false, "description": "x", "billedQuantity": 0, "uom": "Each", "sequenceNumber": 1,
		"prorateCurrentPeriodFlag": false, "opportunity": ref1(1), "invoiceGrouping": ref1(1), "customFields": []any{},
	})
	got := d.get(d.path()+"/"+itoa(id), nil).object(t)
	if len(got) != 32 {
		t.Errorf("%d properties: %v", len(got), got)
	}
	if product, _ := got["product"].(map[string]any); product["name"] != nil || product["identifier"] != "EMAIL-CORE" {
		t.Errorf("product %v", product)
	}
	for _, text := range []string{
		`serialNumber="marker"`, `product/id=1 and serialNumber != null`, `product/identifier="EMAIL-CORE" and cancelledDate > [2026-05-30T00:00:00Z]`,
		`agreementStatus="Active" and cancelledDate != null`,
	} {
		if ids := d.ids(d.path(), conditions(text)); !cmp.Equal(ids, []int{id}) {
			t.Errorf("%s: %v", text, ids)
		}
	}
	if ids := d.ids(d.path(), conditions("cancelledDate=null")); !cmp.Equal(ids, []int{d.addition}) {
		t.Errorf("open lines %v", ids)
	}
}
