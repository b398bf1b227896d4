package host

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/host/door"
	"github.com/psabridge/psabridge/internal/localaws/host/gateway"
	"github.com/psabridge/psabridge/internal/localaws/host/lambda"
	"github.com/psabridge/psabridge/internal/localaws/host/poller"
	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

// Crash, Call and Phase are those of package door.
type (
	// Crash kills a function's process at one of its remote calls.
	Crash = door.Crash
	// Call is a remote call that a function made.
	Call = door.Call
	// Phase is the side of a call on which a crash happens.
	Phase = door.Phase
)

// The two phases of a crash.
const (
	Before = door.Before
	After  = door.After
)

// Host runs the functions of one template. It is safe for concurrent use.
type Host struct {
	config   Config
	template *template.Template
	sqs      *sqs.Client
	recorder *door.Recorder

	functions map[string]*lambda.Function // by logical id
	names     map[string]string           // logical id by short name
	outputs   []*output
	servers   []*http.Server
	frontURL  string

	ctx     context.Context //nolint:containedctx // the host's own life
	stop    context.CancelFunc
	mu      sync.Mutex // orders spawn and Close
	running sync.WaitGroup
}

// spawn runs a goroutine that Close waits for, unless the host is closing.
func (h *Host) spawn(work func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() == nil {
		h.running.Go(work)
	}
}

// Start reads the template, makes its resources and runs its functions. The
// context bounds the start only; Close ends the host.
func Start(ctx context.Context, c Config) (_ *Host, err error) {
	h := &Host{
		config: c.withDefaults(), recorder: &door.Recorder{},
		functions: map[string]*lambda.Function{}, names: map[string]string{},
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()
	if h.template, err = template.Read(c.Template, h.options()); err != nil {
		return nil, err
	}
	if len(h.template.APIs) > 1 {
		return nil, errors.New("this host serves one HTTP API, and the template has more")
	}
	if err := h.startFront(ctx); err != nil {
		return nil, err
	}
	if err := h.prepareFunctions(); err != nil {
		return nil, err
	}
	if err := h.createResources(ctx); err != nil {
		return nil, err
	}
	if err := h.setRules(); err != nil {
		return nil, err
	}
	h.startAPI()
	h.startMappings()
	h.startSchedules(h.ctx)
	return h, nil
}

func (h *Host) options() template.Options {
	return template.Options{
		StackName: h.config.StackName, Region: localaws.Region, AccountID: localaws.AccountID,
		Parameters: h.config.Parameters, Loopback: h.config.Loopback,
		QueueURL: h.queueURL, APIEndpoint: func(string) string { return h.BaseURL() },
		Forbidden: Overlay(),
	}
}

func (h *Host) queueURL(name string) string {
	return h.config.Endpoints.SQS + "/" + localaws.AccountID + "/" + name
}

// BaseURL is the address of the HTTP API.
func (h *Host) BaseURL() string { return "http://" + h.config.Listener.Addr().String() }

// ConnectWiseURL is the address by which functions are to reach the
// ConnectWise of the configuration, so that their calls are counted.
func (h *Host) ConnectWiseURL() string { return h.frontURL }

// Template is the template as it was read.
func (h *Host) Template() *template.Template { return h.template }

func (h *Host) prepareFunctions() error {
	var errs []error
	for _, f := range h.template.Functions {
		errs = append(errs, h.prepareFunction(f))
	}
	return errors.Join(errs...)
}

func (h *Host) prepareFunction(f template.Function) error {
	name := shortName(f)
	if other, taken := h.names[name]; taken {
		return fmt.Errorf("the functions %s and %s have the same artefact", other, f.ID)
	}
	bootstrap, err := h.config.bootstrap(f)
	if err != nil {
		return err
	}
	out, err := openOutput(h.config.LogDir, name, h.config.Terminal)
	if err != nil {
		return err
	}
	h.outputs = append(h.outputs, out)
	hosted, err := lambda.New(h.lambdaConfig(f, bootstrap, out))
	if err != nil {
		return err
	}
	h.functions[f.ID], h.names[name] = hosted, f.ID
	return nil
}

func (h *Host) serve(l net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	h.servers = append(h.servers, server)
	go func() { _ = server.Serve(l) }() // ends with Close
}

// startFront puts a door before ConnectWise, for calls to be counted.
func (h *Host) startFront(ctx context.Context) error {
	if h.config.ConnectWise == "" {
		return nil
	}
	l := h.config.ConnectWiseListener
	if l == nil {
		var err error
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return fmt.Errorf("listen before ConnectWise: %w", err)
		}
	}
	h.frontURL = "http://" + l.Addr().String()
	h.serve(l, door.NewFront(door.Front{
		Upstream: h.config.ConnectWise, Service: "connectwise", Recorder: h.recorder, Kill: h.kill,
	}))
	return nil
}

