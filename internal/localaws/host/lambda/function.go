// Package lambda runs a function's unchanged bootstrap binary the way Lambda
// does: one invocation at a time per process, up to a number of processes side
// by side, each with a Runtime API of its own. A process that is idle is used
// again; one that takes too long is killed; one that dies is replaced.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// Limits of Lambda, in bytes.
const (
	MaxRequest  = 6 << 20
	MaxResponse = 6<<20 + 100
)

// Errors of Invoke itself, as opposed to a function's failure.
var (
	// ErrTooLarge: the event is larger than Lambda takes.
	ErrTooLarge = errors.New("the event is larger than 6 MB")
	// ErrBusy: no process became free before the caller's deadline.
	ErrBusy = errors.New("every process of the function is busy")
	// ErrFunction is for callers that turn a failed Result into an error.
	ErrFunction = errors.New("the function failed")
	// ErrClosed: the function has been closed.
	ErrClosed = errors.New("the function is closed")
)

// Config describes one function.
type Config struct {
	// Name is for logs; ARN is what an invocation is told it was called by.
	Name, ARN string
	// Bootstrap is the path of the binary. It runs in Dir.
	Bootstrap, Dir string
	// Timeout is how long one invocation may take, InitTimeout how long a
	// process may take until it asks for its first (default 10 s).
	Timeout, InitTimeout time.Duration
	// Limit is how many processes may run side by side (default 1).
	Limit int
	// Environment is the whole environment of a process whose Runtime API
	// and AWS endpoints are at address.
	Environment func(address string) []string
	// Door serves whatever else a process asks at that address. May be nil.
	Door func(*Process) http.Handler
	// Output receives standard output and error.
	Output io.Writer
	Logger *slog.Logger
}

// Result is how an invocation ended.
type Result struct {
	RequestID string
	// Payload is the function's answer or, with Failed, its error.
	Payload []byte
	Failed  bool
}

// Function is a hosted function. It is safe for concurrent use.
type Function struct {
	config Config
	slots  chan struct{} // one per running invocation

	mu     sync.Mutex
	idle   []*Process
	all    map[*Process]struct{}
	closed bool
	starts int
}

// New prepares a function; processes start when they are needed.
func New(c Config) (*Function, error) {
	info, err := os.Stat(c.Bootstrap)
	if err != nil {
		return nil, fmt.Errorf("the artefact of %s is missing: %w", c.Name, err)
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("the artefact of %s, %s, is not an executable file", c.Name, c.Bootstrap)
	}
	if c.Limit < 1 {
		c.Limit = 1
	}
	if c.InitTimeout == 0 {
		c.InitTimeout = 10 * time.Second
	}
	return &Function{config: c, slots: make(chan struct{}, c.Limit), all: map[*Process]struct{}{}}, nil
}

// Invoke runs the function once. The context bounds the wait only: an
// invocation that has begun goes on to its own end, as on Lambda.
func (f *Function) Invoke(ctx context.Context, payload []byte) (Result, error) {
	if len(payload) > MaxRequest {
		return Result{}, ErrTooLarge
	}
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return Result{}, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
	type outcome struct {
		result Result
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-f.slots }()
		result, err := f.run(payload)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return Result{}, fmt.Errorf("%s has not answered: %w", f.config.Name, ctx.Err())
	}
}

// run finds a process and has it do the work. A warm process that turns out
// to have died before it took the work is no failure: another one does it.
func (f *Function) run(payload []byte) (Result, error) {
	for {
		p, err := f.acquire()
		if err != nil {
			return Result{}, err
		}
		inv := newInvocation(payload)
		taken := p.serve(inv)
		f.release(p)
		if taken || !p.warm() {
			return f.report(inv), nil
		}
	}
}

func (f *Function) report(inv *invocation) Result {
	r := <-inv.done
	if r.Failed {
		f.config.Logger.Warn("a function failed", "function", f.config.Name, "requestId", inv.id, "error", errorType(r.Payload))
	}
	r.RequestID = inv.id
	return r
}

// acquire takes the process used last, or starts one. The caller holds a slot.
func (f *Function) acquire() (*Process, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	if n := len(f.idle); n > 0 {
		p := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return p, nil
	}
	p, err := startProcess(f)
	if err != nil {
		return nil, err
	}
	f.starts++
	f.all[p] = struct{}{}
	return p, nil
}

func (f *Function) release(p *Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !p.gone() && !f.closed {
		f.idle = append(f.idle, p)
	}
}

// forget drops a process that has ended.
func (f *Function) forget(p *Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, p)
	f.idle = slices.DeleteFunc(f.idle, func(q *Process) bool { return q == p })
}

// Starts says how many processes have been started so far.
func (f *Function) Starts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// KillBusy kills every process that has an invocation in flight and returns
// when they have ended.
func (f *Function) KillBusy() {
	for _, p := range f.processes() {
		if p.busy() {
			p.Kill()
		}
	}
}

// Close kills every process.
func (f *Function) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	for _, p := range f.processes() {
		p.Kill()
	}
}

func (f *Function) processes() []*Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]*Process, 0, len(f.all))
	for p := range f.all {
		out = append(out, p)
	}
	return out
}
