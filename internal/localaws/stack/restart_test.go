package stack_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// The whole machine stops in the middle of a sync, and with it goes every
// queued message. After the restart the tick finds the run in the table and it
// ends with exact counts.
func TestARestartInTheMiddleOfASync(t *testing.T) {
	t.Parallel()
	config := stack.Config{
		DataDir: t.TempDir(), SimulatorPort: freePort(t),
		Simulator: cwsim.Config{Seed: 5, Companies: 2500, TimeZone: noon(t).String(), Latency: 40 * time.Millisecond, Switches: cwsim.Switches{MaxPageSize: 100}},
		Adjust:    func(c *host.Config) { c.Speed = 12 },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()

	var pages atomic.Int32
	halfRead := make(chan struct{})
	config.Simulator.OnRequest = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/company/companies") && r.URL.Query().Get("pageSize") == "100" && pages.Add(1) == 12 {
			close(halfRead)
		}
	}
	first, err := stack.Start(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	companyID, public, private := first.Simulator.Credentials()
	client := clientOf(first)
	if err := client.Connect(ctx, demo.ConnectWise{ServerURL: first.ConnectWiseURL, CompanyID: companyID, PublicKey: public, PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	go func() { // however slowly the progress is looked at, the sync is not over
		<-halfRead
		_ = first.Simulator.SetFaults(cwsim.Fault{Kind: cwsim.FaultLatency, Path: "/company/companies", DelayMS: 600_000})
	}()
	stopped := halfWay(ctx, t, client)
	if err := first.Close(); err != nil {
		t.Logf("the services end as they are told to: %v", err)
	}

	config.Simulator.OnRequest = nil
	second := start(t, config)
	runs, err := clientOf(second).Wait(ctx, 100*time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range runs {
		if r.Type != "companies" || r.Mode != "initial" {
			continue
		}
		found = true
		if c := r.Counts; r.State != "succeeded" || c.Read != 2500 || c.Created+c.Removed != 2500 {
			t.Errorf("stopped at %d, ended as %+v", stopped, r)
		}
	}
	if !found {
		t.Errorf("the run is gone: %+v", runs)
	}
}

func clientOf(s *stack.Stack) *demo.Client {
	return &demo.Client{Base: s.BaseURL, Token: func() (string, error) { return s.Token("admin") }}
}

// halfWay waits until companies are being read, and says how many were.
func halfWay(ctx context.Context, t *testing.T, c *demo.Client) int {
	t.Helper()
	for {
		runs, err := c.Runs(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if r.Type == "companies" && r.Counts.Read >= 300 {
				if !r.Active {
					t.Fatalf("it was over before it could be stopped: %+v", r)
				}
				return r.Counts.Read
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was never used
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("address %v", l.Addr())
	}
	return addr.Port
}
