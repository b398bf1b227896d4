package stack_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// advice is one piece of what the public setup guides tell somebody in
// trouble, or tell to look at: what here takes its place, and the proof. What
// belongs to a feature that is not there yet says which.
type advice struct {
	guide, says string
	covered     string
	prove       func(t *testing.T, g *guided)
	later       string
}

func advices() []advice {
	const (
		test      = "guide 1, the connection test fails"
		filters   = "guide 1, filters are not discovered"
		stuck     = "guide 1, a sync seems stuck"
		missing   = "guide 1, contacts or opportunities are missing"
		questions = "guide 1, questions"
		sanity    = "guide 2, sanity checks"
	)
	return []advice{
		{guide: test, says: "the address without its API path", covered: "check address: cleaned, shown, and said", prove: cleansTheAddress},
		{guide: test, says: "the company id as at login", covered: "check company", prove: namesTheCompany},
		{guide: test, says: "keys without spaces and line breaks", covered: "cleaned and said; check credentials", prove: cleansTheKeys},
		{guide: test, says: "access to all records", covered: "numbers beside each permission, which says what it does not prove", prove: saysWhatIsNotProven},
		{guide: test, says: "reachable from the internet", covered: "check reachable", prove: asksForReachability},
		{guide: filters, says: "the connection test first", covered: "problem not_connected", prove: discoversNothingUnconnected},
		{guide: filters, says: "the right to read companies, types and statuses", covered: "each list for itself: refused, with the right to add", prove: namesTheRefusedList},
		{guide: filters, says: "without types and statuses, no filter", covered: "an empty list blocks nothing; no filter is everything", prove: goesOnWithEmptyLists},
		{guide: stuck, says: "force a reset", covered: "reset of a data type; the next run starts", prove: resets},
		{guide: stuck, says: "logs hold the lifecycle only", covered: "sync logs", prove: logsTheLifecycle},
		{guide: stuck, says: "an interrupted sync is reset and run again", covered: "it is resumed by itself", prove: resumes},
		{guide: missing, says: "companies before contacts", covered: "parents come along and go first", prove: bringsParents},
		{guide: missing, says: "opportunities need a company", covered: "one whose company is not here is listed with the run's skips", prove: opportunitiesNeedCompanies},
		{guide: missing, says: "reasons for skips are in the logs", covered: "the run's skips, by name and reason", prove: listsSkips},
		{guide: questions, says: "filters change without keys", covered: "stored keys serve tests, data types and previews", prove: asksForKeysOnce},
		{guide: questions, says: "only some companies", covered: "preview of a filter; that syncs keep to it is proven with saved filters", prove: previewsSomeCompanies},
		{guide: questions, says: "start a sync of one type or all; webhooks", covered: "runs by type and for all; callbacks", prove: syncsOnDemandAndOnChange},
		{guide: questions, says: "new API keys", covered: "rotation: tested, stored, switched, the old secret goes", prove: rotates},
		{guide: questions, says: "why contacts are missing after a sync", covered: "they come by themselves with their company", prove: skippedContactsArrive},
		{guide: questions, says: "write back to ConnectWise", later: "opportunity write-back"},
		{guide: sanity, says: "usage appears as additions of the mapped agreement", covered: "check additions of Usage & billing", prove: checks("additions")},
		{guide: sanity, says: "a next invoice date up to today: the 1st of this month", covered: "check this_period; the rule by table tests of usage", prove: checks("this_period")},
		{guide: sanity, says: "a next invoice date after today: the 1st of next month", covered: "check next_period; the rule by table tests of usage", prove: checks("next_period")},
		{guide: sanity, says: "an agreement already invoiced starts next month", covered: "check next_period; frozen lines by property tests of usage", prove: checks("next_period")},
		{guide: sanity, says: "quantities update daily, and no line comes twice", covered: "checks daily and single_line", prove: checks("daily", "single_line")},
	}
}

