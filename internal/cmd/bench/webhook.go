package main

import (
	"archive/zip"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	starts        = 51
	maxStartRatio = 1.8
	maxStart      = 6 * time.Millisecond
	maxZip        = 4 << 20
	maxMemory     = 16 << 20
	maxCPU        = 250 * time.Microsecond
	// warmEvents come before what is measured: an event is not charged with
	// a start.
	warmEvents = 200
	events     = 4000
	// turns that the events are measured in: what else the machine does, on
	// another thread of the same core for one, can only add to a turn.
	turns       = 5
	roughEvents = 120
)

// webhookRows measures the receiver's start against a function that does
// nothing, and its size.
func webhookRows(ctx context.Context) ([]row, error) {
	dir, err := os.MkdirTemp("", "psabridge-bench-")
	if err != nil {
		return nil, fmt.Errorf("work folder: %w", err)
	}
	defer os.RemoveAll(dir)
	floor, webhook := filepath.Join(dir, "floor"), filepath.Join(dir, "webhook")
	arm := filepath.Join(dir, "arm64", "bootstrap")
	for _, b := range []struct{ out, pkg, arch string }{
		{floor, "./internal/cmd/bench/floor", ""}, {webhook, "./functions/webhook", ""}, {arm, "./functions/webhook", "arm64"},
	} {
		if err := build(ctx, b.out, b.pkg, b.arch); err != nil {
			return nil, err
		}
	}
	size, err := zipped(arm)
	if err != nil {
		return nil, err
	}
	// Turn about, so that a noisy moment of the machine meets both.
	var floors, hooks []time.Duration
	var memory int64
	for range starts {
		f, _, err := start(ctx, floor)
		if err != nil {
			return nil, err
		}
		h, m, err := start(ctx, webhook)
		if err != nil {
			return nil, err
		}
		floors, hooks, memory = append(floors, f), append(hooks, h), max(memory, m)
	}
	rows, err := eventRows(ctx, webhook)
	if err != nil {
		return nil, err
	}
	f, h := median(floors), median(hooks)
	ratio := float64(h) / float64(f)
	return append([]row{
		{
			"webhook: exec to first poll, against floor", fmt.Sprintf("<= %.1f x floor", maxStartRatio),
			fmt.Sprintf("%.2f x (%s / %s, %d runs)", ratio, h.Round(10*time.Microsecond), f.Round(10*time.Microsecond), starts),
			ratio <= maxStartRatio,
		},
		{"webhook: exec to first poll", "<= " + maxStart.String(), h.Round(10 * time.Microsecond).String(), h <= maxStart},
		{"webhook: arm64 zip", "<= 4.0 MiB", fmt.Sprintf("%.2f MiB", float64(size)/(1<<20)), size <= maxZip},
		{"webhook: peak memory when it first polls", "<= 16 MiB", fmt.Sprintf("%.1f MiB", float64(memory)/(1<<20)), memory <= maxMemory},
	}, rows...), nil
}

// eventRows measures what a delivery costs, and counts what is acknowledged
// and not on the queue while the table and the queue fail in turns.
func eventRows(ctx context.Context, bin string) ([]row, error) {
	const all = warmEvents + events
	var costs []time.Duration
	var memory int64
	complete := true
	for range turns {
		got, err := deliver(ctx, bin, newLambdaWorld(all, nil))
		if err != nil {
			return nil, err
		}
		costs, memory = append(costs, (got.cpu/events).Round(time.Microsecond)), max(memory, got.memory)
		complete = complete && got.acknowledged == all && got.lost == 0
	}
	hard, err := deliver(ctx, bin, newLambdaWorld(roughEvents, rough))
	if err != nil {
		return nil, err
	}
	least := slices.Min(costs)
	return []row{
		{
			"webhook: CPU an event of a burst", "<= " + maxCPU.String(),
			fmt.Sprintf("%s (%d x %d, at most %s)", least, turns, events, slices.Max(costs)), least <= maxCPU,
		},
		{
			"webhook: peak memory after the events", "<= 16 MiB", fmt.Sprintf("%.1f MiB", float64(memory)/(1<<20)),
			memory <= maxMemory && complete,
		},
		{
			"webhook: acknowledged and lost, under faults", "0", fmt.Sprintf("%d of %d acknowledged, %d posted", hard.lost, hard.acknowledged, roughEvents),
			hard.lost == 0 && hard.acknowledged > 0 && hard.acknowledged < roughEvents,
		},
	}, nil
}

// rough is each kind of fault in turn for a fifth of the calls, and twice an
// outage that outlasts what the receiver may take.
func rough(call int) fault {
	if call%120 >= 100 && call%120 < 112 {
		return failed
	}
	return fault(call * 7 % 19)
}

func build(ctx context.Context, out, pkg, arch string) error {
	flags := []string{"build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", out, pkg}
	cmd := exec.CommandContext(ctx, "go", flags...) //nolint:gosec // our own arguments
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if arch != "" {
		cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH="+arch)
	}
	if msg, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, msg)
	}
	return nil
}

// zipped is the size of the file as a Lambda artefact.
func zipped(path string) (int64, error) {
	in, err := os.Open(path) //nolint:gosec // built by us
	if err != nil {
		return 0, err
	}
	defer in.Close() //nolint:errcheck // it is only read
	var n counter
	zw := zip.NewWriter(&n)
	zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := zw.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(w, in); err != nil {
		return 0, err
	}
	if err := zw.Close(); err != nil {
		return 0, err
	}
	return int64(n), nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// start runs the function once until it asks for its first event; it returns
// the time that took and the peak of the process's memory at that moment.
func start(ctx context.Context, bin string) (time.Duration, int64, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	polled := make(chan time.Time, 1)
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case polled <- time.Now():
		default:
		}
		<-r.Context().Done()
	})}
	go func() { _ = srv.Serve(l) }() // ends with Close
	defer srv.Close()                //nolint:errcheck // nothing is lost with it
	cmd := exec.CommandContext(ctx, bin)
	cmd.Env = functionEnv(l.Addr().String())
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, fmt.Errorf("start %s: %w", bin, err)
	}
	defer func() { _ = cmd.Wait() }() // killed below
	defer func() { _ = cmd.Process.Kill() }()
	select {
	case at := <-polled:
		memory, err := peakMemory(cmd.Process.Pid)
		return at.Sub(began), memory, err
	case <-time.After(10 * time.Second):
		return 0, 0, fmt.Errorf("%s did not poll", filepath.Base(bin))
	}
}

func functionEnv(runtimeAPI string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI, "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
		"STAGE=dev", "LOG_LEVEL=INFO", "TABLE_NAME=bench", "CALLBACK_QUEUE_URL=http://127.0.0.1:1/queue",
	}
}

// peakMemory reads VmHWM; it is 0 where there is no /proc.
func peakMemory(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
