package httpapi_test

import (
	"testing"

	"github.com/psabridge/psabridge/internal/httpapi"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.do(admin(), "PUT", "/v1/connection/pause", `{}`).want(400, "bad_request")
	s.do(member(), "PUT", "/v1/connection/pause", `{"sync":true}`).want(403, "forbidden")
	for range 2 {
		var c httpapi.Connection
		s.do(admin(), "PUT", "/v1/connection/pause", `{"sync":true}`).want(200, "").into(&c)
		if p := c.Enabled.Pause; !p.Sync || p.By != "person-admin" || p.At == nil {
			t.Errorf("paused: %+v", p)
		}
		s.do(admin(), "POST", "/v1/runs", "").want(409, "paused")
		s.do(admin(), "POST", "/v1/records/companies/42/sync", "").want(409, "paused")
	}
	if got := s.world.Runner.All(); len(got) != 0 {
		t.Errorf("started %v", got)
	}
	for range 2 {
		var c httpapi.Connection
		s.do(admin(), "PUT", "/v1/connection/pause", `{"sync":false}`).want(200, "").into(&c)
		if c.Enabled.Pause.Sync {
			t.Error("still paused")
		}
	}
	if got := s.world.Runner.All(); len(got) != 2 {
		t.Errorf("started %v, want a run of each type", got)
	}
	s.do(admin(), "POST", "/v1/runs", "").want(202, "")
}

func TestPauseNothing(t *testing.T) {
	t.Parallel()
	newServer(t).do(admin(), "PUT", "/v1/connection/pause", `{"sync":true}`).want(409, "not_connected")
}
