package connector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// statuses is "name[:type]" -> status.
func statuses(r setup.Report) map[string]setup.Check {
	out := map[string]setup.Check{}
	for _, c := range r.Checks {
		name := c.Name
		if c.Type != "" {
			name += ":" + string(c.Type)
		}
		out[name] = c
	}
	return out
}

func TestConnectionTest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cfg     cwsim.Config
		faults  []cwsim.Fault
		change  func(*setup.Input)
		failing string // the one required check that fails, "" if none
		code    problem.Code
	}{
		"all is well":       {},
		"on premises":       {cfg: cwsim.Config{Codebase: "v4_6_release/"}},
		"info to anybody":   {cfg: cwsim.Config{Switches: cwsim.Switches{InfoWithoutAuth: true}}, change: wrongKey, failing: "credentials", code: problem.CredentialsRefused},
		"wrong key":         {change: wrongKey, failing: "credentials", code: problem.CredentialsRefused},
		"wrong key, hidden": {cfg: cwsim.Config{Codebase: "v4_6_release/", Switches: cwsim.Switches{RouterHidesUnauthorized: true}}, change: wrongKey, failing: "credentials"},
		"wrong company":     {change: func(in *setup.Input) { in.CompanyID = "nobody" }, failing: "company", code: problem.CompanyUnknown},
		"company by 404":    {cfg: cwsim.Config{Switches: cwsim.Switches{UnknownCompany404: true}}, change: func(in *setup.Input) { in.CompanyID = "nobody" }, failing: "company", code: problem.CompanyUnknown},
		"clientId refused":  {cfg: cwsim.Config{ClientIDs: []string{"00000000-0000-4000-8000-000000000000"}}, failing: "credentials", code: problem.ClientIDRefused},
		"no rights":         {cfg: cwsim.Config{Role: role()}, failing: "credentials", code: problem.PermissionMissing},
		"no contacts":       {cfg: cwsim.Config{Role: role("Companies: Company Maintenance", "System: Table Setup")}},
		"no companies":      {cfg: cwsim.Config{Role: role("Companies: Contacts")}, failing: "permission:companies", code: problem.PermissionMissing},
		"a web page":        {faults: everyList(cwsim.Fault{Kind: cwsim.FaultHTML}), failing: "credentials", code: problem.ConnectWiseGarbled},
		"broken":            {faults: everyList(cwsim.Fault{Kind: cwsim.FaultStatus, Status: 500}), failing: "credentials", code: problem.ConnectWiseDown},
		"no such port":      {change: func(in *setup.Input) { in.ServerURL = "http://127.0.0.1:1" }, failing: "reachable", code: problem.Unreachable},
		"plain http":        {change: func(in *setup.Input) { in.ServerURL = "http://cw.example.com" }, failing: "address", code: problem.AddressInvalid},
		"an inside address": {change: func(in *setup.Input) { in.ServerURL = "https://169.254.169.254/latest" }, failing: "address", code: problem.AddressRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tc.cfg)
			if err := w.sim.SetFaults(tc.faults...); err != nil {
				t.Fatal(err)
			}
			in := w.input()
			if tc.change != nil {
				tc.change(&in)
			}
			r, err := w.service(t).Test(t.Context(), account, in)
			if err != nil {
				t.Fatal(err)
			}
			if r.OK != (tc.failing == "") {
				t.Errorf("ok %v: %+v", r.OK, r.Checks)
			}
			if tc.failing != "" {
				c := statuses(r)[tc.failing]
				if c.Status != setup.Fail || c.Remedy == "" || tc.code != "" && c.Code != tc.code {
					t.Errorf("%s: %+v", tc.failing, c)
				}
			}
		})
	}
}

// everyList is a fault of every list that the default types are read from.
func everyList(f cwsim.Fault) (out []cwsim.Fault) {
	for _, module := range []string{"company", "sales", "procurement", "finance"} {
		f.Path = "/" + module + "/**"
		out = append(out, f)
	}
	return out
}

