package connector

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
)

const (
	agreementsPath = "finance/agreements"
	catalogPath    = "procurement/catalog"
	statusesPath   = "company/companies/statuses"
)

// Mapping implements mapping.Connector.
func (c *Connector) Mapping(ctx context.Context, scope psa.Scope) (mapping.ConnectWise, error) {
	conn, err := c.present(ctx, scope)
	if err != nil {
		return nil, err
	}
	client, err := c.client(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", scope, err)
	}
	return NewChooser(client), nil
}

// NewMapping joins mapping to its stores and ConnectWise; the function that
// serves people and the one that works change sets have the same.
func NewMapping(cfg app.Config, store *dynamo.Store, conn *Connector, sender *queue.Sender) (*mapping.Service, error) {
	catalog, err := mapping.ParseCatalog(cfg.Products)
	if err != nil {
		return nil, fmt.Errorf("PRODUCTS: %w", err)
	}
	return &mapping.Service{
		Store: store.Mapping(), Connector: conn, Directory: store.Directory(), Waker: app.ChangeWaker{Sender: sender},
		Catalog: catalog, Now: time.Now,
	}, nil
}

// NewChooser reads what can be mapped to with a client.
func NewChooser(client *connectwise.Client) mapping.ConnectWise { return chooser{client} }

// chooser is a mapping.ConnectWise over a client.
type chooser struct{ client *connectwise.Client }

// named are references as ConnectWise shows them.
type reference struct {
	ID   psa.RecordID `json:"id"`
	Name string       `json:"name"`
}

type companyRecord struct {
	reference

	ParentCompany reference `json:"parentCompany"`
	Status        reference `json:"status"`
	DeletedFlag   bool      `json:"deletedFlag"`
}

// Companies implements mapping.ConnectWise.
func (s chooser) Companies(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]mapping.Company, error) {
	out := map[psa.RecordID]mapping.Company{}
	err := byIDs(ctx, s.client, companiesPath, "id", ids, []string{"name", "parentCompany", "status", "deletedFlag"}, func(c companyRecord) {
		out[c.ID] = mapping.Company{
			Ref: mapping.Ref(c.reference), Parent: c.ParentCompany.ID, Status: c.Status.ID, StatusName: c.Status.Name, Deleted: c.DeletedFlag,
		}
	})
	return out, err
}

// FindCompanies implements mapping.ConnectWise.
func (s chooser) FindCompanies(ctx context.Context, text string, limit int) ([]mapping.Ref, error) {
	q := connectwise.ListQuery{
		Fields: []string{"name"}, PageSize: limit,
		Conditions: connectwise.And(connectwise.Eq("deletedFlag", false), connectwise.Contains("name", text)),
	}
	var out []mapping.Ref
	err := each(ctx, s.client, companiesPath, q, func(r reference) bool {
		out = append(out, mapping.Ref(r))
		return len(out) < limit
	})
	return out, err
}

type agreementRecord struct {
	reference

	Company         reference `json:"company"`
	Type            reference `json:"type"`
	AgreementStatus string    `json:"agreementStatus"`
}

func agreementFields() []string { return []string{"name", "company", "type", "agreementStatus"} }

func (r agreementRecord) agreement() mapping.Agreement {
	return mapping.Agreement{Ref: mapping.Ref(r.reference), Company: r.Company.ID, Status: r.AgreementStatus, Type: r.Type.Name}
}

// Agreements implements mapping.ConnectWise.
func (s chooser) Agreements(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]mapping.Agreement, error) {
	out := map[psa.RecordID]mapping.Agreement{}
	err := byIDs(ctx, s.client, agreementsPath, "id", ids, agreementFields(), func(r agreementRecord) { out[r.ID] = r.agreement() })
	return out, err
}

// AgreementsOf implements mapping.ConnectWise.
func (s chooser) AgreementsOf(ctx context.Context, companies []psa.RecordID) ([]mapping.Agreement, error) {
	var out []mapping.Agreement
	err := byIDs(ctx, s.client, agreementsPath, "company/id", companies, agreementFields(), func(r agreementRecord) { out = append(out, r.agreement()) })
	return out, err
}

type itemRecord struct {
	ID           psa.RecordID `json:"id"`
	Identifier   string       `json:"identifier"`
	Description  string       `json:"description"`
	ProductClass string       `json:"productClass"`
	InactiveFlag bool         `json:"inactiveFlag"`
}

func itemFields() []string {
	return []string{"identifier", "description", "productClass", "inactiveFlag"}
}

func (r itemRecord) item() mapping.Item {
	return mapping.Item{
		Ref: mapping.Ref{ID: r.ID, Name: r.Identifier}, Description: r.Description, Class: r.ProductClass, Inactive: r.InactiveFlag,
	}
}

// Items implements mapping.ConnectWise.
func (s chooser) Items(ctx context.Context, ids []psa.RecordID) (map[psa.RecordID]mapping.Item, error) {
	out := map[psa.RecordID]mapping.Item{}
	err := byIDs(ctx, s.client, catalogPath, "id", ids, itemFields(), func(r itemRecord) { out[r.ID] = r.item() })
	return out, err
}

// FindItems implements mapping.ConnectWise.
func (s chooser) FindItems(ctx context.Context, text string, limit int) ([]mapping.Item, error) {
	q := connectwise.ListQuery{Fields: itemFields(), PageSize: limit, Conditions: connectwise.Eq("inactiveFlag", false)}
	if text != "" {
		q.Conditions = connectwise.And(q.Conditions,
			connectwise.Or(connectwise.Contains("identifier", text), connectwise.Contains("description", text)))
	}
	out := []mapping.Item{}
	err := each(ctx, s.client, catalogPath, q, func(r itemRecord) bool {
		out = append(out, r.item())
		return len(out) < limit
	})
	return out, err
}

// ClosedStatuses implements mapping.ConnectWise.
func (s chooser) ClosedStatuses(ctx context.Context) (map[psa.RecordID]bool, error) {
	type status struct {
		reference

		InactiveFlag bool `json:"inactiveFlag"`
	}
	out := map[psa.RecordID]bool{}
	q := connectwise.ListQuery{Fields: []string{"name", "inactiveFlag"}}
	err := each(ctx, s.client, statusesPath, q, func(r status) bool {
		if r.InactiveFlag {
			out[r.ID] = true
		}
		return true
	})
	return out, err
}

// byIDs yields the records whose field is among ids.
func byIDs[T any](ctx context.Context, client *connectwise.Client, path, field string, ids []psa.RecordID, fields []string, yield func(T)) error {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	for _, part := range connectwise.SplitIDs(slices.Compact(ids), len(client.Base().API)+len(path)+256) {
		q := connectwise.ListQuery{Fields: fields, Conditions: connectwise.In(field, part...)}
		if err := each(ctx, client, path, q, func(r T) bool { yield(r); return true }); err != nil {
			return err
		}
	}
	return nil
}

// each yields the records of a list until yield returns false.
func each[T any](ctx context.Context, client *connectwise.Client, path string, q connectwise.ListQuery, yield func(T) bool) error {
	for raw, err := range client.List(ctx, path, q) {
		if err != nil {
			return fmt.Errorf("list %s: %w", path, err)
		}
		var r T
		if err := json.Unmarshal(raw, &r); err != nil {
			return fmt.Errorf("list %s: %w: %w", path, psa.ErrInvalid, err)
		}
		if !yield(r) {
			return nil
		}
	}
	return nil
}
