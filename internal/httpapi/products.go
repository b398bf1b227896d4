package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
)

func (a *api) registerProducts() {
	add(a, operation{
		id: "getProducts", method: "GET", path: "/v1/products", tag: tagMapping, access: reads,
		summary: "What the vendor sells, and the catalog item of each",
	}, a.getProducts)
	add(a, operation{
		id: "putProducts", method: "PUT", path: "/v1/products", tag: tagMapping, access: changes,
		summary: "Choose the catalog items; If-Match is needed",
	}, a.putProducts)
	add(a, operation{
		id: "searchCompanies", method: "GET", path: "/v1/companies/search", tag: tagMapping, access: reads,
		summary: "Companies by name, for a type-ahead",
	}, a.searchCompanies)
	add(a, operation{
		id: "listAgreements", method: "GET", path: "/v1/companies/{company}/agreements", tag: tagMapping, access: reads,
		summary: "The agreements of a company and of its parent company",
	}, a.listAgreements)
	add(a, operation{
		id: "searchCatalog", method: "GET", path: "/v1/catalog/search", tag: tagMapping, access: reads,
		summary: "Items of ConnectWise's catalog",
	}, a.searchCatalog)
}

// Product is something that the vendor sells.
type Product struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Meter string `json:"meter" doc:"What is counted for it."`
	AddOn bool   `json:"addOn"`
	Item  *Ref   `json:"item,omitempty" doc:"The catalog item that was chosen."`
}

type productsOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		Items []Product  `json:"items" nullable:"false"`
		By    string     `json:"by,omitempty"`
		At    *time.Time `json:"at,omitempty"`
	}
}

func (a *api) getProducts(ctx context.Context, _ *struct{}) (*productsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	sold, chosen, err := a.Mapping.Products(ctx, scope)
	if err != nil {
		return nil, err
	}
	return productsAnswer(sold, chosen), nil
}

func productsAnswer(sold []mapping.Product, chosen mapping.Products) *productsOutput {
	out := &productsOutput{ETag: revTag(chosen.Rev)}
	out.Body.By, out.Body.At = chosen.By, optional(chosen.At)
	out.Body.Items, _ = listOf(sold, "", func(p mapping.Product) Product {
		row := Product{SKU: string(p.SKU), Name: p.Name, Meter: p.Meter, AddOn: p.AddOn}
		if item, ok := chosen.Items[p.SKU]; ok {
			r := refOf(item)
			row.Item = &r
		}
		return row
	})
	return out
}

type putProductsInput struct {
	IfMatchInput

	Body struct {
		Items map[string]Ref `json:"items" doc:"Catalog items by SKU; a SKU that is absent has none."`
	}
}

func (a *api) putProducts(ctx context.Context, in *putProductsInput) (*productsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	rev, err := revOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	saved, err := a.Mapping.SaveProducts(ctx, scope, skuItems(in.Body.Items), rev, callerOf(ctx).subject)
	if err != nil {
		return nil, err
	}
	sold, _, err := a.Mapping.Products(ctx, scope)
	if err != nil {
		return nil, err
	}
	return productsAnswer(sold, saved), nil
}

type searchInput struct {
	Text  string `query:"q" maxLength:"100"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

type searchCompaniesOutput struct {
	Body struct {
		Items []Ref `json:"items" nullable:"false"`
	}
}

func (a *api) searchCompanies(ctx context.Context, in *searchInput) (*searchCompaniesOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.Mapping.CompanySearch(ctx, scope, in.Text, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &searchCompaniesOutput{}
	out.Body.Items, _ = listOf(found, "", refOf)
	return out, nil
}

// Agreement can be mapped to if it is usable.
type Agreement struct {
	Ref

	Company int64  `json:"company" doc:"The company that it belongs to: the one asked for, or its parent company."`
	Type    string `json:"type,omitempty"`
	Status  string `json:"status,omitempty"`
	Usable  bool   `json:"usable"`
}

type listAgreementsInput struct {
	Company int64 `path:"company" minimum:"1"`
}

type listAgreementsOutput struct {
	Body struct {
		Items []Agreement `json:"items" nullable:"false"`
	}
}

func (a *api) listAgreements(ctx context.Context, in *listAgreementsInput) (*listAgreementsOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.Mapping.AgreementsOf(ctx, scope, psa.RecordID(in.Company))
	if err != nil {
		return nil, err
	}
	out := &listAgreementsOutput{}
	out.Body.Items, _ = listOf(found, "", func(g mapping.Agreement) Agreement {
		return Agreement{Ref: refOf(g.Ref), Company: int64(g.Company), Type: g.Type, Status: g.Status, Usable: g.Usable()}
	})
	return out, nil
}

// CatalogItem is a product of ConnectWise's catalog.
type CatalogItem struct {
	Ref

	Description string `json:"description,omitempty"`
	Class       string `json:"class,omitempty"`
	Usable      bool   `json:"usable" doc:"A bundle cannot be on an agreement."`
}

type searchCatalogOutput struct {
	Body struct {
		Items []CatalogItem `json:"items" nullable:"false"`
	}
}

func (a *api) searchCatalog(ctx context.Context, in *searchInput) (*searchCatalogOutput, error) {
	scope, _, err := a.scope(ctx)
	if err != nil {
		return nil, err
	}
	found, err := a.Mapping.ItemSearch(ctx, scope, in.Text, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &searchCatalogOutput{}
	out.Body.Items, _ = listOf(found, "", func(i mapping.Item) CatalogItem {
		return CatalogItem{Ref: refOf(i.Ref), Description: i.Description, Class: i.Class, Usable: i.Class != "Bundle" && !i.Inactive}
	})
	return out, nil
}
