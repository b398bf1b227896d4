package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/psabridge/psabridge/"

// edge forbids every package that matches from to reach a package that matches
// to, by itself or through others. A pattern is a path, of this module where it
// begins with internal or functions, and ends in /... where it means the
// packages below too.
type edge struct {
	from, to string
	unless   []string // packages of from that may
	except   []string // packages of to that are allowed
	reason   string
}

func core() []string {
	return []string{
		"internal/setup", "internal/syncer", "internal/callback", "internal/usage", "internal/ticketing", "internal/mapping",
		"internal/permission", "internal/filter",
	}
}

func adapters() []string {
	return []string{
		"internal/connectwise", "internal/dynamo", "internal/secrets", "internal/queue",
		"internal/events", "internal/httpapi", "internal/console", "internal/lambdahttp",
	}
}

func edges() []edge {
	rules := []edge{
		{from: "internal/psa", to: "internal/...", reason: "the nouns stand on the standard library alone"},
		{from: "internal/problem", to: "internal/...", reason: "an error safe to show knows nobody it is shown about"},
		{from: "internal/cwsim/...", to: "internal/...", except: []string{"internal/cwsim/..."}, reason: "a wrong JSON tag shared with the client would cancel out"},
		{from: "internal/billing", to: "internal/...", reason: "a reference that shares code with what it is held against shares its mistakes"},
		{from: "functions/...", to: "internal/cwsim/...", reason: "a simulator is not deployed"},
		{from: "functions/...", to: "internal/localaws/...", reason: "the local services are not deployed"},
		{from: "internal/app/...", to: "internal/cwsim/...", reason: "the composition root is deployed"},
		{from: "internal/app/...", to: "internal/localaws/...", reason: "the composition root is deployed"},
		{from: "internal/...", to: "functions/...", reason: "nothing points back to a main"},
		{from: "internal/localaws/...", to: "internal/app/...", reason: "the host knows the functions as binaries only"},
		{from: "internal/localaws/...", to: "internal/cwsim/...", unless: []string{"internal/localaws/stack"}, reason: "AWS knows no ConnectWise; stack starts both"},
		{from: "functions/webhook", to: "github.com/danielgtaylor/huma/...", reason: "the receiver starts in milliseconds"},
		{from: "functions/webhook", to: "internal/httpapi", reason: "as huma"},
		{from: "functions/webhook", to: "internal/connectwise", reason: "the open door calls nobody"},
		{from: "functions/webhook", to: "internal/secrets", reason: "the open door holds no keys"},
		{from: "functions/sync", to: "internal/httpapi", reason: "a worker serves no API"},
		{from: "functions/usage", to: "internal/httpapi", reason: "a worker serves no API"},
	}
	for _, a := range core() {
		rules = append(rules, edge{from: a, to: "github.com/aws/...", reason: "the core speaks through its ports"})
		rules = append(rules, edge{from: a, to: "internal/app/...", reason: "the root knows the core, not the reverse"})
		for _, b := range core() {
			handsOver := a == "internal/callback" && b == "internal/syncer" || a == "internal/setup" && b == "internal/permission" ||
				a == "internal/callback" && b == "internal/filter" // through syncer
			decides := b == "internal/filter" && (a == "internal/syncer" || a == "internal/setup")
			if a != b && !handsOver && !decides {
				rules = append(rules, edge{
					from: a, to: b, reason: "core packages stand side by side; callback hands records to syncer, setup reports permission's findings; " +
						"setup keeps the filter that syncer applies",
				})
			}
		}
		for _, b := range adapters() {
			rules = append(rules, edge{from: a, to: b, reason: "adapters know the core, not the reverse"})
		}
	}
	for _, a := range adapters() {
		rules = append(rules, edge{from: a, to: "internal/app/...", reason: "the root knows the adapters, not the reverse"})
		for _, b := range adapters() {
			if a != b {
				rules = append(rules, edge{from: a, to: b, reason: "adapters meet in the composition root only"})
			}
		}
	}
	return rules
}

func TestImports(t *testing.T) {
	t.Parallel()
	deps := list(t)
	for _, e := range edges() {
		for _, broken := range violations(deps, e) {
			t.Error(broken + ": " + e.reason)
		}
	}
}

// The exclusive users of a library: everyone else goes through them.
func TestSoleImporters(t *testing.T) {
	t.Parallel()
	sole := map[string][]string{
		"github.com/danielgtaylor/huma/...": {"internal/httpapi"},
		"code.dny.dev/ssrf":                 {"internal/connectwise"},
	}
	for _, p := range list(t) {
		for library, users := range sole {
			imports := slices.ContainsFunc(p.Imports, func(i string) bool { return matches(library, i) })
			if imports && !matchesAny(users, p.ImportPath) {
				t.Errorf("%s imports %s, which is for %v", short(p.ImportPath), library, users)
			}
		}
	}
}

// The functions that reckon in a ConnectWise's time zone bring the zones along:
// where they run there are none.
func TestZonesAreAtHand(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		switch short(p.ImportPath) {
		case "functions/sync", "functions/usage":
			if !slices.Contains(p.Deps, "time/tzdata") {
				t.Errorf("%s has no time/tzdata", short(p.ImportPath))
			}
		}
	}
}

// A rule that cannot fail protects nothing.
func TestViolationsAreFound(t *testing.T) {
	t.Parallel()
	deps := []goPackage{
		{ImportPath: module + "functions/sync", Deps: []string{"internal/sync", module + "internal/app/sync", module + "internal/cwsim/data"}},
		{ImportPath: module + "internal/cwsim", Deps: []string{module + "internal/cwsim/data"}},
		{ImportPath: module + "functions/webhook", Deps: []string{"github.com/danielgtaylor/huma/v2"}},
	}
	got := map[string]int{}
	for _, e := range edges() {
		for _, v := range violations(deps, e) {
			got[v]++
		}
	}
	for _, want := range []string{"functions/sync reaches internal/cwsim/data", "functions/webhook reaches github.com/danielgtaylor/huma/v2"} {
		if got[want] != 1 {
			t.Errorf("not found: %s", want)
		}
	}
	if len(got) != 2 {
		t.Errorf("found %v, want two", got)
	}
}

type goPackage struct {
	ImportPath string   `json:"ImportPath"`
	Imports    []string `json:"Imports"`
	Deps       []string `json:"Deps"`
}

func violations(packages []goPackage, e edge) []string {
	var out []string
	for _, p := range packages {
		if !matches(e.from, p.ImportPath) || matchesAny(e.unless, p.ImportPath) {
			continue
		}
		for _, dep := range p.Deps {
			if matches(e.to, dep) && !matchesAny(e.except, dep) {
				out = append(out, short(p.ImportPath)+" reaches "+short(dep))
			}
		}
	}
	return out
}

func short(path string) string { return strings.TrimPrefix(path, module) }

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

func matches(pattern, path string) bool {
	if strings.HasPrefix(pattern, "internal/") || strings.HasPrefix(pattern, "functions/") {
		pattern = module + pattern // the standard library has an internal, too
	}
	if base, below := strings.CutSuffix(pattern, "/..."); below {
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return path == pattern
}

// list asks the go command for the module's packages; build errors elsewhere
// do not matter here.
func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 2 {
		t.Fatalf("go list knows %d packages", len(packages))
	}
	return packages
}
