package demo

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ConnectWise is what an MSP's admin types into the wizard.
type ConnectWise struct {
	ServerURL  string `json:"serverUrl"`
	CompanyID  string `json:"companyId"`
	PublicKey  string `json:"publicKey"`
	PrivateKey string `json:"privateKey"`
	// Types are chosen on the way; none leaves the default.
	Types []string `json:"types,omitempty"`
}

// Check is one line of the connection test.
type Check struct {
	Name, Type, Status, Detail, Remedy string
}

// Counts of a run.
type Counts struct {
	Read, Created, Updated, Unchanged, Skipped, OutOfScope, Removed int
}

// Run is a run as the API shows it.
type Run struct {
	ID, Type, Mode, State string
	Active                bool
	Expected              int
	Counts                Counts
	Failure               *struct{ Code, Message string }
}

// Record is a stored record as the API shows it.
type Record struct {
	ID      int64
	Name    string
	Removed string
	Data    map[string]any
}

// Test runs the connection test and returns its checks.
func (c *Client) Test(ctx context.Context, cw ConnectWise) (checks []Check, ok bool, err error) {
	var report struct {
		OK     bool
		Checks []Check
	}
	err = c.Call(ctx, http.MethodPost, "/v1/connection/test", cw, &report)
	return report.Checks, report.OK, err
}

// Connect tests and stores the connection, and enables it.
func (c *Client) Connect(ctx context.Context, cw ConnectWise) error {
	if err := c.Call(ctx, http.MethodPut, "/v1/connection", cw, nil); err != nil {
		return fmt.Errorf("save the connection: %w", err)
	}
	if err := c.Call(ctx, http.MethodPost, "/v1/connection/enable", map[string]any{}, nil); err != nil {
		return fmt.Errorf("enable the connection: %w", err)
	}
	return nil
}

// Sync asks for a sync of all enabled types.
func (c *Client) Sync(ctx context.Context) error {
	return c.Call(ctx, http.MethodPost, "/v1/runs", map[string]any{}, nil)
}

// Runs lists the newest runs, with their live counts.
func (c *Client) Runs(ctx context.Context) ([]Run, error) {
	var list struct{ Items []Run }
	if err := c.Call(ctx, http.MethodGet, "/v1/runs?limit=50", nil, &list); err != nil {
		return nil, err
	}
	for i, r := range list.Items {
		if !r.Active {
			continue
		}
		if err := c.Call(ctx, http.MethodGet, "/v1/runs/"+r.ID, nil, &list.Items[i]); err != nil {
			return nil, err
		}
	}
	return list.Items, nil
}

// Wait watches the runs until none is active; progress, if set, sees each
// look.
func (c *Client) Wait(ctx context.Context, every time.Duration, progress func([]Run)) ([]Run, error) {
	for {
		runs, err := c.Runs(ctx)
		if err != nil {
			return nil, err
		}
		if progress != nil {
			progress(runs)
		}
		if len(runs) > 0 && !anyActive(runs) {
			return runs, nil
		}
		select {
		case <-ctx.Done():
			return runs, fmt.Errorf("waiting for runs: %w; they stand at %s", ctx.Err(), Summary(runs))
		case <-time.After(every):
		}
	}
}

func anyActive(runs []Run) bool {
	for _, r := range runs {
		if r.Active {
			return true
		}
	}
	return false
}

// Summary says in a line where runs stand.
func Summary(runs []Run) string {
	parts := make([]string, len(runs))
	for i, r := range runs {
		parts[i] = fmt.Sprintf("%s %s %d/%d", r.Type, r.State, r.Counts.Read, r.Expected)
	}
	return strings.Join(parts, ", ")
}

// Records lists all living records of a type, by id.
func (c *Client) Records(ctx context.Context, typ string) (map[int64]Record, error) {
	out := map[int64]Record{}
	path := "/v1/records/" + typ + "?limit=200"
	next := ""
	for {
		var page struct {
			Items []Record
			Next  string
		}
		if err := c.Call(ctx, http.MethodGet, path+next, nil, &page); err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			out[r.ID] = r
		}
		if page.Next == "" {
			return out, nil
		}
		next = "&after=" + page.Next
	}
}

// Record reads one record.
func (c *Client) Record(ctx context.Context, typ string, id int64) (Record, error) {
	var r Record
	err := c.Call(ctx, http.MethodGet, fmt.Sprintf("/v1/records/%s/%d", typ, id), nil, &r)
	return r, err
}
