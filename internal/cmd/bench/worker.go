package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
)

// A worker is a process of its own, as on Lambda: it does one message at a
// time, and what it keeps between two of them is what a warm function keeps.
// Messages come in by lines; what it sends goes out by lines.

// workerConfig is what a worker is told.
type workerConfig struct {
	ConnectWise string
	// Others are the ConnectWise of accounts that have their own.
	Others map[psa.AccountID]string
	Table  string
	Types  []psa.DataType
	// InFlight, PerMinute and Slots lift the limits; 0 leaves them.
	InFlight, PerMinute, Slots int
	// Skew is how far the worker's clock is ahead.
	Skew time.Duration
}

const (
	benchAccount = psa.AccountID("bench")
	benchClient  = "00000000-0000-4000-8000-00000000be4c"
	benchKey     = "bench-private-key"
	// functionTimeout is the function's, as the template has it.
	functionTimeout = 60 * time.Second
)

func benchScope() psa.Scope { return psa.Scope{Account: benchAccount, Generation: 1} }

// told is a line that a worker writes: a message to be sent, or the end of the
// one that it was given.
type told struct {
	Wake  *syncer.Message `json:",omitempty"`
	Delay time.Duration   `json:",omitempty"`
	Done  *outcome        `json:",omitempty"`
}

// outcome is how a message ended, and what the process has used by now.
type outcome struct {
	Error   string
	CPU     time.Duration
	Memory  int64
	Mallocs uint64
}

// worker handles messages.
type worker struct {
	cfg    workerConfig
	engine *syncer.Engine
	conn   *connector.Connector

	mu  sync.Mutex
	out *json.Encoder
}

func runWorker(in io.Reader, out io.Writer) error {
	app.BoundMemory()
	w := &worker{out: json.NewEncoder(out)}
	if err := json.Unmarshal([]byte(os.Getenv("BENCH_WORKER")), &w.cfg); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	w.wire()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		m, err := syncer.ParseMessage(lines.Bytes())
		if err != nil {
			return err
		}
		if err := w.tell(told{Done: w.handle(m)}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// wire is app/sync's wiring, with a connection that was set up already.
func (w *worker) wire() {
	now := func() time.Time { return time.Now().Add(w.cfg.Skew) }
	store := dynamo.New(dynamodb.NewFromConfig(app.AWS()), w.cfg.Table, now)
	w.conn = connector.New(connector.Config{
		Connections: fixed{w.cfg}, Vault: fixed{w.cfg}, ClientID: benchClient, UserAgent: "psabridge/bench (sync)",
		AllowLoopback: true, Now: now,
		Budget: func(id psa.Identity) connector.Budget {
			return store.Budget(id, dynamo.Workers, dynamo.BudgetOptions{PerMinute: w.cfg.PerMinute, Slots: w.cfg.Slots, Own: 1})
		},
	})
	w.engine = syncer.New(store.Runs(), store.Records(), w.conn, w, syncer.Options{InFlight: w.cfg.InFlight, Now: now})
}

func (w *worker) handle(m syncer.Message) *outcome {
	ctx, cancel := context.WithTimeout(context.Background(), functionTimeout)
	defer cancel()
	var err error
	switch m.Kind {
	case kindStart:
		_, err = w.engine.Start(ctx, m.Scope(), w.cfg.Types, syncer.Mode(m.Key), "bench")
	case syncer.KindParked: // there are no callbacks
	default:
		err = w.engine.Handle(ctx, m)
	}
	w.conn.Rest(ctx)
	var out outcome
	if err != nil {
		out.Error = err.Error()
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) == nil {
		out.CPU = time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	out.Mallocs = mem.Mallocs
	out.Memory, _ = peakMemory(os.Getpid()) // 0 where it cannot be had
	return &out
}

// kindStart asks for runs; on Lambda that is a request to the wizard.
const kindStart = syncer.Kind("start")

// Wake implements syncer.Waker.
func (w *worker) Wake(_ context.Context, m syncer.Message, delay time.Duration) error {
	return w.tell(told{Wake: &m, Delay: delay})
}

func (w *worker) tell(t told) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Encode(t)
}

// fixed is a connection that is set up, and its keys.
type fixed struct{ cfg workerConfig }

func (f fixed) Connection(_ context.Context, account psa.AccountID) (setup.Connection, error) {
	server, own := f.cfg.Others[account]
	if !own {
		server = f.cfg.ConnectWise
	}
	return setup.Connection{
		ID: "bench", Account: account, Generation: 1, SecretARN: "arn", Types: f.cfg.Types, Rev: 1,
		Endpoint: setup.Endpoint{
			ServerURL: server, APIBase: server + "/v4_6_release/apis/3.0/", Codebase: "v4_6_release/",
			Identity: psa.Identity{Site: "bench.example.com", CompanyID: string(account)},
		},
	}, nil
}

func (f fixed) UpdateConnection(_ context.Context, c setup.Connection, _, _ setup.SecretNote) (setup.Connection, error) {
	return c, nil
}

func (fixed) Get(context.Context, string) (psa.Credentials, error) {
	return psa.Credentials{PublicKey: "bench", PrivateKey: benchKey}, nil
}
