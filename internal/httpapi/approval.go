package httpapi

import (
	"context"

	"github.com/psabridge/psabridge/internal/usage"
)

type approvePostingsInput struct {
	Body struct {
		Preview string   `json:"preview" pattern:"^[0-9A-HJKMNP-TV-Z]{26}$" doc:"The run of the preview that the person saw."`
		Tenants []string `json:"tenants,omitempty" nullable:"false" maxItems:"500" doc:"None means all."`
	}
}

// Unlike is a tenant's SKU that was not approved, since it is not what the
// preview showed.
type Unlike struct {
	Tenant string `json:"tenant"`
	Name   string `json:"name"`
	SKU    string `json:"sku"`
	Shown  *Offer `json:"shown,omitempty" doc:"What the preview showed; absent if it did not have it."`
	Now    *Offer `json:"now,omitempty" doc:"What a new preview would show; absent if nothing waits for approval."`
}

// Offer is where a tenant's SKU is to be billed.
type Offer struct {
	Agreement Ref    `json:"agreement"`
	Product   Ref    `json:"product"`
	Date      string `json:"date,omitempty" doc:"When the open period begins."`
	From      string `json:"from,omitempty" doc:"When a changed mapping takes effect."`
	Price     string `json:"price,omitempty" doc:"The catalog's, where a new line would have it."`
}

func (n lineNames) offer(o *usage.Offer) *Offer {
	if o == nil {
		return nil
	}
	out := &Offer{
		Agreement: Ref{ID: int64(o.To.Agreement), Name: n.agreements[o.To.Agreement]},
		Product:   Ref{ID: int64(o.To.Product), Name: n.items[o.To.Product]}, Date: string(o.Date), From: string(o.From),
	}
	if o.Priced {
		out.Price = o.Price.String()
	}
	return out
}

type approvePostingsOutput struct {
	Body struct {
		Approved int      `json:"approved" doc:"How many SKUs of tenants are approved."`
		Unlike   []Unlike `json:"unlike" nullable:"false" doc:"Those that were left, since they are otherwise by now. Preview again to approve them."`
	}
}

func (a *api) approvePostings(ctx context.Context, in *approvePostingsInput) (*approvePostingsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	tenants := make([]usage.TenantID, len(in.Body.Tenants))
	for i, t := range in.Body.Tenants {
		tenants[i] = usage.TenantID(t)
	}
	names, err := a.lineNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	approved, unlike, err := a.Postings.Approve(ctx, scope, callerOf(ctx).subject, in.Body.Preview, tenants...)
	if err != nil {
		return nil, err
	}
	out := &approvePostingsOutput{}
	out.Body.Approved = approved
	out.Body.Unlike, _ = listOf(unlike, "", func(u usage.Unlike) Unlike {
		return Unlike{Tenant: string(u.Tenant), Name: u.Name, SKU: string(u.SKU), Shown: names.offer(u.Shown), Now: names.offer(u.Now)}
	})
	return out, nil
}
