package demo

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTenants(t *testing.T) {
	t.Parallel()
	var companies []string
	for i := range 100 {
		companies = append(companies, "Company"+string(rune('A'+i%26))+" Works Inc")
	}
	all := Tenants(companies)
	same := 0
	for i, tenant := range all {
		if tenant.Name == "" || slices.ContainsFunc(all[:i], func(o Tenant) bool { return o.ID == tenant.ID }) {
			t.Errorf("tenant %+v", tenant)
		}
		if slices.Contains(companies, tenant.Name) {
			same++
		}
	}
	if len(all) != fleet || same < fleet/2 || same == fleet {
		t.Errorf("%d tenants, %d called like a company", len(all), same)
	}
	if few := Tenants(companies[:1]); len(few) != 5 {
		t.Errorf("%d tenants for one company", len(few))
	}
}

// A refusal of one item is not passed over.
func TestTellProduct(t *testing.T) {
	t.Parallel()
	result := "stale"
	var paths []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		_, _ = w.Write([]byte(`{"results":[{"id":"t","result":"` + result + `"}]}`)) // the client may be gone
	}))
	t.Cleanup(srv.Close)
	c := &Client{Base: srv.URL, Token: func() (string, error) { return "token", nil }}
	if err := c.TellProduct(t.Context(), Tenants(nil), time.Now()); err != nil {
		t.Error(err)
	}
	if want := []string{"/v1/tenants", "/v1/usage"}; !slices.Equal(paths, want) {
		t.Errorf("told %q", paths)
	}
	result = "refused"
	if err := c.TellProduct(t.Context(), Tenants(nil), time.Now()); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a refusal: %v", err)
	}
}

func TestNamesThatOneCompanyHasComeFirst(t *testing.T) {
	t.Parallel()
	company := func(name, status string, deleted bool) map[string]any {
		return map[string]any{"name": name, "status": map[string]any{"name": status}, "deletedFlag": deleted}
	}
	got := ActiveNames([]map[string]any{
		company("Oak Works Inc", "Active", false), company("Elm Works", "Inactive", false), company("Oak Works LLC", "Active", true),
		company("Ash Works Ltd", "Active", false),
	})
	if want := []string{"Ash Works Ltd", "Oak Works Inc"}; !slices.Equal(got, want) {
		t.Errorf("names %q, want %q", got, want)
	}
}
