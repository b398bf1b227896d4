package httpapi

import (
	"context"

	"github.com/psabridge/psabridge/internal/usage"
)

// PlannedAgreement is the part of a preview that is about one agreement.
type PlannedAgreement struct {
	Agreement      Ref           `json:"agreement"`
	Company        string        `json:"company,omitempty"`
	ProposeArrears bool          `json:"proposeArrears,omitempty" doc:"Its data look like an agreement that is billed in arrears."`
	Lines          []PlannedLine `json:"lines" nullable:"false"`
}

// PlannedLine is what a posting would do to a line, and why.
type PlannedLine struct {
	Product    Ref            `json:"product"`
	Date       string         `json:"date,omitempty" doc:"When the open period begins."`
	Next       string         `json:"next,omitempty" doc:"When the next one does."`
	Why        string         `json:"why,omitempty" doc:"Why this date."`
	Unapproved bool           `json:"unapproved" doc:"Whether the steps wait for approval."`
	Steps      []PlannedStep  `json:"steps" nullable:"false"`
	Attention  []Attention    `json:"attention" nullable:"false"`
	Shares     []PlannedShare `json:"shares" nullable:"false" doc:"What the quantity is the sum of."`
	Reported   string         `json:"reported"`
	Now        string         `json:"now" doc:"What stands in ConnectWise."`
	Effect     string         `json:"effect" doc:"On the price of a period."`
}

// PlannedStep changes an addition.
type PlannedStep struct {
	Kind    string `json:"kind" enum:"update,create,end,void"`
	Line    int64  `json:"line,omitempty"`
	Date    string `json:"date"`
	Was     string `json:"was"`
	Then    string `json:"then"`
	EndWas  string `json:"endWas,omitempty"`
	EndThen string `json:"endThen,omitempty"`
	Reason  string `json:"reason"`
	Effect  string `json:"effect"`
}

// PlannedShare is one tenant's SKU in a line.
type PlannedShare struct {
	Tenant   string `json:"tenant"`
	Name     string `json:"name"`
	SKU      string `json:"sku"`
	Count    int64  `json:"count"`
	Day      string `json:"day,omitempty"`
	Reported bool   `json:"reported"`
}

type postingPlanInput struct {
	RunInput
	PageInput
}

type postingPlanOutput struct {
	Body struct {
		Items []PlannedAgreement `json:"items" nullable:"false"`
		Next  string             `json:"next,omitempty"`
	}
}

func (a *api) getPostingPlan(ctx context.Context, in *postingPlanInput) (*postingPlanOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.PostingRuns.Run(ctx, scope, in.ID); err != nil {
		return nil, err
	}
	names, err := a.lineNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	plans, next, err := a.PostingLedger.Plans(ctx, scope, in.ID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &postingPlanOutput{}
	out.Body.Items, out.Body.Next = listOf(plans, next, func(p usage.AgreementPlan) PlannedAgreement {
		planned := names.plannedAgreement(p)
		planned.Company = names.companies[p.Agreement]
		return planned
	})
	return out, nil
}

func (n lineNames) plannedAgreement(p usage.AgreementPlan) PlannedAgreement {
	out := PlannedAgreement{Agreement: Ref{ID: int64(p.Agreement), Name: p.Name}, ProposeArrears: p.ProposeArrears}
	out.Lines, _ = listOf(p.Series, "", n.plannedLine)
	return out
}

func (n lineNames) plannedLine(s usage.SeriesPlan) PlannedLine {
	out := PlannedLine{
		Product: Ref{ID: int64(s.Key.Product), Name: s.Product}, Date: string(s.Date), Next: string(s.Next), Why: string(s.Why),
		Unapproved: s.Unapproved, Reported: s.Look.Product.String(), Now: s.Look.ConnectWise.String(), Effect: s.Effect.String(),
	}
	out.Attention, _ = listOf(s.Look.Attention, "", n.attention)
	out.Steps, _ = listOf(s.Steps, "", func(t usage.Step) PlannedStep {
		return PlannedStep{
			Kind: string(t.Kind), Line: int64(t.Line), Date: string(t.Date), Was: t.Was.String(), Then: t.Then.String(),
			EndWas: string(t.EndWas), EndThen: string(t.EndThen), Reason: string(t.Reason), Effect: t.Effect.String(),
		}
	})
	out.Shares, _ = listOf(s.Shares, "", func(h usage.Share) PlannedShare {
		return PlannedShare{
			Tenant: string(h.Tenant), Name: h.Name, SKU: string(h.SKU), Count: h.Count, Day: string(h.Day), Reported: h.Reported,
		}
	})
	return out
}