func wrongKey(in *setup.Input) { in.PrivateKey += "x" }

func role(cells ...string) *cwsim.Role {
	r := cwsim.ReadRole("test", cells...)
	return &r
}

// What a pass says, and what it does not.
func TestVisibleCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	r, err := w.service(t).Test(t.Context(), account, w.input())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range statuses(r) {
		if c.Status != setup.Pass {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := statuses(r)["permission:companies"]; c.Visible == nil || *c.Visible != len(w.sim.IDs(cwsim.Companies)) || !strings.Contains(c.Unproven, "all records") {
		t.Errorf("%+v", c)
	}
	if r.Endpoint.ServerURL != w.url || r.Endpoint.Version == "" || r.Endpoint.ServerTimeZone == "" {
		t.Errorf("endpoint %+v", r.Endpoint)
	}
}

// Where loopback is not allowed, no packet leaves for it.
func TestLoopbackInProduction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	conn := w.connector(false)
	_, err := conn.Discover(t.Context(), w.url, "psabridge_demo")
	if problem.CodeOf(err) != problem.AddressRefused && problem.CodeOf(err) != problem.AddressInvalid {
		t.Errorf("got %v", err)
	}
	company, public, private := w.sim.Credentials()
	e := setup.Endpoint{ServerURL: w.url, Identity: psa.Identity{Site: strings.TrimPrefix(w.url, "http://"), CompanyID: company}, APIBase: w.url + "/v2026_1/apis/3.0/"}
	if _, err := conn.List(t.Context(), e, psa.Credentials{PublicKey: public, PrivateKey: private}, "/company/companies"); err == nil {
		t.Error("credentials were sent to a loopback address")
	}
	if n := len(w.sim.Requests()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// wantOnce fails unless the account is enabled with nothing doubled or left
// over.
func wantOnce(t *testing.T, w *world) {
	t.Helper()
	st, err := w.service(t).Status(t.Context(), account)
	if err != nil || st.State != setup.StateEnabled || st.Draft != nil || st.Connection.Generation != 1 ||
		st.Connection.Callbacks.State != setup.CallbacksRegistered {
		t.Fatalf("status %+v %v", st, err)
	}
	if got := w.sim.Snapshot(cwsim.Callbacks); len(got) != defaults() {
		t.Errorf("callbacks %v, want one per type", got)
	}
	if got := w.runner.Runs(); len(got) != defaults() {
		t.Errorf("runs %v", got)
	}
	names := w.secretNames(t)
	if len(names) != 1 || !strings.Contains(st.Connection.SecretARN, names[0]) {
		t.Errorf("secrets %v, the connection's is %s", names, st.Connection.SecretARN)
	}
	if !strings.HasPrefix(names[0], "psabridge/dev/inst/msp-1/") {
		t.Errorf("secret %s", names[0])
	}
	e, err := w.store().Setup().CallbackEndpoint(t.Context(), st.Connection.ID)
	if err != nil || len(e.TokenHashes) == 0 || e.Scope != st.Connection.Scope() {
		t.Errorf("endpoint %+v %v", e, err)
	}
	if _, err := w.connector(true).Connect(t.Context(), st.Connection.Scope()); err != nil {
		t.Errorf("the connection does not open: %v", err)
	}
}

// defaults is how many types a new connection has.
func defaults() (n int) {
	for _, t := range connector.SetupTypes() {
		if t.Default {
			n++
		}
	}
	return n
}

// press saves and enables as a person would who does not know how far the
// last time came.
func press(t *testing.T, w *world) error {
	t.Helper()
	s := w.service(t)
	st, err := s.Status(t.Context(), account)
	if err != nil {
		return err
	}
	if st.State == setup.StateNone {
		if _, err := s.Save(t.Context(), account, "ann", w.input()); err != nil {
			return err
		}
	}
	_, err = s.Enable(t.Context(), account, "ann", false)
	return err
}

func TestLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	for range 2 {
		if err := press(t, w); err != nil {
			t.Fatal(err)
		}
	}
	wantOnce(t, w)
	for _, cb := range w.sim.Snapshot(cwsim.Callbacks) {
		if url := fmt.Sprint(cb["url"]); !strings.HasPrefix(url, "https://bridge.example.com/callbacks/") || !strings.HasSuffix(url, "?recordId=") || fmt.Sprint(cb["isSelfSuppressedFlag"]) != "false" {
			t.Errorf("callback %v", cb)
		}
	}
	company, public, _ := w.sim.Credentials()
	w.sim.SetMember(cwsim.Member{Identifier: "Second", PublicKey: public + "2", PrivateKey: "second+key", Role: cwsim.FullRole()})
	saved, err := w.service(t).Save(t.Context(), account, "bob", setup.Input{
		ServerURL: w.url, CompanyID: company, PublicKey: public + "2", PrivateKey: " second+key\n",
	})
	if err != nil || !saved.Rotated {
		t.Fatalf("rotation: %v %v", err, saved.Rotated)
	}
	w.sweep(t)
	if n := w.secretNames(t); len(n) != 2 {
		t.Errorf("too soon: %v", n)
	}
	w.pass(61 * time.Minute)
	w.sweep(t)
	wantOnce(t, w)
}

// Dies at every call to AWS on the way, before it and after it. Nothing is
// doubled or lost, no secret is left over.
func TestDyingAtEveryCallToAWS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	w.faults.Revive()
	if err := press(t, w); err != nil {
		t.Fatal(err)
	}
	calls := len(w.faults.Calls())
	const least = 12 // calls; how often the budget is asked differs with the machine
	if calls < least {
		t.Fatalf("only %d calls: the faults do not see them", calls)
	}
	for n := 1; n <= calls; n++ {
		for _, when := range []localawstest.When{localawstest.Before, localawstest.After} {
			t.Run(fmt.Sprintf("call %d, %v", n, when), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, cwsim.Config{})
				w.faults.KillAt(n, when)
				_ = press(t, w)
				if !w.faults.Killed() && n <= least {
					t.Error("the process lived")
				}
				w.faults.Revive()
				w.pass(3 * time.Minute)
				if err := press(t, w); err != nil {
					t.Fatalf("the second time: %v", err)
				}
				for range 3 {
					w.pass(61 * time.Minute)
					w.sweep(t)
				}
				wantOnce(t, w)
			})
		}
	}
}

