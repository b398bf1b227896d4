package cwsim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func BenchmarkDemoData(b *testing.B) {
	for b.Loop() {
		New(Config{Companies: 10_000, ContactsPerCompany: 3})
	}
}

// BenchmarkKeysetPage lists 1,000 contacts by id out of the middle of 30,000.
func BenchmarkKeysetPage(b *testing.B) {
	sim := New(Config{Companies: 10_000, ContactsPerCompany: 3})
	params := url.Values{"conditions": {"id > 20000"}, "orderBy": {"id asc"}, "pageSize": {"1000"}, "fields": {"id,firstName,company/id,_info/lastUpdated"}}
	req := authorised(sim, "/company/contacts?"+params.Encode())
	for b.Loop() {
		if code := serve(sim, req); code != http.StatusOK {
			b.Fatal(code)
		}
	}
}

func authorised(sim *Simulator, path string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, "/v2026_1/apis/3.0"+path, nil)
	company, public, private := sim.Credentials()
	req.SetBasicAuth(company+"+"+public, private)
	req.Header.Set("clientId", testClient)
	return req
}

func serve(sim *Simulator, req *http.Request) int {
	rec := httptest.NewRecorder()
	sim.ServeHTTP(rec, req)
	return rec.Code
}
