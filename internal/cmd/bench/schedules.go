package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	schedulesPlayed = 100_000
	schedulesTarget = 120 * time.Second
)

// scheduleRows play random schedules of sync in memory. A test of package syncer
// does; where it fails it prints the shortest schedule that does.
func scheduleRows(ctx context.Context) ([]row, error) {
	dir, err := os.MkdirTemp("", "bench-schedules-")
	if err != nil {
		return nil, fmt.Errorf("schedules: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "syncer.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./internal/syncer") //nolint:gosec // our own test
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the schedules: %w", err)
	}
	play := exec.CommandContext(ctx, binary, "-test.run", "^TestAnySchedule$", "-test.timeout", "1h", //nolint:gosec // as above
		fmt.Sprintf("-schedules.n=%d", schedulesPlayed))
	play.Env = append(os.Environ(), "GOGC=1600")
	play.Stdout, play.Stderr = os.Stdout, os.Stderr
	began := time.Now()
	if err := play.Run(); err != nil {
		return nil, fmt.Errorf("a schedule fails: %w", err)
	}
	took := time.Since(began)
	cpu := play.ProcessState.UserTime() + play.ProcessState.SystemTime()
	return []row{{
		name: fmt.Sprintf("sync: %d random schedules, none fails", schedulesPlayed), target: "<= " + schedulesTarget.String(),
		figure: fmt.Sprintf("%.0f s, %.2f ms of CPU each", took.Seconds(), cpu.Seconds()*1000/schedulesPlayed), ok: took <= schedulesTarget,
	}}, nil
}
