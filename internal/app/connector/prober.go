package connector

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// SetupTypes is the engine's table of data types as setup sees it.
func SetupTypes() []setup.TypeInfo {
	var out []setup.TypeInfo
	for _, t := range syncer.Types() {
		info := setup.TypeInfo{
			Name: t.Name, Label: t.Label, Path: t.Path, Parent: t.Parent, Module: t.Permission.Module, Permission: t.Permission.Name,
			Callback: t.Callback != "", Default: t.Default, Always: t.Always,
		}
		if t.Under() {
			info.Path = ""
		}
		out = append(out, info)
	}
	return out
}

// Clean implements setup.Prober.
func (c *Connector) Clean(serverURL string) (clean, site string, notices []string, err error) {
	a, said, err := connectwise.CleanServerURL(serverURL, c.cfg.AllowLoopback)
	if err != nil {
		return "", "", nil, err
	}
	for _, n := range said {
		notices = append(notices, string(n))
	}
	return a.String(), a.Site(), notices, nil
}

// Discover implements setup.Prober. Nobody has shown keys for the company
// yet, so its budget is not touched: a stranger could use it up.
func (c *Connector) Discover(ctx context.Context, serverURL, companyID string) (setup.Endpoint, error) {
	address, _, err := connectwise.CleanServerURL(serverURL, c.cfg.AllowLoopback)
	if err != nil {
		return setup.Endpoint{}, err
	}
	d := connectwise.Discoverer{HTTP: c.http, UserAgent: c.cfg.UserAgent, Now: c.cfg.Now}
	base, err := d.Discover(ctx, address, companyID)
	if err != nil {
		return setup.Endpoint{}, fmt.Errorf("discover the API base: %w", err)
	}
	return setup.Endpoint{
		ServerURL: address.String(), Identity: base.Identity(), APIBase: base.API, Codebase: base.Codebase, Version: base.Version,
	}, nil
}

// Info implements setup.Prober.
func (c *Connector) Info(ctx context.Context, e setup.Endpoint, creds psa.Credentials) (version, serverTimeZone string, err error) {
	client, err := c.open(e, creds, nil, nil)
	if err != nil {
		return "", "", err
	}
	info, err := client.SystemInfo(ctx)
	if err != nil {
		return "", "", fmt.Errorf("read system info: %w", err)
	}
	return info.Version, info.ServerTimeZone, nil
}

// List implements setup.Prober: it reads one record, which the role must
// allow, and then counts what the API member sees.
func (c *Connector) List(ctx context.Context, e setup.Endpoint, creds psa.Credentials, path string) (int, error) {
	client, err := c.open(e, creds, nil, nil)
	if err != nil {
		return 0, err
	}
	if err := client.ProbeList(ctx, path); err != nil {
		return 0, fmt.Errorf("probe %s: %w", path, err)
	}
	count, err := client.Count(ctx, path, connectwise.Cond{})
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", path, err)
	}
	return count, nil
}
