package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

const account psa.AccountID = "msp-1"

func input() setup.Input {
	k := setuptest.Keys()
	return setup.Input{ServerURL: "https://na.example.net/v4_6_release/", CompanyID: "acme", PublicKey: k.PublicKey, PrivateKey: k.PrivateKey}
}

func rotation() setup.Input {
	in := input()
	k := setuptest.NewKeys()
	in.PublicKey, in.PrivateKey = k.PublicKey, k.PrivateKey
	return in
}

// found is "name[:type] status" of each check.
func found(r setup.Report) []string {
	var out []string
	for _, c := range r.Checks {
		name := c.Name
		if c.Type != "" {
			name += ":" + string(c.Type)
		}
		out = append(out, name+" "+string(c.Status))
	}
	return out
}

func enabled(t *testing.T, w *setuptest.World) *setup.Service {
	t.Helper()
	s := w.Service(t, nil)
	if _, err := s.Save(t.Context(), account, "ann", input()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTestProvesAndStoresNothing(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	r, err := w.Service(t, nil).Test(t.Context(), account, input())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"address pass", "reachable pass", "company pass", "system_info pass", "credentials pass",
		"permission:companies pass", "permission:contacts pass",
	}
	if diff := cmp.Diff(want, found(r)); diff != "" || !r.OK {
		t.Errorf("ok %v, -want +got:\n%s", r.OK, diff)
	}
	if got := r.Checks[0].Notices; len(got) != 1 {
		t.Errorf("the removed path is not said: %v", got)
	}
	if c := r.Checks[5]; c.Visible == nil || *c.Visible != 7 || !strings.Contains(c.Unproven, "all records") {
		t.Errorf("visible count or what stays unproven is missing: %+v", c)
	}
	if c := r.Checks[3]; c.Required || c.Unproven == "" {
		t.Errorf("system info must prove nothing: %+v", c)
	}
	if len(w.Table.Notes()) != 0 || len(w.Vault.Names()) != 0 {
		t.Error("a test stored something")
	}
}

func TestTestTellsWhatFails(t *testing.T) {
	t.Parallel()
	down := problem.New(problem.Unreachable, "The ConnectWise server cannot be reached.", "Check the address.")
	for _, tc := range []struct {
		name   string
		change func(*setuptest.World, *setup.Input)
		want   []string
		code   problem.Code
	}{
		{
			"address", func(_ *setuptest.World, in *setup.Input) { in.ServerURL = "nonsense" },
			[]string{"address fail", "reachable skipped", "company skipped", "system_info skipped", "credentials skipped", "permission:companies skipped", "permission:contacts skipped"},
			problem.AddressInvalid,
		},
		{
			"unreachable", func(w *setuptest.World, _ *setup.Input) { failAt(w, "discover", down) },
			[]string{"address pass", "reachable fail", "company skipped", "system_info skipped", "credentials skipped", "permission:companies skipped", "permission:contacts skipped"},
			problem.Unreachable,
		},
		{
			"company", func(_ *setuptest.World, in *setup.Input) { in.CompanyID = "other" },
			[]string{"address pass", "reachable pass", "company fail", "system_info skipped", "credentials skipped", "permission:companies skipped", "permission:contacts skipped"},
			problem.CompanyUnknown,
		},
		{
			"keys", func(_ *setuptest.World, in *setup.Input) { in.PrivateKey += "x" },
			[]string{"address pass", "reachable pass", "company pass", "system_info pass", "credentials fail", "permission:companies skipped", "permission:contacts skipped"},
			problem.CredentialsRefused,
		},
		{
			"a role that may read nothing", func(w *setuptest.World, _ *setup.Input) {
				w.CW.Forbidden = []string{"/company/companies", "/company/contacts"}
			},
			[]string{"address pass", "reachable pass", "company pass", "system_info pass", "credentials fail", "permission:companies fail", "permission:contacts fail"},
			problem.PermissionMissing,
		},
		{
			"a parent's permission", func(w *setuptest.World, _ *setup.Input) { w.CW.Forbidden = []string{"/company/companies"} },
			[]string{"address pass", "reachable pass", "company pass", "system_info pass", "credentials pass", "permission:companies fail", "permission:contacts pass"},
			problem.PermissionMissing,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, in := setuptest.NewWorld(), input()
			tc.change(w, &in)
			r, err := w.Service(t, nil).Test(t.Context(), account, in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, found(r)); diff != "" || r.OK {
				t.Errorf("ok %v, -want +got:\n%s", r.OK, diff)
			}
			for _, c := range r.Checks {
				if c.Status == setup.Fail && (c.Remedy == "" || c.Code == "") {
					t.Errorf("%s fails without a code or remedy: %+v", c.Name, c)
				}
			}
			if _, err := w.Service(t, nil).Save(t.Context(), account, "ann", in); problem.CodeOf(err) != problem.TestFailed {
				t.Errorf("saved: %v", err)
			}
			if len(w.Vault.Names())+len(w.Table.Notes()) != 0 {
				t.Error("something was stored")
			}
		})
	}
}

