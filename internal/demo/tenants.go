package demo

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Tenant is a customer of the demo MSP in the vendor's product.
type Tenant struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	State     string    `json:"state"`
	ChangedAt time.Time `json:"changedAt"`
}

// Account is the demo MSP.
const Account = "demo-msp"

// fleet is how many tenants the demo MSP has.
const fleet = 60

// Tenants are the demo MSP's. Most are called like one of the companies, some
// as people write names differently, and a few like none of them.
func Tenants(companies []string) []Tenant {
	odd := []string{"FinTrust Bank Ltd.", "Medi-Health Clinics Group", "AeroLink Logistics", "Old Mill Bakery (trial)"}
	names := slices.Concat(odd, companies[:min(fleet-len(odd), len(companies))])
	out := make([]Tenant, len(names))
	for i, name := range names {
		switch max(i-len(odd), 0) % 10 {
		case 3: // without its legal form
			name = name[:max(strings.LastIndexByte(name, ' '), 1)]
		case 6:
			name = strings.ToUpper(name)
		case 9: // as somebody typed it
			name = strings.Replace(name, " ", "  & ", 1)
		}
		state := "active"
		if i%20 == 13 {
			state = "suspended"
		}
		out[i] = Tenant{
			ID: fmt.Sprintf("tenant-%03d", i+1), Name: name, State: state,
			ChangedAt: time.Date(2025, time.January, 6, 9, 0, 0, 0, time.UTC),
		}
	}
	return out
}

// ActiveNames are the names of the companies that can be mapped to, those that
// no other company has first: a name that two have says nothing.
func ActiveNames(companies []map[string]any) []string {
	times := map[string]int{}
	for _, c := range companies {
		times[short(c)]++
	}
	var unique, others []string
	for _, c := range companies {
		status, _ := c["status"].(map[string]any)
		name, _ := c["name"].(string)
		deleted, _ := c["deletedFlag"].(bool)
		switch {
		case deleted || status["name"] != "Active":
		case times[short(c)] == 1:
			unique = append(unique, name)
		default:
			others = append(others, name)
		}
	}
	return append(unique, others...)
}

// short is a company's name without its last word, which may be a legal form.
func short(company map[string]any) string {
	name, _ := company["name"].(string)
	return strings.ToLower(name[:max(strings.LastIndexByte(name, ' '), 0)])
}

// usageReport is a snapshot of what a tenant uses.
type usageReport struct {
	Tenant     string           `json:"tenant"`
	Day        string           `json:"day"`
	ReportedAt time.Time        `json:"reportedAt"`
	Counts     map[string]int64 `json:"counts"`
}

// reported are the days that the demo's product has reported, today included.
const reported = 7

// reports of a week, growing a little from day to day.
func reports(tenants []Tenant, now time.Time) []usageReport {
	var out []usageReport
	for i, t := range tenants {
		for back := reported - 1; back >= 0; back-- {
			seats := int64(5 + i*7%90 + (reported - back))
			counts := map[string]int64{"core": seats}
			if i%2 == 0 {
				counts["email-protect"] = seats
			}
			if i%3 == 0 {
				counts["dmarc"] = int64(1 + i%4)
			}
			at := now.AddDate(0, 0, -back).UTC()
			out = append(out, usageReport{Tenant: t.ID, Day: at.Format(time.DateOnly), ReportedAt: at, Counts: counts})
		}
	}
	return out
}

// TellProduct does what the vendor's product does: it tells of its tenants,
// and reports a week of their usage. The client's token is a machine's.
func (c *Client) TellProduct(ctx context.Context, tenants []Tenant, now time.Time) error {
	if err := told(ctx, c, "/v1/tenants", "tenants", tenants); err != nil {
		return err
	}
	return told(ctx, c, "/v1/usage", "reports", reports(tenants, now))
}

// batch is how many items the API takes at once.
const batch = 200

func told[T any](ctx context.Context, c *Client, path, field string, items []T) error {
	for part := range slices.Chunk(items, batch) {
		var answer struct {
			Results []struct{ ID, Result, Message string }
		}
		if err := c.Call(ctx, http.MethodPost, path, map[string]any{field: part}, &answer); err != nil {
			return fmt.Errorf("tell %s: %w", field, err)
		}
		for _, r := range answer.Results {
			if r.Result != "stored" && r.Result != "stale" {
				return fmt.Errorf("tell %s: %s of %s: %s", field, r.Result, r.ID, r.Message)
			}
		}
	}
	return nil
}
