package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/cmd/bench/fakes"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/sqs"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/syncer"
)

const (
	largeAccount = psa.AccountID("large")
	smallAccount = psa.AccountID("small")
	largeRecords = 1_000_000
	smallRecords = largeRecords / 100
	// fairSlots are the workers, fewer than the large run's shards.
	fairSlots     = 4
	mostSlowdown  = 1.5
	fairnessLimit = 2 * time.Minute
	// fairLatency is longer than elsewhere, so that workers wait for
	// ConnectWise and not for this machine.
	fairLatency = time.Second
)

// fairnessRows compares how long a small account's first run takes alone with
// how long it takes beside one of an account a hundred times larger that starts
// at the same time, on few workers and a queue with message groups.
func fairnessRows(ctx context.Context) ([]row, error) {
	alone, _, err := beside(ctx, smallAccount)
	if err != nil {
		return nil, err
	}
	together, shards, err := beside(ctx, largeAccount, smallAccount)
	if err != nil {
		return nil, err
	}
	ratio := together.Seconds() / alone.Seconds()
	return []row{{
		"fairness: a small account beside one 100 x larger", fmt.Sprintf("<= %.1f x alone", mostSlowdown),
		fmt.Sprintf("%.2f x (%s / %s), %d workers, %d shards", ratio, seconds(together), seconds(alone), fairSlots, shards),
		ratio <= mostSlowdown && shards > fairSlots,
	}}, nil
}

// beside starts the accounts' runs at once, in their order, and returns how
// long the small one's took, and how many shards the first one's has.
func beside(ctx context.Context, accounts ...psa.AccountID) (took time.Duration, shards int, err error) {
	ctx, cancel := context.WithTimeout(ctx, fairnessLimit)
	defer cancel()
	dir, err := os.MkdirTemp("", "psabridge-bench-")
	if err != nil {
		return 0, 0, fmt.Errorf("work folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	w, err := newWorld(ctx, dir, map[string]*fakes.List{companiesPath: {N: largeRecords, Render: fakes.Contact}})
	if err != nil {
		return 0, 0, err
	}
	defer w.close()
	w.cw.Page, w.cw.Other = fairLatency, fairLatency
	other := &fakes.ConnectWise{
		Lists: map[string]*fakes.List{companiesPath: {N: smallRecords, Render: fakes.Contact}},
		Page:  fairLatency, Other: fairLatency, Password: benchKey, ClientID: benchClient,
	}
	url := other.Start()
	defer other.Close()
	table, err := w.newTable(ctx)
	if err != nil {
		return 0, 0, err
	}
	cfg := workerConfig{
		ConnectWise: w.url, Others: map[psa.AccountID]string{smallAccount: url}, Table: table, Types: []psa.DataType{psa.Companies},
	}
	return race(ctx, w, cfg, accounts)
}

// race starts the runs on a queue of their own.
func race(ctx context.Context, w *world, cfg workerConfig, accounts []psa.AccountID) (took time.Duration, shards int, err error) {
	q, err := newFairQueue(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer q.server.Close()
	work, stop := context.WithCancel(ctx)
	defer stop()
	l := newLanes(w.env, cfg)
	l.send = func(m syncer.Message, delay time.Duration) error { return q.send(work, m, delay) }
	workers := make([]*child, fairSlots)
	for i := range workers {
		if workers[i], err = l.spawn(work); err != nil {
			return 0, 0, err
		}
	}
	began := time.Now()
	for _, a := range accounts {
		if err := q.send(work, syncer.Message{V: syncer.MessageVersion, Kind: kindStart, Account: a, Generation: 1}, 0); err != nil {
			return 0, 0, err
		}
	}
	group, served := errgroup.WithContext(work)
	for _, c := range workers {
		group.Go(func() error { return q.serve(served, l, c) })
	}
	store := dynamo.New(w.client, cfg.Table, time.Now)
	err = ended(served, store.Runs(), smallAccount)
	took = time.Since(began)
	stop()
	if failed := group.Wait(); err == nil && !errors.Is(failed, context.Canceled) {
		err = failed
	}
	if err != nil {
		return 0, 0, err
	}
	runs, _, err := store.Runs().Runs(ctx, psa.Scope{Account: accounts[0], Generation: 1}, psa.Companies, syncer.Page{Limit: 1})
	if len(runs) == 1 {
		shards = runs[0].Shards
	}
	return took, shards, err
}

// ended waits until the account's run has succeeded.
func ended(ctx context.Context, runs *dynamo.Runs, account psa.AccountID) error {
	for {
		got, _, err := runs.Runs(ctx, psa.Scope{Account: account, Generation: 1}, psa.Companies, syncer.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(got) == 1 && !got[0].State.Active() {
			if got[0].State != syncer.Succeeded || got[0].Totals.Read != smallRecords {
				return fmt.Errorf("the run of %s: %+v", account, got[0])
			}
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the run of %s: %w", account, ctx.Err())
		}
	}
}

// fairQueue is the local SQS with one queue.
type fairQueue struct {
	server *httptest.Server
	client *awssqs.Client
	url    string
	sender *queue.Sender
}

func newFairQueue(ctx context.Context) (*fairQueue, error) {
	q := &fairQueue{server: httptest.NewServer(sqs.New(localaws.Region, localaws.AccountID))}
	q.client = awssqs.NewFromConfig(localaws.Endpoints{SQS: q.server.URL}.AWSConfig())
	out, err := q.client.CreateQueue(ctx, &awssqs.CreateQueueInput{
		QueueName: aws.String("sync"), Attributes: map[string]string{"VisibilityTimeout": "360"},
	})
	if err != nil {
		q.server.Close()
		return nil, fmt.Errorf("queue: %w", err)
	}
	q.url = aws.ToString(out.QueueUrl)
	q.sender = queue.NewSender(q.client, q.url)
	return q, nil
}

func (q *fairQueue) send(ctx context.Context, m syncer.Message, delay time.Duration) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return q.sender.Send(ctx, queue.Message{Body: body, Group: string(m.Account), Delay: delay})
}

// serve gives a worker message after message, as Lambda does.
func (q *fairQueue) serve(ctx context.Context, l *lanes, c *child) error {
	for {
		out, err := q.client.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: &q.url, WaitTimeSeconds: 5})
		if err != nil {
			return errors.Join(ctx.Err(), err)
		}
		for _, got := range out.Messages {
			var m syncer.Message
			if err := json.Unmarshal([]byte(aws.ToString(got.Body)), &m); err != nil {
				return err
			}
			if err := l.give(c, m); err != nil {
				return errors.Join(ctx.Err(), err)
			}
			if _, err := q.client.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: &q.url, ReceiptHandle: got.ReceiptHandle}); err != nil {
				return errors.Join(ctx.Err(), err)
			}
		}
	}
}
