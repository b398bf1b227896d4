package setup

import (
	"context"
	"net/http"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/psa"
)

// RightsProber is a Prober that can ask about rights as well, which makes the
// permission matrix part of the connection test.
type RightsProber interface {
	// Permissions returns what asks as the API member with these keys.
	Permissions(e Endpoint, c psa.Credentials) (permission.Port, error)
}

// Features are the features that an account with these data types has.
func Features(types []psa.DataType) []permission.Name {
	out := []permission.Name{permission.Connection, permission.Callbacks, permission.Filters}
	for _, t := range types {
		out = append(out, permission.Name(t))
	}
	return out
}

// matrix asks about every right within the time that the data types' lists
// leave. What those showed is not asked again.
func (t *tester) matrix(ctx context.Context, probes []probe) []permission.Finding {
	prober, ok := t.s.Prober.(RightsProber)
	if !ok {
		return nil
	}
	port, err := prober.Permissions(t.endpoint, t.creds)
	if err != nil {
		t.s.Log.Warn("rights were not asked about", "error", err.Error())
		return nil
	}
	known := map[permission.Probe]permission.Observation{}
	for _, p := range probes {
		o := permission.Observation{At: p.at, Err: p.err}
		if p.err == nil {
			o.Visible = &p.count
		}
		known[permission.Probe{Method: http.MethodGet, Path: p.info.Path}] = o
	}
	limits := permission.Limits{AtOnce: probesAtOnce}
	return permission.Matrix(ctx, port, Features(t.types), known, t.s.now, limits)
}
