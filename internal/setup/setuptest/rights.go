package setuptest

import (
	"context"
	"net/http"
	"slices"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Permissions implements setup.RightsProber: an API member who may do all but what
// is Forbidden. Asking about rights stores nothing, so no fault hits it.
func (p *Caller) Permissions(_ setup.Endpoint, c psa.Credentials) (permission.Port, error) {
	return port{p.cw, c}, nil
}

type port struct {
	cw    *ConnectWise
	creds psa.Credentials
}

// may reports what the answer to a call is, were there something to do.
func (p port) may(path string) error {
	p.cw.mu.Lock()
	defer p.cw.mu.Unlock()
	switch {
	case !slices.Contains(p.cw.Keys, p.creds):
		return problem.New(problem.CredentialsRefused, "ConnectWise does not accept the keys.", "Check the keys.")
	case slices.Contains(p.cw.Forbidden, path):
		return problem.New(problem.PermissionMissing, "The API member may not do this in ConnectWise.", "Add the permission.")
	}
	return nil
}

func (p port) Read(_ context.Context, path string) (*int, error) {
	n := 7
	return &n, p.may(path)
}

func (p port) Touch(_ context.Context, probe permission.Probe) error {
	if err := p.may(probe.Path); err != nil || probe.Method == http.MethodGet {
		return err
	}
	return problem.New(problem.ConnectWiseInvalid, "ConnectWise refused the request.", "").Wrap(psa.ErrInvalid)
}

func (p port) Control(context.Context) error { return p.may("/system/info") }
