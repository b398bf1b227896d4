package httpapi

import (
	"context"
	"strconv"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Mapping is what the API needs of mappings; see mapping.Service.
type Mapping interface { //nolint:interfacebloat // one table, all of whose edits the API offers
	Table(ctx context.Context, scope psa.Scope, q mapping.TableQuery) (mapping.Table, error)
	Save(ctx context.Context, scope psa.Scope, e mapping.Edit, by string) (mapping.Mapping, error)
	SaveMany(ctx context.Context, scope psa.Scope, edits []mapping.Edit, by string) ([]mapping.Mapping, error)
	StartChange(ctx context.Context, scope psa.Scope, edits []mapping.Edit, by string) (mapping.Change, error)
	StartAutoMap(ctx context.Context, scope psa.Scope, by string) (mapping.Change, error)
	GetChange(ctx context.Context, scope psa.Scope, id string) (mapping.Change, error)
	Apply(ctx context.Context, scope psa.Scope, id, by string) (mapping.Change, error)
	Undo(ctx context.Context, scope psa.Scope, id, by string) (mapping.Change, error)
	Products(ctx context.Context, scope psa.Scope) ([]mapping.Product, mapping.Products, error)
	SaveProducts(ctx context.Context, scope psa.Scope, items map[mapping.SKU]mapping.Ref, rev int64, by string) (mapping.Products, error)
	CompanySearch(ctx context.Context, scope psa.Scope, text string, limit int) ([]mapping.Ref, error)
	AgreementsOf(ctx context.Context, scope psa.Scope, company psa.RecordID) ([]mapping.Agreement, error)
	ItemSearch(ctx context.Context, scope psa.Scope, text string, limit int) ([]mapping.Item, error)
	PutTenant(ctx context.Context, account psa.AccountID, t mapping.Tenant) (mapping.Told, error)
}

const (
	tagMapping = "Mapping"
	// maxEdits bounds the body of an operation that takes up to a thousand
	// edits, each with the names of what it chooses.
	maxEdits = 1 << 20
)

func (a *api) registerMapping() {
	add(a, operation{
		id: "listMappings", method: "GET", path: "/v1/mappings", tag: tagMapping, access: reads,
		summary: "Tenants and what they are mapped to, by name",
	}, a.listMappings)
	add(a, operation{
		id: "putMapping", method: "PUT", path: "/v1/mappings/{tenant}", tag: tagMapping, access: changes,
		summary: "Map a tenant, or take its mapping away; If-Match is needed",
	}, a.putMapping)
	add(a, operation{
		id: "putMappings", method: "POST", path: "/v1/mappings", tag: tagMapping, access: changes,
		body: maxEdits, summary: "Map up to 50 tenants, all or none",
	}, a.putMappings)
	add(a, operation{
		id: "startMappingChange", method: "POST", path: "/v1/mapping-changes", tag: tagMapping, access: changes, status: 202,
		body: maxEdits, summary: "Map many tenants, or have a proposal made by name; poll what is answered",
	}, a.startMappingChange)
	add(a, operation{
		id: "getMappingChange", method: "GET", path: "/v1/mapping-changes/{id}", tag: tagMapping, access: reads,
		summary: "A change set, and what became of each of its rows",
	}, a.getMappingChange)
	add(a, operation{
		id: "applyMappingChange", method: "POST", path: "/v1/mapping-changes/{id}/apply", tag: tagMapping, access: changes, status: 202,
		summary: "Do what was proposed; pressing twice does it once",
	}, a.applyMappingChange)
	add(a, operation{
		id: "undoMappingChange", method: "POST", path: "/v1/mapping-changes/{id}/undo", tag: tagMapping, access: changes, status: 202,
		summary: "Take back what was done, except where somebody changed it since",
	}, a.undoMappingChange)
}

// Ref names a record of ConnectWise.
type Ref struct {
	ID   int64  `json:"id" minimum:"0"`
	Name string `json:"name,omitempty" maxLength:"400"`
}

func refOf(r mapping.Ref) Ref { return Ref{ID: int64(r.ID), Name: r.Name} }

func (r Ref) ref() mapping.Ref { return mapping.Ref{ID: psa.RecordID(r.ID), Name: r.Name} }

// Target is what a tenant is mapped to.
type Target struct {
	Company   Ref            `json:"company" doc:"id 0 takes the mapping away."`
	Agreement Ref            `json:"agreement" doc:"id 0: for tickets only."`
	Enabled   bool           `json:"enabled" doc:"Whether usage is posted."`
	Off       string         `json:"off,omitempty" enum:"end,zero,leave" doc:"What becomes of the lines when posting is switched off."`
	Products  map[string]Ref `json:"products,omitempty" doc:"Catalog items that differ from the account's choice, by SKU."`
}

func targetOf(t mapping.Target) Target {
	return Target{
		Company: refOf(t.Company), Agreement: refOf(t.Agreement), Enabled: t.Enabled, Off: string(t.Off), Products: itemsOf(t.Products),
	}
}

func (t Target) target() mapping.Target {
	return mapping.Target{
		Company: t.Company.ref(), Agreement: t.Agreement.ref(), Enabled: t.Enabled, Off: mapping.Off(t.Off), Products: skuItems(t.Products),
	}
}

func itemsOf(items map[mapping.SKU]mapping.Ref) map[string]Ref {
	out := make(map[string]Ref, len(items))
	for sku, r := range items {
		out[string(sku)] = refOf(r)
	}
	return out
}

func skuItems(items map[string]Ref) map[mapping.SKU]mapping.Ref {
	out := make(map[mapping.SKU]mapping.Ref, len(items))
	for sku, r := range items {
		out[mapping.SKU(sku)] = r.ref()
	}
	return out
}

// MappingRow is a tenant and what it is mapped to.
type MappingRow struct {
	Tenant string     `json:"tenant"`
	Name   string     `json:"name"`
	State  string     `json:"state" enum:"active,suspended,removed"`
	Target Target     `json:"target"`
	Mapped bool       `json:"mapped"`
	ETag   string     `json:"etag" doc:"For If-Match when it is changed."`
	By     string     `json:"by,omitempty"`
	At     *time.Time `json:"at,omitempty"`
}

func mappingRow(r mapping.Row) MappingRow {
	return MappingRow{
		Tenant: string(r.Tenant.ID), Name: r.Tenant.Name, State: string(r.Tenant.State), Target: targetOf(r.Mapping.Target),
		Mapped: r.Mapping.Mapped(), ETag: revTag(r.Mapping.Rev), By: r.Mapping.By, At: optional(r.Mapping.At),
	}
}

func revTag(rev int64) string { return quote(strconv.FormatInt(rev, 10)) }

// revOf reads a revision from an ETag.
func revOf(tag string) (int64, error) {
	rev, err := strconv.ParseInt(unquote(tag), 10, 64)
	if err != nil || rev < 0 {
		return 0, problem.New(problem.BadRequest, "If-Match is missing, or no ETag of ours.", "Send the ETag that the row came with.").Wrap(psa.ErrInvalid)
	}
	return rev, nil
}

type listMappingsInput struct {
	Tab    string `query:"tab" enum:"all,unmapped" default:"all"`
	Text   string `query:"q" maxLength:"200" doc:"Looked for in the names of tenant, company and agreement."`
	Offset int    `query:"offset" minimum:"0" maximum:"1000000"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type listMappingsOutput struct {
	Body struct {
		Items    []MappingRow `json:"items" nullable:"false"`
		All      int          `json:"all" doc:"How many tenants the text finds."`
		Unmapped int          `json:"unmapped" doc:"How many of them are not mapped."`
		More     bool         `json:"more"`
	}
}

func (a *api) listMappings(ctx context.Context, in *listMappingsInput) (*listMappingsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	table, err := a.Mapping.Table(ctx, scope, mapping.TableQuery{Tab: mapping.Tab(in.Tab), Text: in.Text, Offset: in.Offset, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &listMappingsOutput{}
	out.Body.Items, _ = listOf(table.Rows, "", mappingRow)
	out.Body.All, out.Body.Unmapped, out.Body.More = table.AllCount, table.UnmappedCount, table.More
	return out, nil
}

type putMappingInput struct {
	IfMatchInput

	Tenant string `path:"tenant" maxLength:"128"`
	Body   Target
}

// SavedMapping is a mapping as it was stored.
type SavedMapping struct {
	Tenant string `json:"tenant"`
	Target Target `json:"target"`
	ETag   string `json:"etag"`
}

func savedMapping(m mapping.Mapping) SavedMapping {
	return SavedMapping{Tenant: string(m.Tenant), Target: targetOf(m.Target), ETag: revTag(m.Rev)}
}

type putMappingOutput struct {
	ETag string `header:"ETag"`
	Body SavedMapping
}

func (a *api) putMapping(ctx context.Context, in *putMappingInput) (*putMappingOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	rev, err := revOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	edit := mapping.Edit{Tenant: mapping.TenantID(in.Tenant), Target: in.Body.target(), Rev: rev}
	saved, err := a.Mapping.Save(ctx, scope, edit, callerOf(ctx).subject)
	if err != nil {
		return nil, err
	}
	return &putMappingOutput{ETag: revTag(saved.Rev), Body: savedMapping(saved)}, nil
}

// MappingEdit is a wish for one tenant.
type MappingEdit struct {
	Tenant string `json:"tenant" maxLength:"128"`
	Target Target `json:"target"`
	ETag   string `json:"etag" doc:"Of the row that was seen."`
}

func edits(in []MappingEdit) ([]mapping.Edit, error) {
	out := make([]mapping.Edit, len(in))
	for i, e := range in {
		rev, err := revOf(e.ETag)
		if err != nil {
			return nil, err
		}
		out[i] = mapping.Edit{Tenant: mapping.TenantID(e.Tenant), Target: e.Target.target(), Rev: rev}
	}
	return out, nil
}

type putMappingsInput struct {
	Body struct {
		Edits []MappingEdit `json:"edits" minItems:"1" maxItems:"50" nullable:"false"`
	}
}

type putMappingsOutput struct {
	Body struct {
		Items []SavedMapping `json:"items" nullable:"false"`
	}
}

func (a *api) putMappings(ctx context.Context, in *putMappingsInput) (*putMappingsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := edits(in.Body.Edits)
	if err != nil {
		return nil, err
	}
	saved, err := a.Mapping.SaveMany(ctx, scope, wanted, callerOf(ctx).subject)
	if err != nil {
		return nil, err
	}
	out := &putMappingsOutput{}
	out.Body.Items, _ = listOf(saved, "", savedMapping)
	return out, nil
}
