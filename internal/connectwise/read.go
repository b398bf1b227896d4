package connectwise

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// maxPageSize is ConnectWise's; it cuts larger ones down without a word, and
// some servers to less.
const maxPageSize = 1000

// RangeQuery asks for records with After < id <= Until.
type RangeQuery struct {
	// After is the last id that is known; Until 0 means no upper bound.
	After, Until psa.RecordID
	// Last is the largest id that is known, 0 if none is: a full page that
	// reaches it and says that nothing follows is taken to be the last.
	Last psa.RecordID
	// Since, if set, asks for lastUpdated >= Since (whole seconds).
	Since time.Time
	// Fields narrow the records; id and _info are always asked for. None
	// means all fields.
	Fields []string
	// Limit is the page size, 1..1000; 0 means 1000.
	Limit int
	// Conditions, ChildConditions and CustomFields narrow further.
	Conditions, ChildConditions, CustomFields Cond
}

// Page is a page of records in ascending order of id.
type Page struct {
	// Items are the records as sent, valid JSON objects. They share one
	// buffer: keeping one keeps the page.
	Items []json.RawMessage
	// IDs are the items' ids.
	IDs []psa.RecordID
	// More is false only if nothing follows within the query.
	More bool
	// SentAt is our clock when the request went out, ServerTime the
	// server's when it answered, zero if it does not say.
	SentAt, ServerTime time.Time
}

// paging is how an endpoint lets itself be read by id.
type paging int

const (
	pagingUnknown paging = iota
	pagingForward        // pagination-type: forward-only
	pagingOrdered        // conditions and orderBy
)

// listState is what is remembered of a list endpoint.
type listState struct {
	paging paging
	// size of the last page in bytes.
	size int
}

// ReadRange reads one page by keyset: rows that come, go or change between
// two pages neither hide nor repeat others. Forward-only paging is used where
// the endpoint has it, conditions and orderBy elsewhere; which one works is
// found out once per endpoint.
func (c *Client) ReadRange(ctx context.Context, path string, q RangeQuery) (Page, error) {
	if q.Until > 0 && q.After >= q.Until {
		return Page{SentAt: c.caller.now()}, nil
	}
	if q.Limit <= 0 || q.Limit > maxPageSize {
		q.Limit = maxPageSize
	}
	if c.list(path).paging != pagingOrdered {
		p, usable, err := c.readForward(ctx, path, q)
		if usable || err != nil && !isRefused(err) {
			return p, err
		}
	}
	return c.readOrdered(ctx, path, q)
}

// isRefused: an endpoint without forward-only paging answers 400.
func isRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindInvalid && e.Status != 0
}

// readForward reads by forward-only paging. usable is false if the answer
// shows that the endpoint did not do as asked.
func (c *Client) readForward(ctx context.Context, path string, q RangeQuery) (p Page, usable bool, err error) {
	values := q.values(q.untilCond())
	if q.After > 0 {
		values.Set("pageId", formatID(q.After))
	}
	p, a, err := c.page(ctx, path, values, true)
	if err != nil {
		return Page{}, false, err
	}
	_, linked := a.header["Link"]
	next := hasNext(a.header)
	if !linked || next && len(p.IDs) == 0 || !q.holds(p.IDs) {
		return Page{}, false, nil
	}
	c.remember(path, pagingForward, len(a.body))
	full := len(p.IDs) >= q.Limit && (q.Last == 0 || p.IDs[len(p.IDs)-1] < q.Last)
	p.More = (next || full) && !q.reached(p.IDs)
	return p, true, nil
}

// readOrdered reads by conditions and orderBy. A short page proves nothing,
// since servers cut page sizes down: more is to be expected until a page is
// empty or ends at Until.
func (c *Client) readOrdered(ctx context.Context, path string, q RangeQuery) (Page, error) {
	values := q.values(And(Gt("id", q.After), q.untilCond()))
	values.Set("orderBy", "id asc")
	p, a, err := c.page(ctx, path, values, false)
	if err != nil {
		return Page{}, err
	}
	if !q.holds(p.IDs) {
		return Page{}, garbled("GET "+strings.Trim(path, "/"), "the ids are not those asked for, in ascending order")
	}
	if len(p.IDs) > 0 { // an empty answer shows nothing about the endpoint
		c.remember(path, pagingOrdered, len(a.body))
	}
	p.More = len(p.IDs) > 0 && !q.reached(p.IDs)
	return p, nil
}

// values are the parameters that stand on every page.
func (q RangeQuery) values(ids Cond) url.Values {
	v := url.Values{"pageSize": {strconv.Itoa(q.Limit)}}
	cond := And(ids, q.Conditions)
	if !q.Since.IsZero() {
		cond = And(ids, Ge("lastUpdated", q.Since), q.Conditions)
	}
	setCond(v, "conditions", cond)
	setCond(v, "childConditions", q.ChildConditions)
	setCond(v, "customFieldConditions", q.CustomFields)
	setFields(v, q.Fields)
	return v
}

func setCond(v url.Values, name string, c Cond) {
	if c.text != "" {
		v.Set(name, c.text)
	}
}

// setFields narrows to fields, and id and _info: without _info, records do not
// say when they were updated.
func setFields(v url.Values, fields []string) {
	if len(fields) == 0 {
		return
	}
	fields = slices.Clone(fields)
	for _, always := range []string{"id", "_info"} {
		if !slices.Contains(fields, always) {
			fields = append(fields, always)
		}
	}
	v.Set("fields", strings.Join(fields, ","))
}

func (q RangeQuery) untilCond() Cond {
	if q.Until == 0 {
		return Cond{}
	}
	return Le("id", q.Until)
}

// holds reports whether ids ascend strictly within the range.
func (q RangeQuery) holds(ids []psa.RecordID) bool {
	last := q.After
	for _, id := range ids {
		if id <= last || q.Until > 0 && id > q.Until {
			return false
		}
		last = id
	}
	return true
}

func (q RangeQuery) reached(ids []psa.RecordID) bool {
	return q.Until > 0 && len(ids) > 0 && ids[len(ids)-1] >= q.Until
}

// page reads one page of a list.
func (c *Client) page(ctx context.Context, path string, v url.Values, forwardOnly bool) (Page, answer, error) {
	a, err := c.do(ctx, request{
		path: path, query: v, forwardOnly: forwardOnly, limit: c.maxPage, sizeHint: c.list(path).size,
	})
	if err != nil {
		return Page{}, answer{}, err
	}
	items, ids, ok := splitList(a.body)
	if !ok {
		return Page{}, answer{}, garbled("GET "+strings.Trim(path, "/"), "the answer is not a list of records")
	}
	return Page{Items: items, IDs: ids, SentAt: a.sentAt, ServerTime: a.serverTime}, a, nil
}

// endpointOf is a path without the ids in it: the additions of one agreement are
// read as those of any other.
func endpointOf(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		if p != "" && strings.Trim(p, "0123456789") == "" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

func (c *Client) list(path string) listState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lists[endpointOf(path)]
}

func (c *Client) remember(path string, p paging, size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists[endpointOf(path)] = listState{paging: p, size: size + size/16}
}

func formatID(id psa.RecordID) string { return strconv.FormatInt(int64(id), 10) }
