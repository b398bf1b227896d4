package lambda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is one running bootstrap, an execution environment in Lambda's
// words. It has a listener of its own, because a call of the Runtime API does
// not say who calls.
type Process struct {
	function *Function
	cmd      *exec.Cmd
	server   *http.Server
	work     chan *invocation // from serve to the call of next
	asked    chan struct{}    // closed when it asks for its first invocation
	askOnce  sync.Once
	dead     chan struct{} // closed when it has ended
	exit     error         // how it ended; read after dead

	mu      sync.Mutex
	current *invocation // in flight
	killed  bool
}

func startProcess(f *Function) (*Process, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", f.config.Name, err)
	}
	p := &Process{function: f, work: make(chan *invocation), asked: make(chan struct{}), dead: make(chan struct{})}
	p.server = &http.Server{Handler: p.routes(), ReadHeaderTimeout: 10 * time.Second}
	// Its end is Kill's: a context could end it while it is being watched.
	p.cmd = exec.CommandContext(context.Background(), f.config.Bootstrap)
	p.cmd.Dir = f.config.Dir
	p.cmd.Env = f.config.Environment(l.Addr().String())
	p.cmd.Stdout, p.cmd.Stderr = f.config.Output, f.config.Output
	// A group of its own, so that a kill reaches whatever it has started.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", f.config.Name, err), l.Close())
	}
	go func() { _ = p.server.Serve(l) }() // ends with watch's Close
	go p.watch()
	return p, nil
}

// watch waits for the process's end.
func (p *Process) watch() {
	p.exit = p.cmd.Wait()
	p.killGroup() // its children, if it left any
	close(p.dead)
	p.function.forget(p)
	_ = p.server.Close() // nobody is left to be told
}

// Kill ends the process and all it has started, at once, and returns when it
// has ended.
func (p *Process) Kill() {
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	if !p.gone() {
		p.killGroup()
	}
	<-p.dead
}

func (p *Process) killGroup() {
	// The group may have ended by itself, which is as good.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// Killed says that Kill has been called: what the process had sent before it
// died must not be acted on any more.
func (p *Process) Killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killed
}

func (p *Process) gone() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// warm says that the process has once asked for work.
func (p *Process) warm() bool {
	select {
	case <-p.asked:
		return true
	default:
		return false
	}
}

func (p *Process) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current != nil
}

// serve hands over an invocation and waits for its end. It says false if the
// process did not take it; inv.done holds a result unless the process was
// warm then.
func (p *Process) serve(inv *invocation) (taken bool) {
	p.setCurrent(inv)
	defer p.setCurrent(nil)
	start := time.NewTimer(p.function.config.InitTimeout)
	defer start.Stop()
	select {
	case p.work <- inv:
	case <-p.dead:
		inv.finish(p.exitResult(inv))
		return false
	case <-start.C:
		p.Kill()
		inv.finish(failure("Sandbox.Timedout", "RequestId: %s Error: the runtime did not ask for work in time", inv.id))
		return true
	}
	p.await(inv)
	return true
}

// await returns when the invocation has a result.
func (p *Process) await(inv *invocation) {
	timeout := p.function.config.Timeout
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-inv.finished:
	case <-timer.C:
		p.Kill()
		inv.finish(failure("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", inv.id, timeout.Seconds()))
	case <-p.dead:
		inv.finish(p.exitResult(inv))
	}
}

func (p *Process) setCurrent(inv *invocation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = inv
}

// exitResult is the failure of an invocation whose process has ended.
func (p *Process) exitResult(inv *invocation) Result {
	how := "exit status 0"
	if p.exit != nil {
		how = p.exit.Error()
	}
	return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", inv.id, how)
}
