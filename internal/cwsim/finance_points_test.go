package cwsim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRaisingWhatWasBilled(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"deferred":   {"period 02-01..02-28 12*31=372"},
		"refused":    {"period 02-01..02-28 10*31=310"},
		"prorated":   {"raised 01-17..01-31 2*31=30", "period 02-01..02-28 12*31=372"},
		"billedNext": {"raised 01-01..01-31 2*31=62", "period 02-01..02-28 12*31=372"},
	} {
		d := agreed(t, nil)
		put(t, d.sim, Additions, map[string]any{"id": d.addition, "unitPrice": 31})
		d.point(RaiseBilled, value)
		d.invoice("2026-01-01")
		d.sim.SetClock(onDay("2026-01-17"))
		// What goes down and up again was paid for.
		for _, n := range []string{"4", "10"} {
			d.do("PATCH", d.path()+"/"+itoa(d.addition), `[{"op":"replace","path":"quantity","value":`+n+`}]`).want(t, 200, "")
		}
		status := 200
		if value == "refused" {
			status = 400
		}
		d.do("PATCH", d.path()+"/"+itoa(d.addition), `[{"op":"replace","path":"quantity","value":12}]`).want(t, status, "")
		if diff := cmp.Diff(want, lines(d.invoice("2026-02-01"))); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
		if n := len(d.invoice("2026-03-01").Lines); n != 1 {
			t.Errorf("%s: %d lines on the third invoice", value, n)
		}
	}
	d := agreed(t, nil) // what was billed for a period that is over can be raised
	d.point(RaiseBilled, "refused")
	d.invoice("2026-01-01")
	d.sim.SetClock(onDay("2026-02-01"))
	d.do("PATCH", d.path()+"/"+itoa(d.addition), `[{"op":"replace","path":"quantity","value":12}]`).want(t, 200, "")
}

func TestEditingWhatWasBilled(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][2]int{"everything": {200, 200}, "endOnly": {200, 400}, "nothing": {400, 400}} {
		d := agreed(t, nil)
		d.point(BilledLineEdit, value)
		path := d.path() + "/" + itoa(d.addition)
		d.do("PATCH", path, `[{"op":"replace","path":"quantity","value":9}]`).want(t, 200, "") // nothing is billed yet
		d.invoice("2026-01-01")
		d.do("PATCH", path, `[{"op":"replace","path":"cancelledDate","value":"2026-01-31T00:00:00Z"}]`).want(t, want[0], "")
		d.do("PATCH", path, `[{"op":"replace","path":"quantity","value":8}]`).want(t, want[1], "")
	}
}

func TestDeletingWhatWasBilled(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"yes": 204, "no": 409} {
		d := agreed(t, nil)
		d.point(BilledLineDelete, value)
		other := d.line(map[string]any{"billCustomer": "DoNotBill"})
		d.invoice("2026-01-01")
		d.do("DELETE", d.path()+"/"+itoa(other), "").want(t, 204, "")
		d.do("DELETE", d.path()+"/"+itoa(d.addition), "").want(t, want, "")
		left := map[int]int{204: 0, 409: 1}[want]
		if got := d.invoice("2026-02-01"); len(got.Lines) != left {
			t.Errorf("%s: %+v", value, got)
		}
	}
}

