package connectwise

import (
	"cmp"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// simulate starts a simulator and discovers it.
func simulate(t *testing.T, cfg cwsim.Config) (*cwsim.Simulator, Config) {
	t.Helper()
	sim := cwsim.New(cfg)
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	address, _, err := CleanServerURL(srv.URL, true)
	if err != nil {
		t.Fatal(err)
	}
	hc := testHTTP(t, HTTPOptions{AllowLoopback: true})
	company, public, private := sim.Credentials()
	base, err := Discoverer{HTTP: hc}.Discover(t.Context(), address, company)
	if err != nil {
		t.Fatal(err)
	}
	return sim, Config{
		Base: base, Credentials: psa.Credentials{PublicKey: public, PrivateKey: private}, ClientID: testClientID, Version: "2025.1", HTTP: hc,
	}
}

func TestSimulatorIsReadCompletely(t *testing.T) {
	t.Parallel()
	for name, sw := range map[string]cwsim.Switches{
		"documented":  {},
		"small pages": {MaxPageSize: 100, IsCloudAsText: true, SiteURL: "evil.example.com"},
		"refuses forward-only": {
			NoForwardOnly: map[string]string{"/company/companies": "refuse", "/company/contacts": "refuse"}, MaxPageSize: 100,
		},
		"ignores forward-only": {NoForwardOnly: map[string]string{"/company/companies": "ignore", "/company/contacts": "ignore"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, cfg := simulate(t, cwsim.Config{Seed: 7, Companies: 430, ContactsPerCompany: 2, Switches: sw})
			c := newClient(t, cfg)
			for table, path := range map[string]string{cwsim.Companies: "/company/companies", cwsim.Contacts: "/company/contacts"} {
				want := sim.IDs(table)
				var got []int
				for item, err := range c.List(t.Context(), path, ListQuery{Fields: []string{"id"}, PageSize: 250}) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, idOf(t, item))
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: read %d of %d", path, len(got), len(want))
				}
				if n, err := c.Count(t.Context(), path, Cond{}); err != nil || n != len(want) {
					t.Errorf("%s: Count = %d, %v, want %d", path, n, err, len(want))
				}
				if id, at, err := c.MaxID(t.Context(), path); err != nil || int(id) != slices.Max(want) || at.IsZero() {
					t.Errorf("%s: MaxID = %d, %v, %v, want %d", path, id, at, err, slices.Max(want))
				}
			}
		})
	}
}

func idOf(t *testing.T, item json.RawMessage) int {
	t.Helper()
	var v struct {
		ID int `json:"id"`
	}
	if err := json.Unmarshal(item, &v); err != nil {
		t.Fatal(err)
	}
	return v.ID
}

