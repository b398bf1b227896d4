package cwsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Under every answer to every point, whatever is edited: no day of an addition is billed twice, and every day on which a billable one
// was there from the start of its period is billed.
func TestNothingIsBilledTwice(t *testing.T) {
	t.Parallel()
	for _, p := range FinancePoints() {
		for _, value := range p.Values {
			for seed := range uint64(3) {
				t.Run(fmt.Sprintf("%s=%s/%d", p.Name, value, seed), func(t *testing.T) {
					t.Parallel()
					sim := New(Config{Companies: 1})
					if err := sim.SetPoint(p.Name, value); err != nil {
						t.Fatal(err)
					}
					y := newYear(t, sim, seed)
					y.run()
					y.check()
				})
			}
		}
	}
}

// year is a random year of one agreement, edited through the API.
type year struct {
	t         *testing.T
	sim       *Simulator
	rng       *rand.Rand
	do        func(method, path, body string) (int, string, error)
	agreement int
	path      string
	statuses  map[int]int
}

func newYear(t *testing.T, sim *Simulator, seed uint64) *year {
	t.Helper()
	y := &year{t: t, sim: sim, rng: newRand(seed, 77), do: within(sim), statuses: map[int]int{}}
	sim.SetClock(onDay("2026-01-01"))
	y.agreement = put(t, sim, Agreements, map[string]any{
		"name": "Year", "company": ref1(sim.IDs(Companies)[0]), "type": ref1(1), "billingCycle": ref1([...]int{1, 2, 5, 6, 7}[y.rng.IntN(5)]),
		"billStartDate": "2026-01-0" + itoa(1+y.rng.IntN(9)), "noEndingDateFlag": true, "prorateFlag": y.rng.IntN(2) == 0,
		"invoiceProratedAdditionsFlag": y.rng.IntN(2) == 0,
	})
	sim.SetArrears(y.agreement, y.rng.IntN(3) == 0)
	y.path = "/finance/agreements/" + itoa(y.agreement) + "/additions"
	return y
}

func (y *year) run() {
	day := onDay("2026-01-01")
	for range 365 {
		y.sim.SetClock(day)
		if y.rng.IntN(9) == 0 {
			y.edit(day)
		}
		if y.rng.IntN(4) > 0 { // now and then nobody invoices
			y.sim.InvoiceDue(day)
		}
		day = day.AddDate(0, 0, 1)
	}
}

func (y *year) edit(day time.Time) {
	when := day.AddDate(0, 0, y.rng.IntN(100)-25).Format(time.DateOnly) + "T00:00:00Z"
	method, path, body := "POST", y.path, `{"product":{"id":1},"billCustomer":"Billable","quantity":3,"unitPrice":10,"effectiveDate":"`+when+`"}`
	if ids := y.lines(); len(ids) > 0 && y.rng.IntN(2) == 0 {
		method, path = "PATCH", y.path+"/"+itoa(ids[y.rng.IntN(len(ids))])
		body = `[{"op":"replace","path":"quantity","value":` + itoa(y.rng.IntN(9)) + `}]`
		if y.rng.IntN(2) == 0 {
			body = `[{"op":"replace","path":"cancelledDate","value":"` + when + `"}]`
		}
	}
	status, answer, err := y.do(method, path, body)
	if err != nil || status >= 500 {
		y.t.Fatalf("%s %s: %d %s %v", method, path, status, answer, err)
	}
	y.statuses[status]++
}

func (y *year) lines() []int {
	var out []int
	for _, a := range y.sim.AdditionsOf(y.agreement) {
		id, _ := toFloat(a["id"])
		out = append(out, int(id))
	}
	return out
}

func (y *year) check() {
	y.t.Helper()
	billed := map[int][]InvoiceLine{}
	for _, v := range y.sim.Invoices(y.agreement) {
		total := 0.0
		for _, l := range v.Lines {
			total = cents(total + l.Amount)
			if l.From > l.Through || l.Amount < 0 {
				y.t.Errorf("line %+v", l)
			}
			if l.Reason != LineRaised {
				billed[l.Addition] = append(billed[l.Addition], l)
			}
		}
		if total != v.Total {
			y.t.Errorf("total %v of %v", v.Total, total)
		}
	}
	if len(billed) == 0 || y.statuses[201] == 0 || y.statuses[200]+y.statuses[400] == 0 {
		y.t.Errorf("the year was empty: %v, %d lines billed", y.statuses, len(billed))
	}
	for id, list := range billed {
		slices.SortFunc(list, func(a, b InvoiceLine) int { return strings.Compare(a.From, b.From) })
		for i := range list[1:] {
			if list[i].Through >= list[i+1].From {
				y.t.Errorf("addition %d was billed twice: %+v and %+v", id, list[i], list[i+1])
			}
		}
	}
}
