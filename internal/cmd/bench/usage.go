package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	fleetMSPs    = 200
	fleetTenants = 50 // an MSP has, on average
	fleetSKUs    = 6
	mostCalls    = 14_000
	mostOfFloor  = 1.2
	// faultyMSPs is how many of the fleet go through one more month whose
	// calls fail.
	faultyMSPs = 20
	faultShare = 0.05
)

// fleetFigures are sums over MSPs, but for the times.
type fleetFigures struct {
	Lines, Looked               int
	Ordinary, Month, FloorCalls int
	// Took and Floor are sums; Last and LastFloor those of the MSP that takes
	// longest: all of them post at once, each with a budget of its own.
	Took, Floor           time.Duration
	Last, LastFloor       time.Duration
	Worst                 float64 // of all MSPs' ratios
	PerMinute, AtOnce     int
	Faults, Wrong, Double int
}

func ratio(took, floor time.Duration) float64 { return took.Seconds() / max(floor.Seconds(), 1e-9) }

func (f *fleetFigures) add(o fleetFigures) {
	f.Lines, f.Looked, f.Ordinary = f.Lines+o.Lines, f.Looked+o.Looked, f.Ordinary+o.Ordinary
	f.Month, f.FloorCalls = f.Month+o.Month, f.FloorCalls+o.FloorCalls
	f.Faults, f.Wrong, f.Double = f.Faults+o.Faults, f.Wrong+o.Wrong, f.Double+o.Double
	f.PerMinute, f.AtOnce = max(f.PerMinute, o.PerMinute), max(f.AtOnce, o.AtOnce)
	f.Took, f.Floor, f.Worst = f.Took+o.Took, f.Floor+o.Floor, max(f.Worst, ratio(o.Took, o.Floor))
	if o.Took > f.Last {
		f.Last, f.LastFloor = o.Took, o.Floor
	}
}

// usageRows posts for a fleet of MSPs, each with a ConnectWise, stores in
// memory and a clock of its own: time passes only while all of an MSP's
// requests wait, so that how busy this machine is does not matter.
func usageRows(ctx context.Context) ([]row, error) {
	sum, err := fleet(ctx)
	if err != nil {
		return nil, err
	}
	const lines = fleetMSPs * fleetTenants * fleetSKUs
	return []row{
		{
			"usage: an ordinary day, 5 % changed", fmt.Sprintf("<= %d calls", mostCalls), fmt.Sprintf("%d calls", sum.Ordinary),
			sum.Ordinary <= mostCalls,
		},
		{
			"usage: lines looked at that day", fmt.Sprintf("each of %d once", lines), fmt.Sprintf("%d of %d", sum.Looked, sum.Lines),
			sum.Lines == lines && sum.Looked == lines,
		},
		{
			"usage: the first of a month, calls", "none beyond the rules'", fmt.Sprintf("%d (rules ask for %d)", sum.Month, sum.FloorCalls),
			sum.Month <= sum.FloorCalls,
		},
		{
			"usage: the first of a month, until all are done", fmt.Sprintf("<= %.1f of floor", mostOfFloor),
			fmt.Sprintf("%.3f (%s / %s)", ratio(sum.Last, sum.LastFloor), seconds(sum.Last), seconds(sum.LastFloor)),
			ratio(sum.Last, sum.LastFloor) <= mostOfFloor,
		},
		{
			"usage: the same, MSP by MSP", fmt.Sprintf("the worst <= %.1f", mostOfFloor),
			fmt.Sprintf("%.3f, on average %.3f", sum.Worst, ratio(sum.Took, sum.Floor)), sum.Worst <= mostOfFloor,
		},
		{
			"usage: requests at once, in a minute", fmt.Sprintf("<= %d, <= %d", mspAtOnce, mspPerMinute), fmt.Sprintf("%d, %d", sum.AtOnce, sum.PerMinute),
			sum.AtOnce <= mspAtOnce && sum.PerMinute <= mspPerMinute,
		},
		{
			fmt.Sprintf("usage: a month with faults, %d MSPs", faultyMSPs), "no double, none wrong",
			fmt.Sprintf("%d doubled, %d wrong, %d calls cut or 503", sum.Double, sum.Wrong, sum.Faults), sum.Double+sum.Wrong == 0 && sum.Faults > 0,
		},
	}, nil
}

// fleetArgument makes this program a fleet, which writes its figures to the
// file that follows.
const fleetArgument = "fleet"

// fleet runs this program as one.
func fleet(ctx context.Context) (sum fleetFigures, err error) {
	dir, err := os.MkdirTemp("", "psabridge-bench-")
	if err != nil {
		return sum, fmt.Errorf("work folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	self, err := os.Executable()
	if err != nil {
		return sum, fmt.Errorf("find this program: %w", err)
	}
	to := filepath.Join(dir, "figures.json")
	//nolint:gosec // it is this program
	if out, err := exec.CommandContext(ctx, self, fleetArgument, to).CombinedOutput(); err != nil {
		return sum, fmt.Errorf("%w: %s", err, out)
	}
	data, err := os.ReadFile(to) //nolint:gosec // a name of ours
	if err != nil {
		return sum, fmt.Errorf("figures: %w", err)
	}
	return sum, json.Unmarshal(data, &sum)
}

// runFleet runs the MSPs and ends the program. They are tests to the testing
// package, since only it has clocks that stand still.
func runFleet(to string) {
	os.Args = os.Args[:1]
	debug.SetGCPercent(400)
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: fleetArgument, F: func(t *testing.T) {
		var mu sync.Mutex
		var sum fleetFigures
		t.Run("msp", func(t *testing.T) {
			for i := range fleetMSPs {
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						figures, err := oneMSP(t.Context(), i)
						if err != nil {
							t.Error(err)
						}
						mu.Lock()
						defer mu.Unlock()
						sum.add(figures)
					})
				})
			}
		})
		data, err := json.Marshal(sum)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil { //nolint:gosec // it is for whoever started this program
			t.Fatal(err)
		}
	}}}, nil, nil)
}
