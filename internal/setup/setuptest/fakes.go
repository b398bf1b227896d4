package setuptest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Vault is the memory behind Secrets.
type Vault struct {
	mu      sync.Mutex
	secrets map[string]psa.Credentials
}

// NewVault makes an empty one.
func NewVault() *Vault { return &Vault{secrets: map[string]psa.Credentials{}} }

// Names lists the secrets there are.
func (v *Vault) Names() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Sorted(maps.Keys(v.secrets))
}

// Secrets is one process's view of a Vault.
type Secrets struct {
	Vault  *Vault
	Faults *Faults
}

const arnPrefix = "arn:aws:secretsmanager:us-east-1:000000000000:secret:"

func nameOf(nameOrARN string) string {
	name, isARN := strings.CutPrefix(nameOrARN, arnPrefix)
	if isARN {
		return name[:len(name)-7]
	}
	return name
}

// Create implements setup.Secrets.
func (s *Secrets) Create(_ context.Context, name string, c psa.Credentials) (arn string, err error) {
	err = s.Faults.around(func() error {
		s.Vault.mu.Lock()
		defer s.Vault.mu.Unlock()
		if have, ok := s.Vault.secrets[name]; ok && have != c {
			return fmt.Errorf("secret exists: %w", psa.ErrConflict)
		}
		s.Vault.secrets[name] = c
		return nil
	})
	return arnPrefix + name + "-AbCdEf", err
}

// Get implements setup.Secrets.
func (s *Secrets) Get(_ context.Context, arn string) (c psa.Credentials, err error) {
	err = s.Faults.around(func() error {
		s.Vault.mu.Lock()
		defer s.Vault.mu.Unlock()
		return get(s.Vault.secrets, nameOf(arn), &c)
	})
	return c, err
}

// Delete implements setup.Secrets.
func (s *Secrets) Delete(_ context.Context, nameOrARN string) error {
	return s.Faults.around(func() error {
		s.Vault.mu.Lock()
		defer s.Vault.mu.Unlock()
		delete(s.Vault.secrets, nameOf(nameOrARN))
		return nil
	})
}

// ConnectWise is a Prober and CallbackRegistrar: a ConnectWise that knows one
// company, some keys and what they may read.
type ConnectWise struct {
	mu sync.Mutex
	// CompanyID is known; any other is not.
	CompanyID string
	// Keys that are accepted.
	Keys []psa.Credentials
	// Forbidden lists paths that the role may not read.
	Forbidden []string
	// Fail, if set, is asked before each call by name: clean, discover,
	// info, list, registrations, register, remove.
	Fail func(call string) error
	// Stall makes discover answer at the last moment, and info and list
	// never.
	Stall bool
	// OnePerType refuses a second registration of a type.
	OnePerType bool

	asked []string
	// inactive and changed are registrations by their id.
	inactive, changed map[psa.RecordID]bool
}

// Process is the same ConnectWise as a process that dies by f sees it.
func (c *ConnectWise) Process(f *Faults) *Caller { return &Caller{c, f} }

// Callbacks lists "type url" of every registration.
func (c *ConnectWise) Callbacks() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.asked), func(a string) bool { return a == "" })
}

// Caller is one process's way to a ConnectWise.
type Caller struct {
	cw     *ConnectWise
	faults *Faults
}

func (p *Caller) call(ctx context.Context, name string, f func() error) error {
	return p.faults.around(func() error {
		if p.cw.Stall && name != "discover" {
			<-ctx.Done()
			return ctx.Err()
		}
		if deadline, ok := ctx.Deadline(); p.cw.Stall && ok {
			time.Sleep(time.Until(deadline) - time.Millisecond)
		}
		if p.cw.Fail != nil {
			if err := p.cw.Fail(name); err != nil {
				return err
			}
		}
		p.cw.mu.Lock()
		defer p.cw.mu.Unlock()
		return f()
	})
}

// Clean implements setup.Prober.
func (p *Caller) Clean(serverURL string) (clean, site string, notices []string, err error) {
	site, _, cut := strings.Cut(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(serverURL)), "https://"), "/")
	if !strings.Contains(site, ".") {
		return "", "", nil, problem.New(problem.AddressInvalid, "The server address is not a host name.", "Enter the address you open ConnectWise with.")
	}
	if cut {
		notices = []string{"The path after the host name was removed; only the host is needed."}
	}
	return "https://" + site, site, notices, nil
}

// Discover implements setup.Prober.
func (p *Caller) Discover(ctx context.Context, serverURL, companyID string) (e setup.Endpoint, err error) {
	err = p.call(ctx, "discover", func() error {
		if !strings.EqualFold(companyID, p.cw.CompanyID) {
			return problem.New(problem.CompanyUnknown, "ConnectWise does not know this company ID.", "Check the company ID.")
		}
		site := strings.TrimPrefix(serverURL, "https://")
		e = setup.Endpoint{
			ServerURL: serverURL, Identity: psa.Identity{Site: site, CompanyID: companyID},
			APIBase: "https://api-" + site + "/v2025_1/apis/3.0/", Codebase: "v2025_1/",
		}
		return nil
	})
	return e, err
}

