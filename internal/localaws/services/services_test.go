package services

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func pinned(t *testing.T) program {
	t.Helper()
	p, err := dynoxide(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Several test processes may be the first at the same moment.
func TestInstallAtOnce(t *testing.T) {
	t.Parallel()
	base, want := t.TempDir(), pinned(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			path, err := install(t.Context(), base, want)
			if err != nil {
				t.Errorf("install: %v", err)
				return
			}
			if info, err := os.Stat(path); err != nil || info.Mode()&0o100 == 0 {
				t.Errorf("%s is no program: %v", path, err)
			}
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(base)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder of installations has %v (%v), want one", entries, err)
	}
}

func TestInstallRefusesAChangedProgram(t *testing.T) {
	t.Parallel()
	base, want := t.TempDir(), pinned(t)
	path, err := install(t.Context(), base, want)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := install(t.Context(), base, want); err == nil || !strings.Contains(err.Error(), want.sha256) {
		t.Errorf("a changed program: %v, want an error that names the hash", err)
	}
}

func TestOtherPlatformsGetARemedy(t *testing.T) {
	t.Parallel()
	_, err := dynoxide("plan9", "mips")
	if !errors.Is(err, ErrPlatform) || !strings.Contains(err.Error(), "AWS_ENDPOINT_URL_DYNAMODB") {
		t.Errorf("error: %v", err)
	}
}

// The lock file is the same for everybody: it names no registry.
func TestLockNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), "resolved") || strings.Contains(string(lock), "://") {
		t.Error("package-lock.json has addresses of packages")
	}
	if !strings.Contains(string(lock), `"integrity": "sha512-`) {
		t.Error("package-lock.json has no integrity hash")
	}
}
