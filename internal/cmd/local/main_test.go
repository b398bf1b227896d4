package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestPortsAreKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }() // only its port is wanted
	busy := taken.Addr().(*net.TCPAddr).Port
	if err := save(filepath.Join(dir, "ports.json"), ports{Console: busy, Issuer: 0, Simulator: 0}); err != nil {
		t.Fatal(err)
	}
	first, err := choosePorts(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if first.Console == busy || first.Console == 0 || first.Simulator == 0 {
		t.Errorf("%+v, and %d is taken", first, busy)
	}
	second, err := choosePorts(t.Context(), dir)
	if err != nil || second != first {
		t.Errorf("%+v after %+v: %v", second, first, err)
	}
}

func TestABrokenPortsFileIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ports.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := choosePorts(t.Context(), dir); err == nil {
		t.Error("it is taken for good")
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 7, "0": 0, "12": 12, "-1": -1, "x": -1} {
		n, err := number(text, 7)
		if err != nil {
			n = -1
		}
		if n != want {
			t.Errorf("%q: %d", text, n)
		}
	}
}
