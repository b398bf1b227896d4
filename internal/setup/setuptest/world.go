package setuptest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

// Keys that a World's ConnectWise accepts.
func Keys() psa.Credentials {
	return psa.Credentials{PublicKey: "pub4711KEY", PrivateKey: "prv0815SECRETkey"}
}

// NewKeys are accepted too: those of a rotation.
func NewKeys() psa.Credentials {
	return psa.Credentials{PublicKey: "pub4712KEY", PrivateKey: "prv0816SECRETkey"}
}

// World is everything around setup, with a clock of its own.
type World struct {
	Table  *Table
	Vault  *Vault
	CW     *ConnectWise
	Runner *Runner
	Eraser *Eraser
	Log    io.Writer

	mu  sync.Mutex
	now time.Time
}

// NewWorld is empty, on a Monday in 2026.
func NewWorld() *World {
	return &World{
		Table: NewTable(), Vault: NewVault(), Runner: &Runner{}, Eraser: &Eraser{}, Log: io.Discard,
		CW:  &ConnectWise{CompanyID: "acme", Keys: []psa.Credentials{Keys(), NewKeys()}},
		now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
	}
}

// Now is the world's clock.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// Pass moves the clock.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Types is a table of two data types, one the other's parent.
func Types() []setup.TypeInfo {
	return []setup.TypeInfo{
		{
			Name: psa.Companies, Label: "Companies", Path: "/company/companies", Module: "Companies",
			Permission: "Company Maintenance", Callback: true, Default: true,
		},
		{
			Name: psa.Contacts, Label: "Contacts", Path: "/company/contacts", Parent: psa.Companies,
			Module: "Companies", Permission: "Contacts", Callback: true, Default: true,
		},
	}
}

// Service is a process's; it dies by f, which may be nil.
func (w *World) Service(t testing.TB, f *Faults) *setup.Service {
	t.Helper()
	cw := w.CW.Process(f)
	s, err := setup.New(setup.Deps{
		Store: &Store{w.Table, f}, Secrets: &Secrets{w.Vault, f}, Prober: cw, Callbacks: cw, Runner: w.Runner.Process(f), Eraser: w.Eraser.Process(f),
		Types: Types(), SecretPrefix: "psabridge/test/inst",
		PublicURL: func(context.Context) string { return "https://bridge.example.com" },
		Now:       w.Now, Log: slog.New(slog.NewJSONHandler(w.Log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Ticker is a service as the tick has it: nobody's request is behind it.
func (w *World) Ticker(t testing.TB, f *Faults) *setup.Service {
	t.Helper()
	s := w.Service(t, f)
	s.PublicURL = func(context.Context) string { return "" }
	return s
}

// Sweeper is a process's; it dies by f, which may be nil.
func (w *World) Sweeper(f *Faults) *setup.Sweeper {
	return setup.NewSweeper(&Store{w.Table, f}, &Secrets{w.Vault, f}, w.Now)
}
