package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/issuer"
)

// buildDir is where TestMain puts the functions of testdata.
var buildDir string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "host-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover harms nobody
	for _, name := range []string{"api", "worker"} {
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, name, "bootstrap"), "./testdata/functions/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", name, err, out)
			return 1
		}
	}
	buildDir = dir
	return m.Run()
}

// bench is a running host with all it needs.
type bench struct {
	*host.Host

	services *localaws.Services
	issuer   *issuer.Issuer
	keyFile  string // the issuer's
	logs     string // the folder of the functions' logs
	log      *safeBuffer
}

// safeBuffer is a log that tests read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start runs the functions of testdata. It fires no schedules by itself.
func start(t *testing.T, change func(*host.Config)) *bench {
	t.Helper()
	log := &safeBuffer{}
	services, err := localaws.Start(t.Context(), localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, services.Close) })
	keyFile := filepath.Join(t.TempDir(), "issuer.key")
	iss, err := issuer.Start(issuer.Config{KeyFile: keyFile, Listener: listen(t), Audience: "ours"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, iss.Close) })
	c := host.Config{
		Template: "testdata/template.yaml", BuildDir: buildDir, LogDir: t.TempDir(),
		Endpoints: services.Endpoints, EventBridge: services.EventBridge, Listener: listen(t),
		Loopback: map[string]string{"Issuer": iss.URL}, NoSchedules: true,
		Logger: slog.New(slog.NewJSONHandler(log, nil)),
	}
	if change != nil {
		change(&c)
	}
	h, err := host.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, h.Close) })
	return &bench{Host: h, services: services, issuer: iss, keyFile: keyFile, logs: c.LogDir, log: log}
}

func closed(t *testing.T, c func() error) {
	t.Helper()
	if err := c(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// get asks the HTTP API.
func (b *bench) get(t *testing.T, path, token string) (int, string) {
	t.Helper()
	return b.send(t, http.MethodGet, path, token, nil)
}

func (b *bench) send(t *testing.T, method, path, token string, body io.Reader) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.BaseURL()+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// getInto decodes a JSON answer.
func (b *bench) getInto(t *testing.T, path string, out any) {
	t.Helper()
	status, body := b.get(t, path, "")
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal([]byte(body), out); err != nil {
		t.Fatalf("GET %s: %v: %s", path, err, body)
	}
}

// eventually waits until a condition holds, and fails the test after a time
// that only a broken program needs.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it did not happen that %s", what)
		}
	}
}

func (b *bench) output(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(b.logs, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// lines counts the lines of a function's output that begin with prefix.
func (b *bench) lines(t *testing.T, name, prefix string) int {
	t.Helper()
	return strings.Count("\n"+b.output(t, name), "\n"+prefix)
}
