package connector_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/secrets"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/setup/setuptest"
)

const (
	account  = psa.AccountID("msp-1")
	clientID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
)

// world is a real table, a real secret store and a simulated ConnectWise; the
// engine alone is in memory.
type world struct {
	sim    *cwsim.Simulator
	url    string
	db     *dynamodb.Client
	table  string
	sm     *secretsmanager.Client
	faults *localawstest.Faults
	runner *setuptest.Runner

	mu     sync.Mutex
	passed time.Duration
	opened []*connector.Connector
}

func newWorld(t *testing.T, cfg cwsim.Config) *world {
	t.Helper()
	cfg.Companies, cfg.ContactsPerCompany = 5, 2
	w := &world{sim: cwsim.New(cfg), faults: new(localawstest.Faults), runner: new(setuptest.Runner)}
	srv, err := w.sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	w.url = srv.URL
	w.db = dynamotest.Client(t, w.faults.Apply)
	_, w.table = dynamotest.New(t)
	w.sm = localawstest.SecretsManager(t, w.faults.Apply)
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.passed)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.passed += d
}

func (w *world) store() *dynamo.Store { return dynamo.New(w.db, w.table, w.now) }

func (w *world) connector(allowLoopback bool) *connector.Connector {
	c := connector.New(connector.Config{
		Connections: w.store().Setup(), Vault: secrets.New(w.sm), ClientID: clientID, Version: "2025.1",
		UserAgent: "psabridge/test (test)", AllowLoopback: allowLoopback, Now: w.now,
		Budget: func(id psa.Identity) connector.Budget {
			return w.store().Budget(id, dynamo.People, dynamo.BudgetOptions{})
		},
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened = append(w.opened, c)
	return c
}

// rest has every process give back what it holds of the budget, as at the end
// of an invocation: one that dies later takes nothing of it along.
func (w *world) rest(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	opened := slices.Clone(w.opened)
	w.mu.Unlock()
	for _, c := range opened {
		c.Rest(t.Context())
	}
}

// service is a new process's.
func (w *world) service(t *testing.T) *setup.Service {
	t.Helper()
	conn := w.connector(true)
	s, err := setup.New(setup.Deps{
		Store: w.store().Setup(), Secrets: secrets.New(w.sm), Prober: conn, Callbacks: conn, Runner: w.runner.Process(nil),
		Eraser: w.store().Eraser(), Types: connector.SetupTypes(), SecretPrefix: "psabridge/dev/inst",
		PublicURL: func(context.Context) string { return "https://bridge.example.com" }, Now: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) sweep(t *testing.T) {
	t.Helper()
	if err := setup.NewSweeper(w.store().Setup(), secrets.New(w.sm), w.now).Sweep(t.Context()); err != nil {
		t.Errorf("sweep: %v", err)
	}
}

func (w *world) input() setup.Input {
	company, public, private := w.sim.Credentials()
	return setup.Input{ServerURL: w.url, CompanyID: company, PublicKey: public, PrivateKey: private}
}

// secretNames lists the secrets there are.
func (w *world) secretNames(t *testing.T) []string {
	t.Helper()
	out, err := w.sm.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range out.SecretList {
		names = append(names, *s.Name)
	}
	return names
}
