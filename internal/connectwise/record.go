package connectwise

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// Get reads one record; errors.Is(err, psa.ErrNotFound) if ConnectWise says
// that there is none, errors.As(err, &other) with a *psa.OtherError if it
// answers with another record. sentAt is our clock when the request went out. No
// fields means all.
func (c *Client) Get(ctx context.Context, path string, id psa.RecordID, fields []string) (item json.RawMessage, sentAt time.Time, err error) {
	path = strings.Trim(path, "/") + "/" + formatID(id)
	v := url.Values{}
	setFields(v, fields)
	a, err := c.do(ctx, request{path: path, query: v, limit: c.maxRecord})
	if err != nil {
		return nil, time.Time{}, err
	}
	item, got, ok := splitRecord(a.body)
	if !ok || got != id {
		err := garbled("GET "+path, "the answer is not the record asked for")
		if ok {
			err.cause = &psa.OtherError{ID: got}
		}
		return nil, time.Time{}, err
	}
	return item, a.sentAt, nil
}

// Count says how many records meet the condition.
func (c *Client) Count(ctx context.Context, path string, cond Cond) (int, error) {
	return c.CountWhere(ctx, path, cond, Cond{})
}

// CountWhere is Count with a condition on the elements of an array as well.
// Whether counting honours that is not documented.
func (c *Client) CountWhere(ctx context.Context, path string, cond, child Cond) (int, error) {
	path = strings.Trim(path, "/") + "/count"
	v := url.Values{}
	setCond(v, "conditions", cond)
	setCond(v, "childConditions", child)
	a, err := c.do(ctx, request{path: path, query: v, limit: c.maxRecord})
	if err != nil {
		return 0, err
	}
	var body struct {
		Count *int `json:"count"`
	}
	if json.Unmarshal(trimBOM(a.body), &body) != nil || body.Count == nil || *body.Count < 0 {
		return 0, garbled("GET "+path, "the answer is not a count")
	}
	return *body.Count, nil
}

// MaxID is the largest id, 0 if there is no record, with the server's clock
// when it answered (zero if it does not say).
func (c *Client) MaxID(ctx context.Context, path string) (psa.RecordID, time.Time, error) {
	v := url.Values{"orderBy": {"id desc"}, "pageSize": {"1"}, "fields": {"id"}}
	p, _, err := c.page(ctx, path, v, false)
	if err != nil || len(p.IDs) == 0 {
		return 0, p.ServerTime, err
	}
	return p.IDs[0], p.ServerTime, nil
}

// SystemInfo is what ConnectWise says of itself.
type SystemInfo struct {
	Version        string
	Cloud          bool
	CloudRegion    string
	ServerTimeZone string
}

// SystemInfo reads /system/info. Some servers answer it to anybody: it proves
// nothing about the credentials.
func (c *Client) SystemInfo(ctx context.Context) (SystemInfo, error) {
	const path = "system/info"
	a, err := c.do(ctx, request{path: path, limit: c.maxRecord})
	if err != nil {
		return SystemInfo{}, err
	}
	var body *struct {
		Version        looseString `json:"version"`
		IsCloud        looseBool   `json:"isCloud"`
		CloudRegion    looseString `json:"cloudRegion"`
		ServerTimeZone looseString `json:"serverTimeZone"`
	}
	if json.Unmarshal(trimBOM(a.body), &body) != nil || body == nil || body.Version == "" {
		return SystemInfo{}, garbled("GET "+path, "the answer is not system info")
	}
	return SystemInfo{
		Version: oneLine(string(body.Version)), Cloud: bool(body.IsCloud),
		CloudRegion: oneLine(string(body.CloudRegion)), ServerTimeZone: oneLine(string(body.ServerTimeZone)),
	}, nil
}

// ProbeList reads at most one id of a list: it fails unless the credentials
// are accepted and may read there.
func (c *Client) ProbeList(ctx context.Context, path string) error {
	_, _, err := c.page(ctx, path, url.Values{"pageSize": {"1"}, "fields": {"id"}}, false)
	return err
}