func failAt(w *setuptest.World, call string, err error) {
	w.CW.Fail = func(name string) error {
		if name == call {
			return err
		}
		return nil
	}
}

// A server that only takes its time is told apart from a fault of ours, and
// leaves the request time to answer.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	for call, check := range map[string]string{"discover": "reachable", "info": "system_info", "list": "credentials"} {
		w := setuptest.NewWorld()
		failAt(w, call, fmt.Errorf("GET: %w", context.DeadlineExceeded))
		r, err := w.Service(t, nil).Test(t.Context(), account, input())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Checks {
			if c.Name == check && (c.Status != setup.Fail || c.Code != problem.ConnectWiseDown) {
				t.Errorf("%s: %+v", call, c)
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := setuptest.NewWorld()
		w.CW.Stall = true
		start := time.Now()
		if _, err := w.Service(t, nil).Test(t.Context(), account, input()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took == 0 || took > 23*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// What is optional degrades by name; system info proves nothing either way.
func TestOptionalChecksDoNotStop(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	w.CW.Forbidden = []string{"/company/contacts"}
	failAt(w, "info", problem.New(problem.ConnectWiseNotFound, "ConnectWise does not offer this.", "Nothing."))
	saved, err := w.Service(t, nil).Save(t.Context(), account, "ann", input())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(found(saved.Report), " "); !strings.Contains(got, "permission:contacts fail") || !strings.Contains(got, "system_info fail") {
		t.Errorf("the failures are not said: %s", got)
	}
	for _, c := range saved.Report.Checks {
		if c.Type == psa.Contacts && !strings.Contains(c.Remedy, "Companies > Contacts, level Inquire") {
			t.Errorf("the cell is not named: %q", c.Remedy)
		}
	}
}

func TestPastedKeysAreCleaned(t *testing.T) {
	t.Parallel()
	w, in := setuptest.NewWorld(), input()
	in.PrivateKey = " \u200b" + in.PrivateKey[:5] + "\r\n" + in.PrivateKey[5:] + "\u00a0"
	in.CompanyID = "\tacme "
	r, err := w.Service(t, nil).Test(t.Context(), account, in)
	if err != nil || !r.OK {
		t.Fatal(err, found(r))
	}
	if diff := cmp.Diff([]string{"Private key: White space around or inside the pasted value was removed."}, r.Checks[4].Notices); diff != "" {
		t.Error(diff)
	}
	if got := r.Checks[0].Notices; len(got) != 2 || !strings.HasPrefix(got[1], "Company ID: ") {
		t.Errorf("notices %q", got)
	}
}

// Stored keys go to the ConnectWise they were given for and nowhere else.
func TestStoredKeysStayWithTheirServer(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	for name, in := range map[string]setup.Input{
		"nothing entered": {},
		"the same":        {ServerURL: "NA.example.net", CompanyID: "ACME"},
	} {
		if r, err := s.Test(t.Context(), account, in); err != nil || !r.OK {
			t.Errorf("%s: %v %v", name, err, found(r))
		}
	}
	w.CW.Fail = func(call string) error { return fmt.Errorf("%s must not be called", call) }
	for name, in := range map[string]setup.Input{
		"another server":  {ServerURL: "evil.example.org"},
		"another company": {CompanyID: "other"},
		"both":            {ServerURL: "evil.example.org", CompanyID: "acme"},
		"one key":         {PublicKey: "p"},
	} {
		if r, err := s.Test(t.Context(), account, in); problem.CodeOf(err) != problem.BadRequest || len(r.Checks) != 0 {
			t.Errorf("%s: %v %v", name, err, found(r))
		}
	}
	if _, err := s.Test(t.Context(), "msp-2", setup.Input{}); problem.CodeOf(err) != problem.BadRequest {
		t.Errorf("an account without keys: %v", err)
	}
}

func TestRotationRemovesTheOldKeys(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	before, _ := s.Status(t.Context(), account)
	w.Pass(time.Minute)
	saved, err := s.Save(t.Context(), account, "bob", rotation())
	if err != nil || !saved.Rotated {
		t.Fatal(err, saved.Rotated)
	}
	got := saved.Status.Connection
	if got.Generation != 1 || got.ID != before.Connection.ID || got.KeysBy != "bob" || got.EnabledBy != "ann" || !got.KeysAt.Equal(w.Now()) {
		t.Errorf("connection %+v", got)
	}
	if got.SecretARN == before.Connection.SecretARN || len(w.Vault.Names()) != 2 {
		t.Error("the pointer did not move, or the old keys went at once")
	}
	for _, later := range []time.Duration{59 * time.Minute, 2 * time.Minute, 40 * 24 * time.Hour} {
		w.Pass(later)
		if err := w.Sweeper(nil).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := 1
		if later == 59*time.Minute {
			want = 2
		}
		if n := w.Vault.Names(); len(n) != want {
			t.Errorf("after %v: secrets %v, want %d", later, n, want)
		}
	}
	if !strings.Contains(got.SecretARN, w.Vault.Names()[0]) {
		t.Error("the wrong secret was removed")
	}
}

func TestAnotherIdentityIsANewGeneration(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	in := input()
	in.ServerURL = "eu.example.net"
	saved, err := s.Save(t.Context(), account, "ann", in)
	if err != nil || saved.Rotated || saved.Status.Draft == nil || saved.Status.Connection.Generation != 1 {
		t.Fatal(err, saved)
	}
	out, err := s.Enable(t.Context(), account, "ann", false)
	if err != nil || out.Already {
		t.Fatal(err, out.Already)
	}
	if diff := cmp.Diff([]psa.Scope{{Account: account, Generation: 1}, {Account: account, Generation: 2}}, w.Table.Activated()); diff != "" {
		t.Error(diff)
	}
	w.Pass(2 * time.Hour)
	if err := w.Sweeper(nil).Sweep(t.Context()); err != nil || len(w.Vault.Names()) != 1 {
		t.Errorf("%v; the first generation's keys are still there: %v", err, w.Vault.Names())
	}
}

func TestOneIdentityOneAccount(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := enabled(t, w)
	if _, err := s.Save(t.Context(), "msp-2", "eve", input()); err != nil {
		t.Fatal(err)
	}
	_, err := s.Enable(t.Context(), "msp-2", "eve", false)
	if problem.CodeOf(err) != problem.IdentityClaimed || strings.Contains(err.Error(), string(account)) {
		t.Fatalf("got %v", err)
	}
	if out, err := s.Enable(t.Context(), "msp-2", "eve", true); err != nil || out.Status.State != setup.StateEnabled {
		t.Fatalf("takeover: %v", err)
	}
}

func TestTwoPeopleAtOnce(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	first, err := s.Save(t.Context(), account, "ann", input())
	if err != nil {
		t.Fatal(err)
	}
	in := rotation()
	in.IfMatch = "c0-d0"
	if _, err := s.Save(t.Context(), account, "bob", in); problem.CodeOf(err) != problem.Stale {
		t.Errorf("an old state was accepted: %v", err)
	}
	in.IfMatch = first.Status.Tag
	// Ann saves while Bob's test is under way.
	interrupted := false
	w.CW.Fail = func(call string) error {
		if call == "info" && !interrupted {
			interrupted = true
			w.Table.Touch(account)
		}
		return nil
	}
	if _, err := s.Save(t.Context(), account, "bob", in); problem.CodeOf(err) != problem.Conflict {
		t.Errorf("a lost race was not told: %v", err)
	}
}

func TestTypesBringTheirParents(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	s := w.Service(t, nil)
	if _, err := s.SetTypes(t.Context(), account, "ann", []psa.DataType{psa.Contacts}, ""); problem.CodeOf(err) != problem.NotConnected {
		t.Errorf("without a connection: %v", err)
	}
	in := input()
	in.Types = []psa.DataType{psa.Companies}
	if _, err := s.Save(t.Context(), account, "ann", in); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enable(t.Context(), account, "ann", false); err != nil {
		t.Fatal(err)
	}
	if got := w.Runner.Runs(); len(got) != 1 {
		t.Fatalf("runs %v", got)
	}
	change, err := s.SetTypes(t.Context(), account, "ann", []psa.DataType{psa.Contacts}, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]psa.DataType{psa.Companies, psa.Contacts}, change.Status.Connection.Types); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]psa.DataType{psa.Companies}, change.Added); diff != "" {
		t.Error(diff)
	}
	if got := w.Runner.Runs(); len(got) != 2 {
		t.Errorf("the new type does not start: %v", got)
	}
	if got := w.CW.Callbacks(); len(got) != 2 {
		t.Errorf("callbacks %v", got)
	}
	if _, err := s.SetTypes(t.Context(), account, "ann", []psa.DataType{"ghosts"}, ""); !errors.Is(err, psa.ErrInvalid) {
		t.Errorf("an unknown type: %v", err)
	}
	if _, err := s.SetTypes(t.Context(), account, "ann", nil, "c0-d0"); problem.CodeOf(err) != problem.Stale {
		t.Errorf("an old state: %v", err)
	}
}

func TestNothingSecretOutsideTheVault(t *testing.T) {
	t.Parallel()
	w := setuptest.NewWorld()
	var log bytes.Buffer
	w.Log = &log
	s := enabled(t, w)
	if _, err := s.Save(t.Context(), account, "ann", rotation()); err != nil {
		t.Fatal(err)
	}
	st, err := s.Status(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal([]any{st, w.Table.Notes(), w.Table.Dump(), log.String(), fmt.Sprintf("%+v %#v", st, st)})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []psa.Credentials{setuptest.Keys(), setuptest.NewKeys()} {
		for _, secret := range []string{k.PublicKey, k.PrivateKey} {
			if bytes.Contains(kept, []byte(secret)) {
				t.Errorf("%q is outside the vault", secret)
			}
		}
	}
	if !bytes.Contains(kept, []byte("na.example.net")) {
		t.Error("the search does not search")
	}
}
