package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Intake takes usage reports; see usage.Intake.
type Intake interface {
	Report(ctx context.Context, account psa.AccountID, r usage.Report) (usage.Told, error)
}

func (a *api) registerIntake() {
	const tag = "Product"
	add(a, operation{
		id: "putTenants", method: "POST", path: "/v1/tenants", tag: tag, access: scopeTenants,
		summary: "Tell of tenants; telling again, late or out of order is harmless",
	}, a.putTenants)
	add(a, operation{
		id: "putUsage", method: "POST", path: "/v1/usage", tag: tag, access: scopeUsage,
		summary: "Report what tenants use, a snapshot a day; reporting again, late or out of order is harmless",
	}, a.putUsage)
}

// Outcome says what became of one item of a batch.
type Outcome struct {
	ID      string `json:"id" doc:"The tenant's id."`
	Result  string `json:"result" enum:"stored,stale,refused,failed" doc:"stale: something later was told before. failed: send it again."`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

type outcomesOutput struct {
	Body struct {
		Results []Outcome `json:"results" nullable:"false" doc:"One for each item, in their order."`
	}
}

// outcome is one item's. One that failed does not stop the others.
func outcome[T ~string](id string, told T, err error) Outcome {
	if err == nil {
		return Outcome{ID: id, Result: string(told)}
	}
	p := publicOf(err)
	out := Outcome{ID: id, Result: "failed", Code: string(p.Code), Message: p.Message, Remedy: p.Remedy}
	if p.Code == problem.BadRequest {
		out.Result = "refused"
	}
	return out
}

type putTenantsInput struct {
	Body struct {
		Tenants []TenantTold `json:"tenants" minItems:"1" maxItems:"200" nullable:"false"`
	}
}

// TenantTold is a customer of the MSP in the vendor's product.
type TenantTold struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	State     string    `json:"state" doc:"active, suspended or removed."`
	ChangedAt time.Time `json:"changedAt" doc:"By the product's clock: of two tellings the later one counts."`
}

func (a *api) putTenants(ctx context.Context, in *putTenantsInput) (*outcomesOutput, error) {
	out := &outcomesOutput{}
	for _, t := range in.Body.Tenants {
		told, err := a.Mapping.PutTenant(ctx, callerOf(ctx).account, mapping.Tenant{
			ID: mapping.TenantID(t.ID), Name: t.Name, State: mapping.TenantState(t.State), ChangedAt: t.ChangedAt,
		})
		out.Body.Results = append(out.Body.Results, outcome(t.ID, told, err))
	}
	return out, nil
}

type putUsageInput struct {
	Body struct {
		Reports []UsageReport `json:"reports" minItems:"1" maxItems:"200" nullable:"false"`
	}
}

// UsageReport is a snapshot of what a tenant uses.
type UsageReport struct {
	Tenant     string           `json:"tenant"`
	Day        string           `json:"day" doc:"The day that it is about, such as 2026-01-31."`
	ReportedAt time.Time        `json:"reportedAt" doc:"Of two snapshots of a day the later one counts."`
	Counts     map[string]int64 `json:"counts" doc:"By SKU: whole, not negative. A SKU that is absent is zero."`
}

func (a *api) putUsage(ctx context.Context, in *putUsageInput) (*outcomesOutput, error) {
	out := &outcomesOutput{}
	for _, r := range in.Body.Reports {
		counts := make(map[usage.SKU]int64, len(r.Counts))
		for sku, n := range r.Counts {
			counts[usage.SKU(sku)] = n
		}
		told, err := a.Intake.Report(ctx, callerOf(ctx).account, usage.Report{
			Tenant: usage.TenantID(r.Tenant), Day: usage.Date(r.Day), ReportedAt: r.ReportedAt, Counts: counts,
		})
		out.Body.Results = append(out.Body.Results, outcome(r.Tenant, told, err))
	}
	return out, nil
}
