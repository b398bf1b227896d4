package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/cmd/bench/fakes"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/syncer"
)

const (
	pageLatency  = 300 * time.Millisecond
	tableLatency = 5 * time.Millisecond
	pageSize     = 1000
)

// world is a ConnectWise and a table, both cheap, around workers.
type world struct {
	cw    *fakes.ConnectWise
	table *fakes.Table
	db    *localaws.DynamoDB
	// client is for looking, without the latency.
	client *dynamodb.Client
	url    string
	env    []string
}

// newWorld starts one with lists of these sizes.
func newWorld(ctx context.Context, dir string, lists map[string]*fakes.List) (*world, error) {
	w := &world{cw: &fakes.ConnectWise{
		Lists: lists, Page: pageLatency, Other: pageLatency, Password: benchKey, ClientID: benchClient,
	}}
	db, err := localaws.StartDynamoDB(ctx, "")
	if err != nil {
		return nil, err
	}
	w.db = db
	w.client = dynamodb.NewFromConfig(localaws.Endpoints{DynamoDB: db.URL}.AWSConfig())
	w.table = &fakes.Table{Backend: db.URL, Latency: tableLatency}
	w.url = w.cw.Start()
	trust := filepath.Join(dir, ulid.Make().String()+".pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.cw.Certificate()}), 0o600); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	w.env = []string{
		"SSL_CERT_FILE=" + trust, "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
		"AWS_ENDPOINT_URL_DYNAMODB=" + w.table.Start(), "GODEBUG=" + os.Getenv("GODEBUG"),
	}
	return w, nil
}

func (w *world) close() {
	w.cw.Close()
	w.table.Close()
	_ = w.db.Close() // it ends with us anyhow
}

// newTable makes an empty table and returns its name.
func (w *world) newTable(ctx context.Context) (string, error) {
	name := "bench-" + ulid.Make().String()
	_, err := w.client.CreateTable(ctx, dynamotest.Schema(name))
	return name, err
}

// measured is a run of all types, and what it took.
type measured struct {
	took   time.Duration
	used   outcome
	counts syncer.Counts
	cw     fakes.Stats
	table  fakes.TableStats
	deaths int
}

// cpu is the workers' time per 1,000 records.
func (m measured) cpu() time.Duration {
	return m.used.CPU * 1000 / time.Duration(max(m.counts.Read, 1))
}

func (m measured) allocations() uint64 { return m.used.Mallocs / uint64(max(m.counts.Read, 1)) }

// sync runs a sync on n workers and checks that it read all of it.
func (w *world) sync(ctx context.Context, l *lanes, n int, mode syncer.Mode, want int) (measured, error) {
	w.cw.Stats()
	w.table.Stats()
	took, err := l.run(ctx, n, mode)
	if err != nil {
		return measured{}, err
	}
	m := measured{took: took, used: l.used(), cw: w.cw.Stats(), table: w.table.Stats(), deaths: l.deaths}
	store := dynamo.New(w.client, l.cfg.Table, time.Now)
	for _, typ := range l.cfg.Types {
		runs, _, err := store.Runs().Runs(ctx, benchScope(), typ, syncer.Page{Limit: 1})
		if err != nil {
			return measured{}, err
		}
		if len(runs) == 0 || runs[0].State != syncer.Succeeded {
			return measured{}, fmt.Errorf("the run of %s: %+v", typ, runs)
		}
		m.counts = m.counts.Add(runs[0].Totals)
	}
	if m.counts.Read != want {
		return measured{}, fmt.Errorf("%d records read, want %d: %+v", m.counts.Read, want, m.counts)
	}
	if len(m.cw.Refused) > 0 {
		return measured{}, fmt.Errorf("ConnectWise refused %v", m.cw.Refused)
	}
	return m, nil
}