// A callback that ConnectWise took without telling is not registered again.
func TestLostAnswersOfConnectWise(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 2; nth++ {
		w := newWorld(t, cwsim.Config{})
		s := w.service(t)
		if _, err := s.Save(t.Context(), account, "ann", w.input()); err != nil {
			t.Fatal(err)
		}
		// Set now: the connection test has asked for the right with a POST too.
		if err := w.sim.SetFaults(cwsim.Fault{Method: "POST", Path: "/system/callbacks", Nth: nth, Kind: cwsim.FaultCutAfter}); err != nil {
			t.Fatal(err)
		}
		out, err := s.Enable(t.Context(), account, "ann", false)
		if err != nil || len(out.Warnings) != 1 {
			t.Errorf("%v, warnings %v", err, out.Warnings)
		}
		if err := press(t, w); err != nil {
			t.Fatal(err)
		}
		wantOnce(t, w)
	}
}

func TestConnectRefusesAnotherGeneration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cwsim.Config{})
	if err := press(t, w); err != nil {
		t.Fatal(err)
	}
	for _, scope := range []psa.Scope{{Account: account, Generation: 2}, {Account: account}, {Account: "msp-2", Generation: 1}} {
		if _, err := w.connector(true).Connect(t.Context(), scope); problem.CodeOf(err) != problem.NotConnected {
			t.Errorf("%s: %v", scope, err)
		}
	}
}
