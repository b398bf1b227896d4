package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

const companiesPath = "company/companies"

// Filters returns what filters are discovered and previewed with.
func (c *Connector) Filters(e setup.Endpoint, creds psa.Credentials) (filter.Source, error) {
	client, err := c.open(e, creds, c.budget(e.Identity), nil)
	if err != nil {
		return nil, err
	}
	return choices{client}, nil
}

// Drafts is what is needed of the setup store for a connection that is not
// enabled yet.
type Drafts interface {
	Draft(ctx context.Context, account psa.AccountID) (setup.Draft, error)
}

// FilterSource asks the ConnectWise that an account has: the draft's, which is
// what a person in the wizard has in mind, else the enabled connection's.
func (c *Connector) FilterSource(ctx context.Context, drafts Drafts, account psa.AccountID) (filter.Source, error) {
	endpoint, arn, err := c.inMind(ctx, drafts, account)
	if err != nil {
		return nil, err
	}
	creds, err := c.cfg.Vault.Get(ctx, arn)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	return c.Filters(endpoint, creds)
}

func (c *Connector) inMind(ctx context.Context, drafts Drafts, account psa.AccountID) (e setup.Endpoint, arn string, err error) {
	draft, err := drafts.Draft(ctx, account)
	if err == nil && c.cfg.Now().Before(draft.ExpiresAt) {
		return draft.Endpoint, draft.SecretARN, nil
	}
	if err != nil && !errors.Is(err, psa.ErrNotFound) {
		return e, "", fmt.Errorf("draft: %w", err)
	}
	conn, err := c.cfg.Connections.Connection(ctx, account)
	if errors.Is(err, psa.ErrNotFound) {
		return e, "", problem.New(problem.NotConnected, "There is no ConnectWise connection yet.", "Set up the connection first.").Wrap(err)
	}
	if err != nil {
		return e, "", fmt.Errorf("connection: %w", err)
	}
	return conn.Endpoint, conn.SecretARN, nil
}

// FilterChildren are the data types that a preview looks ahead for.
func FilterChildren(types []psa.DataType) []filter.Child {
	var out []filter.Child
	for _, name := range types {
		if t, ok := syncer.TypeNamed(name); ok {
			out = append(out, filter.Child{Type: name, OfCompany: t.Parent == psa.Companies, Loose: t.Loose, Uncounted: t.Under()})
		}
	}
	return out
}

// choices is a filter.Source over a client.
type choices struct{ client *connectwise.Client }

// Choices implements filter.Source. Territories are locations; their light form
// asks for no right, and the full one is for a ConnectWise that lacks it.
func (s choices) Choices(ctx context.Context, c filter.Category) ([]filter.Choice, error) {
	switch c {
	case filter.Types:
		return s.list(ctx, "company/companies/types")
	case filter.Statuses:
		return s.list(ctx, "company/companies/statuses")
	case filter.Markets:
		return s.list(ctx, "company/marketDescriptions")
	case filter.Territories:
	}
	out, err := s.list(ctx, "system/info/locations")
	if code := problem.CodeOf(err); code == problem.PermissionMissing || code == problem.ConnectWiseNotFound {
		return s.list(ctx, "system/locations")
	}
	return out, err
}

func (s choices) list(ctx context.Context, path string) ([]filter.Choice, error) {
	var out []filter.Choice
	for item, err := range s.client.List(ctx, path, connectwise.ListQuery{Fields: []string{"id", "name"}, PageSize: filter.MaxListed + 1}) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
		id, name := named(item)
		if out = append(out, filter.Choice{ID: id, Name: name}); len(out) > filter.MaxListed {
			break
		}
	}
	return out, nil
}

// named reads a record's id, which the client has seen to, and its name, which
// may be missing.
func named(item json.RawMessage) (id int64, name string) {
	var v struct {
		ID   int64 `json:"id"`
		Name any   `json:"name"`
	}
	_ = json.Unmarshal(item, &v) // what is odd stays empty
	if name, _ = v.Name.(string); name == "" {
		name = fmt.Sprintf("#%d", v.ID)
	}
	return v.ID, name
}

// Count implements filter.Source.
func (s choices) Count(ctx context.Context, f filter.Filter) (int, error) {
	cond, child := conditions(f)
	n, err := s.client.CountWhere(ctx, companiesPath, cond, child)
	if err != nil {
		return 0, fmt.Errorf("count companies: %w", err)
	}
	return n, nil
}

// Companies implements filter.Source. A model without types, which is older
// than the field, refuses to be asked for it.
func (s choices) Companies(ctx context.Context, f filter.Filter, after int64, limit int) (filter.Page, error) {
	cond, child := conditions(f)
	q := connectwise.RangeQuery{
		After: psa.RecordID(after), Limit: limit, Conditions: cond, ChildConditions: child,
		Fields: []string{"id", "name", "status", "territory", "market", "types", "deletedFlag"},
	}
	page, err := s.client.ReadRange(ctx, companiesPath, q)
	if errors.Is(err, psa.ErrInvalid) {
		q.Fields = []string{"id", "name", "status", "territory", "market", "deletedFlag"}
		page, err = s.client.ReadRange(ctx, companiesPath, q)
	}
	if err != nil {
		return filter.Page{}, fmt.Errorf("list companies: %w", err)
	}
	out := filter.Page{Companies: make([]filter.Company, len(page.Items)), More: page.More}
	for i, item := range page.Items {
		facts, err := filter.FactsOf(item)
		if err != nil {
			return filter.Page{}, err
		}
		id, name := named(item)
		out.Companies[i] = filter.Company{ID: id, Name: name, Facts: facts}
	}
	return out, nil
}

// conditions writes a filter in ConnectWise's language. Types are an array, so
// they go by a condition on its elements, which knows no "in".
func conditions(f filter.Filter) (cond, child connectwise.Cond) {
	var types []connectwise.Cond
	for _, id := range f.Types {
		types = append(types, connectwise.Eq("types/id", id))
	}
	among := func(field string, ids []int64) connectwise.Cond {
		if len(ids) == 0 {
			return connectwise.Cond{}
		}
		return connectwise.In(field, ids...)
	}
	cond = connectwise.And(
		connectwise.Eq("deletedFlag", false),
		among("status/id", f.Statuses), among("territory/id", f.Territories), among("market/id", f.Markets),
	)
	return cond, connectwise.Or(types...)
}

// CountOf implements filter.Source.
func (s choices) CountOf(ctx context.Context, name psa.DataType, companies []int64) (int, error) {
	t, ok := syncer.TypeNamed(name)
	if !ok {
		return 0, problem.New(problem.BadRequest, "A data type is not known.", "Choose from the list of data types.").Wrap(psa.ErrInvalid)
	}
	if companies == nil {
		return s.client.Count(ctx, t.Path, connectwise.Cond{})
	}
	ids := make([]psa.RecordID, len(companies))
	for i, id := range companies {
		ids[i] = psa.RecordID(id)
	}
	total := 0
	for _, part := range connectwise.SplitIDs(ids, len(s.client.Base().API)+len(t.Path)+64) {
		n, err := s.client.Count(ctx, t.Path, connectwise.In(t.ParentField+"/id", part...))
		if err != nil {
			return 0, fmt.Errorf("count %s: %w", name, err)
		}
		total += n
	}
	return total, nil
}
