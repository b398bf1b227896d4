package stack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/host"
)

// A worker that dies at any call of a run that finds changes and removals
// leaves nothing undone: the record, the tombstone, what was counted, and the
// events on the bus are those of a run that nothing disturbed.
func TestAChangeKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	undisturbed := newInstallation(t)
	if _, err := undisturbed.walk(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, err := undisturbed.change(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	points := crashPoints(undisturbed.Host.Calls(), "sync")
	if want.Updated != 1 || want.Removed != 1 || len(points) < 20 {
		t.Fatalf("nothing to compare with: %+v, %d crash points", want, len(points))
	}
	var died atomic.Int32
	var g errgroup.Group
	for k := range crashers {
		g.Go(func() error {
			i := newInstallation(t)
			if _, err := i.walk(t.Context()); err != nil {
				return err
			}
			for n := k; n < len(points); n += crashers {
				got, err := i.change(t, &points[n])
				if err != nil {
					return fmt.Errorf("%s: %w", points[n], err)
				}
				if i.died(t, points[n]) {
					died.Add(1)
				}
				if got != want {
					t.Errorf("%s: counts %+v, undisturbed %+v", points[n], got, want)
				}
			}
			return i.Close()
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d crash points, %d of them reached", len(points), died.Load())
	if int(died.Load()) < len(points)/2 {
		t.Errorf("only %d of %d crashes happened", died.Load(), len(points))
	}
}

// change has a run find one company that was renamed and one that is gone, with
// the worker killed once on the way, and checks what is left of it.
func (i *installation) change(t *testing.T, crash *host.Crash) (counts demo.Counts, err error) {
	name := fmt.Sprint("Renamed ", crash)
	kept, err := i.Simulator.Put(cwsim.Companies, map[string]any{"name": "Kept", "identifier": "kept"})
	if err != nil {
		return counts, err
	}
	gone, err := i.Simulator.Put(cwsim.Companies, map[string]any{"name": "Gone soon", "identifier": "gone"})
	if err != nil {
		return counts, err
	}
	if _, err = i.read(t); err != nil {
		return counts, err
	}
	if _, err = i.Simulator.Put(cwsim.Companies, map[string]any{"id": kept, "name": name}); err != nil {
		return counts, err
	}
	if !i.Simulator.Delete(cwsim.Companies, gone) {
		t.Errorf("company %d is not there", gone)
	}
	if crash != nil {
		i.Host.Crash(*crash)
	}
	i.Host.ResetCalls()
	if counts, err = i.read(t); err != nil {
		return counts, err
	}
	if r, err := i.client.Record(t.Context(), "companies", int64(kept)); err != nil || r.Name != name {
		t.Errorf("%s: the stored name is %q, %v", name, r.Name, err)
	}
	if r, err := i.client.Record(t.Context(), "companies", int64(gone)); err != nil || r.Removed != "deleted" {
		t.Errorf("%s: of what is gone remains %+v, %v", name, r, err)
	}
	for id, change := range map[int]string{kept: "updated", gone: "removed"} {
		if !i.told(t, id, change) {
			t.Errorf("%s: the bus was not told that company %d was %s", name, id, change)
		}
	}
	i.Simulator.Delete(cwsim.Companies, kept) // the next change is one among as many
	return counts, nil
}

// read has all companies read, and returns what was counted.
func (i *installation) read(t *testing.T) (demo.Counts, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	in := map[string]any{"types": []string{"companies"}, "mode": "full"}
	if err := i.client.Call(ctx, http.MethodPost, "/v1/runs", in, nil); err != nil {
		return demo.Counts{}, err
	}
	runs, err := i.client.Wait(ctx, look, nil)
	if err != nil {
		return demo.Counts{}, err
	}
	newest := runs[slices.IndexFunc(runs, func(r demo.Run) bool { return r.Type == "companies" })]
	if newest.State != "succeeded" || newest.Mode != "full" {
		t.Errorf("the run is %+v", newest)
	}
	return newest.Counts, nil
}

// told says whether the bus has the event of a change.
func (i *installation) told(t *testing.T, id int, change string) bool {
	t.Helper()
	return slices.ContainsFunc(i.Services.EventBridge.Events(), func(e eventbridge.Event) bool {
		var detail struct {
			Type, Change string
			ID           int
		}
		if err := json.Unmarshal(e.Detail, &detail); err != nil {
			t.Error(err)
		}
		return e.DetailType == "RecordChanged" && detail.Type == "companies" && detail.ID == id && detail.Change == change
	})
}
