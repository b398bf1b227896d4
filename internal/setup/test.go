package setup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// probesAtOnce bounds the permission checks' calls, so that a test leaves
// room in the connection's budget.
const probesAtOnce = 3

// Test runs the connection test and stores nothing. Without keys it uses the
// stored ones, and then only against the ConnectWise they were given for.
func (s *Service) Test(ctx context.Context, account psa.AccountID, in Input) (Report, error) {
	have, err := s.load(ctx, account)
	if err != nil {
		return Report{}, err
	}
	t, err := s.test(ctx, have, in)
	return t.report, err
}

// tested is what a test leaves for saving.
type tested struct {
	report   Report
	endpoint Endpoint
	creds    psa.Credentials
	types    []psa.DataType
	// kept is the ARN of the stored keys that were used, "" for new ones.
	kept string
}

// test is an error only if the input is unusable or something of ours fails;
// what ConnectWise thinks of the input is in the report.
func (s *Service) test(ctx context.Context, have stored, in Input) (tested, error) {
	in, said := in.clean()
	t := &tester{s: s, said: said}
	types, err := s.typesFor(have, in)
	if err != nil {
		return tested{}, err
	}
	creds, given, err := in.keys()
	if err != nil {
		return tested{}, err
	}
	t.types, t.creds = types, creds
	kept := ""
	if !given {
		if kept, err = t.useStored(ctx, have, &in); err != nil {
			return tested{}, err
		}
	}
	t.run(ctx, in)
	return tested{report: t.report(), endpoint: t.endpoint, creds: t.creds, types: types, kept: kept}, nil
}

func (s *Service) typesFor(have stored, in Input) ([]psa.DataType, error) {
	names := in.Types
	switch {
	case len(names) > 0:
	case have.draft != nil:
		names = have.draft.Types
	case have.conn != nil:
		names = have.conn.Types
	default:
		names = s.types.defaults()
	}
	all, _, err := s.types.closure(names)
	return all, err
}

// tester walks through the checks; each one that fails leaves the rest
// skipped.
type tester struct {
	s        *Service
	types    []psa.DataType
	creds    psa.Credentials
	said     map[string]string
	endpoint Endpoint
	checks   []Check
	rights   []permission.Finding
	stopped  bool
}

// useStored takes the stored keys, the draft's or the connection's, whichever
// was given for the address and company entered; nothing entered means the
// draft, else the connection. Sending them anywhere else is refused.
func (t *tester) useStored(ctx context.Context, have stored, in *Input) (arn string, err error) {
	for _, c := range have.candidates() {
		if !t.s.sameIdentity(c.endpoint, *in) {
			continue
		}
		if t.creds, err = t.s.Secrets.Get(ctx, c.arn); err != nil {
			return "", fmt.Errorf("read the stored keys: %w", err)
		}
		in.ServerURL, in.CompanyID = c.endpoint.ServerURL, c.endpoint.Identity.CompanyID
		return c.arn, nil
	}
	return "", problem.New(problem.BadRequest, "The keys are missing.",
		"Enter both keys. Stored keys are used only for the server and company they were stored for.")
}

type candidate struct {
	endpoint Endpoint
	arn      string
}

func (h stored) candidates() []candidate {
	var out []candidate
	if h.draft != nil {
		out = append(out, candidate{h.draft.Endpoint, h.draft.SecretARN})
	}
	if h.conn != nil {
		out = append(out, candidate{h.conn.Endpoint, h.conn.SecretARN})
	}
	return out
}

func (s *Service) sameIdentity(e Endpoint, in Input) bool {
	want := e.Identity
	if in.ServerURL != "" {
		_, site, _, err := s.Prober.Clean(in.ServerURL)
		if err != nil {
			return false
		}
		want.Site = site
	}
	if in.CompanyID != "" {
		want.CompanyID = in.CompanyID
	}
	return want.Key() == e.Identity.Key()
}

func (t *tester) run(ctx context.Context, in Input) {
	clean := t.address(in)
	t.discover(ctx, clean, in.CompanyID)
	t.systemInfo(ctx)
	t.access(ctx)
}

func (t *tester) address(in Input) (clean string) {
	c := Check{Name: CheckAddress, Required: true}
	clean, _, notices, err := t.s.Prober.Clean(in.ServerURL)
	c.Notices = notices
	if said, ok := t.said["companyId"]; ok {
		c.Notices = append(c.Notices, "Company ID: "+said)
	}
	t.add(c, err, "The address is "+clean+".")
	return clean
}

