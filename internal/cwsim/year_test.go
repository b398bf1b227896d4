package cwsim

import (
	"strings"
	"testing"
	"time"
)

// A year of days with invoices and changes is quick, so that clients can be run through many of them.
func TestYear(t *testing.T) {
	t.Parallel()
	a := start(t, Config{Companies: 1})
	company := a.sim.IDs(Companies)[0]
	day := onDay("2026-01-01")
	a.sim.SetClock(day)
	var ours []int
	for i := range 40 {
		ours = append(ours, put(t, a.sim, Agreements, map[string]any{
			"name": "Managed", "company": ref1(company), "type": ref1(1), "billingCycle": ref1(1 + i%7), "billStartDate": "2026-01-01",
			"noEndingDateFlag": true,
		}))
	}
	lines := map[int]int{}
	for _, agreement := range ours {
		lines[agreement] = put(t, a.sim, Additions, map[string]any{
			"agreementId": agreement, "product": ref1(1), "quantity": 1, "unitPrice": 2, "billCustomer": "Billable", "effectiveDate": "2026-01-01",
		})
	}
	for range 365 {
		a.sim.SetClock(day.Add(8 * time.Hour))
		for _, agreement := range ours {
			put(t, a.sim, Additions, map[string]any{"id": lines[agreement], "quantity": day.YearDay()})
		}
		a.sim.InvoiceDue(day)
		day = day.AddDate(0, 0, 1)
	}
	// Twelve periods are billed with what stood there on their first days.
	monthly, total := a.sim.Invoices(ours[0]), 0.0
	for _, v := range monthly {
		total += v.Total
	}
	want := 0.0
	for month := range 12 {
		want += 2 * float64(onDay("2026-01-01").AddDate(0, month, 0).YearDay())
	}
	if len(monthly) != 12 || total != want {
		t.Errorf("%d invoices, %v in all, want %v", len(monthly), total, want)
	}
	for i, n := range map[int]int{1: 4, 2: 1, 3: 2, 4: 6, 5: 53, 6: 27} { // quarterly, yearly, half-yearly, every two months, weekly, every two weeks
		if got := len(a.sim.Invoices(ours[i])); got != n {
			t.Errorf("cycle %d: %d invoices, want %d", i, got, n)
		}
	}
}

// Who reads the additions of one agreement does not pay for those of all others.
func BenchmarkAdditionsOfOneAgreement(b *testing.B) {
	sim := New(Config{Companies: 20_000})
	agreement := sim.IDs(Agreements)[5000]
	for b.Loop() {
		req := authorised(sim, "/finance/agreements/"+itoa(agreement)+"/additions?pageSize=1000")
		if code := serve(sim, req); code != 200 {
			b.Fatal(code)
		}
	}
}

// BenchmarkContactsOfCompanies lists the contacts of 50 companies out of 20,000.
func BenchmarkContactsOfCompanies(b *testing.B) {
	sim := New(Config{Companies: 20_000, ContactsPerCompany: 3})
	var ids []string
	for _, id := range sim.IDs(Companies)[9000:9050] {
		ids = append(ids, itoa(id))
	}
	for b.Loop() {
		req := authorised(sim, "/company/contacts?pageSize=1000&conditions=company/id+in+("+strings.Join(ids, ",")+")")
		if code := serve(sim, req); code != 200 {
			b.Fatal(code)
		}
	}
}
