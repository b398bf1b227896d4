package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/problem"
)

func TestDisconnect(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.do(admin(), "POST", "/v1/connection/disconnect", `{}`).want(400, "bad_request")
	s.do(admin(), "POST", "/v1/connection/disconnect", "").want(400, "bad_request")
	s.do(member(), "POST", "/v1/connection/disconnect", `{"keepData":true}`).want(403, "forbidden")
	for range 2 {
		var out httpapi.Disconnected
		s.do(admin(), "POST", "/v1/connection/disconnect", `{"keepData":true}`).want(200, "").into(&out)
		former := out.Connection.Former
		if out.Connection.State != "none" || out.Connection.Enabled != nil || former == nil || out.Warnings == nil {
			t.Fatalf("%+v", out)
		}
		if former.State != "kept" || former.By != "person-admin" || former.CompanyID != "acme" || former.Remaining == nil {
			t.Errorf("former %+v", former)
		}
	}
	for _, gone := range []string{"/v1/runs", "/v1/records/companies", "/v1/logs"} {
		s.do(admin(), "GET", gone, "").want(409, "not_connected")
	}
	s.do(admin(), "POST", "/v1/connection/disconnect", `{"keepData":false}`).want(200, "")
	var c httpapi.Connection
	s.do(member(), "GET", "/v1/connection", "").want(200, "").into(&c)
	if c.Former == nil || c.Former.State != "erasing" {
		t.Errorf("%+v", c.Former)
	}
	// Erasing is seen beside the next connection, and then no more.
	s.do(admin(), "PUT", "/v1/connection", connectionBody()).want(200, "")
	s.do(admin(), "POST", "/v1/connection/enable", "").want(200, "")
	for _, want := range []string{"erasing", ""} {
		c = httpapi.Connection{}
		s.do(member(), "GET", "/v1/connection", "").want(200, "").into(&c)
		if got := c.Former; c.State != "enabled" || (got == nil) != (want == "") || got != nil && got.State != want {
			t.Errorf("want %q: %+v", want, c)
		}
		for range 10 {
			s.world.Pass(time.Minute)
			if err := s.world.Ticker(t, nil).Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDisconnectNothing(t *testing.T) {
	t.Parallel()
	newServer(t).do(admin(), "POST", "/v1/connection/disconnect", `{"keepData":true}`).want(409, "not_connected")
}

// What remains at ConnectWise is said with a remedy.
func TestDisconnectSaysWhatRemains(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.world.CW.Fail = func(call string) error {
		if call == "remove" {
			return problem.New(problem.PermissionMissing, "The API member may not do this in ConnectWise.", "Add the permission.")
		}
		return nil
	}
	var out httpapi.Disconnected
	s.do(admin(), "POST", "/v1/connection/disconnect", `{"keepData":true}`).want(200, "").into(&out)
	if len(out.Warnings) != 1 || out.Warnings[0].Code != "permission_missing" || !strings.Contains(out.Warnings[0].Remedy, "/callbacks/") {
		t.Errorf("warnings %+v", out.Warnings)
	}
	if got := out.Connection.Former; len(got.Remaining) != 2 || got.Warning == nil {
		t.Errorf("former %+v", got)
	}
}
