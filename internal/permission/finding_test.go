package permission_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	at := func(s permission.State, minute int) permission.Finding {
		return permission.Finding{State: s, At: clock().Add(time.Duration(minute) * time.Minute)}
	}
	const p, m, l, u, f = permission.Proven, permission.Missing, permission.Likely, permission.Unproven, permission.Failed
	for _, tc := range []struct {
		known, seen, want permission.Finding
	}{
		{at("", 0), at(m, 1), at(m, 1)},
		{at(p, 0), at(m, 1), at(m, 1)}, // a refusal turns red at once
		{at(m, 0), at(p, 1), at(p, 1)},
		{at(m, 0), at(l, 1), at(l, 1)},
		{at(p, 0), at(l, 1), at(p, 0)}, // green keeps the date of its success
		{at(p, 0), at(p, 1), at(p, 1)},
		{at(p, 0), at(u, 1), at(p, 0)},
		{at(m, 0), at(u, 1), at(m, 0)},
		{at(u, 0), at(f, 1), at(f, 1)},
		{at(f, 0), at(u, 1), at(u, 1)},
		{at(f, 0), at(l, 1), at(l, 1)},
		{at(p, 2), at(m, 1), at(p, 2)}, // late news is old news
	} {
		if got := permission.Merge(tc.known, tc.seen); !cmp.Equal(got, tc.want, cmp.AllowUnexported(permission.Need{})) {
			t.Errorf("%s, then %s: %s at %s", tc.known.State, tc.seen.State, got.State, got.At)
		}
	}
	for _, known := range []permission.State{p, m, l} {
		seen := at(f, 1)
		seen.Code = problem.ConnectWiseDown
		if got := permission.Merge(at(known, 0), seen); got.State != known || got.Trouble != problem.ConnectWiseDown || !got.At.Equal(clock()) {
			t.Errorf("%s, then a failure: %+v", known, got)
		}
	}
}

func TestObserved(t *testing.T) {
	t.Parallel()
	likely := permission.Finding{
		Need: permission.Need{Right: permission.Right{Cell: permission.Cell{Module: "Finance", Permission: "Agreements"}, Level: permission.Add}}, State: permission.Likely, At: clock(),
	}
	done := permission.Observed(likely, permission.Observation{At: clock().Add(time.Hour)})
	if done.State != permission.Proven || !done.At.Equal(clock().Add(time.Hour)) || done.Open != "" {
		t.Errorf("%+v", done)
	}
	if f := permission.Observed(done, permission.Observation{At: clock().Add(2 * time.Hour), Err: notFound()}); f.State != permission.Proven {
		t.Errorf("a 404 is no 403: %+v", f)
	}
	if f := permission.Observed(done, permission.Observation{At: clock().Add(2 * time.Hour), Err: refused()}); f.State != permission.Missing || f.Remedy == "" {
		t.Errorf("%+v", f)
	}
}
