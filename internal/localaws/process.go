package localaws

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// stopTimeout is how long a child may take to end by itself.
const stopTimeout = 2 * time.Second

// process is a child that ends with this process at the latest.
type process struct {
	cmd   *exec.Cmd
	end   context.CancelFunc
	lines chan string   // what it prints on standard error; the first are kept
	done  chan struct{} // closed when it has ended
	err   error         // how it ended and its last words; read after done
}

// startProcess runs a program. It returns when the program runs, not when it
// is ready: see waitFor.
func startProcess(path string, args ...string) (*process, error) {
	ctx, end := context.WithCancel(context.Background())
	p := &process{cmd: exec.CommandContext(ctx, path, args...), end: end, lines: make(chan string, 16), done: make(chan struct{})}
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
	p.cmd.WaitDelay = stopTimeout
	out, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	p.cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go p.run(out, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

// run starts the child and stays on its thread until the child has ended: the
// kernel ties the child's life to that thread.
func (p *process) run(out io.Reader, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	last := ""
	for scan := bufio.NewScanner(out); scan.Scan(); {
		last = scan.Text()
		select {
		case p.lines <- last:
		default: // nobody waits for lines any more
		}
	}
	_, _ = io.Copy(io.Discard, out) // what follows a line too long for the scanner
	_ = p.cmd.Wait()                // its state says the same, and more when there is no error
	p.err = fmt.Errorf("%s: %w (%s): %s", p.cmd.Path, errEnded, p.cmd.ProcessState, last)
	close(p.done)
}

// waitFor returns when the child has printed a line that contains text.
func (p *process) waitFor(ctx context.Context, text string) error {
	for {
		select {
		case line := <-p.lines:
			if strings.Contains(line, text) {
				return nil
			}
		case <-p.done:
			return p.err
		case <-ctx.Done():
			return fmt.Errorf("%s did not start in time: %w", p.cmd.Path, ctx.Err())
		}
	}
}

// errEnded means that a child ended that should have gone on.
var errEnded = errors.New("the program has ended")

// stop ends the child, gently first.
func (p *process) stop() {
	p.end()
	<-p.done
}
