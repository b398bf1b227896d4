package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

func (a *api) registerLines() {
	add(a, operation{
		id: "listLines", method: "GET", path: "/v1/postings/lines", tag: tagPostings, access: reads,
		summary: "What is billed, by agreement and catalog item: the product's count, ConnectWise's and ours, and what needs attention",
	}, a.listLines)
	add(a, operation{
		id: "listOpenLines", method: "GET", path: "/v1/postings/open-lines", tag: tagPostings, access: reads,
		summary: "Our lines that go on billing when the connection is taken down; a posting of mode end ends them",
	}, a.listOpenLines)
	add(a, operation{
		id: "decideLine", method: "POST", path: "/v1/postings/lines/{agreement}/{product}/{decision}", tag: tagPostings, access: changes,
		summary: "Decide about a line: hold or release it, take another's line over or leave it, accept what people did",
	}, a.decideLine)
	add(a, operation{
		id: "listPostingHistory", method: "GET", path: "/v1/postings/history", tag: tagPostings, access: reads,
		summary: "What was posted and decided, newest first",
	}, a.listPostingHistory)
}

// BilledLine is what is billed of a catalog item on an agreement.
type BilledLine struct {
	Agreement   Ref          `json:"agreement"`
	Product     Ref          `json:"product"`
	Company     string       `json:"company,omitempty"`
	Tenants     []string     `json:"tenants" nullable:"false" doc:"The tenants whose usage is summed."`
	Date        string       `json:"date,omitempty" doc:"When the open period begins."`
	Reported    string       `json:"reported" doc:"What the product reports."`
	ConnectWise string       `json:"connectwise" doc:"What stands in ConnectWise."`
	Posted      string       `json:"posted" doc:"What we posted last."`
	PostedAt    *time.Time   `json:"postedAt,omitempty"`
	Attention   []Attention  `json:"attention" nullable:"false"`
	Others      []OtherLine  `json:"others" nullable:"false" doc:"Lines of others that overlap the period."`
	Lines       []PostedLine `json:"lines" nullable:"false" doc:"Ours, by start."`
	Held        bool         `json:"held"`
	Left        bool         `json:"left" doc:"Whether the lines of others are left alone."`
}

// Attention is a state that a person should know.
type Attention struct {
	Code   string `json:"code"`
	Stops  bool   `json:"stops" doc:"Whether nothing is posted in this state."`
	Remedy string `json:"remedy"`
	Line   int64  `json:"line,omitempty"`
	Tenant string `json:"tenant,omitempty"`
	Name   string `json:"tenantName,omitempty" doc:"What people call the tenant."`
	By     string `json:"by,omitempty"`
	Day    string `json:"day,omitempty"`
	Was    string `json:"was,omitempty"`
	Is     string `json:"is,omitempty"`
	Words  string `json:"words,omitempty" doc:"ConnectWise's own."`
}

func (n lineNames) attention(a usage.Attention) Attention {
	return Attention{
		Code: string(a.Code), Stops: a.Code.Stops(), Remedy: a.Code.Remedy(), Line: int64(a.Line), Tenant: string(a.Tenant),
		Name: n.people[string(a.Tenant)], By: a.By, Day: string(a.Day), Was: a.Was, Is: a.Is, Words: a.Words,
	}
}

// OtherLine is a line that somebody else made.
type OtherLine struct {
	ID       int64  `json:"id"`
	Start    string `json:"start"`
	End      string `json:"end,omitempty"`
	Quantity string `json:"quantity"`
}

// PostedLine is an addition of ours.
type PostedLine struct {
	ID       int64  `json:"id"`
	Start    string `json:"start"`
	End      string `json:"end,omitempty"`
	Quantity string `json:"quantity"`
	Taken    bool   `json:"taken,omitempty" doc:"It was another's."`
	Void     bool   `json:"void,omitempty" doc:"It was one too many: zero and ended."`
	Gone     bool   `json:"gone,omitempty" doc:"A person deleted it."`
}

type listLinesOutput struct {
	Body struct {
		Items []BilledLine `json:"items" nullable:"false"`
	}
}

