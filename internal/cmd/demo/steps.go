package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
)

// look is how often the demo looks for progress.
const look = 300 * time.Millisecond

// connect shows the test fail with wrong keys and pass with the right ones,
// then saves and enables the connection.
func connect(ctx context.Context, c *demo.Client, cw demo.ConnectWise) error {
	wrong := cw
	wrong.PrivateKey = "not-the-key"
	if _, ok, err := c.Test(ctx, wrong); err != nil || ok {
		return fmt.Errorf("the connection test with a wrong key: passed = %v, %w", ok, errors.Join(err))
	}
	checks, ok, err := c.Test(ctx, cw)
	if err != nil {
		return fmt.Errorf("connection test: %w", err)
	}
	fmt.Println("connection test")
	for _, check := range checks {
		fmt.Printf("  %-8s %-12s %-14s %s\n", check.Status, check.Name, check.Type, check.Detail)
	}
	if !ok {
		return errors.New("the connection test did not pass")
	}
	return c.Connect(ctx, cw)
}

// firstSync waits for the initial runs and compares what arrived with what
// ConnectWise has.
func firstSync(ctx context.Context, c *demo.Client, sim *cwsim.Simulator) error {
	began := time.Now()
	runs, err := c.Wait(ctx, look, progress())
	if err != nil {
		return err
	}
	fmt.Printf("\nfirst sync, %s\n", time.Since(began).Round(10*time.Millisecond))
	if err := table(runs); err != nil {
		return err
	}
	want := expected(sim)
	if len(want) != len(runs) {
		return fmt.Errorf("%d types were synced, and %d are known here", len(runs), len(want))
	}
	for typ, want := range want {
		got, err := c.Records(ctx, typ)
		if err != nil {
			return err
		}
		if missing, extra := differences(want, got); missing+extra > 0 {
			return fmt.Errorf("%s: %d of ConnectWise's are not stored, %d are stored and should not be", typ, missing, extra)
		}
	}
	return nil
}

// expected is what should be stored, worked out from the simulator's own
// state: companies that are not deleted, what belongs to them, and the catalog.
func expected(sim *cwsim.Simulator) map[string]map[int64]bool {
	want := map[string]map[int64]bool{"companies": {}, "catalog": {}}
	for _, company := range sim.Snapshot(cwsim.Companies) {
		if deleted, _ := company["deletedFlag"].(bool); !deleted {
			want["companies"][idOf(company)] = true
		}
	}
	for _, product := range sim.Snapshot(cwsim.Catalog) {
		want["catalog"][idOf(product)] = true
	}
	for typ, table := range map[string]string{
		"contacts": cwsim.Contacts, "opportunities": cwsim.Opportunities, "configurations": cwsim.Configurations, "agreements": cwsim.Agreements,
	} {
		want[typ] = map[int64]bool{}
		for _, record := range sim.Snapshot(table) {
			company, _ := record["company"].(map[string]any)
			if want["companies"][idOf(company)] {
				want[typ][idOf(record)] = true
			}
		}
	}
	return want
}

func idOf(record map[string]any) int64 {
	switch id := record["id"].(type) {
	case float64:
		return int64(id)
	case int:
		return int64(id)
	default:
		return 0
	}
}

func differences(want map[int64]bool, got map[int64]demo.Record) (missing, extra int) {
	for id := range want {
		if _, ok := got[id]; !ok {
			missing++
		}
	}
	for id := range got {
		if !want[id] {
			extra++
		}
	}
	return missing, extra
}

// change edits a company in ConnectWise and waits for the callback to bring
// it.
func change(ctx context.Context, c *demo.Client, sim *cwsim.Simulator) error {
	companies, err := c.Records(ctx, "companies")
	if err != nil {
		return err
	}
	if len(companies) == 0 {
		return nil
	}
	var id int64
	for id = range companies {
		break
	}
	// Not its name, which is part of the records that belong to it.
	phone := fmt.Sprint("555", id)
	began := time.Now()
	if _, err := sim.Put(cwsim.Companies, map[string]any{"id": id, "phoneNumber": phone}); err != nil {
		return fmt.Errorf("edit a company: %w", err)
	}
	for {
		r, err := c.Record(ctx, "companies", id)
		if err != nil {
			return err
		}
		if r.Data["phoneNumber"] == phone {
			fmt.Printf("\na change in ConnectWise arrived by callback after %s\n", time.Since(began).Round(10*time.Millisecond))
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the change of company %d never arrived: %w", id, ctx.Err())
		case <-time.After(look):
		}
	}
}

// secondSync reads what changed, which is nothing that is not stored yet.
func secondSync(ctx context.Context, c *demo.Client) error {
	before, err := c.Runs(ctx)
	if err != nil {
		return err
	}
	if err := c.Sync(ctx); err != nil {
		return err
	}
	runs, err := c.Wait(ctx, look, nil)
	if err != nil {
		return err
	}
	fmt.Println("\nsecond sync, of what changed within the overlap")
	second := runs[:len(runs)-len(before)]
	if err := table(second); err != nil {
		return err
	}
	for _, r := range second {
		if r.Mode != "incremental" || r.Counts.Created+r.Counts.Updated+r.Counts.Removed > 0 {
			return fmt.Errorf("the second sync of %s changed something: %+v", r.Type, r)
		}
	}
	return nil
}
