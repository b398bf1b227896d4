package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/psabridge/psabridge/internal/cmd/bench/fakes"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

const (
	manyRecords   = 100_000
	maxWorker     = 64 << 20
	maxWritten    = 25 * time.Millisecond
	maxUnchanged  = 12 * time.Millisecond
	leastFaulty   = 0.85
	crashEvery    = 20
	faultEvery    = 50 // 2 %: every other is a 429, every other a 503
	throttledFor  = time.Second
	companiesPath = "/company/companies"
)

// leastEfficient is the target by concurrency.
func leastEfficient(n int) float64 {
	if n > 4 {
		return 0.90
	}
	return 0.95
}

// syncBench measures the sync of companies.
type syncBench struct {
	w    *world
	rows []row
}

// syncRows measures one sync after another, each on a new table.
func syncRows(ctx context.Context) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "psabridge-bench-")
	if err != nil {
		return nil, fmt.Errorf("work folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	w, err := newWorld(ctx, dir, map[string]*fakes.List{companiesPath: {N: manyRecords, Render: fakes.Company}})
	if err != nil {
		return nil, err
	}
	defer w.close()
	w.cw.Prepare(companiesPath, pageSize)
	b := &syncBench{w: w}
	for _, n := range []int{1, 8, 4} {
		if err := b.initial(ctx, n); err != nil {
			return nil, err
		}
	}
	if err := b.faulty(ctx); err != nil {
		return nil, err
	}
	return b.rows, nil
}

func (b *syncBench) addf(name, target string, ok bool, format string, args ...any) {
	b.rows = append(b.rows, row{name, target, fmt.Sprintf(format, args...), ok})
}

// config lifts the limits, so that latency alone is left.
func (b *syncBench) config(ctx context.Context, n int) (workerConfig, error) {
	table, err := b.w.newTable(ctx)
	return workerConfig{
		ConnectWise: b.w.url, Table: table, Types: []psa.DataType{psa.Companies}, InFlight: n, PerMinute: 6000, Slots: n + 1,
	}, err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// initial measures a first run against its floor; at 4 the runs after it too.
func (b *syncBench) initial(ctx context.Context, n int) error {
	floor, err := b.w.floor(ctx, companiesPath, manyRecords, n)
	if err != nil {
		return err
	}
	cfg, err := b.config(ctx, n)
	if err != nil {
		return err
	}
	m, err := b.w.sync(ctx, newLanes(b.w.env, cfg), n, "", manyRecords)
	if err != nil {
		return err
	}
	efficiency := floor.Seconds() / m.took.Seconds()
	b.addf(fmt.Sprintf("sync: 100,000 companies, %d at once", n), fmt.Sprintf(">= %.2f of floor", leastEfficient(n)), efficiency >= leastEfficient(n),
		"%.3f (%s / %s)", efficiency, seconds(floor), seconds(m.took))
	b.addf(fmt.Sprintf("sync: requests at once, %d allowed", n), fmt.Sprintf("<= %d", n), m.cw.MostAtOnce <= n,
		"%d of %d requests", m.cw.MostAtOnce, m.cw.Requests)
	if n != 4 {
		return nil
	}
	b.used("first", m, maxWritten)
	return b.again(ctx, cfg, m)
}

// used adds the rows about what the workers used.
func (b *syncBench) used(what string, m measured, most time.Duration) {
	b.addf("worker: CPU per 1,000 records, "+what+" run", "<= "+most.String(), m.cpu() <= most,
		"%s, %d allocations each", millis(m.cpu()), m.allocations())
	b.addf("worker: peak memory, "+what+" run", "<= 64 MiB", m.used.Memory <= maxWorker, "%.1f MiB", float64(m.used.Memory)/(1<<20))
}

// again measures a full run over unchanged data, and one of what changed.
func (b *syncBench) again(ctx context.Context, cfg workerConfig, first measured) error {
	m, err := b.w.sync(ctx, newLanes(b.w.env, cfg), cfg.InFlight, syncer.Full, manyRecords)
	if err != nil {
		return err
	}
	b.addf("sync: full run, nothing changed", "no row written", m.table.Rows == 0 && m.counts.Unchanged == manyRecords,
		"%d rows written, %s (first run %s)", m.table.Rows, seconds(m.took), seconds(first.took))
	b.used("unchanged", m, maxUnchanged)
	b.w.cw.Change()
	defer b.w.cw.Restore()
	const changed = manyRecords / fakes.Every100
	m, err = b.w.sync(ctx, newLanes(b.w.env, cfg), cfg.InFlight, syncer.Incremental, changed)
	if err != nil {
		return err
	}
	b.addf("sync: incremental run, 1 % changed", "those rows written", m.table.Rows == changed && m.counts.Updated == changed,
		"%d rows written, %d requests, %s", m.table.Rows, m.cw.Requests, seconds(m.took))
	return nil
}

// faulty measures a first run, one page at a time, whose worker is killed every
// 20 pages while 2 % of the pages are refused. Its floor is the undisturbed one
// and the time for which ConnectWise wanted to be left alone.
func (b *syncBench) faulty(ctx context.Context) error {
	floor, err := b.w.floor(ctx, companiesPath, manyRecords, 1)
	if err != nil {
		return err
	}
	cfg, err := b.config(ctx, 1)
	if err != nil {
		return err
	}
	l := newLanes(b.w.env, cfg)
	var refused atomic.Int64
	b.w.cw.Faulty = func(n int, w http.ResponseWriter) bool {
		switch {
		case n%(2*faultEvery) == faultEvery/2:
			refused.Add(1)
			b.w.cw.Block(throttledFor)
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		case n%faultEvery == faultEvery/2:
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		return false
	}
	b.w.cw.Served = func(n int) {
		if n%crashEvery == 0 {
			l.kill(time.Minute + 10*time.Second)
		}
	}
	defer func() { b.w.cw.Faulty, b.w.cw.Served = nil, nil }()
	m, err := b.w.sync(ctx, l, 1, "", manyRecords)
	if err != nil {
		return err
	}
	floor += time.Duration(refused.Load()) * throttledFor
	efficiency := floor.Seconds() / m.took.Seconds()
	b.addf("sync: 2 % 429 and 503, a crash every 20 pages", fmt.Sprintf(">= %.2f of floor", leastFaulty),
		efficiency >= leastFaulty && m.counts.Created == manyRecords,
		"%.3f (%s / %s), %d crashes", efficiency, seconds(floor), seconds(m.took), m.deaths)
	b.addf("sync: requests before Retry-After was over", "0", m.cw.TooEarly == 0, "%d, %d times asked to wait", m.cw.TooEarly, refused.Load())
	return nil
}
