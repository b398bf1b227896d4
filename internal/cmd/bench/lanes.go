package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/syncer"
)

// lanes are workers and the queue that they take messages from.
type lanes struct {
	env []string
	cfg workerConfig
	// send, if set, takes what workers send in the queue's place.
	send func(m syncer.Message, delay time.Duration) error

	mu       sync.Mutex
	queue    []syncer.Message
	pending  int // delayed, or in a worker's hands
	changed  chan struct{}
	children []*child
	use      map[int]outcome // by worker's pid
	failed   []string
	deaths   int
}

// child is a worker's process.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func newLanes(env []string, cfg workerConfig) *lanes {
	return &lanes{env: env, cfg: cfg, changed: make(chan struct{}), use: map[int]outcome{}}
}

// run starts n workers, has one ask for runs, and returns when nothing is left
// to do. The time is from the request to the end of the last message.
func (l *lanes) run(ctx context.Context, n int, mode syncer.Mode) (time.Duration, error) {
	first := make([]*child, n)
	for i := range first { // warm: a start is not what is measured
		var err error
		if first[i], err = l.spawn(ctx); err != nil {
			return 0, err
		}
	}
	defer l.stop()
	began := time.Now()
	l.put(syncer.Message{V: syncer.MessageVersion, Kind: kindStart, Account: benchAccount, Generation: 1, Key: string(mode)}, 0)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = l.lane(ctx, first[i]) })
	}
	wg.Wait()
	took := time.Since(began)
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	if len(l.failed) > 0 {
		return 0, fmt.Errorf("messages failed: %v", l.failed)
	}
	return took, nil
}

// spawn starts a worker.
func (l *lanes) spawn(ctx context.Context) (*child, error) {
	l.mu.Lock()
	cfg, err := json.Marshal(l.cfg)
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own executable: %w", err)
	}
	c := &child{cmd: exec.CommandContext(ctx, self, workerArgument)} //nolint:gosec // ourselves
	c.cmd.Env = append(slices.Clone(l.env), "BENCH_WORKER="+string(cfg))
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a worker: %w", err)
	}
	l.mu.Lock()
	l.children = append(l.children, c)
	l.mu.Unlock()
	return c, nil
}

func (l *lanes) stop() {
	l.mu.Lock()
	children := l.children
	l.children = nil
	l.mu.Unlock()
	for _, c := range children {
		_ = c.in.Close() // it ends with its input
		_ = c.cmd.Wait()
	}
}

// kill ends the newest worker without warning. Its successor's clock is ahead,
// so that leases have run out: how soon a death is noticed follows from
// time-outs and the minute's tick, and is not what is measured.
func (l *lanes) kill(ahead time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cfg.Skew += ahead
	l.deaths++
	_ = l.children[len(l.children)-1].cmd.Process.Kill()
}

// lane gives a worker message after message. One that dies leaves its message
// to its successor, and a tick.
func (l *lanes) lane(ctx context.Context, c *child) error {
	for {
		m, ok := l.take(ctx)
		if !ok {
			return ctx.Err()
		}
		err := l.give(c, m)
		if errors.Is(err, io.EOF) {
			if c, err = l.spawn(ctx); err == nil {
				l.put(m, 0)
				l.put(syncer.Message{V: syncer.MessageVersion, Kind: syncer.KindTick}, 0)
			}
		}
		l.settle()
		if err != nil {
			return err
		}
	}
}

// give has a worker do a message.
func (l *lanes) give(c *child, m syncer.Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return io.EOF
	}
	for {
		line, err := c.out.ReadBytes('\n')
		if err != nil {
			return io.EOF
		}
		var t told
		if err := json.Unmarshal(line, &t); err != nil {
			return fmt.Errorf("a worker said %q: %w", line, err)
		}
		if t.Wake != nil && l.send != nil {
			err = l.send(*t.Wake, t.Delay)
		} else if t.Wake != nil {
			l.put(*t.Wake, t.Delay)
		}
		if err != nil {
			return err
		}
		if t.Done != nil {
			l.done(c, *t.Done)
			return nil
		}
	}
}

func (l *lanes) done(c *child, o outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.use[c.cmd.Process.Pid] = o
	if o.Error != "" {
		l.failed = append(l.failed, o.Error)
	}
}

func (l *lanes) put(m syncer.Message, delay time.Duration) {
	l.mu.Lock()
	l.pending++
	l.mu.Unlock()
	show := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.queue = append(l.queue, m)
		l.pending--
		l.wake()
	}
	if delay > 0 {
		time.AfterFunc(delay, show)
		return
	}
	show()
}

// wake has all lanes look again. The caller holds mu.
func (l *lanes) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *lanes) settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending--
	l.wake()
}

// take waits for a message; false once there will be none.
func (l *lanes) take(ctx context.Context) (syncer.Message, bool) {
	for {
		l.mu.Lock()
		if len(l.queue) > 0 {
			m := l.queue[0]
			l.queue = l.queue[1:]
			l.pending++
			l.mu.Unlock()
			return m, true
		}
		over, changed := l.pending == 0, l.changed
		l.mu.Unlock()
		if over {
			return syncer.Message{}, false
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return syncer.Message{}, false
		}
	}
}

// used adds up what all workers used; memory is the largest of any.
func (l *lanes) used() (sum outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.use {
		sum.CPU += o.CPU
		sum.Mallocs += o.Mallocs
		sum.Memory = max(sum.Memory, o.Memory)
	}
	return sum
}
