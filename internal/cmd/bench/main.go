// Command bench measures what the targets speak of and prints one table. A
// figure is compared with a floor that is measured in the same run, since an
// absolute time means little on a shared machine; the command fails when a
// ratio or a size misses its target.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// row is one line of the table.
type row struct {
	name, target, figure string
	ok                   bool
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench: FAILED:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rows, err := webhookRows(ctx)
	if err != nil {
		return err
	}
	if missed := report(rows); missed > 0 {
		return fmt.Errorf("%d of %d rows miss their target", missed, len(rows))
	}
	fmt.Printf("bench: OK, %d rows\n", len(rows))
	return nil
}

func report(rows []row) (missed int) {
	fmt.Printf("%-44s %-22s %-34s %s\n", "row", "target", "figure", "")
	fmt.Println(strings.Repeat("-", 108))
	for _, r := range rows {
		verdict := "ok"
		if !r.ok {
			verdict = "MISSED"
			missed++
		}
		fmt.Printf("%-44s %-22s %-34s %s\n", r.name, r.target, r.figure, verdict)
	}
	return missed
}