func (a *api) listLines(ctx context.Context, _ *struct{}) (*listLinesOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.PostingLedger.Series(ctx, scope, 0)
	if err != nil {
		return nil, err
	}
	names, err := a.lineNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &listLinesOutput{}
	out.Body.Items = make([]BilledLine, 0, len(all))
	for k, s := range all {
		out.Body.Items = append(out.Body.Items, names.line(k, s))
	}
	slices.SortFunc(out.Body.Items, func(x, y BilledLine) int {
		return cmp.Or(
			strings.Compare(x.Company, y.Company), cmp.Compare(x.Agreement.ID, y.Agreement.ID), cmp.Compare(x.Product.ID, y.Product.ID),
		)
	})
	return out, nil
}

// OpenLine is a line of ours without an end.
type OpenLine struct {
	Agreement Ref    `json:"agreement"`
	Product   Ref    `json:"product"`
	Company   string `json:"company,omitempty"`
	Line      int64  `json:"line"`
	Start     string `json:"start"`
	Quantity  string `json:"quantity"`
}

type listOpenLinesOutput struct {
	Body struct {
		Items []OpenLine `json:"items" nullable:"false"`
	}
}

func (a *api) listOpenLines(ctx context.Context, _ *struct{}) (*listOpenLinesOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	open, err := a.Postings.OpenLines(ctx, scope)
	if err != nil {
		return nil, err
	}
	names, err := a.lineNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &listOpenLinesOutput{}
	out.Body.Items, _ = listOf(open, "", func(l usage.OpenLine) OpenLine {
		return OpenLine{
			Agreement: Ref{ID: int64(l.Key.Agreement), Name: names.agreements[l.Key.Agreement]},
			Product:   Ref{ID: int64(l.Key.Product), Name: names.items[l.Key.Product]}, Company: names.companies[l.Key.Agreement],
			Line: int64(l.ID), Start: string(l.Start), Quantity: l.Quantity.String(),
		}
	})
	return out, nil
}

// lineNames are what people call the agreements and catalog items of lines: as
// they were when they were chosen.
type lineNames struct {
	agreements, items map[psa.RecordID]string
	companies         map[psa.RecordID]string
	tenants           map[psa.RecordID][]string // by agreement
	people            map[string]string         // tenants by id
}

func (a *api) lineNames(ctx context.Context, scope psa.Scope) (lineNames, error) {
	n := lineNames{
		agreements: map[psa.RecordID]string{}, items: map[psa.RecordID]string{}, companies: map[psa.RecordID]string{},
		tenants: map[psa.RecordID][]string{}, people: map[string]string{},
	}
	const all = 1 << 30
	table, err := a.Mapping.Table(ctx, scope, mapping.TableQuery{Limit: all})
	if err != nil {
		return n, err
	}
	_, products, err := a.Mapping.Products(ctx, scope)
	if err != nil {
		return n, err
	}
	for _, item := range products.Items {
		n.items[item.ID] = item.Name
	}
	for _, r := range table.Rows {
		n.people[string(r.Tenant.ID)] = r.Tenant.Name
		id := r.Mapping.Agreement.ID
		if id == 0 {
			continue
		}
		n.agreements[id], n.companies[id] = r.Mapping.Agreement.Name, r.Mapping.Company.Name
		n.tenants[id] = append(n.tenants[id], r.Tenant.Name)
		for _, item := range r.Mapping.Products {
			n.items[item.ID] = item.Name
		}
	}
	return n, nil
}

