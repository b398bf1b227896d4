// Command demo walks the whole path headless: from an empty account through
// the API, the queue and the workers to records in the table, then a change in
// ConnectWise that arrives by callback, then usage: the product's tenants are
// mapped by name, and what they use is previewed, approved and posted, twice.
// It ends with the line "demo: OK", or with the reason and a non-zero exit. It
// uses free ports and a folder of its own.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// limit is how long the whole demo may take.
const limit = 10 * time.Minute

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo: FAILED:", err)
		os.Exit(1)
	}
	fmt.Println("demo: OK")
}

// size of the demo's ConnectWise.
type size struct{ companies, contacts int }

func sizeFrom(getenv func(string) string) (size, error) {
	s := size{companies: 2000, contacts: 3}
	for name, to := range map[string]*int{"DEMO_COMPANIES": &s.companies, "DEMO_CONTACTS_PER_COMPANY": &s.contacts} {
		text := getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return size{}, fmt.Errorf("%s must be a number, 0 or more", name)
		}
		*to = n
	}
	return s, nil
}

func run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	size, err := sizeFrom(os.Getenv)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "psabridge-demo-")
	if err != nil {
		return fmt.Errorf("work folder: %w", err)
	}
	defer func() {
		if removeErr := os.RemoveAll(dir); err == nil && removeErr != nil {
			err = fmt.Errorf("remove the work folder: %w", removeErr)
		}
	}()
	began := time.Now()
	s, err := stack.Start(ctx, stack.Config{
		DataDir: dir,
		Simulator: cwsim.Config{
			Seed: 1, Companies: size.companies, ContactsPerCompany: size.contacts,
			Switches: cwsim.Switches{DeliverCallbacks: true},
		},
	})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() {
		if closeErr := s.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("stop: %w", closeErr)
		}
	}()
	fmt.Printf("started in %s: services, simulator with %d companies, issuer, functions\n\n",
		time.Since(began).Round(10*time.Millisecond), size.companies)
	return walk(ctx, s, dir)
}

// walk is the path, step by step.
func walk(ctx context.Context, s *stack.Stack, dir string) error {
	client := &demo.Client{Base: s.BaseURL, Token: func() (string, error) { return s.Token("admin") }}
	companyID, public, private := s.Simulator.Credentials()
	cw := demo.ConnectWise{ServerURL: s.ConnectWiseURL, CompanyID: companyID, PublicKey: public, PrivateKey: private}
	if err := connect(ctx, client, cw); err != nil {
		return err
	}
	if err := firstSync(ctx, client, s.Simulator); err != nil {
		return err
	}
	if err := change(ctx, client, s.Simulator); err != nil {
		return err
	}
	if err := secondSync(ctx, client); err != nil {
		return err
	}
	product := &demo.Client{Base: s.BaseURL, Token: func() (string, error) { return s.ProductToken(demo.Account) }}
	if err := bill(ctx, client, product, s.Simulator); err != nil {
		return err
	}
	return searchForKey(dir, companyID, public, private)
}
