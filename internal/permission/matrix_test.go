package permission_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
)

func findings(t *testing.T, m *member, names ...permission.Name) map[string]permission.Finding {
	t.Helper()
	out := map[string]permission.Finding{}
	for _, f := range permission.Matrix(t.Context(), m, names, nil, clock, permission.Limits{}) {
		out[f.Right.String()] = f
	}
	return out
}

func TestWhatAnswersProve(t *testing.T) {
	t.Parallel()
	const (
		read = "Finance > Agreements, Inquire"
		add  = "Finance > Agreements, Add"
		edit = "Finance > Agreements, Edit"
	)
	list := permission.Probe{Method: "GET", Path: "/finance/agreements"}
	post := permission.Probe{Method: "POST", Path: "/finance/agreements/0/additions"}
	patch := permission.Probe{Method: "PATCH", Path: "/finance/agreements/0/additions/0"}
	for name, tc := range map[string]struct {
		probe permission.Probe
		err   error
		right string
		want  permission.State
		code  problem.Code
	}{
		"a list that comes":           {list, nil, read, permission.Proven, ""},
		"a list that is refused":      {list, refused(), read, permission.Missing, problem.PermissionMissing},
		"a list that is not there":    {list, noPath(), read, permission.Failed, problem.ConnectWiseNotFound},
		"a list said not to be there": {list, notFound(), read, permission.Failed, problem.ConnectWiseNotFound},
		"a list with wrong keys":      {list, problem.New(problem.CredentialsRefused, "", ""), read, permission.Failed, problem.CredentialsRefused},
		"a list with a clientId":      {list, problem.New(problem.ClientIDRefused, "", ""), read, permission.Failed, problem.ClientIDRefused},
		"a list asked wrongly":        {list, invalid(), read, permission.Failed, problem.ConnectWiseInvalid},
		"a list and a broken line":    {list, down(), read, permission.Failed, problem.ConnectWiseDown},
		"a list and a fault of ours":  {list, errors.New("?"), read, permission.Failed, problem.Internal},
		"a POST found wanting":        {post, invalid(), add, permission.Likely, ""},
		"a POST below nothing":        {post, notFound(), add, permission.Likely, ""},
		"a POST to no path":           {post, noPath(), add, permission.Failed, problem.ConnectWiseNotFound},
		"a POST refused":              {post, refused(), add, permission.Missing, problem.PermissionMissing},
		"a PATCH of nothing":          {patch, notFound(), edit, permission.Likely, ""},
		"a PATCH refused":             {patch, refused(), edit, permission.Missing, problem.PermissionMissing},
		"a PATCH throttled":           {patch, problem.New(problem.ConnectWiseThrottle, "", ""), edit, permission.Failed, problem.ConnectWiseThrottle},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &member{errs: map[permission.Probe]error{tc.probe: tc.err}}
			got := findings(t, m, permission.Usage)
			f := got[tc.right]
			if f.State != tc.want || f.Code != tc.code || f.Detail == "" || !f.At.Equal(clock()) {
				t.Errorf("%s: %+v", tc.right, f)
			}
			if f.State == permission.Missing && f.Remedy == "" || (f.Visible != nil) != (f.State == permission.Proven) {
				t.Errorf("%+v", f)
			}
			for right, f := range got { // and nothing else is touched by it
				if right != tc.right && (f.State == permission.Missing || f.State == permission.Failed) {
					t.Errorf("%s: %+v", right, f)
				}
			}
		})
	}
}

// A server that says yes to everything is not ConnectWise.
func TestNothingIsProvenByAWrite(t *testing.T) {
	t.Parallel()
	for _, f := range permission.Matrix(t.Context(), yes{}, everything(), nil, clock, permission.Limits{}) {
		if f.Level != permission.Inquire && f.State != permission.Failed && f.State != permission.Unproven {
			t.Errorf("%s: %s", f.Right, f.State)
		}
	}
}

type yes struct{}

func (yes) Read(context.Context, string) (*int, error)    { return nil, nil }
func (yes) Touch(context.Context, permission.Probe) error { return nil }
func (yes) Control(context.Context) error                 { return nil }

// Where every call is refused, a call that needs no right decides whether that
// is about rights at all (pitfall P13).
func TestControlRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		all, control error
		want         permission.State
		code         problem.Code
	}{
		"a role without rights":     {refused(), nil, permission.Missing, problem.PermissionMissing},
		"a clientId refused by 403": {refused(), refused(), permission.Failed, problem.ClientIDRefused},
		"keys refused by 404":       {noPath(), problem.New(problem.CredentialsRefused, "", ""), permission.Failed, problem.CredentialsRefused},
		"keys refused by not found": {notFound(), noPath(), permission.Failed, problem.ConnectWiseNotFound},
		"a model that is not there": {invalid(), invalid(), permission.Failed, problem.ConnectWiseInvalid},
		"nothing answers":           {down(), down(), permission.Failed, problem.ConnectWiseDown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for right, f := range findings(t, &member{all: tc.all, control: tc.control}, permission.Usage, "companies") {
				if f.State != tc.want || f.Code != tc.code {
					t.Errorf("%s: %s %s", right, f.State, f.Code)
				}
			}
		})
	}
}

// Three at once, each once, and each with a deadline of its own.
func TestSideBySideWithDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &member{wait: func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return nil
			}
		}}
		m.errs = map[permission.Probe]error{}
		start := time.Now()
		got := permission.Matrix(t.Context(), m, everything(), nil, time.Now, permission.Limits{})
		calls := len(m.asked)
		if took, want := time.Since(start), time.Duration((calls+2)/3)*time.Second; m.max != 3 || took != want {
			t.Errorf("%d calls, %d at once, took %s, want %s", calls, m.max, took, want)
		}
		for p, n := range m.asked {
			if n != 1 {
				t.Errorf("%v was sent %d times", p, n)
			}
		}
		if len(permission.Losses(got)) != 0 {
			t.Error("something is lost")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		m := &member{wait: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, control: down()}
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		start := time.Now()
		for _, f := range permission.Matrix(ctx, m, everything(), nil, time.Now, permission.Limits{}) {
			if f.State != permission.Failed && f.State != permission.Unproven || f.State == permission.Failed && f.Code != problem.ConnectWiseDown {
				t.Errorf("%s: %s %s", f.Right, f.State, f.Code)
			}
		}
		if took := time.Since(start); took != 9*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// What was asked already is not asked again.
func TestKnownObservations(t *testing.T) {
	t.Parallel()
	p := permission.Probe{Method: "GET", Path: "/company/contacts"}
	known := map[permission.Probe]permission.Observation{p: {At: clock().Add(-time.Minute), Err: refused()}}
	m := new(member)
	got := permission.Matrix(t.Context(), m, []permission.Name{"contacts", "companies"}, known, clock, permission.Limits{})
	for _, f := range got {
		if missing := f.State == permission.Missing; missing != (f.Permission == "Contacts") {
			t.Errorf("%s: %s", f.Right, f.State)
		}
	}
	if m.asked[p] != 0 {
		t.Error("asked again")
	}
}
