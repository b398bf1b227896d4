// Package usage wires the posting of daily usage: the tick that looks what is
// due, the slices of posting runs, and the product's events of tenants and
// usage, all of them messages on one queue.
package usage

import (
	"context"
	"encoding/json"
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
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/mapping"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/secrets"
	"github.com/psabridge/psabridge/internal/telemetry"
	"github.com/psabridge/psabridge/internal/usage"
)

// Needs lists the variables that the function reads, beside those of all.
func Needs() []string {
	return []string{
		"USAGE_QUEUE_URL", "EVENT_BUS_NAME", "INSTALLATION_ID", "PRODUCTS", "CONNECTWISE_CLIENT_ID", "CONNECTWISE_API_VERSION", "POSTING_YEARS",
	}
}

// Handler does a batch of messages.
type Handler func(context.Context, lambdaevents.SQSEvent) (lambdaevents.SQSEventResponse, error)

// New wires the function.
func New(cfg app.Config) (Handler, error) {
	aws := app.AWS()
	log := cfg.Logger()
	store := dynamo.New(dynamodb.NewFromConfig(aws), cfg.TableName, time.Now)
	conn := connector.ForFunction(cfg, store, secrets.New(secretsmanager.NewFromConfig(aws)), dynamo.Workers, 0, log)
	waker := Waker{Sender: queue.NewSender(sqs.NewFromConfig(aws), cfg.UsageQueueURL)}
	told := &events.Postings{Bus: events.NewBus(eventbridge.NewFromConfig(aws), cfg.EventBusName), Now: time.Now}
	catalog, err := mapping.ParseCatalog(cfg.Products)
	if err != nil {
		return nil, fmt.Errorf("PRODUCTS: %w", err)
	}
	count := telemetry.Counter(log, cfg.Stage)
	engine := NewEngine(store, conn, catalog, waker, told, cfg, usage.Options{Log: log, Count: count})
	intake := &events.Intake{
		Tenants: &mapping.Service{Store: store.Mapping(), Now: time.Now}, Reports: usage.Intake{Store: store.Reports(), Now: time.Now},
		Log: log, Count: count,
	}
	return func(ctx context.Context, e lambdaevents.SQSEvent) (lambdaevents.SQSEventResponse, error) {
		defer conn.Rest(ctx)
		return queue.Batch(ctx, e, log, func(ctx context.Context, body []byte) error {
			if events.IsEvent(body) {
				return intake.Handle(ctx, body)
			}
			m, err := usage.ParseMessage(body)
			if err != nil {
				return err
			}
			ctx = telemetry.With(ctx, slog.String("kind", m.Kind), slog.String("account", string(m.Account)),
				slog.String("run", m.Key), telemetry.Request(m.Trace))
			return engine.Handle(ctx, m)
		}), nil
	}, nil
}

// NewEngine joins the engine to its stores and ConnectWise; the function that
// serves people has one as well, and tells nobody.
func NewEngine(
	store *dynamo.Store, conn *connector.Connector, catalog []mapping.Product, waker usage.Waker, told usage.Events, cfg app.Config, opt usage.Options,
) *usage.Engine {
	return usage.New(usage.Deps{
		Store: store.Usage(), Runs: store.PostingRuns(), Ledger: store.Postings(cfg.KeepPostings()),
		Mappings: connector.Mappings{Store: store.Mapping(), Catalog: catalog},
		Reports:  store.Reports(), Billing: connector.NewBilling(conn), Waker: waker, Events: told, Installation: cfg.InstallationID,
	}, opt)
}

// Waker puts messages on the usage queue, grouped by account.
type Waker struct{ Sender *queue.Sender }

// Wake implements usage.Waker.
func (w Waker) Wake(ctx context.Context, m usage.Message, delay time.Duration) error {
	if m.Trace == "" {
		m.Trace = telemetry.RequestOf(ctx)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	return w.Sender.Send(ctx, queue.Message{Body: body, Group: string(m.Account), Delay: delay})
}