// discover is two checks, told apart by what went wrong.
func (t *tester) discover(ctx context.Context, clean, companyID string) {
	reach, company := Check{Name: CheckReachable, Required: true}, Check{Name: CheckCompany, Required: true}
	if t.stopped {
		t.skip(reach, company)
		return
	}
	var endpoint Endpoint
	err := within(ctx, discoverTime, func(ctx context.Context) (err error) {
		endpoint, err = t.s.Prober.Discover(ctx, clean, companyID)
		return err
	})
	if err != nil && problem.CodeOf(err) != problem.CompanyUnknown {
		t.add(reach, err, "")
		t.skip(company)
		return
	}
	t.add(reach, nil, "The server answers.")
	t.add(company, err, "ConnectWise knows the company ID.")
	t.endpoint = endpoint
}

// systemInfo is not required: some servers answer it to anybody, so it proves
// nothing, and not answering it harms nothing.
func (t *tester) systemInfo(ctx context.Context) {
	c := Check{Name: CheckSystemInfo}
	if t.stopped {
		t.skip(c)
		return
	}
	var version, zone string
	err := within(ctx, infoTime, func(ctx context.Context) (err error) {
		version, zone, err = t.s.Prober.Info(ctx, t.endpoint, t.creds)
		return err
	})
	if err == nil {
		t.endpoint.Version, t.endpoint.ServerTimeZone = version, zone
		c.Unproven = "This alone does not prove that the keys are accepted."
	}
	t.add(c, err, "ConnectWise is version "+version+".")
}

// probe is what reading one data type's list came to.
type probe struct {
	info  TypeInfo
	at    time.Time
	count int
	err   error
}

// access reads a list of each data type. That answers two questions: whether
// the keys are accepted at all, and what the role may read.
func (t *tester) access(ctx context.Context) {
	creds := Check{Name: CheckCredentials, Required: true, Notices: t.keyNotices()}
	if t.stopped {
		t.skip(creds)
		for _, name := range t.types {
			t.skip(t.permission(name))
		}
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listsTime)
	defer cancel()
	probes := t.probe(ctx)
	detail, err := accepted(probes)
	t.add(creds, err, detail)
	refused := t.stopped
	for _, p := range probes {
		c := t.permission(p.info.Name)
		if refused && problem.CodeOf(p.err) != problem.PermissionMissing {
			t.skip(c)
			continue
		}
		t.addPermission(c, p)
	}
	if err == nil || problem.CodeOf(err) == problem.PermissionMissing {
		t.rights = t.matrix(ctx, probes)
	}
}

func (t *tester) keyNotices() []string {
	var out []string
	for _, k := range []struct{ field, label string }{{"publicKey", "Public key"}, {"privateKey", "Private key"}} {
		if said, ok := t.said[k.field]; ok {
			out = append(out, k.label+": "+said)
		}
	}
	return out
}

func (t *tester) probe(ctx context.Context) []probe {
	var probes []probe
	for _, name := range t.types {
		if info, _ := t.s.types.named(name); info.Path != "" {
			probes = append(probes, probe{info: info})
		}
	}
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for i := range probes {
		g.Go(func() error {
			probes[i].at = t.s.now()
			probes[i].err = within(ctx, listsTime, func(ctx context.Context) (err error) {
				probes[i].count, err = t.s.Prober.List(ctx, t.endpoint, t.creds, probes[i].info.Path)
				return err
			})
			return nil // one refused list does not stop the others
		})
	}
	_ = g.Wait() // the errors are in the probes
	return probes
}

// within gives f time d, and says of a ConnectWise that used it up that it is
// slow: that is not a fault of ours.
func within(ctx context.Context, d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := f(ctx)
	if errors.Is(err, context.DeadlineExceeded) && problem.CodeOf(err) == problem.Internal {
		return problem.New(problem.ConnectWiseDown, "ConnectWise did not answer in time.",
			"Try again in a few minutes. If ConnectWise runs on your own server, look at its load.").Wrap(err)
	}
	return err
}

// accepted judges the keys by all lists together: one that was read proves
// them, and nothing else does.
func accepted(probes []probe) (detail string, err error) {
	for _, p := range probes {
		if p.err == nil {
			return "ConnectWise accepted the keys and returned data.", nil
		}
	}
	for _, p := range probes { // a refused key says more than a role or a hiccup
		if problem.CodeOf(p.err) == problem.CredentialsRefused {
			return "", p.err
		}
	}
	if len(probes) == 0 {
		return "", problem.New(problem.BadRequest, "No data type was chosen, so nothing could be read.", "Choose a data type.")
	}
	if problem.CodeOf(probes[0].err) == problem.PermissionMissing {
		return "", problem.New(problem.PermissionMissing, "ConnectWise knows the keys, but the API member may not read anything.",
			"Give the API member's security role the permissions listed below.").Wrap(probes[0].err)
	}
	return "", probes[0].err
}