func TestBilledQuantity(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]float64{"last": 10, "total": 20} {
		d := agreed(t, nil)
		d.point(BilledQuantity, value)
		d.invoice("2026-01-01")
		d.invoice("2026-02-01")
		if got := d.sim.Get(Additions, d.addition)["billedQuantity"]; got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

func TestDateFormats(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"isoZ": "2026-01-01T00:00:00Z", "date": "2026-01-01", "isoNoZone": "2026-01-01T00:00:00", "localMidnight": "2026-01-01T05:00:00Z",
	} {
		d := agreed(t, nil)
		d.point(NextInvoiceFormat, value)
		d.point(DateFormat, value)
		agreement, addition := d.sim.Get(Agreements, d.agreement), d.sim.Get(Additions, d.addition)
		for name, got := range map[string]any{
			"nextInvoiceDate": agreement["nextInvoiceDate"], "billStartDate": agreement["billStartDate"], "effectiveDate": addition["effectiveDate"],
		} {
			if got != want {
				t.Errorf("%s: %s is %v", value, name, got)
			}
		}
		// What was read can be sent back and means the same day.
		d.do("PATCH", d.path()+"/"+itoa(d.addition), `[{"op":"replace","path":"cancelledDate","value":"2026-01-31T00:00:00Z"}]`).want(t, 200, "")
		if got, _ := d.sim.Get(Additions, d.addition)["cancelledDate"].(string); got[:10] != "2026-01-31" {
			t.Errorf("%s: cancelledDate %s", value, got)
		}
	}
}

// Where the zone counts, midnight in Greenwich is the day before.
func TestDateZones(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"civil": "2026-02-01", "serverZone": "2026-01-31"} {
		d := agreed(t, nil)
		d.point(DateZone, value)
		out := d.post("2026-02-01").object(t)
		if got, _ := out["effectiveDate"].(string); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", value, got)
		}
		id := d.line(map[string]any{"effectiveDate": "2026-02-01T00:00:00Z"})
		if got, _ := d.sim.Get(Additions, id)["effectiveDate"].(string); !strings.HasPrefix(got, "2026-02-01") {
			t.Errorf("%s: a person's date became %s", value, got)
		}
	}
}

// A child has no next invoice date and is billed with its parent, also when another company's is.
func TestChildAgreements(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	other := put(t, d.sim, Companies, map[string]any{"name": "subsidiary"})
	child := put(t, d.sim, Agreements, map[string]any{
		"name": "Child", "company": ref1(other), "type": ref1(1), "parentAgreement": ref1(d.agreement), "nextInvoiceDate": "2026-05-01",
	})
	if got, there := d.sim.Get(Agreements, child)["nextInvoiceDate"]; there {
		t.Errorf("the child's next invoice date is %v", got)
	}
	put(t, d.sim, Additions, map[string]any{
		"agreementId": child, "product": ref1(2), "quantity": 1, "unitPrice": 7, "billCustomer": "Billable", "effectiveDate": "2026-01-01",
	})
	if _, err := d.sim.InvoiceAgreement(child, onDay("2026-01-01")); err == nil {
		t.Error("the child was invoiced by itself")
	}
	v := d.invoice("2026-01-01")
	if len(v.Lines) != 2 || v.Lines[1].Agreement != child || v.Total != 42 {
		t.Errorf("invoice %+v", v)
	}
	body := `{"product":{"id":2},"billCustomer":"Billable","effectiveDate":"2026-01-05T00:00:00Z"}`
	out := d.do("POST", "/finance/agreements/"+itoa(child)+"/additions", body) // the parent's billing counts
	if out.status != 400 || !strings.Contains(out.body, "already been invoiced") {
		t.Errorf("got %d %s", out.status, out.body)
	}
}

func TestAgreementsThatEnd(t *testing.T) {
	t.Parallel()
	for name, members := range map[string]map[string]any{
		"Expired":   {"noEndingDateFlag": false, "endDate": "2026-02-15"},
		"Cancelled": {"cancelledFlag": true, "dateCancelled": "2026-02-15"},
	} {
		d := agreed(t, members)
		d.sim.SetClock(onDay("2026-03-10"))
		d.invoice("2026-01-01")
		d.invoice("2026-02-01")
		if _, err := d.sim.InvoiceAgreement(d.agreement, onDay("2026-03-01")); err == nil {
			t.Errorf("%s: invoiced after its end", name)
		}
		if got := d.sim.Get(Agreements, d.agreement)["agreementStatus"]; got != name {
			t.Errorf("status %v, want %s", got, name)
		}
	}
	once := agreed(t, map[string]any{"billingCycle": map[string]any{"name": "One time"}})
	if v := once.invoice("2026-01-01"); v.Total != 35 || once.next() != nil {
		t.Errorf("not recurring: %+v, next %v", v, once.next())
	}
	if _, err := once.sim.InvoiceAgreement(once.agreement, onDay("2026-02-01")); err == nil {
		t.Error("not recurring: invoiced twice")
	}
}

