package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Ref names a record of ConnectWise.
type Ref struct {
	ID   int64  `json:"id"`
	Name string `json:"name,omitempty"`
}

// MappingChange is a large change of mappings as the API shows it.
type MappingChange struct {
	ID, State, Failure string
	Rows               []struct {
		Name   string
		Target struct{ Company, Agreement Ref }
		Result string
	}
}

// Posting is a posting of usage, or a preview of one.
type Posting struct {
	ID, Mode, State string
	Active          bool
	Counts          struct{ Agreements, Series, Updated, Created, Ended, Voided, Attention int }
	Offences        []struct{ Code string }
	Failure         *struct{ Code, Message string }
}

// Planned is what a preview found about one agreement.
type Planned struct {
	Agreement Ref
	Lines     []struct {
		Product    Ref
		Unapproved bool
		Steps      []struct{ Kind, Date, Was, Then string }
	}
}

// Billed is what is billed of a catalog item on an agreement.
type Billed struct {
	Agreement, Product                  Ref
	Date, Reported, ConnectWise, Posted string
	Attention                           []Attention
	Lines                               []Line
}

// Attention is a state that a person should know.
type Attention struct {
	Code  string
	Stops bool
}

// Line is an addition of ours.
type Line struct {
	ID                   int64
	Start, End, Quantity string
	Void, Gone           bool
}

// AutoMap has companies and agreements proposed for the tenants, by name, and
// applies that.
func (c *Client) AutoMap(ctx context.Context, every time.Duration) (MappingChange, error) {
	var change MappingChange
	if err := c.Call(ctx, http.MethodPost, "/v1/mapping-changes", map[string]any{"autoMap": true}, &change); err != nil {
		return change, fmt.Errorf("map by name: %w", err)
	}
	if err := c.changeUntil(ctx, &change, "proposed", every); err != nil {
		return change, err
	}
	if err := c.Call(ctx, http.MethodPost, "/v1/mapping-changes/"+change.ID+"/apply", nil, &change); err != nil {
		return change, fmt.Errorf("apply mappings: %w", err)
	}
	return change, c.changeUntil(ctx, &change, "applied", every)
}

func (c *Client) changeUntil(ctx context.Context, change *MappingChange, state string, every time.Duration) error {
	return until(ctx, every, func() (bool, error) {
		if change.State == "stopped" {
			return false, fmt.Errorf("the change of mappings stopped: %s", change.Failure)
		}
		if change.State == state {
			return true, nil
		}
		*change = MappingChange{ID: change.ID}
		return false, c.Call(ctx, http.MethodGet, "/v1/mapping-changes/"+change.ID, nil, change)
	})
}

// ChooseItems gives each SKU one of the catalog's items.
func (c *Client) ChooseItems(ctx context.Context, skus ...string) error {
	var found struct {
		Items []struct {
			Ref

			Usable bool
		}
	}
	if err := c.Call(ctx, http.MethodGet, "/v1/catalog/search?limit=50", nil, &found); err != nil {
		return fmt.Errorf("search the catalog: %w", err)
	}
	items := map[string]Ref{}
	for _, item := range found.Items {
		if item.Usable && len(items) < len(skus) {
			items[skus[len(items)]] = item.Ref
		}
	}
	if len(items) < len(skus) {
		return errors.New("the catalog has too few items that can be on an agreement")
	}
	tag, err := c.CallAt(ctx, http.MethodGet, "/v1/products", "", nil, nil)
	if err != nil {
		return fmt.Errorf("products: %w", err)
	}
	if _, err := c.CallAt(ctx, http.MethodPut, "/v1/products", tag, map[string]any{"items": items}, nil); err != nil {
		return fmt.Errorf("choose catalog items: %w", err)
	}
	return nil
}

// SetZone chooses the account's time zone; the rest of the settings stays.
func (c *Client) SetZone(ctx context.Context, zone string) error {
	settings := map[string]any{}
	tag, err := c.CallAt(ctx, http.MethodGet, "/v1/postings/settings", "", nil, &settings)
	if err != nil {
		return fmt.Errorf("posting settings: %w", err)
	}
	wish := map[string]any{"zone": zone}
	for _, kept := range []string{"at", "policy", "markers", "arrears", "paused", "setUp"} {
		wish[kept] = settings[kept]
	}
	if _, err := c.CallAt(ctx, http.MethodPut, "/v1/postings/settings", tag, wish, nil); err != nil {
		return fmt.Errorf("choose the time zone: %w", err)
	}
	return nil
}

// Approve approves all that a preview shows. What is otherwise by now is an
// error.
func (c *Client) Approve(ctx context.Context, preview string) error {
	var done struct {
		Unlike []struct{ Tenant, SKU string }
	}
	if err := c.Call(ctx, http.MethodPost, "/v1/postings/approve", map[string]any{"preview": preview}, &done); err != nil {
		return fmt.Errorf("approve postings: %w", err)
	}
	if len(done.Unlike) > 0 {
		return fmt.Errorf("approve postings: not as the preview showed: %+v", done.Unlike)
	}
	return nil
}

// Post starts a posting, or a preview, and waits for its end.
func (c *Client) Post(ctx context.Context, mode string, every time.Duration) (Posting, error) {
	var started struct{ Run Posting }
	if err := c.Call(ctx, http.MethodPost, "/v1/postings/runs", map[string]any{"mode": mode}, &started); err != nil {
		return Posting{}, fmt.Errorf("start a %s: %w", mode, err)
	}
	run := started.Run
	err := until(ctx, every, func() (bool, error) {
		if !run.Active || run.State == "needs_confirmation" {
			return true, nil
		}
		run = Posting{ID: run.ID}
		return false, c.Call(ctx, http.MethodGet, "/v1/postings/runs/"+run.ID, nil, &run)
	})
	if err == nil && run.State != "done" {
		err = fmt.Errorf("the %s is %s: %+v %+v", mode, run.State, run.Failure, run.Offences)
	}
	return run, err
}

// Plan is what a preview found.
func (c *Client) Plan(ctx context.Context, run string) ([]Planned, error) {
	var out []Planned
	for next := ""; ; {
		var page struct {
			Items []Planned
			Next  string
		}
		if err := c.Call(ctx, http.MethodGet, "/v1/postings/runs/"+run+"/plan?limit=200"+next, nil, &page); err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		if out = append(out, page.Items...); page.Next == "" {
			return out, nil
		}
		next = "&after=" + page.Next
	}
}

// Lines are what is billed, by agreement and catalog item.
func (c *Client) Lines(ctx context.Context) ([]Billed, error) {
	var list struct{ Items []Billed }
	if err := c.Call(ctx, http.MethodGet, "/v1/postings/lines", nil, &list); err != nil {
		return nil, fmt.Errorf("lines: %w", err)
	}
	return list.Items, nil
}

// until asks again and again, until it is done or fails.
func until(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}
