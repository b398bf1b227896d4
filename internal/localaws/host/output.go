package host

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/host/door"
	"github.com/psabridge/psabridge/internal/localaws/host/lambda"
	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

func (h *Host) lambdaConfig(f template.Function, bootstrap string, out *output) lambda.Config {
	dir := filepath.Dir(bootstrap)
	exits := door.Config{
		Function: shortName(f), Policy: f.Policy, Region: localaws.Region, AccountID: localaws.AccountID,
		Services: door.Services(h.config.Endpoints), Recorder: h.recorder, Logger: h.config.Logger,
	}
	return lambda.Config{
		Name: shortName(f), ARN: f.ARN, Bootstrap: bootstrap, Dir: dir,
		Timeout: h.scaled(f.Timeout), Limit: h.config.limit(f), Output: out.writer(),
		Environment: func(address string) []string { return environment(f, dir, address, h.config.Production) },
		Door:        func(p *lambda.Process) http.Handler { return door.New(exits, p) },
		Logger:      h.config.Logger,
	}
}

// output is where a function's standard output and error go.
type output struct {
	file     *os.File // nil for none
	terminal io.Writer
	mu       sync.Mutex
}

// openOutput appends to <dir>/<name>.log, readable by its owner only: a
// function's log may hold what a stranger should not see.
func openOutput(dir, name string, terminal io.Writer) (*output, error) {
	o := &output{terminal: terminal}
	if dir == "" {
		return o, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the log folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	o.file = file
	return o, nil
}

// writer is the file itself where nothing else listens, so that no goroutine
// stands between the process and its log.
func (o *output) writer() io.Writer {
	switch {
	case o.terminal != nil:
		return o
	case o.file != nil:
		return o.file
	default:
		return nil // the null device
	}
}

// Write writes to file and terminal. Several processes use it.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.terminal.Write(p)
	if o.file != nil {
		_, fileErr := o.file.Write(p)
		err = errors.Join(err, fileErr)
	}
	return len(p), err
}

// Close closes the file.
func (o *output) Close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
