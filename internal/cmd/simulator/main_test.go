package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
)

// output is a writer that says when something was written.
type output struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	wrote chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer close(o.wrote)
	return o.buf.Write(p)
}

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	out := &output{wrote: make(chan struct{})}
	done := make(chan error)
	go func() { done <- run(ctx, []string{"-companies", "3"}, out) }()
	select {
	case <-out.wrote:
	case err := <-done:
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, want := range []string{"http://127.0.0.1:", "psabridge_demo", clientID, "not production"} {
		if !strings.Contains(out.buf.String(), want) {
			t.Errorf("%q is not in %s", want, out.buf.String())
		}
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-addr", "0.0.0.0:0"}, {"-nonsense"}} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
