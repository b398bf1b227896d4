// Command local runs psabridge on this machine: AWS services, a ConnectWise
// simulator with demo data, an issuer, and the functions that are deployed.
// It is what `make run` starts.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

const (
	dataDir          = ".local"
	defaultCompanies = 2000
	contactsEach     = 3
)

// run serves until the context ends.
func run(ctx context.Context, getenv func(string) string, out, errs io.Writer) error {
	companies, err := number(getenv("DEMO_COMPANIES"), defaultCompanies)
	if err != nil {
		return fmt.Errorf("DEMO_COMPANIES: %w", err)
	}
	dir := getenv("PSABRIDGE_DATA")
	if dir == "" {
		dir = dataDir
	}
	ports, err := choosePorts(ctx, dir)
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Config{
		DataDir: dir, ConsolePort: ports.Console, IssuerPort: ports.Issuer, SimulatorPort: ports.Simulator,
		Simulator: cwsim.Config{
			Seed: 1, Companies: companies, ContactsPerCompany: contactsEach,
			Switches: cwsim.Switches{DeliverCallbacks: true},
		},
		Logger: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if errors.Is(err, host.ErrOutdated) {
		return fmt.Errorf("%w: rm -r %s", err, dir)
	}
	if err != nil {
		return err
	}
	if err := tellProduct(ctx, s); err != nil {
		return errors.Join(err, s.Close())
	}
	describe(out, s, dir, companies)
	return errors.Join(s.Services.Wait(ctx), s.Close())
}

// tellProduct gives the demo MSP tenants that use something.
func tellProduct(ctx context.Context, s *stack.Stack) error {
	product := &demo.Client{Base: s.BaseURL, Token: func() (string, error) { return s.ProductToken(demo.Account) }}
	tenants := demo.Tenants(demo.ActiveNames(s.Simulator.Snapshot(cwsim.Companies)))
	if err := product.TellProduct(ctx, tenants, time.Now()); err != nil {
		return fmt.Errorf("the demo's product: %w", err)
	}
	return nil
}

func number(text string, fallback int) (int, error) {
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}

// describe says where everything is. The keys are the simulator's, and known
// to everybody.
func describe(out io.Writer, s *stack.Stack, dir string, companies int) {
	company, public, private := s.Simulator.Credentials()
	fmt.Fprintf(out, `psabridge is running

  console       %s
                sign in by a click on a demo person (issuer %s)

  a demo ConnectWise with %d companies, to be connected in the console:
  server        %s
  company id    %s
  public key    %s
  private key   %s

  data and the functions' logs are in %s; delete it to begin anew
  Ctrl-C ends it
`, s.BaseURL, s.Issuer.URL, companies, s.ConnectWiseURL, company, public, private, dir)
}
