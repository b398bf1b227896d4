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
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
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

// workerArgument makes this program a worker, see worker.go.
const workerArgument = "worker"

func run() error {
	if len(os.Args) > 1 && os.Args[1] == workerArgument {
		return runWorker(os.Stdin, os.Stdout)
	}
	if len(os.Args) > 2 && os.Args[1] == fleetArgument {
		runFleet(os.Args[2]) // which ends the program
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var rows []row
	for _, group := range groups() {
		if !wanted(group.name) {
			continue
		}
		began, before := time.Now(), ticks()
		some, err := group.measure(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", group.name, err)
		}
		fmt.Printf("%s took %s; %s%s\n", group.name, time.Since(began).Round(time.Second), load(), stolen(before, ticks()))
		rows = append(rows, some...)
	}
	if missed := report(rows); missed > 0 {
		return fmt.Errorf("%d of %d rows miss their target", missed, len(rows))
	}
	fmt.Printf("bench: OK, %d rows\n", len(rows))
	return nil
}

// group is rows that are measured together.
type group struct {
	name    string
	measure func(context.Context) ([]row, error)
}

func groups() []group {
	return []group{
		{"webhook", webhookRows},
		{"sync", syncRows},
		{"fairness", fairnessRows},
		{"schedules", scheduleRows},
		{"usage", usageRows},
		{"million", millionRows},
	}
}

// wanted reports whether a group is among ROWS, which are all if it is empty.
func wanted(name string) bool {
	rows := os.Getenv("ROWS")
	return rows == "" || slices.Contains(strings.Split(rows, ","), name)
}

// load says how busy the machine is with other things: figures that depend on
// the clock suffer where it is more than there are processors.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return fmt.Sprintf("%d processors", runtime.NumCPU())
	}
	return fmt.Sprintf("load %s on %d processors", strings.Join(strings.Fields(string(text))[:3], " "), runtime.NumCPU())
}

// ticks are the processors' times since the machine started, by what they were
// spent on; none where the system does not say.
func ticks() (spent []int64) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nil
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for field := range strings.FieldsSeq(strings.TrimPrefix(first, "cpu")) {
		n, _ := strconv.ParseInt(field, 10, 64) // 0 where it is none
		spent = append(spent, n)
	}
	return spent
}

// stolen says how much of the time in between the host gave to other machines
// though this one had work.
func stolen(before, after []int64) string {
	const kinds, steal = 8, 7 // those after it are part of others
	if len(before) < kinds || len(after) < kinds {
		return ""
	}
	var all int64
	for i := range kinds {
		all += after[i] - before[i]
	}
	return fmt.Sprintf(", %d %% stolen", (after[steal]-before[steal])*100/max(all, 1))
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