func (n lineNames) line(k usage.SeriesKey, s usage.Series) BilledLine {
	out := BilledLine{
		Agreement: Ref{ID: int64(k.Agreement), Name: n.agreements[k.Agreement]}, Product: Ref{ID: int64(k.Product), Name: n.items[k.Product]},
		Company: n.companies[k.Agreement], Tenants: orEmpty(n.tenants[k.Agreement]), Date: string(s.Look.Date),
		Reported: s.Look.Product.String(), ConnectWise: s.Look.ConnectWise.String(), Posted: s.Look.Posted.String(),
		PostedAt: optional(s.PostedAt), Held: s.Decisions.Hold != nil, Left: s.Decisions.Leave != nil,
	}
	out.Attention, _ = listOf(s.Look.Attention, "", n.attention)
	out.Others, _ = listOf(s.Look.Others, "", func(o usage.Other) OtherLine {
		return OtherLine{ID: int64(o.ID), Start: string(o.Start), End: string(o.End), Quantity: o.Quantity.String()}
	})
	out.Lines, _ = listOf(s.Lines, "", func(l usage.Line) PostedLine {
		return PostedLine{
			ID: int64(l.ID), Start: string(l.Start), End: string(l.End), Quantity: l.Quantity.String(), Taken: l.Taken, Void: l.Void, Gone: l.Gone,
		}
	})
	return out
}

type decideLineInput struct {
	Agreement int64  `path:"agreement" minimum:"1"`
	Product   int64  `path:"product" minimum:"1"`
	Decision  string `path:"decision" enum:"hold,release,leave,take-over,resume"`
}

func (a *api) decideLine(ctx context.Context, in *decideLineInput) (*struct{}, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	key := usage.SeriesKey{Agreement: psa.RecordID(in.Agreement), Product: psa.RecordID(in.Product)}
	decide := map[string]func(context.Context, psa.Scope, usage.SeriesKey, string) error{
		"hold": a.Postings.Hold, "release": a.Postings.Release, "leave": a.Postings.Leave, "take-over": a.Postings.TakeOver,
		"resume": a.Postings.Resume,
	}[in.Decision]
	if decide == nil {
		return nil, problem.New(problem.BadRequest, "There is no such decision.", "").Wrap(psa.ErrInvalid)
	}
	return nil, decide(ctx, scope, key, callerOf(ctx).subject)
}

// PostingEntry is one step of the history.
type PostingEntry struct {
	At        time.Time  `json:"at"`
	By        string     `json:"by"`
	Run       string     `json:"run,omitempty"`
	Agreement Ref        `json:"agreement"`
	Product   Ref        `json:"product"`
	Company   string     `json:"company,omitempty"`
	Line      int64      `json:"line,omitempty"`
	Event     string     `json:"event" doc:"update, create, end, void, or what a person decided."`
	Date      string     `json:"date,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Was       string     `json:"was"`
	Then      string     `json:"then"`
	EndWas    string     `json:"endWas,omitempty"`
	EndThen   string     `json:"endThen,omitempty"`
	Found     *Attention `json:"found,omitempty" doc:"Who had changed the line since."`
}

func (n lineNames) entry(e usage.Entry) PostingEntry {
	out := PostingEntry{
		At: e.At.UTC(), By: e.By, Run: e.Run, Line: int64(e.Line), Company: n.companies[e.Key.Agreement],
		Agreement: Ref{ID: int64(e.Key.Agreement), Name: n.agreements[e.Key.Agreement]},
		Product:   Ref{ID: int64(e.Key.Product), Name: n.items[e.Key.Product]},
		Event:     e.Event, Date: string(e.Date), Reason: string(e.Reason), Was: e.Was.String(), Then: e.Then.String(),
		EndWas: string(e.EndWas), EndThen: string(e.EndThen),
	}
	if e.Found != nil {
		found := n.attention(*e.Found)
		out.Found = &found
	}
	return out
}

type listPostingHistoryInput struct {
	PageInput

	Agreement int64 `query:"agreement" minimum:"0" doc:"With product: only of that line."`
	Product   int64 `query:"product" minimum:"0"`
}

type listPostingHistoryOutput struct {
	Body struct {
		Items []PostingEntry `json:"items" nullable:"false"`
		Next  string         `json:"next,omitempty"`
	}
}

func (a *api) listPostingHistory(ctx context.Context, in *listPostingHistoryInput) (*listPostingHistoryOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	key := usage.SeriesKey{Agreement: psa.RecordID(in.Agreement), Product: psa.RecordID(in.Product)}
	entries, next, err := a.PostingLedger.History(ctx, scope, key, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	names, err := a.lineNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &listPostingHistoryOutput{}
	out.Body.Items, out.Body.Next = listOf(entries, next, names.entry)
	return out, nil
}
