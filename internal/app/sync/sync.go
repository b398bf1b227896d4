// Package sync wires the workers: shards of runs, single records, callbacks
// and the minute's tick, all of them messages on queues.
package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
	_ "time/tzdata" // provided.al2023 has no zone data of its own

	lambdaevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/app/outbox"
	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/secrets"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// Needs lists the variables that the function reads, beside those of all.
func Needs() []string {
	return []string{"SYNC_QUEUE_URL", "SECRET_PREFIX", "CONNECTWISE_CLIENT_ID", "CONNECTWISE_API_VERSION", "EVENT_BUS_NAME", "PRODUCTS"}
}

// Handler does a batch of messages.
type Handler func(context.Context, lambdaevents.SQSEvent) (lambdaevents.SQSEventResponse, error)

// worker does one message at a time.
type worker struct {
	engine    *syncer.Engine
	callbacks *callback.Worker
	jobs      *filter.Jobs
	bus       *events.Bus
	mapping   *mapping.Service
	// tick is what the minute's tick does, one after the other.
	tick []func(context.Context) error
}

// New wires the function.
func New(cfg app.Config) (Handler, error) {
	aws := app.AWS()
	log := cfg.Logger()
	db := dynamodb.NewFromConfig(aws)
	store := dynamo.New(db, cfg.TableName, time.Now)
	vault := secrets.New(secretsmanager.NewFromConfig(aws))
	conn := connector.ForFunction(cfg, store, vault, dynamo.Workers, 1, log)
	sender := queue.NewSender(sqs.NewFromConfig(aws), cfg.SyncQueueURL)
	waker := app.Waker{Sender: sender}
	mappings, err := connector.NewMapping(cfg, store, conn, sender)
	if err != nil {
		return nil, err
	}
	bus := events.NewBus(eventbridge.NewFromConfig(aws), cfg.EventBusName)
	engine := syncer.New(store.Runs(), store.Records(), conn, waker, syncer.Options{
		Log: log, Events: &events.Publisher{Bus: bus, Defer: outbox.Defer(sender, outbox.Retry), Log: log},
		Mapped: func(ctx context.Context, scope psa.Scope, typ psa.DataType, ids []psa.RecordID) (bool, error) {
			return mapping.Uses(ctx, store.Mapping(), scope, typ, ids)
		},
	})
	service, err := setup.New(setup.Deps{
		Store: store.Setup(), Secrets: vault, Prober: conn, Runner: engine, Callbacks: conn, Eraser: store.Eraser(), Types: connector.SetupTypes(),
		SecretPrefix: cfg.SecretPrefix, PublicURL: func(context.Context) string { return "" }, Log: log,
		Journal: connector.Journal{Log: store.Runs()}, Count: telemetry.Counter(log, cfg.Stage),
	})
	if err != nil {
		return nil, fmt.Errorf("wire setup: %w", err)
	}
	callbacks := callback.NewWorker(callback.WorkerDeps{
		Engine: engine, Types: store.Runs(), Rows: store.Records(), Endpoints: store.Setup(), Keys: conn,
		Limits: store.Callbacks(), Lot: store.Callbacks(), Wake: waker, Count: telemetry.Counter(log, cfg.Stage), Log: log,
	})
	w := worker{
		engine:    engine,
		bus:       bus,
		callbacks: callbacks,
		mapping:   mappings,
		tick: []func(context.Context) error{
			engine.Tick, callbacks.Tick, setup.NewSweeper(store.Setup(), vault, time.Now).Sweep, service.Tick,
		},
	}
	w.jobs = &filter.Jobs{
		Store: store.Jobs(), Children: connector.FilterChildren, Now: time.Now,
		Sources: func(ctx context.Context, account psa.AccountID) (filter.Source, error) {
			return conn.FilterSource(ctx, store.Setup(), account)
		},
	}
	return func(ctx context.Context, e lambdaevents.SQSEvent) (lambdaevents.SQSEventResponse, error) {
		defer conn.Rest(ctx)
		return queue.Batch(ctx, e, log, w.handle), nil
	}, nil
}

// head is what all messages have in common.
type head struct {
	Kind    string        `json:"kind"`
	Account psa.AccountID `json:"account"`
	Key     string        `json:"key"`
	Trace   string        `json:"trace"`
}

func (w worker) handle(ctx context.Context, body []byte) error {
	var h head
	if err := json.Unmarshal(body, &h); err != nil {
		return fmt.Errorf("message: %w: %w", psa.ErrInvalid, err)
	}
	ctx = telemetry.With(ctx, slog.String("kind", h.Kind), slog.String("account", string(h.Account)),
		slog.String("run", h.Key), telemetry.Request(h.Trace))
	if h.Kind == callback.Kind {
		return w.callbacks.Handle(ctx, body)
	}
	switch h.Kind {
	case app.JobKind:
		account, id, err := app.ParseJob(body)
		if err != nil {
			return err
		}
		return w.jobs.Run(ctx, account, id)
	case outbox.Kind:
		return outbox.Deliver(ctx, w.bus, body)
	}
	if h.Kind == app.ChangeKind {
		scope, id, err := app.ParseChange(body)
		if err != nil {
			return err
		}
		return w.mapping.Work(ctx, scope, id)
	}
	m, err := syncer.ParseMessage(body)
	if err != nil {
		return err
	}
	switch m.Kind {
	case syncer.KindTick:
		var errs []error
		for _, do := range w.tick {
			errs = append(errs, do(ctx))
		}
		return errors.Join(errs...)
	case syncer.KindRecord:
		return w.callbacks.Record(ctx, m)
	case syncer.KindParked:
		return w.callbacks.Sweep(ctx, callback.LotKey{Scope: m.Scope(), Type: m.Type})
	default:
		return w.engine.Handle(ctx, m)
	}
}
