// Command simulator runs the ConnectWise PSA simulator by itself, on a loopback address, with made-up data.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/psabridge/psabridge/internal/cwsim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		os.Exit(1)
	}
}

// clientID is the one the simulator accepts when it runs by itself.
const clientID = "00000000-0000-4000-8000-00000000d3a0"

// run serves until the context ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("simulator", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	seed := flags.Uint64("seed", 1, "seed of the demo data and keys")
	companies := flags.Int("companies", 2000, "number of companies")
	contacts := flags.Int("contacts-per-company", 3, "mean number of contacts of a company")
	callbacks := flags.Bool("callbacks", true, "send callbacks when records change")
	latency := flags.Duration("latency", 0, "delay of every answer")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	sim := cwsim.New(cwsim.Config{
		Seed: *seed, Companies: *companies, ContactsPerCompany: *contacts, Latency: *latency, ClientIDs: []string{clientID},
		Switches: cwsim.Switches{DeliverCallbacks: *callbacks},
	})
	server, err := sim.Start(*addr) //nolint:contextcheck // it listens until it is closed
	if err != nil {
		return err
	}
	companyID, public, private := sim.Credentials()
	_, err = fmt.Fprintf(
		out, "ConnectWise simulator (made-up data, not production)\n"+
			"address      %s\ncompany id   %s\npublic key   %s\nprivate key  %s\nclient id    %s\n",
		server.URL, companyID, public, private, clientID,
	)
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, server.Close()) //nolint:contextcheck // ctx has ended by now
}
