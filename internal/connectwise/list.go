package connectwise

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// ListQuery of List.
type ListQuery struct {
	// Conditions, ChildConditions and CustomFields narrow the list.
	Conditions, ChildConditions, CustomFields Cond
	// Fields narrow the records; id and _info are always asked for.
	Fields []string
	// OrderBy, for example "name asc". Without it the list is read by
	// keyset; with it by page number, where rows that come or go meanwhile
	// may be missed or repeated.
	OrderBy string
	// PageSize is 1..1000; 0 means 1000.
	PageSize int
	// After is an id to begin behind; only without OrderBy.
	After psa.RecordID
}

// List yields all records of path that meet q. It ends at the first error.
func (c *Client) List(ctx context.Context, path string, q ListQuery) iter.Seq2[json.RawMessage, error] {
	if q.OrderBy != "" {
		return c.listNumbered(ctx, path, q)
	}
	return func(yield func(json.RawMessage, error) bool) {
		rq := q.byRange()
		for more := true; more; {
			p, err := c.ReadRange(ctx, path, rq)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if more = p.More && len(p.IDs) > 0; more {
				rq.After = p.IDs[len(p.IDs)-1]
			}
		}
	}
}

func (q ListQuery) byRange() RangeQuery {
	return RangeQuery{
		After: q.After, Fields: q.Fields, Limit: q.PageSize,
		Conditions: q.Conditions, ChildConditions: q.ChildConditions, CustomFields: q.CustomFields,
	}
}

// listNumbered reads by page number. A page shorter than asked for is the last
// only if the Link header has no next either.
func (c *Client) listNumbered(ctx context.Context, path string, q ListQuery) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		size := q.PageSize
		if size <= 0 || size > maxPageSize {
			size = maxPageSize
		}
		for number := 1; ; number++ {
			p, a, err := c.page(ctx, path, q.numbered(size, number), false)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			_, linked := a.header["Link"]
			if len(p.Items) == 0 || linked && !hasNext(a.header) && len(p.Items) < size {
				return
			}
		}
	}
}

func (q ListQuery) numbered(size, number int) url.Values {
	rq := q.byRange()
	rq.Limit = size
	v := rq.values(Cond{})
	v.Set("orderBy", q.OrderBy)
	v.Set("page", strconv.Itoa(number))
	return v
}

// Ref is an entry of a reference table.
type Ref struct {
	ID   psa.RecordID
	Name string
}

// CompanyTypes yields the types a company can have.
func (c *Client) CompanyTypes(ctx context.Context) iter.Seq2[Ref, error] {
	return c.refs(ctx, "company/companies/types")
}

// CompanyStatuses yields the statuses a company can have.
func (c *Client) CompanyStatuses(ctx context.Context) iter.Seq2[Ref, error] {
	return c.refs(ctx, "company/companies/statuses")
}

// Territories yields ConnectWise's locations, one of which is a company's
// territory.
func (c *Client) Territories(ctx context.Context) iter.Seq2[Ref, error] {
	return c.refs(ctx, "system/locations")
}

// Markets yields the markets a company can be in.
func (c *Client) Markets(ctx context.Context) iter.Seq2[Ref, error] {
	return c.refs(ctx, "company/marketDescriptions")
}

func (c *Client) refs(ctx context.Context, path string) iter.Seq2[Ref, error] {
	return func(yield func(Ref, error) bool) {
		for item, err := range c.List(ctx, path, ListQuery{Fields: []string{"id", "name"}}) {
			ref, err := parseRef(path, item, err)
			if !yield(ref, err) || err != nil {
				return
			}
		}
	}
}

func parseRef(path string, item json.RawMessage, err error) (Ref, error) {
	if err != nil {
		return Ref{}, err
	}
	var v struct {
		ID   psa.RecordID `json:"id"`
		Name string       `json:"name"`
	}
	if json.Unmarshal(item, &v) != nil {
		return Ref{}, garbled("GET "+strings.Trim(path, "/"), "an entry is not a reference")
	}
	return Ref{ID: v.ID, Name: v.Name}, nil
}
