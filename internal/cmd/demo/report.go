package main

import (
	"encoding/base64"
	"fmt"
	"os"
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
	fmt.Printf("  %-14s %-12s %-10s %8s %8s %8s %8s %9s %8s %8s\n",
		"type", "mode", "state", "expected", "read", "created", "updated", "unchanged", "skipped", "removed")
	for _, r := range slices.Backward(runs) {
		c := r.Counts
		fmt.Printf("  %-14s %-12s %-10s %8d %8d %8d %8d %9d %8d %8d\n",
			r.Type, r.Mode, r.State, r.Expected, c.Read, c.Created, c.Updated, c.Unchanged, c.Skipped, c.Removed)
	}
	for _, r := range runs {
		if r.State != "succeeded" && r.State != "partial" {
			return fmt.Errorf("the run of %s is %s: %+v", r.Type, r.State, r.Failure)
		}
		if c := r.Counts; c.Read != c.Created+c.Updated+c.Unchanged+c.Skipped+c.OutOfScope+c.Removed {
			return fmt.Errorf("the counts of %s do not add up: %+v", r.Type, c)
		}
	}
	return nil
}

// searchForKey looks for the private key, in every form, in all that the demo
// wrote to disk: it must be in the secret store and in the canary that is
// planted here, and nowhere else.
func searchForKey(dir, companyID, public, private string) error {
	basic := companyID + "+" + public + ":"
	canary := filepath.Join(dir, "canary")
	header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(basic+private))
	if err := os.WriteFile(canary, []byte(header), 0o600); err != nil {
		return fmt.Errorf("plant the canary: %w", err)
	}
	found, read, err := leakscan.Tree(dir, leakscan.Needles(private, basic))
	if err != nil {
		return err
	}
	seen := map[string]bool{canary: false, filepath.Join(dir, "aws", "secrets.json"): false}
	var leaks []string
	for _, f := range found {
		if _, known := seen[f.Path]; known {
			seen[f.Path] = true
			continue
		}
		leaks = append(leaks, f.Path+" ("+f.Form+")")
	}
	if len(leaks) > 0 {
		return fmt.Errorf("the private key leaked to %s", strings.Join(leaks, ", "))
	}
	for path, hit := range seen {
		if !hit {
			return fmt.Errorf("the search is blind: the private key was not found in %s", path)
		}
	}
	fmt.Printf("\nsearched %.1f MiB for the private key: in the secret store, the planted canary, and nowhere else\n", float64(read)/(1<<20))
	return nil
}