// A company is found by its name whatever characters that has, and whatever
// the server takes a backslash and a star for (P37). The search is exact up to
// case, but for text that no quotes can hold.
func TestSimulatorFindsOddNames(t *testing.T) {
	t.Parallel()
	for _, sw := range []cwsim.Switches{{}, {BackslashEscapes: true}, {EqualsWildcard: true}, {BackslashEscapes: true, EqualsWildcard: true}} {
		sim, cfg := simulate(t, cwsim.Config{Seed: 1, Switches: sw})
		c := newClient(t, cfg)
		id, err := sim.Put(cwsim.Companies, map[string]any{"identifier": "odd", "name": "x"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sim.Put(cwsim.Companies, map[string]any{"identifier": "other", "name": "Other Company"}); err != nil {
			t.Fatal(err)
		}
		found := func(rt rapid.TB, cond Cond) bool {
			n, err := c.Count(t.Context(), "/company/companies", And(cond, Eq("id", id)))
			if err != nil {
				rt.Fatalf("%s: %v", cond, err)
			}
			return n == 1
		}
		rapid.Check(t, func(rt *rapid.T) {
			name := rapid.StringOfN(rapid.SampledFrom([]rune("aB7 \"'\\[]*%_^-!&+;=#/?<>()é漢😀,")), 1, 12, -1).Draw(rt, "name")
			if _, err := sim.Put(cwsim.Companies, map[string]any{"id": id, "name": name}); err != nil {
				rt.Fatal(err)
			}
			if !found(rt, Eq("name", name)) || !found(rt, Contains("name", name)) || !found(rt, StartsWith("name", name)) {
				rt.Fatalf("%q is not found by %s", name, Eq("name", name))
			}
			if found(rt, Not(Eq("name", name))) {
				rt.Fatalf("%q is found by its opposite", name)
			}
			if !bothQuotes(name) && found(rt, Eq("name", name+"x")) {
				rt.Fatalf("%q is found as %q", name, name+"x")
			}
		})
	}
}

// Hundreds of ids are asked for in parts, each within the length of a URL
// (P38).
func TestSimulatorReadsIDsInParts(t *testing.T) {
	t.Parallel()
	sim, cfg := simulate(t, cwsim.Config{Seed: 3, Companies: 900})
	c := newClient(t, cfg)
	var ids []psa.RecordID
	for _, id := range sim.IDs(cwsim.Companies) {
		ids = append(ids, psa.RecordID(id))
	}
	var got []psa.RecordID
	parts := SplitIDs(ids, 300)
	for _, part := range parts {
		p, err := c.ReadRange(t.Context(), "/company/companies", RangeQuery{Conditions: In("id", part...), Fields: []string{"id"}})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.IDs...)
	}
	if !slices.Equal(got, ids) || len(parts) < 2 {
		t.Errorf("read %d of %d in %d parts", len(got), len(ids), len(parts))
	}
}

func TestSimulatorSince(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	sim, cfg := simulate(t, cwsim.Config{Seed: 3, Companies: 50, Now: func() time.Time { return at }})
	id := sim.IDs(cwsim.Companies)[17]
	sim.SetClock(at.Add(time.Hour))
	if _, err := sim.Put(cwsim.Companies, map[string]any{"id": id, "name": "changed"}); err != nil {
		t.Fatal(err)
	}
	for since, want := range map[time.Time]int{at.Add(time.Hour): 1, at.Add(time.Hour + time.Second): 0} {
		p, err := newClient(t, cfg).ReadRange(t.Context(), "/company/companies", RangeQuery{Since: since})
		if err != nil || len(p.IDs) != want || want > 0 && int(p.IDs[0]) != id {
			t.Errorf("since %v: %v, %v", since, p.IDs, err)
		}
	}
}

func TestSimulatorReferences(t *testing.T) {
	t.Parallel()
	_, cfg := simulate(t, cwsim.Config{Seed: 3, Companies: 5})
	c := newClient(t, cfg)
	for name, seq := range map[string]iter.Seq2[Ref, error]{
		"types": c.CompanyTypes(t.Context()), "statuses": c.CompanyStatuses(t.Context()),
		"territories": c.Territories(t.Context()), "markets": c.Markets(t.Context()),
	} {
		n := 0
		for ref, err := range seq {
			if err != nil || ref.ID <= 0 || ref.Name == "" {
				t.Errorf("%s: %v, %v", name, ref, err)
			}
			n++
		}
		if n == 0 {
			t.Errorf("%s: none", name)
		}
	}
	for ref, err := range newClient(t, withKey(cfg, "wrong")).Markets(t.Context()) {
		if err == nil || ref != (Ref{}) {
			t.Errorf("with a wrong key: %v", ref)
		}
	}
}

func withKey(cfg Config, key string) Config {
	cfg.Credentials.PrivateKey = key
	return cfg
}

func TestSimulatorOrderedLists(t *testing.T) {
	t.Parallel()
	for _, most := range []int{0, 10} {
		sim, cfg := simulate(t, cwsim.Config{Seed: 3, Companies: 95, Switches: cwsim.Switches{MaxPageSize: most}})
		var names []string
		for item, err := range newClient(t, cfg).List(t.Context(), "/company/companies", ListQuery{OrderBy: "name desc", PageSize: 20, Fields: []string{"name"}}) {
			var v struct{ Name string }
			if err = cmp.Or(err, json.Unmarshal(item, &v)); err != nil {
				t.Fatal(err)
			}
			names = append(names, strings.ToLower(v.Name))
		}
		slices.Reverse(names)
		if len(names) != len(sim.IDs(cwsim.Companies)) || !slices.IsSorted(names) {
			t.Errorf("cap %d: %d names, sorted %v", most, len(names), slices.IsSorted(names))
		}
	}
}

func TestSimulatorConnectionFailures(t *testing.T) {
	t.Parallel()
	sim, cfg := simulate(t, cwsim.Config{Seed: 1, Companies: 3, ClientIDs: []string{testClientID}})
	probe := func(c Config) problem.Code {
		return problem.CodeOf(newClient(t, c).ProbeList(t.Context(), "/company/companies"))
	}
	if code := probe(cfg); code != "" {
		t.Errorf("a good connection: %s", code)
	}
	if code := probe(withKey(cfg, "wrong")); code != problem.CredentialsRefused {
		t.Errorf("wrong key: %s", code)
	}
	for _, status := range []int{0, 400, 401, 403} {
		sim.SetSwitches(func(sw *cwsim.Switches) { sw.ClientIDStatus = status })
		other := cfg
		other.ClientID = "00000000-0000-0000-0000-000000000000"
		if code := probe(other); code != problem.ClientIDRefused {
			t.Errorf("clientId refused by %d: %s", status, code)
		}
	}
	for _, missing := range []bool{false, true} {
		sim.SetSwitches(func(sw *cwsim.Switches) { sw.UnknownCompany404 = missing })
		if _, err := (Discoverer{HTTP: cfg.HTTP}).Discover(t.Context(), cfg.Base.Address, "nobody"); problem.CodeOf(err) != problem.CompanyUnknown {
			t.Errorf("an unknown company: %v", err)
		}
	}
	if err := sim.SetRole("", cwsim.NoRole()); err != nil {
		t.Fatal(err)
	}
	if code := probe(cfg); code != problem.PermissionMissing {
		t.Errorf("no rights: %s", code)
	}
}

func TestSimulatorMissingRecord(t *testing.T) {
	t.Parallel()
	_, cfg := simulate(t, cwsim.Config{Seed: 1, Companies: 3})
	c := newClient(t, cfg)
	if _, _, err := c.Get(t.Context(), "/company/companies", 999999, nil); !errors.Is(err, psa.ErrNotFound) {
		t.Errorf("a missing record: %v", err)
	}
	if _, _, err := c.Get(t.Context(), "/company/nothing", 1, nil); err == nil || errors.Is(err, psa.ErrNotFound) {
		t.Errorf("a missing endpoint: %v", err)
	}
}

func TestSimulatorUpgrade(t *testing.T) {
	t.Parallel()
	sim, cfg := simulate(t, cwsim.Config{Seed: 1, Companies: 3, Codebase: "v2025_1/"})
	var told []string
	cfg.OnBase = func(b Base) { told = append(told, b.Codebase) }
	c := newClient(t, cfg)
	sim.Upgrade("v2026_2/")
	if n, err := c.Count(t.Context(), "/company/companies", Cond{}); err != nil || n != 3 || !slices.Equal(told, []string{"v2026_2/"}) {
		t.Errorf("after an upgrade: %d, %v, told of %v", n, err, told)
	}
}

// Faults in the middle of reading: what is transient is survived, what is not
// is named; no row is lost or doubled either way.
func TestSimulatorFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault cwsim.Fault
		code  problem.Code
	}{
		{cwsim.Fault{Kind: cwsim.FaultStatus, Status: 500, Times: 2}, ""},
		{cwsim.Fault{Kind: cwsim.FaultHTML, Status: 502, Times: 2}, ""},
		{cwsim.Fault{Kind: cwsim.FaultTruncate, Times: 2}, ""},
		{cwsim.Fault{Kind: cwsim.FaultCutBefore, Times: 1}, ""},
		{cwsim.Fault{Kind: cwsim.FaultCutAfter, Times: 1}, ""},
		{cwsim.Fault{Kind: cwsim.FaultContentType}, ""},
		{cwsim.Fault{Kind: cwsim.FaultEmptyList, Times: 1}, ""},
		{cwsim.Fault{Kind: cwsim.FaultThrottle, RetryAfter: 1, Times: 1}, ""},
		{cwsim.Fault{Kind: cwsim.FaultThrottle, RetryAfter: 40}, problem.ConnectWiseThrottle},
		{cwsim.Fault{Kind: cwsim.FaultThrottle, RetryAfter: -1}, problem.ConnectWiseThrottle},
		{cwsim.Fault{Kind: cwsim.FaultHTML}, problem.ConnectWiseGarbled},
		{cwsim.Fault{Kind: cwsim.FaultNull}, problem.ConnectWiseGarbled},
		{cwsim.Fault{Kind: cwsim.FaultGzipBomb}, problem.ConnectWiseGarbled},
		{cwsim.Fault{Kind: cwsim.FaultHuge, Size: 16 << 20}, problem.ConnectWiseGarbled},
		{cwsim.Fault{Kind: cwsim.FaultStatus, Status: 403}, problem.PermissionMissing},
		{cwsim.Fault{Kind: cwsim.FaultStatus, Status: 401}, problem.CredentialsRefused},
		{cwsim.Fault{Kind: cwsim.FaultStatus, Status: 503}, problem.ConnectWiseDown},
		{cwsim.Fault{Kind: cwsim.FaultCutAfter}, problem.ConnectWiseDown},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind)+http.StatusText(tt.fault.Status), func(t *testing.T) {
			t.Parallel()
			sim, cfg := simulate(t, cwsim.Config{Seed: 5, Companies: 60})
			cfg.MaxPage, cfg.Timeout = 8<<20, 5*time.Minute // a bomb is packed in this process
			tt.fault.Path = "/company/companies"
			if err := sim.SetFaults(tt.fault); err != nil {
				t.Fatal(err)
			}
			var got []int
			var failed error
			for item, err := range newClient(t, cfg).List(t.Context(), "/company/companies", ListQuery{PageSize: 20}) {
				if failed = err; err == nil {
					got = append(got, idOf(t, item))
				}
			}
			if problem.CodeOf(failed) != tt.code || tt.code == "" && !slices.Equal(got, sim.IDs(cwsim.Companies)) {
				t.Errorf("%+v: %d read, %v", tt.fault, len(got), failed)
			}
		})
	}
}
