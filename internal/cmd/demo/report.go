package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/leakscan"
)

// progress prints where the runs stand, whenever that has changed.
func progress() func([]demo.Run) {
	last := ""
	return func(runs []demo.Run) {
		if now := demo.Summary(runs); now != last {
			fmt.Println("  ", now)
			last = now
		}
	}
}

// table prints the runs, oldest first, and fails if one did not do its work.
func table(runs []demo.Run) error {
	fmt.Printf("  %-10s %-12s %-10s %8s %8s %8s %8s %9s %8s %8s\n",
		"type", "mode", "state", "expected", "read", "created", "updated", "unchanged", "skipped", "removed")
	for _, r := range slices.Backward(runs) {
		c := r.Counts
		fmt.Printf("  %-10s %-12s %-10s %8d %8d %8d %8d %9d %8d %8d\n",
			r.Type, r.Mode, r.State, r.Expected, c.Read, c.Created, c.Updated, c.Unchanged, c.Skipped, c.Removed)
	}
	for _, r := range runs {
		if r.State != "succeeded" && r.State != "partial" {
			return fmt.Errorf("the run of %s is %s: %+v", r.Type, r.State, r.Failure)
		}
		if c := r.Counts; c.Read != c.Created+c.Updated+c.Unchanged+c.Skipped+c.Removed {
			return fmt.Errorf("the counts of %s do not add up: %+v", r.Type, c)
		}
	}
	return nil
}

// searchForKey looks for the private key, in every form, in all that the demo
// wrote to disk: it must be in the secret store, and nowhere else.
func searchForKey(dir, companyID, public, private string) error {
	needles := leakscan.Needles(private, companyID+"+"+public+":")
	found, read, err := leakscan.Tree(dir, needles)
	if err != nil {
		return err
	}
	store := false
	var leaks []string
	for _, f := range found {
		path, err := filepath.Rel(dir, f.Path)
		if err != nil {
			return fmt.Errorf("search for the key: %w", err)
		}
		if strings.HasPrefix(path, filepath.Join("aws", "secrets")) {
			store = true
			continue
		}
		leaks = append(leaks, path+" ("+f.Form+")")
	}
	if len(leaks) > 0 {
		return fmt.Errorf("the private key leaked to %s", strings.Join(leaks, ", "))
	}
	if !store {
		return fmt.Errorf("the private key is not even in the secret store: the search sees nothing")
	}
	fmt.Printf("\nsearched %.1f MiB for the private key: it is in the secret store and nowhere else\n", float64(read)/(1<<20))
	return nil
}
