package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
)

// shown is how many lines are printed.
const shown = 12

// bill maps what the vendor's product told, and posts its usage twice.
func bill(ctx context.Context, c, product *demo.Client, sim *cwsim.Simulator) error {
	if err := product.TellProduct(ctx, demo.Tenants(demo.ActiveNames(sim.Snapshot(cwsim.Companies))), time.Now()); err != nil {
		return err
	}
	if err := mapTenants(ctx, c); err != nil {
		return err
	}
	if err := preview(ctx, c, sim); err != nil {
		return err
	}
	return postTwice(ctx, c, sim)
}

func mapTenants(ctx context.Context, c *demo.Client) error {
	change, err := c.AutoMap(ctx, look)
	if err != nil {
		return err
	}
	agreements, results := 0, map[string]int{}
	for _, r := range change.Rows {
		if results[r.Result]++; r.Result == "applied" && r.Target.Agreement.ID != 0 {
			agreements++
		}
	}
	fmt.Printf("\ntenants with a company's name: %d mapped, %d of them to the company's only agreement, %d ambiguous\n",
		results["applied"], agreements, results["ambiguous"])
	if agreements == 0 {
		return fmt.Errorf("no tenant has an agreement: %v", results)
	}
	if err := c.SetZone(ctx, "Europe/Berlin"); err != nil {
		return err
	}
	return c.ChooseItems(ctx, "core", "email-protect", "dmarc")
}

// preview prints what a posting would do, which changes nothing, and approves
// it.
func preview(ctx context.Context, c *demo.Client, sim *cwsim.Simulator) error {
	before := sim.Snapshot(cwsim.Additions)
	run, err := c.Post(ctx, "preview", look)
	if err != nil {
		return err
	}
	plan, err := c.Plan(ctx, run.ID)
	if err != nil {
		return err
	}
	steps := map[string]int{}
	for _, a := range plan {
		for _, l := range a.Lines {
			for _, s := range l.Steps {
				steps[s.Kind]++
			}
		}
	}
	fmt.Printf("preview of %d agreements, %d lines: would do %v\n", run.Counts.Agreements, run.Counts.Series, steps)
	if !reflect.DeepEqual(before, sim.Snapshot(cwsim.Additions)) {
		return errors.New("the preview changed ConnectWise's lines")
	}
	return c.Approve(ctx, run.ID)
}

func postTwice(ctx context.Context, c *demo.Client, sim *cwsim.Simulator) error {
	began := time.Now()
	first, err := c.Post(ctx, "post", look)
	if err != nil {
		return err
	}
	fmt.Printf("first posting, %s: %d lines created, %d updated, %d ended, %d need attention\n",
		time.Since(began).Round(10*time.Millisecond), first.Counts.Created, first.Counts.Updated, first.Counts.Ended, first.Counts.Attention)
	if first.Counts.Created == 0 {
		return errors.New("the first posting created no line")
	}
	posted := sim.Snapshot(cwsim.Additions)
	second, err := c.Post(ctx, "post", look)
	if err != nil {
		return err
	}
	if n := second.Counts; n.Created+n.Updated+n.Ended+n.Voided > 0 || !reflect.DeepEqual(posted, sim.Snapshot(cwsim.Additions)) {
		return fmt.Errorf("the second posting changed something: %+v", n)
	}
	fmt.Println("second posting: changed nothing")
	lines, err := c.Lines(ctx)
	if err != nil {
		return err
	}
	printLines(lines)
	return checkLines(lines, posted)
}

func printLines(lines []demo.Billed) {
	fmt.Printf("  %-32s %-26s %-10s %8s %11s %7s  %s\n", "agreement", "product", "date", "reported", "ConnectWise", "posted", "attention")
	for _, l := range lines[:min(shown, len(lines))] {
		fmt.Printf("  %-32.32s %-26.26s %-10s %8s %11s %7s  %s\n",
			l.Agreement.Name, l.Product.Name, l.Date, l.Reported, l.ConnectWise, l.Posted, codes(l))
	}
	if more := len(lines) - shown; more > 0 {
		fmt.Printf("  and %d more\n", more)
	}
}

func codes(l demo.Billed) string {
	out := map[string]bool{}
	for _, a := range l.Attention {
		out[a.Code] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(out)), " ")
}

// checkLines compares the list with ConnectWise: what is reported stands
// there, on one line, unless the list says what stops it.
func checkLines(lines []demo.Billed, additions []map[string]any) error {
	stands := map[int64]string{}
	for _, a := range additions {
		stands[idOf(a)] = fmt.Sprint(a["quantity"])
	}
	ours := 0
	for _, l := range lines {
		open, err := openLines(l, stands)
		if ours += open; err != nil {
			return err
		}
		stopped := slices.ContainsFunc(l.Attention, func(a demo.Attention) bool { return a.Stops })
		if !stopped && (l.Reported != l.ConnectWise || l.Reported != l.Posted) {
			return fmt.Errorf("%s, %s: %s reported, %s in ConnectWise, %s posted", l.Agreement.Name, l.Product.Name, l.Reported, l.ConnectWise, l.Posted)
		}
	}
	if n := marked(additions); n != ours {
		return fmt.Errorf("%d lines in ConnectWise carry our mark, %d are in the list", n, ours)
	}
	return nil
}

// openLines counts those of our lines that bill the open period: one at most.
func openLines(l demo.Billed, stands map[int64]string) (open int, _ error) {
	for _, x := range l.Lines {
		switch {
		case x.Void || x.Gone:
			continue
		case stands[x.ID] != x.Quantity:
			return open, fmt.Errorf("line %d of %s has %s in ConnectWise, %s in the list", x.ID, l.Agreement.Name, stands[x.ID], x.Quantity)
		case x.End == "" || x.End >= l.Date:
			open++
		}
	}
	if open > 1 {
		return open, fmt.Errorf("%d lines of %s bill %s at once", open, l.Agreement.Name, l.Product.Name)
	}
	return open, nil
}

// marked counts the lines that carry our mark, whether we know of them or not.
func marked(additions []map[string]any) (n int) {
	for _, a := range additions {
		if serial, _ := a["serialNumber"].(string); strings.HasPrefix(serial, "psabridge ") {
			n++
		}
	}
	return n
}