// Every piece of the guides' advice has something that takes its place.
func TestTheGuidesAdvice(t *testing.T) {
	t.Parallel()
	for _, a := range advices() {
		if a.later != "" {
			t.Logf("later: %s: %s: %s", a.guide, a.says, a.later)
			continue
		}
		t.Run(a.guide+"/"+a.says, func(t *testing.T) {
			t.Parallel()
			a.prove(t, newGuided(t))
		})
	}
}

// guided is an installation that nobody has set up yet.
type guided struct {
	*stack.Stack
	*demo.Client
}

func newGuided(t *testing.T) *guided {
	t.Helper()
	s := start(t, stack.Config{
		Simulator: cwsim.Config{Seed: 5, Companies: 6, ContactsPerCompany: 2}, CountConnectWise: true,
		Adjust: func(c *host.Config) { c.Speed = crashSpeed },
	})
	client := adminOf(s)
	client.Tries, client.Pause = 10, 50*time.Millisecond
	return &guided{Stack: s, Client: client}
}

func (g *guided) keys() demo.ConnectWise { return keysOf(g.Stack, g.ConnectWiseURL) }

func (g *guided) call(t *testing.T, method, path string, in, out any) {
	t.Helper()
	if err := g.Call(t.Context(), method, path, in, out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// refusal is the problem that a call is answered with.
func (g *guided) refusal(t *testing.T, method, path string, in any) demo.Problem {
	t.Helper()
	err := g.Call(t.Context(), method, path, in, nil)
	var p *demo.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%s %s: %v, want a problem", method, path, err)
	}
	return *p
}

// connected goes up to the end of the first sync.
func (g *guided) connected(t *testing.T) []demo.Run {
	t.Helper()
	if err := g.Connect(t.Context(), g.keys()); err != nil {
		t.Fatal(err)
	}
	return g.done(t)
}

func (g *guided) done(t *testing.T) []demo.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	runs, err := g.Wait(ctx, 50*time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func (g *guided) put(t *testing.T, entity string, members map[string]any) int {
	t.Helper()
	id, err := g.Simulator.Put(entity, members)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (r report) named(t *testing.T, name string) check {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(c check) bool { return c.Name == name || c.Type == name })
	if i < 0 {
		t.Fatalf("there is no check %s in %+v", name, r)
	}
	return r.Checks[i]
}

// fails says that the named check fails, and that its advice has these words.
func (r report) fails(t *testing.T, name, code string, words ...string) {
	t.Helper()
	c := r.named(t, name)
	if c.Status != "fail" || c.Code != code || r.OK {
		t.Errorf("%s: %+v", name, c)
	}
	for _, word := range words {
		if !strings.Contains(c.Remedy, word) {
			t.Errorf("%s: %q does not speak of %q", name, c.Remedy, word)
		}
	}
}

func cleansTheAddress(t *testing.T, g *guided) {
	in := g.keys()
	in.ServerURL += "/v4_6_release/apis/3.0/"
	r := testConnection(t, g.Stack, in)
	c := r.named(t, "address")
	if !r.OK || len(c.Notices) != 1 || !strings.Contains(c.Notices[0], "path") || r.Endpoint.ServerURL != g.ConnectWiseURL {
		t.Errorf("%+v, at %+v", c, r.Endpoint)
	}
}

func namesTheCompany(t *testing.T, g *guided) {
	in := g.keys()
	in.CompanyID = "Acme Incorporated"
	testConnection(t, g.Stack, in).fails(t, "company", "company_unknown", "company ID", "log in")
}

func cleansTheKeys(t *testing.T, g *guided) {
	in := g.keys()
	in.PublicKey, in.PrivateKey = " "+in.PublicKey+"\r\n", in.PrivateKey[:4]+"\n"+in.PrivateKey[4:]+"\t"
	r := testConnection(t, g.Stack, in)
	if c := r.named(t, "credentials"); !r.OK || len(c.Notices) != 2 {
		t.Errorf("%+v", c)
	}
	in.PrivateKey = in.PrivateKey[:5]
	testConnection(t, g.Stack, in).fails(t, "credentials", "credentials_refused", "both keys")
}

func saysWhatIsNotProven(t *testing.T, g *guided) {
	r := testConnection(t, g.Stack, g.keys())
	for _, name := range []string{"companies", "contacts"} {
		c := r.named(t, name)
		if c.Status != "pass" || c.Visible == nil || *c.Visible == 0 || !strings.Contains(c.Unproven, "all records") {
			t.Errorf("%+v", c)
		}
	}
}

func asksForReachability(t *testing.T, g *guided) {
	in := g.keys()
	closedPort(t, g.Stack, &in)
	testConnection(t, g.Stack, in).fails(t, "reachable", "unreachable", "from the internet", "certificate")
}

// filterJob is a job's outcome as the API shows it.
type filterJob struct {
	ID, State string
	Trouble   *struct{ Code, Message, Remedy string }
	Discovery *struct {
		Lists []struct {
			Category, State string
			Choices         []struct {
				ID        int64
				Companies *int
			}
			Trouble *struct{ Code, Message, Remedy string }
		}
		Companies *int
	}
	Preview *struct {
		Companies struct{ N int }
		Types     []struct {
			Type   string
			Number *struct{ N int }
		}
		Sample []string
	}
}

// run asks for a job and waits for its end.
func (g *guided) run(t *testing.T, path string, in any) filterJob {
	t.Helper()
	var j filterJob
	g.call(t, http.MethodPost, path, in, &j)
	g.until(t, "the job ends", func() bool {
		g.call(t, http.MethodGet, "/v1/jobs/"+j.ID, nil, &j)
		return j.State != "queued"
	})
	return j
}

func discoversNothingUnconnected(t *testing.T, g *guided) {
	p := g.refusal(t, http.MethodPost, "/v1/filters/discover", map[string]any{})
	if p.Code != "not_connected" || p.Remedy == "" {
		t.Errorf("%+v", p)
	}
}

func namesTheRefusedList(t *testing.T, g *guided) {
	g.call(t, http.MethodPut, "/v1/connection", g.keys(), nil)
	faults(status(http.StatusForbidden, "/company/companies/types/**"), status(http.StatusForbidden, "/company/companies/statuses/**"))(t, g.Stack, nil)
	states := map[string]string{}
	for _, l := range g.run(t, "/v1/filters/discover", map[string]any{}).Discovery.Lists {
		states[l.Category] = l.State
		if l.State == "refused" && (l.Trouble == nil || l.Trouble.Remedy == "") {
			t.Errorf("%s is refused, and there is no advice: %+v", l.Category, l.Trouble)
		}
	}
	if states["types"] != "refused" || states["statuses"] != "refused" || states["territories"] == "refused" || states["markets"] == "refused" {
		t.Errorf("%v", states)
	}
}

func goesOnWithEmptyLists(t *testing.T, g *guided) {
	g.call(t, http.MethodPut, "/v1/connection", g.keys(), nil)
	faults(
		cwsim.Fault{Path: "/company/companies/types", Kind: cwsim.FaultEmptyList},
		cwsim.Fault{Path: "/company/companies/statuses", Kind: cwsim.FaultEmptyList},
	)(t, g.Stack, nil)
	found := g.run(t, "/v1/filters/discover", map[string]any{}).Discovery
	for _, l := range found.Lists {
		if empty := l.Category == "types" || l.Category == "statuses"; (l.State == "empty") != empty {
			t.Errorf("%s is %s", l.Category, l.State)
		}
	}
	if p := g.run(t, "/v1/filters/preview", map[string]any{"filter": map[string]any{}}).Preview; p.Companies.N != *found.Companies || p.Companies.N == 0 {
		t.Errorf("no filter brings %d companies of %d", p.Companies.N, *found.Companies)
	}
}

func resets(t *testing.T, g *guided) {
	g.connected(t)
	faults(cwsim.Fault{Path: "/company/**", Kind: cwsim.FaultThrottle, RetryAfter: 600})(t, g.Stack, nil)
	if err := g.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	enabled := g.enabled(t)
	for _, name := range enabled {
		g.call(t, http.MethodPost, "/v1/data-types/"+name+"/reset", nil, nil)
	}
	runs := g.done(t)
	if !slices.ContainsFunc(runs, func(r demo.Run) bool { return r.State == "cancelled" }) {
		t.Errorf("no run was ended: %s", demo.Summary(runs))
	}
	var started struct{ Items []struct{ Joined bool } }
	g.call(t, http.MethodPost, "/v1/runs", map[string]any{}, &started)
	if len(started.Items) != len(enabled) || slices.ContainsFunc(started.Items, func(i struct{ Joined bool }) bool { return i.Joined }) {
		t.Errorf("of %v the next runs did not start: %+v", enabled, started)
	}
}

// enabled are the data types that are synced.
func (g *guided) enabled(t *testing.T) (types []string) {
	t.Helper()
	var all struct {
		Items []struct {
			Type    string
			Enabled bool
		}
	}
	g.call(t, http.MethodGet, "/v1/data-types", nil, &all)
	for _, d := range all.Items {
		if d.Enabled {
			types = append(types, d.Type)
		}
	}
	if len(types) < 3 {
		t.Fatalf("enabled are only %v", types)
	}
	return types
}

func logsTheLifecycle(t *testing.T, g *guided) {
	runs := len(g.connected(t))
	var logs struct {
		Items []struct{ Event, Type, Who string }
	}
	g.call(t, http.MethodGet, "/v1/logs", nil, &logs)
	got := map[string]int{}
	for _, l := range logs.Items {
		got[l.Event]++
		if l.Who == "" {
			t.Errorf("nobody did %+v", l)
		}
	}
	if runs == 0 || got["run_queued"] != runs || got["run_started"] != runs || got["run_succeeded"]+got["run_partial"] != runs {
		t.Errorf("for %d runs: %v", runs, got)
	}
}

func resumes(t *testing.T, g *guided) {
	g.Host.Crash(host.Crash{Function: "sync", Call: 12, Phase: host.After})
	runs := g.connected(t)
	if g.Host.Disarm() {
		t.Error("nothing died")
	}
	for _, r := range runs {
		if r.State != "succeeded" && r.State != "partial" || r.Counts.Created == 0 || r.Counts.Read != r.Expected {
			t.Errorf("%+v", r)
		}
	}
}

func bringsParents(t *testing.T, g *guided) {
	var chosen struct{ Added []string }
	g.connected(t)
	g.call(t, http.MethodPut, "/v1/data-types", map[string]any{"types": []string{"contacts"}}, &chosen)
	// Agreements come along always: usage needs them.
	if want := []string{"companies", "agreements"}; !slices.Equal(chosen.Added, want) {
		t.Errorf("beside contacts %v, want %v", chosen.Added, want)
	}
	if got, want := g.enabled(t), []string{"companies", "contacts", "agreements"}; !slices.Equal(got, want) {
		t.Errorf("enabled are %v, want %v", got, want)
	}
}

// skip is a record that a run could not keep.
type skip struct {
	ID                   int64
	Name, Reason, Detail string
}

// orphan is a contact whose company is not known here.
func (g *guided) orphan(t *testing.T) (contact, company int) {
	t.Helper()
	company = 900_001
	contact = g.put(t, cwsim.Contacts, map[string]any{"firstName": "Una", "lastName": "Companioned", "company": map[string]any{"id": company}})
	return contact, company
}

func (g *guided) skips(t *testing.T, runs []demo.Run) []skip {
	t.Helper()
	var out []skip
	for _, r := range runs {
		var list struct{ Items []skip }
		g.call(t, http.MethodGet, "/v1/runs/"+r.ID+"/skips", nil, &list)
		out = append(out, list.Items...)
	}
	return out
}

func listsSkips(t *testing.T, g *guided) {
	contact, company := g.orphan(t)
	needsCompany(t, g.skips(t, g.connected(t)), contact, company)
}

func opportunitiesNeedCompanies(t *testing.T, g *guided) {
	company := 900_001
	id := g.put(t, cwsim.Opportunities, map[string]any{"name": "Too early", "company": map[string]any{"id": company}})
	needsCompany(t, g.skips(t, g.connected(t)), id, company)
}

// needsCompany says that a record is listed with its name, and with the company
// that it lacks.
func needsCompany(t *testing.T, skips []skip, id, company int) {
	t.Helper()
	i := slices.IndexFunc(skips, func(s skip) bool { return s.ID == int64(id) && strings.Contains(s.Detail, strconv.Itoa(company)) })
	if i < 0 || skips[i].Reason != "company_not_synced" || skips[i].Name == "" {
		t.Errorf("%+v", skips)
	}
}

func skippedContactsArrive(t *testing.T, g *guided) {
	contact, company := g.orphan(t)
	g.connected(t)
	if r, err := g.Record(t.Context(), "contacts", int64(contact)); err != nil || r.Removed != "skipped" || len(r.Data) > 0 {
		t.Errorf("the contact before its company: %+v, %v", r, err)
	}
	g.put(t, cwsim.Companies, map[string]any{"id": company, "name": "Late Ltd", "identifier": "late"})
	if err := g.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.done(t)
	if r, err := g.Record(t.Context(), "contacts", int64(contact)); err != nil || r.Removed != "" || !strings.Contains(r.Name, "Una") {
		t.Errorf("after its company came: %+v, %v", r, err)
	}
}

func asksForKeysOnce(t *testing.T, g *guided) {
	g.connected(t)
	if r := testConnection(t, g.Stack, map[string]any{}); !r.OK {
		t.Errorf("%+v", r)
	}
	g.call(t, http.MethodPut, "/v1/data-types", map[string]any{"types": []string{"companies"}}, nil)
	g.run(t, "/v1/filters/preview", map[string]any{"filter": map[string]any{}})
	p := g.refusal(t, http.MethodPost, "/v1/connection/test", map[string]any{"serverUrl": "https://elsewhere.example.com"})
	if p.Code != "bad_request" || p.Remedy == "" {
		t.Errorf("stored keys for another server: %+v", p)
	}
}

func previewsSomeCompanies(t *testing.T, g *guided) {
	g.call(t, http.MethodPut, "/v1/connection", g.keys(), nil)
	found := g.run(t, "/v1/filters/discover", map[string]any{}).Discovery
	for _, l := range found.Lists {
		if l.Category != "types" {
			continue
		}
		for _, c := range l.Choices {
			if c.Companies == nil || *c.Companies == 0 || *c.Companies == *found.Companies {
				continue
			}
			p := g.run(t, "/v1/filters/preview", map[string]any{"filter": map[string]any{"types": []int64{c.ID}}}).Preview
			if p.Companies.N != *c.Companies || len(p.Sample) != p.Companies.N || len(p.Types) == 0 {
				t.Errorf("type %d: %+v, and %d were counted", c.ID, p, *c.Companies)
			}
			return
		}
	}
	t.Errorf("no type that only some companies have: %+v", found)
}

func syncsOnDemandAndOnChange(t *testing.T, g *guided) {
	before := len(g.connected(t))
	types := before // one run of each
	g.call(t, http.MethodPost, "/v1/runs", map[string]any{"types": []string{"companies"}}, nil)
	if runs := g.done(t); len(runs) != before+1 || runs[0].Type != "companies" {
		t.Errorf("one type: %s", demo.Summary(runs))
	}
	if err := g.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if runs := g.done(t); len(runs) != before+1+types {
		t.Errorf("all: %s", demo.Summary(runs))
	}
	g.Simulator.SetSwitches(func(s *cwsim.Switches) { s.DeliverCallbacks = true })
	id := g.Simulator.IDs(cwsim.Companies)[0]
	g.put(t, cwsim.Companies, map[string]any{"id": id, "name": "Renamed"})
	g.Simulator.WaitForCallbacks()
	if g.Simulator.CallbackAttempts() == 0 {
		t.Error("ConnectWise was not asked to call back")
	}
	g.until(t, "the change comes by callback", func() bool {
		r, err := g.Record(t.Context(), "companies", int64(id))
		return err == nil && r.Name == "Renamed"
	})
}

func rotates(t *testing.T, g *guided) {
	g.connected(t)
	old := kept(t, g.Stack).Secrets
	in := g.keys()
	in.PublicKey, in.PrivateKey = "renewedPublic", "renewedPrivate"
	if p := g.refusal(t, http.MethodPut, "/v1/connection", in); p.Code != "test_failed" || !slices.Equal(kept(t, g.Stack).Secrets, old) {
		t.Errorf("keys that ConnectWise does not know: %+v", p)
	}
	g.Simulator.SetMember(cwsim.Member{Identifier: "Renewed", PublicKey: in.PublicKey, PrivateKey: in.PrivateKey, Role: cwsim.FullRole()})
	var saved struct{ Rotated bool }
	g.call(t, http.MethodPut, "/v1/connection", in, &saved)
	fresh := kept(t, g.Stack).Secrets
	if !saved.Rotated || len(old) != 1 || len(fresh) != 2 {
		t.Fatalf("rotated %v, secrets %v became %v", saved.Rotated, old, fresh)
	}
	if r := testConnection(t, g.Stack, map[string]any{}); !r.OK {
		t.Errorf("the new keys do not serve: %+v", r)
	}
	g.graceIsOver(t, old[0])
	g.until(t, "the old secret goes", func() bool {
		left := kept(t, g.Stack).Secrets
		return len(left) == 1 && left[0] != old[0]
	})
	if r := testConnection(t, g.Stack, map[string]any{}); !r.OK {
		t.Errorf("without the old secret: %+v", r)
	}
}

// graceIsOver lets the hour pass for which a replaced secret is kept, so that
// work under way can end with it.
func (g *guided) graceIsOver(t *testing.T, secret string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(g.Services.AWSConfig()).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String("psabridge-Table"), UpdateExpression: aws.String("SET dsk = :due"), ConditionExpression: aws.String("attribute_exists(pk)"),
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "a#demo-msp"}, "sk": &types.AttributeValueMemberS{Value: "secret#" + secret},
		},
		ExpressionAttributeValues: map[string]types.AttributeValue{":due": &types.AttributeValueMemberS{Value: strings.Repeat("0", 19)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Host.Fire(t.Context(), "SyncTick"); err != nil {
		t.Fatal(err)
	}
}

// until looks again and again, for a time that only a broken program needs.
func (g *guided) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(5 * time.Minute); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// checks are listed, and nothing is green before something was posted.
func checks(ids ...string) func(*testing.T, *guided) {
	return func(t *testing.T, g *guided) {
		g.connected(t)
		if err := g.SetZone(t.Context(), "UTC"); err != nil {
			t.Fatal(err)
		}
		var list struct {
			Items []struct{ ID, Finding, Looked string }
		}
		g.call(t, http.MethodGet, "/v1/postings/checks", nil, &list)
		found := map[string]string{}
		for _, c := range list.Items {
			found[c.ID] = c.Finding
		}
		for _, id := range ids {
			if found[id] != "unknown" {
				t.Errorf("check %s: %q before anything was posted", id, found[id])
			}
		}
	}
}