// Info implements setup.Prober.
func (p *Caller) Info(ctx context.Context, _ setup.Endpoint, _ psa.Credentials) (version, zone string, err error) {
	err = p.call(ctx, "info", func() error { return nil })
	return "v2025.1", "Eastern Standard Time", err
}

// List implements setup.Prober.
func (p *Caller) List(ctx context.Context, _ setup.Endpoint, c psa.Credentials, path string) (int, error) {
	err := p.call(ctx, "list", func() error {
		if !slices.Contains(p.cw.Keys, c) {
			return problem.New(problem.CredentialsRefused, "ConnectWise does not accept the keys.", "Check the keys.")
		}
		if slices.Contains(p.cw.Forbidden, path) {
			return problem.New(problem.PermissionMissing, "The API member may not do this in ConnectWise.", "Add the permission.")
		}
		return nil
	})
	return 7, err
}

// Registrations implements setup.CallbackRegistrar.
func (p *Caller) Registrations(ctx context.Context, conn setup.Connection) (out []setup.Registration, err error) {
	err = p.call(ctx, "registrations", func() error {
		for i, a := range p.cw.asked { // what was removed is empty
			if typ, url, _ := strings.Cut(a, " "); strings.Contains(url, setup.CallbackPath(conn.ID)) {
				r := setup.Registration{ID: psa.RecordID(i + 1), Type: psa.DataType(typ), URL: url}
				r.Inactive, r.Changed = p.cw.inactive[r.ID], p.cw.changed[r.ID]
				out = append(out, r)
			}
		}
		return nil
	})
	return out, err
}

// Register implements setup.CallbackRegistrar.
func (p *Caller) Register(ctx context.Context, _ setup.Connection, url string, typ psa.DataType) error {
	return p.call(ctx, "register", func() error {
		if p.cw.OnePerType && slices.ContainsFunc(p.cw.asked, func(a string) bool { return strings.HasPrefix(a, string(typ)+" ") }) {
			return psa.ErrConflict
		}
		p.cw.asked = append(p.cw.asked, string(typ)+" "+url)
		return nil
	})
}

// Deactivate turns off the nth registration, counted from 1.
func (c *ConnectWise) Deactivate(id psa.RecordID) { c.mark(&c.inactive, id) }

// Alter makes the nth registration another than was registered.
func (c *ConnectWise) Alter(id psa.RecordID) { c.mark(&c.changed, id) }

func (c *ConnectWise) mark(m *map[psa.RecordID]bool, id psa.RecordID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *m == nil {
		*m = map[psa.RecordID]bool{}
	}
	(*m)[id] = true
}

// Forget removes the nth registration.
func (c *ConnectWise) Forget(id psa.RecordID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[id-1] = ""
}

// Swap replaces in the nth registration.
func (c *ConnectWise) Swap(id psa.RecordID, r *strings.Replacer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[id-1] = r.Replace(c.asked[id-1])
}

// Exchange makes of two registrations each the other.
func (c *ConnectWise) Exchange(a, b psa.RecordID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[a-1], c.asked[b-1] = c.asked[b-1], c.asked[a-1]
}

// Adopt adds a registration as somebody made it: "type url".
func (c *ConnectWise) Adopt(a string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, a)
}

// Remove implements setup.CallbackRegistrar.
func (p *Caller) Remove(ctx context.Context, _ setup.Connection, id psa.RecordID) error {
	return p.call(ctx, "remove", func() error {
		p.cw.asked[id-1] = ""
		return nil
	})
}

// Runner remembers the first runs that were asked for, each once.
type Runner struct {
	mu   sync.Mutex
	runs []string
	due  []string
	// What StartAll, CancelAll and Refilter were asked for.
	all, cancelled, refiltered []string
	night                      time.Time
}

// Runs lists "scope type" of every run.
func (r *Runner) Runs() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.runs)
}

// Due lists "scope type due" of every run that was asked for by schedule.
func (r *Runner) Due() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.due)
}

// Night is the night that was told with the last run that was due.
func (r *Runner) Night() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.night
}

// Process is the same engine as a process that dies by f sees it.
func (r *Runner) Process(f *Faults) setup.Runner { return runner{r, f} }

type runner struct {
	*Runner

	faults *Faults
}

// StartInitial implements setup.Runner.
func (r runner) StartInitial(_ context.Context, scope psa.Scope, types []psa.DataType, _ string) error {
	for _, t := range types {
		err := r.faults.around(func() error {
			r.mu.Lock()
			defer r.mu.Unlock()
			if run := fmt.Sprintf("%s %s", scope, t); !slices.Contains(r.runs, run) {
				r.runs = append(r.runs, run)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// StartDue implements setup.Runner: once for each time that is due.
func (r runner) StartDue(_ context.Context, scope psa.Scope, types []psa.DataType, due, night time.Time) error {
	for _, t := range types {
		err := r.faults.around(func() error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.night = night
			if run := fmt.Sprintf("%s %s %s", scope, t, due.Format(time.TimeOnly)); !slices.Contains(r.due, run) {
				r.due = append(r.due, run)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
