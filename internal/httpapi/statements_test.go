package httpapi_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// reported is a server with tenants that reported; t1's line is posted, and so
// is what somebody could have called evil.
func reported(t *testing.T, others int) (s *server, month string) {
	t.Helper()
	s = connected(t)
	mapped(s)
	s.do(admin(), "PUT", "/v1/postings/settings", `{"zone":"UTC","at":"04:00","policy":"each_period","markers":true,"arrears":[]}`, "If-Match", `"0"`).want(200, "")
	scope, key := psa.Scope{Account: "msp-1", Generation: 1}, usage.SeriesKey{Agreement: 70, Product: 700}
	today := usage.DateIn(s.world.Now(), time.UTC)
	say := func(tenant usage.TenantID, n int64) {
		s.cashier.product.Report(scope, usage.Report{Tenant: tenant, Day: today, ReportedAt: s.world.Now(), Counts: map[usage.SKU]int64{"core": n}})
	}
	say("t1", 7)
	for i := range others {
		say(usage.TenantID(fmt.Sprintf("x%03d", i)), int64(i+1))
	}
	s.cashier.product.Map(scope, usage.Wanted{Tenant: "t1", Name: "Initech", Enabled: true, Agreement: 70, Products: map[usage.SKU]psa.RecordID{"core": 700}})
	routes := usage.Routes{Tenant: "t1", Routes: []usage.Route{{SKU: "core", To: key, ApprovedBy: "ann", ApprovedAt: s.world.Now()}}}
	if err := s.cashier.PutRoutes(t.Context(), scope, routes); err != nil {
		t.Fatal(err)
	}
	x := usage.Series{
		Scope: scope, Key: key, Lines: []usage.Line{{ID: 9, Start: today.FirstOfMonth(), Quantity: usage.Whole(5), PostedAt: s.world.Now()}},
		Look: usage.Look{Date: today.FirstOfMonth(), Invoiced: today.FirstOfMonth(), Attention: []usage.Attention{{Code: usage.Held, By: "ann", Tenant: "t1"}}},
	}
	if _, err := s.cashier.PutSeries(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	return s, string(today[:7])
}

func TestStatement(t *testing.T) {
	t.Parallel()
	s, month := reported(t, 4)
	s.do(member(), "GET", "/v1/postings/statement?month="+month, "").want(200, "").
		has(`"tenant":"t1","name":"Initech","sku":"core","company":"Initech","agreement":{"id":70,"name":"Gold"}`).
		has(`"reported":"7"`).has(`"posted":"5","billed":"0","unposted":"2","unbilled":"7"`).
		has(`"why":[{"code":"held","words":"Release the line to go on posting."},{"code":"not_invoiced"`).
		has(`"why":[{"code":"tenant_unmapped"`)
	if n := s.walk("/v1/postings/statement?month=" + month); n != 5 {
		t.Errorf("%d rows, want 5", n)
	}
	for _, bad := range []string{"", "?month=2026", "?month=2026-13", "?month=2999-01", "?month=2001-01"} {
		s.do(member(), "GET", "/v1/postings/statement"+bad, "").want(400, "bad_request")
	}
	s.do(machine("msp-1", "usage:write"), "GET", "/v1/postings/statement?month="+month, "").want(403, "forbidden")
	s.do(person("msp-2", "admin"), "GET", "/v1/postings/statement?month="+month, "").want(409, "not_connected")
}

// The parts of the file, one after the other, are one file with one head.
func TestStatementFile(t *testing.T) {
	t.Parallel()
	s, month := reported(t, 9)
	tell(s, "x000", `=HYPERLINK(\"http://evil\")`)
	tell(s, "x001", `Doe, \"Jo\" & Söhne`)
	var all strings.Builder
	parts := 0
	for path := "/v1/postings/statement.csv?limit=4&month=" + month; path != ""; parts++ {
		part := s.do(member(), "GET", path, "").want(200, "")
		if part.header.Get("Content-Type") != "text/csv; charset=utf-8" || part.header.Get("Content-Disposition") != `attachment; filename="usage-`+month+`.csv"` {
			t.Errorf("headers %v", part.header)
		}
		all.WriteString(part.body)
		link, _, _ := strings.Cut(strings.TrimPrefix(part.header.Get("Link"), "<"), ">")
		path = link
	}
	file := all.String()
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) != 11 || parts != 3 || strings.Contains(strings.ReplaceAll(file, "\r\n", ""), "\n") {
		t.Fatalf("%d rows in %d parts, %v: %s", len(rows), parts, err, file)
	}
	if rows[0][0] != "month" || len(rows[0]) != 22 {
		t.Errorf("head %v", rows[0])
	}
	today := string(usage.DateIn(s.world.Now(), time.UTC))
	want := []string{
		month, today, "t1", "Initech", "core", "Initech", "70", "Gold", "700", "", "7", today, "5", "0", "2", "7", "held not_invoiced",
		usage.Held.Remedy() + " " + usage.WhyNotInvoiced.Words(), "9", "5", "1", "",
	}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Error(diff)
	}
	if got := rows[2][3] + "|" + rows[3][3]; got != `'=HYPERLINK("http://evil")|Doe, "Jo" & Söhne` {
		t.Errorf("names %s", got)
	}
	s.do(member(), "GET", "/v1/postings/statement.csv?limit=1001&month="+month, "").want(400, "bad_request")
	s.do(customer(), "GET", "/v1/postings/statement.csv?month="+month, "").want(404, "not_found")
}

// tell names a tenant.
func tell(s *server, id, name string) {
	told := `{"tenants":[{"id":"` + id + `","name":"` + name + `","state":"active","changedAt":"` + s.world.Now().UTC().Format(time.RFC3339) + `"}]}`
	s.do(machine("msp-1", "tenants:write"), "POST", "/v1/tenants", told).want(200, "").has(`"stored"`)
}

func TestTrendAndChecks(t *testing.T) {
	t.Parallel()
	s, _ := reported(t, 1)
	s.do(member(), "GET", "/v1/postings/trends/t1?days=30", "").want(200, "").has(`"name":"Initech"`).has(`"count":7}`).has(`"quantity":"5","shares":1`)
	s.do(member(), "GET", "/v1/postings/trends/x000", "").want(200, "").has(`"count":1}`).has(`"lines":[]`)
	s.do(member(), "GET", "/v1/postings/trends/nobody", "").want(404, "not_found")
	s.do(member(), "GET", "/v1/postings/trends/t1?days=3", "").want(400, "bad_request")
	s.do(member(), "GET", "/v1/postings/checks", "").want(200, "").
		has(`{"id":"mapped","finding":"attention","looked":"1 of 2 reported counts`).has(`"id":"daily","finding":"unknown"`).has(`"id":"single_line","finding":"pass"`)
	s.do(member(), "GET", "/v1/postings/lines", "").want(200, "").has(`"tenant":"t1","tenantName":"Initech"`)
}
