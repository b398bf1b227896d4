package httpapi

import (
	"context"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Statements is what the API reads of months, trends and checks; see
// usage.Statements.
type Statements interface {
	Month(ctx context.Context, scope psa.Scope, month usage.Month, after usage.TenantID, limit int) (usage.Statement, error)
	Trend(ctx context.Context, scope psa.Scope, tenant usage.TenantID, days int) (usage.Trend, error)
	Checks(ctx context.Context, scope psa.Scope, latest, done *usage.Run) ([]usage.Check, error)
}

func (a *api) registerStatements() {
	add(a, operation{
		id: "getStatement", method: "GET", path: "/v1/postings/statement", tag: tagPostings, access: reads,
		summary: "What became of a month's usage, by tenant and SKU: reported, posted, billed, unbilled and why",
	}, a.getStatement)
	add(a, operation{
		id: "getStatementFile", method: "GET", path: "/v1/postings/statement.csv", tag: tagPostings, access: reads, content: "text/csv",
		summary: "The same as CSV; where there is more, Link names the next part, which has no head line",
	}, a.getStatementFile)
	add(a, operation{
		id: "getUsageTrend", method: "GET", path: "/v1/postings/trends/{tenant}", tag: tagPostings, access: reads,
		summary: "What a tenant reported day by day, and what its lines bill",
	}, a.getUsageTrend)
	add(a, operation{
		id: "listPostingChecks", method: "GET", path: "/v1/postings/checks", tag: tagPostings, access: reads,
		summary: "The sanity checks: what was looked at, and what to do",
	}, a.listPostingChecks)
}

// StatementRow is what became of a SKU of a tenant: as things stood on the
// month's last day, or stand today.
type StatementRow struct {
	Tenant     string   `json:"tenant"`
	Name       string   `json:"name"`
	SKU        string   `json:"sku"`
	Company    string   `json:"company,omitempty"`
	Agreement  Ref      `json:"agreement" doc:"Where it is billed; the id is 0 if nowhere."`
	Product    Ref      `json:"product"`
	Reported   string   `json:"reported" doc:"The last report's count up to the day."`
	ReportedOn string   `json:"reportedOn,omitempty" doc:"The day of that report; none if there never was one."`
	Posted     string   `json:"posted" doc:"The tenant's part of the line that bills the day."`
	Billed     *string  `json:"billed,omitempty" doc:"What of it is invoiced, by the agreement's next invoice date; none if that is not known."`
	Unposted   string   `json:"unposted" doc:"Reported, less posted."`
	Unbilled   *string  `json:"unbilled,omitempty" doc:"Reported, less billed."`
	Why        []Reason `json:"why" nullable:"false" doc:"Why something is not posted or not billed."`
	Line       int64    `json:"line,omitempty" doc:"The addition that bills it."`
	Quantity   string   `json:"quantity,omitempty" doc:"The addition's whole quantity."`
	Shares     int      `json:"shares,omitempty" doc:"How many tenants and SKUs that is the sum of."`
	From       string   `json:"from,omitempty" doc:"When the line begins that bills later what this one does not."`
}

// Reason says why something is not posted or not billed.
type Reason struct {
	Code  string `json:"code"`
	Words string `json:"words"`
}

func (n lineNames) statementRow(r usage.MonthRow) StatementRow {
	out := StatementRow{
		Tenant: string(r.Tenant), Name: r.Name, SKU: string(r.SKU), Company: n.companies[r.Key.Agreement],
		Agreement: Ref{ID: int64(r.Key.Agreement), Name: n.agreements[r.Key.Agreement]},
		Product:   Ref{ID: int64(r.Key.Product), Name: n.items[r.Key.Product]},
		Reported:  r.Reported.String(), ReportedOn: string(r.ReportedOn), Posted: r.Posted.String(), Unposted: r.Unposted().String(),
		Line: int64(r.Line), Shares: r.Shares, From: string(r.From),
	}
	if name := n.people[string(r.Tenant)]; name != "" {
		out.Name = name
	}
	if r.Known {
		billed, unbilled := r.Billed.String(), r.Unbilled().String()
		out.Billed, out.Unbilled = &billed, &unbilled
	}
	if r.Line != 0 {
		out.Quantity = r.Quantity.String()
	}
	out.Why, _ = listOf(r.Why, "", func(w usage.Why) Reason { return Reason{string(w), w.Words()} })
	return out
}

// MonthInput names a month.
type MonthInput struct {
	Month string `query:"month" required:"true" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" doc:"This month by the account's clock, or one of the last twelve."`
}

type getStatementInput struct {
	MonthInput
	PageInput
}

type getStatementOutput struct {
	Body struct {
		Month string         `json:"month"`
		On    string         `json:"on" doc:"The day that the rows are about."`
		Items []StatementRow `json:"items" nullable:"false"`
		Next  string         `json:"next,omitempty"`
	}
}

// getStatement pages by tenant: a page has all SKUs of its tenants.
func (a *api) getStatement(ctx context.Context, in *getStatementInput) (*getStatementOutput, error) {
	s, names, err := a.statement(ctx, in.Month, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &getStatementOutput{}
	out.Body.Month, out.Body.On = string(s.Month), string(s.On)
	out.Body.Items, out.Body.Next = listOf(s.Rows, string(s.Next), names.statementRow)
	return out, nil
}

func (a *api) statement(ctx context.Context, month, after string, limit int) (usage.Statement, lineNames, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return usage.Statement{}, lineNames{}, err
	}
	m, err := usage.ParseMonth(month)
	if err != nil {
		return usage.Statement{}, lineNames{}, err
	}
	s, err := a.Statements.Month(ctx, scope, m, usage.TenantID(after), limit)
	if err != nil {
		return usage.Statement{}, lineNames{}, err
	}
	names, err := a.lineNames(ctx, scope)
	return s, names, err
}

// UsageTrend is what a tenant used.
type UsageTrend struct {
	Tenant string     `json:"tenant"`
	Name   string     `json:"name"`
	First  string     `json:"first"`
	Last   string     `json:"last" doc:"The account's today."`
	SKUs   []SKUTrend `json:"skus" nullable:"false"`
}

// SKUTrend is one SKU's part.
type SKUTrend struct {
	SKU   string       `json:"sku"`
	Days  []DayCount   `json:"days" nullable:"false" doc:"The days on which it was reported."`
	Lines []BilledSpan `json:"lines" nullable:"false" doc:"Our lines that bill it."`
}

// DayCount is what was reported for a day.
type DayCount struct {
	Day   string `json:"day"`
	Count int64  `json:"count"`
}

// BilledSpan is a line and the days that it bills.
type BilledSpan struct {
	Start    string `json:"start"`
	End      string `json:"end,omitempty"`
	Quantity string `json:"quantity"`
	Shares   int    `json:"shares" doc:"How many tenants and SKUs it is the sum of."`
}

type getUsageTrendInput struct {
	Tenant string `path:"tenant" minLength:"1" maxLength:"128"`
	Days   int    `query:"days" minimum:"7" maximum:"366" default:"90" doc:"How many, up to today."`
}

type getUsageTrendOutput struct{ Body UsageTrend }

func (a *api) getUsageTrend(ctx context.Context, in *getUsageTrendInput) (*getUsageTrendOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	names, err := a.lineNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	t, err := a.Statements.Trend(ctx, scope, usage.TenantID(in.Tenant), in.Days)
	if err != nil {
		return nil, err
	}
	name, known := names.people[in.Tenant]
	if !known && len(t.SKUs) == 0 {
		return nil, notFound()
	}
	out := UsageTrend{Tenant: in.Tenant, Name: name, First: string(t.First), Last: string(t.Last)}
	out.SKUs, _ = listOf(t.SKUs, "", skuTrend)
	return &getUsageTrendOutput{out}, nil
}

func skuTrend(t usage.SKUTrend) SKUTrend {
	out := SKUTrend{SKU: string(t.SKU)}
	out.Days, _ = listOf(t.Days, "", func(d usage.DayCount) DayCount { return DayCount{string(d.Day), d.Count} })
	out.Lines, _ = listOf(t.Lines, "", func(l usage.BilledSpan) BilledSpan {
		return BilledSpan{string(l.Start), string(l.End), l.Quantity.String(), l.Shares}
	})
	return out
}

// PostingCheck is one of the sanity checks.
type PostingCheck struct {
	ID      string `json:"id" enum:"mapped,additions,this_period,next_period,daily,same_counts,single_line"`
	Finding string `json:"finding" enum:"pass,attention,unknown" doc:"unknown: there was nothing to look at."`
	Looked  string `json:"looked" doc:"What was looked at."`
	Remedy  string `json:"remedy,omitempty"`
}

type listPostingChecksOutput struct {
	Body struct {
		Items []PostingCheck `json:"items" nullable:"false"`
	}
}

// lately is among how many runs the latest are looked for.
const lately = 100

func (a *api) listPostingChecks(ctx context.Context, _ *struct{}) (*listPostingChecksOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	runs, _, err := a.PostingRuns.List(ctx, scope, "", lately)
	if err != nil {
		return nil, err
	}
	var latest, done *usage.Run
	for _, r := range runs {
		if r.Mode != usage.ModePost {
			continue
		}
		if latest == nil {
			latest = &r
		}
		if done == nil && r.State == usage.Done {
			done = &r
		}
	}
	list, err := a.Statements.Checks(ctx, scope, latest, done)
	if err != nil {
		return nil, err
	}
	out := &listPostingChecksOutput{}
	out.Body.Items, _ = listOf(list, "", func(c usage.Check) PostingCheck {
		return PostingCheck{string(c.ID), string(c.Finding), c.Looked, c.Remedy}
	})
	return out, nil
}
