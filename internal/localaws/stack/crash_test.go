package stack_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// The functions' time-outs, the queues' visibility and the schedules are this
// much faster, so that what dies is found dead soon.
const crashSpeed = 12

// look is how often a client asks how far the runs are. Each look is work too.
const look = 200 * time.Millisecond

// installation is a stack whose functions die, one at a time.
type installation struct {
	*stack.Stack
	client *demo.Client
	cw     demo.ConnectWise
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	s := start(t, stack.Config{
		Simulator:        cwsim.Config{Seed: 3, Companies: 6},
		CountConnectWise: true,
		Adjust: func(c *host.Config) {
			c.Speed = crashSpeed
			c.DefaultConcurrency = 1
		},
	})
	companyID, public, private := s.Simulator.Credentials()
	return &installation{
		Stack: s,
		client: &demo.Client{
			Base: s.BaseURL, Token: func() (string, error) { return s.Token("admin") }, Tries: 40, Pause: 50 * time.Millisecond,
		},
		// Agreements come along: a type and one that belongs to it, as all others do.
		cw: demo.ConnectWise{
			ServerURL: s.ConnectWiseURL, CompanyID: companyID, PublicKey: public, PrivateKey: private, Types: []string{"companies"},
		},
	}
}

// finished is what a user sees in the end.
type finished struct {
	Runs       map[string][]demo.Counts
	States     map[string][]string
	Companies  map[int64]string
	Agreements map[int64]string
}

// walk goes from an empty account to a finished first sync.
func (i *installation) walk(ctx context.Context) (finished, error) {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	defer cancel()
	if err := i.connect(ctx); err != nil {
		return finished{}, err
	}
	runs, err := i.client.Wait(ctx, look, nil)
	if err != nil {
		return finished{}, err
	}
	f := finished{Runs: map[string][]demo.Counts{}, States: map[string][]string{}}
	for _, r := range runs {
		f.Runs[r.Type] = append(f.Runs[r.Type], r.Counts)
		f.States[r.Type] = append(f.States[r.Type], r.State)
	}
	if f.Companies, err = i.records(ctx, "companies"); err != nil {
		return finished{}, err
	}
	f.Agreements, err = i.records(ctx, "agreements")
	return f, err
}

// connect tries again, as a person would, when ConnectWise was too slow for a
// test of the connection: here time-outs are short.
func (i *installation) connect(ctx context.Context) error {
	for {
		err := i.client.Connect(ctx, i.cw)
		p, refused := errors.AsType[*demo.Problem](err)
		if !refused || p.Code != "test_failed" || ctx.Err() != nil {
			return err
		}
	}
}

func (i *installation) records(ctx context.Context, typ string) (map[int64]string, error) {
	list, err := i.client.Records(ctx, typ)
	if err != nil {
		return nil, err
	}
	out := map[int64]string{}
	for id, r := range list {
		out[id] = fmt.Sprint(r.Name, r.Removed, r.Data)
	}
	return out, nil
}

// crashers is how many installations crash side by side: they mostly wait.
const crashers = 8

// Killing a function at every remote call, before and after it, changes
// nothing in the final records and counts: the real binaries, killed by
// signal, from an empty account to a finished sync. The clients try again, as
// people and browsers do; nothing else is done for them.
func TestEveryFunctionKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	undisturbed := newInstallation(t)
	want, err := undisturbed.walk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	points := crashPoints(undisturbed.Host.Calls(), "wizard", "sync")
	if len(want.Companies) == 0 || len(want.Agreements) == 0 || len(points) < 100 {
		t.Fatalf("nothing to compare with: %+v, %d crash points", want, len(points))
	}
	var died atomic.Int32
	var g errgroup.Group
	g.SetLimit(crashers)
	for _, point := range points {
		g.Go(func() error {
			i := newInstallation(t)
			i.Host.Crash(point)
			i.Host.ResetCalls()
			got, err := i.walk(t.Context())
			if err != nil {
				t.Errorf("%s: %v", point, err)
			}
			if i.died(t, point) {
				died.Add(1)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-undisturbed +killed):\n%s", point, diff)
			}
			return i.Close()
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d crash points, %d of them reached", len(points), died.Load())
	// How often a client looks and the tick comes differs from run to run, so
	// late points may find no call.
	if int(died.Load()) < len(points)/2 {
		t.Errorf("only %d of %d crashes happened", died.Load(), len(points))
	}
}

// died says whether the crash that was asked for has happened. One whose call
// was made must have.
func (i *installation) died(t *testing.T, point host.Crash) bool {
	t.Helper()
	made := 0
	for _, c := range i.Host.Calls() {
		if c.Function == point.Function {
			made++
		}
	}
	if !i.Host.Disarm() {
		return true
	}
	if made >= point.Call {
		t.Errorf("%s: it did not die at one of %d calls", point, made)
	}
	return false
}

// crashPoints are the moments of the functions' calls: before each, and after
// each that changes something. After one that only reads, the world is as it
// was before.
func crashPoints(calls []host.Call, functions ...string) []host.Crash {
	var points []host.Crash
	seen := map[string]int{}
	for _, c := range calls {
		if !slices.Contains(functions, c.Function) {
			continue
		}
		seen[c.Function]++
		points = append(points, host.Crash{Function: c.Function, Call: seen[c.Function], Phase: host.Before})
		if !onlyReads(c) {
			points = append(points, host.Crash{Function: c.Function, Call: seen[c.Function], Phase: host.After})
		}
	}
	return points
}

func onlyReads(c host.Call) bool {
	switch verb, _, _ := strings.Cut(c.Operation, " "); verb {
	case "GetItem", "BatchGetItem", "Query", "GetSecretValue", http.MethodGet:
		return true
	default:
		return false
	}
}

// A receiver that dies loses at most its delivery, since ConnectWise does not
// repeat after a 5xx; the next incremental run has the change all the same.
func TestTheWebhookKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	if _, err := i.walk(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.Simulator.SetSwitches(func(s *cwsim.Switches) { s.DeliverCallbacks = true })
	id := i.Simulator.IDs(cwsim.Companies)[0]
	edit := func(name string) {
		if _, err := i.Simulator.Put(cwsim.Companies, map[string]any{"id": id, "name": name}); err != nil {
			t.Fatal(err)
		}
		i.Simulator.WaitForCallbacks()
	}
	i.Host.ResetCalls()
	edit("Undisturbed")
	points := crashPoints(i.Host.Calls(), "webhook")
	if len(points) < 3 {
		t.Fatalf("crash points %v: was the callback delivered?", points)
	}
	for _, point := range points {
		i.Host.Crash(point)
		edit(point.String())
		if i.Host.Disarm() {
			t.Errorf("%s: it did not die", point)
		}
		if err := i.client.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := i.client.Wait(t.Context(), look, nil); err != nil {
			t.Fatal(err)
		}
		r, err := i.client.Record(t.Context(), "companies", int64(id))
		if err != nil || r.Name != point.String() {
			t.Errorf("%s: the stored name is %q, %v", point, r.Name, err)
		}
	}
}