func TestInvoiceDue(t *testing.T) {
	t.Parallel()
	d := agreed(t, nil)
	a := d.control("POST", "/_sim/invoices", `{"due":"2026-03-01"}`)
	var made []Invoice
	a.decode(t, &made)
	if len(made) != 3 || len(d.sim.InvoiceDue(onDay("2026-03-31"))) != 0 || d.next() != "2026-04-01T00:00:00Z" {
		t.Errorf("%d invoices, next %v", len(made), d.next())
	}
	d.control("POST", "/_sim/invoices", `{"agreement":`+itoa(d.agreement)+`,"on":"2026-03-20"}`).want(t, 200, "")
	var read []Invoice
	d.control("GET", "/_sim/invoices?agreement="+itoa(d.agreement), "").decode(t, &read)
	if diff := cmp.Diff(d.sim.Invoices(0), read); diff != "" || len(read) != 4 {
		t.Error(diff)
	}
	d.control("POST", "/_sim/arrears", `{"agreement":`+itoa(d.agreement)+`,"arrears":true}`).want(t, 200, "")
	d.control("POST", "/_sim/invoices", `{"agreement":99999}`).want(t, 422, "")
	d.control("POST", "/_sim/invoices", `{"due":"soon"}`).want(t, 422, "")
}

// A change of an addition tells of its agreement, if a point says so: additions have no callbacks of their own.
func TestAdditionCallback(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"no": 0, "yes": 3} {
		a, r := listening(t, "agreement", "")
		agreement := put(t, a.sim, Agreements, map[string]any{"name": "Managed"})
		a.point(AdditionCallback, value)
		a.sim.WaitForCallbacks()
		r.got = nil
		path := "/finance/agreements/" + itoa(agreement) + "/additions"
		id, _ := a.do("POST", path, `{"product":{"id":1},"billCustomer":"Billable"}`).object(t)["id"].(float64)
		a.do("PATCH", path+"/"+itoa(int(id)), `[{"op":"replace","path":"quantity","value":2}]`).want(t, 200, "")
		a.do("DELETE", path+"/"+itoa(int(id)), "").want(t, 204, "")
		a.sim.WaitForCallbacks()
		if len(r.got) != want {
			t.Errorf("%s: %d callbacks", value, len(r.got))
		}
		for _, got := range r.got {
			if !strings.Contains(got.query, "recordId="+itoa(agreement)+"&action=updated") {
				t.Errorf("%s", got.query)
			}
		}
	}
}

// A next invoice date in the middle of a period stays there: it moves on by whole cycles, and the invoice is about its period.
func TestNextInvoiceDateWithinAPeriod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, start, next, period, after string
		cycle                            int
	}{
		{"monthly", "2026-01-01", "2026-01-15", "2026-01-01..2026-01-31", "2026-02-15", 1},
		{"quarterly", "2026-01-01", "2026-02-10", "2026-01-01..2026-03-31", "2026-05-10", 2},
		{"weekly", "2026-01-05", "2026-01-07", "2026-01-05..2026-01-11", "2026-01-14", 6},
	} {
		d := agreed(t, map[string]any{"billStartDate": c.start, "nextInvoiceDate": c.next, "billingCycle": ref1(c.cycle)})
		v := d.invoice(c.next)
		if got := v.From + ".." + v.Through; got != c.period || d.next() != c.after+"T00:00:00Z" {
			t.Errorf("%s: %s, then %v", c.name, got, d.next())
		}
	}
}
