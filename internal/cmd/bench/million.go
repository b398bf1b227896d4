package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/psabridge/psabridge/internal/cmd/bench/fakes"
	"github.com/psabridge/psabridge/internal/psa"
)

// millionRows compares a hundred thousand records with a million, of three
// types and under the limits that hold in earnest: no more than 600 requests
// in a minute and four at once, of which one is for people.
func millionRows(ctx context.Context) ([]row, error) {
	small, err := mixed(ctx, manyRecords)
	if err != nil {
		return nil, err
	}
	large, err := mixed(ctx, 10*manyRecords)
	if err != nil {
		return nil, err
	}
	growth := float64(large.used.Memory) / float64(small.used.Memory)
	return []row{
		{
			"worker: peak memory, a million records", "<= 1.10 x of 100,000", fmt.Sprintf("%.2f x (%.1f / %.1f MiB)",
				growth, float64(large.used.Memory)/(1<<20), float64(small.used.Memory)/(1<<20)), growth <= 1.10,
		},
		{
			"sync: a million records, requests", "<= 600 a minute, 3 at once", fmt.Sprintf("%d, %d; %d in %s",
				large.cw.MostPerMinute, large.cw.MostAtOnce, large.cw.Requests, large.took.Round(time.Second)),
			large.cw.MostPerMinute <= 600 && large.cw.MostAtOnce <= 3,
		},
	}, nil
}

// mixed syncs companies, contacts and configurations.
func mixed(ctx context.Context, records int) (measured, error) {
	dir, err := os.MkdirTemp("", "psabridge-bench-")
	if err != nil {
		return measured{}, fmt.Errorf("work folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	w, err := newWorld(ctx, dir, map[string]*fakes.List{
		companiesPath:             {N: records / 5, Render: fakes.Company},
		"/company/contacts":       {N: records / 2, Render: fakes.Contact},
		"/company/configurations": {N: records * 3 / 10, Render: fakes.Configuration},
	})
	if err != nil {
		return measured{}, err
	}
	defer w.close()
	table, err := w.newTable(ctx)
	if err != nil {
		return measured{}, err
	}
	cfg := workerConfig{ConnectWise: w.url, Table: table, Types: []psa.DataType{psa.Companies, psa.Contacts, "configurations"}}
	return w.sync(ctx, newLanes(w.env, cfg), 4, "", records)
}
