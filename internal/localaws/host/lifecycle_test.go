package host_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/host"
)

type deadline struct {
	Seconds               float64
	RequestID, ARN, Trace string
	PID                   int
}

func TestAProcessIsUsedAgain(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var first, second deadline
	begin := time.Now()
	b.getInto(t, "/open/deadline", &first)
	took := time.Since(begin).Seconds()
	b.getInto(t, "/open/deadline", &second)
	if first.PID != second.PID || b.Starts("api") != 1 {
		t.Errorf("two calls had the processes %d and %d, %d starts", first.PID, second.PID, b.Starts("api"))
	}
	if first.RequestID == second.RequestID || len(first.RequestID) != 36 {
		t.Errorf("request ids %q and %q", first.RequestID, second.RequestID)
	}
	if want := "arn:aws:lambda:us-east-1:000000000000:function:psabridge-Api:live"; first.ARN != want {
		t.Errorf("the ARN is %q, want %q", first.ARN, want)
	}
	if !strings.HasPrefix(first.Trace, "Root=1-") {
		t.Errorf("the trace is %q", first.Trace)
	}
	// The deadline is told in milliseconds.
	if first.Seconds < 3-0.002-took || first.Seconds > 3 {
		t.Errorf("%.2f s are left of 3, after %.2f s", first.Seconds, took)
	}
}

func TestAFailureIsAnsweredAndTheNextCallWorks(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, path := range []string{"/open/panic", "/open/exit", "/open/malformed", "/open/large"} {
		status, body := b.get(t, path, "")
		if status != http.StatusInternalServerError || body != `{"message":"Internal Server Error"}` {
			t.Errorf("GET %s: %d %.100s", path, status, body)
		}
		if status, body := b.get(t, "/open/plain", ""); status != http.StatusOK || body != `{"n":1}` {
			t.Errorf("after %s: %d %s", path, status, body)
		}
	}
	for _, kind := range []string{"Runtime.ExitError", "Function.ResponseSizeTooLarge"} {
		if !strings.Contains(b.log.String(), kind) {
			t.Errorf("the log says nothing of %s", kind)
		}
	}
}

func TestATimeOutKills(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *host.Config) { c.Speed = 6 })
	var before, after deadline
	b.getInto(t, "/open/deadline", &before)
	if before.Seconds > 0.5 {
		t.Errorf("%.2f s are left of half a second", before.Seconds)
	}
	begin := time.Now()
	if status, body := b.get(t, "/open/slow", ""); status != http.StatusInternalServerError {
		t.Errorf("%d %s", status, body)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	b.getInto(t, "/open/deadline", &after)
	if before.PID == after.PID {
		t.Error("the process lives on")
	}
	if err := syscall.Kill(before.PID, 0); err == nil {
		t.Error("the process still exists")
	}
}

func TestInvocationsRunSideBySide(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *host.Config) { c.Concurrency = map[string]int{"api": 3} })
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if status, body := b.get(t, "/open/nap", ""); status != http.StatusOK {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	wg.Wait()
	if n := b.Starts("api"); n != 3 {
		t.Errorf("six calls at once started %d processes, want the limit of 3", n)
	}
}

func TestTheEnvironmentIsTheTemplatesAndNothingElse(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	var got struct{ Env []string }
	b.getInto(t, "/open/env", &got)
	var names []string
	for _, line := range got.Env {
		name, value, _ := strings.Cut(line, "=")
		names = append(names, name)
		switch {
		case strings.HasPrefix(name, "AWS_ENDPOINT_URL_") && !strings.HasPrefix(value, "http://127.0.0.1:"):
			t.Errorf("%s leads to %s", name, value)
		case name == "TABLE_NAME" && value != "psabridge-Table", name == "AWS_LAMBDA_FUNCTION_NAME" && value != "psabridge-Api":
			t.Errorf("%s is %s", name, value)
		}
	}
	slices.Sort(names)
	want := slices.Concat(host.Overlay(), []string{
		"AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "TZ", "_HANDLER", "TABLE_NAME", "CONNECTWISE",
		"_X_AMZN_TRACE_ID", // the runtime's own
	})
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestAMissingArtefactIsNamed(t *testing.T) {
	t.Parallel()
	services := start(t, nil).services
	_, err := host.Start(t.Context(), host.Config{
		Template: "testdata/template.yaml", BuildDir: t.TempDir(), Endpoints: services.Endpoints,
		EventBridge: services.EventBridge, Listener: listen(t), Loopback: map[string]string{"Issuer": "http://127.0.0.1:1"},
	})
	for _, name := range []string{"api", "worker"} {
		if err == nil || !strings.Contains(err.Error(), "the artefact of "+name+" is missing") {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func TestLogsAreTheOwnersOnly(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	info, err := os.Stat(filepath.Join(b.logs, "api.log"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
}