// kill ends the processes of a function that are at work.
func (h *Host) kill(name string) {
	if f, ok := h.functions[h.names[name]]; ok {
		f.KillBusy()
	}
}

func (h *Host) startAPI() {
	for _, api := range h.template.APIs {
		h.serve(h.config.Listener, gateway.New(gateway.Config{
			API: api, AccountID: localaws.AccountID, Logger: h.config.Logger, Invoke: h.invoke,
		}))
	}
}

func (h *Host) startMappings() {
	for _, f := range h.template.Functions {
		for _, m := range f.Mappings {
			if !m.Enabled {
				continue
			}
			c := h.pollerConfig(f, m)
			h.spawn(func() { poller.Run(h.ctx, c) })
		}
	}
}

func (h *Host) pollerConfig(f template.Function, m template.Mapping) poller.Config {
	concurrency := h.config.limit(f)
	if m.MaxConcurrency > 0 {
		concurrency = min(concurrency, m.MaxConcurrency)
	}
	q, _ := h.template.QueueByARN(m.QueueARN)
	return poller.Config{
		Client: h.sqs, QueueURL: h.queueURL(q.Name), QueueARN: m.QueueARN, Region: localaws.Region,
		BatchSize: m.BatchSize, Window: m.Window, Concurrency: concurrency, ReportFailures: m.ReportFailures,
		Invoke: func(ctx context.Context, event []byte) ([]byte, error) { return h.invoke(ctx, f.ID, event) },
		Logger: h.config.Logger,
	}
}

// ErrFunction means that a function was invoked and failed.
var ErrFunction = lambda.ErrFunction

// invoke runs a function by its logical id.
func (h *Host) invoke(ctx context.Context, id string, event []byte) ([]byte, error) {
	result, err := h.functions[id].Invoke(ctx, event)
	if err != nil {
		return nil, err
	}
	if result.Failed {
		return nil, fmt.Errorf("%w: %s", ErrFunction, result.Payload)
	}
	return result.Payload, nil
}

// Invoke runs a function by its short name ("sync") with an event.
func (h *Host) Invoke(ctx context.Context, name string, event []byte) ([]byte, error) {
	id, ok := h.names[name]
	if !ok {
		return nil, fmt.Errorf("there is no function %q", name)
	}
	return h.invoke(ctx, id, event)
}

// Crash arms a crash; it replaces one that has not happened yet.
func (h *Host) Crash(c Crash) { h.recorder.Arm(c) }

// Disarm forgets the crash and says whether it had not happened yet.
func (h *Host) Disarm() bool { return h.recorder.Disarm() }

// Calls returns the functions' remote calls since the last ResetCalls.
func (h *Host) Calls() []Call { return h.recorder.Calls() }

// ResetCalls forgets the calls so far.
func (h *Host) ResetCalls() { h.recorder.Reset() }

// Starts says how many processes of a function have been started so far.
func (h *Host) Starts(name string) int {
	if f, ok := h.functions[h.names[name]]; ok {
		return f.Starts()
	}
	return 0
}

// Close ends everything the host runs. What functions were doing is cut off,
// as by a crash: their queues keep it.
func (h *Host) Close() error {
	h.mu.Lock()
	h.stop()
	h.mu.Unlock()
	var errs []error
	for _, s := range h.servers {
		errs = append(errs, s.Close())
	}
	for _, f := range h.functions {
		f.Close()
	}
	h.running.Wait()
	for _, o := range h.outputs {
		errs = append(errs, o.Close())
	}
	return errors.Join(errs...)
}

func newID() string { return rand.Text() }
