// Package wizard wires the HTTP API and the console.
package wizard

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/app/outbox"
	posting "github.com/psabridge/psabridge/internal/app/usage"
	"github.com/psabridge/psabridge/internal/console"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/httpapi"
	"github.com/psabridge/psabridge/internal/lambdahttp"
	"github.com/psabridge/psabridge/internal/queue"
	"github.com/psabridge/psabridge/internal/secrets"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/telemetry"
	"github.com/psabridge/psabridge/internal/usage"
)

// Needs lists the variables that the function reads, beside those of all.
func Needs() []string {
	return []string{
		"SYNC_QUEUE_URL", "SECRET_PREFIX", "INSTALLATION_ID", "CONNECTWISE_CLIENT_ID", "CONNECTWISE_API_VERSION",
		"PRODUCT_NAME", "PRODUCTS", "USAGE_QUEUE_URL", "POSTING_YEARS",
		"ACCOUNT_CLAIM", "ROLES_CLAIM", "AUDIENCE_KIND_CLAIM", "JWT_ISSUER", "JWT_AUDIENCE", "CONSOLE_CLIENT_ID",
	}
}

// New wires the function.
func New(cfg app.Config) (lambdahttp.Func, error) {
	aws := app.AWS()
	log := cfg.Logger()
	db := dynamodb.NewFromConfig(aws)
	store := dynamo.New(db, cfg.TableName, time.Now)
	vault := secrets.New(secretsmanager.NewFromConfig(aws))
	conn := connector.ForFunction(cfg, store, vault, dynamo.People, 0, log)
	sender := queue.NewSender(sqs.NewFromConfig(aws), cfg.SyncQueueURL)
	waker := app.Waker{Sender: sender}
	engine := syncer.New(store.Runs(), store.Records(), conn, waker, syncer.Options{
		Log: log, Events: &events.Publisher{Defer: outbox.Defer(sender, 0), Log: log},
	})
	service, err := setup.New(setup.Deps{
		Store: store.Setup(), Secrets: vault, Prober: conn, Runner: engine, Callbacks: conn, Eraser: store.Eraser(),
		Types:        connector.SetupTypes(),
		SecretPrefix: cfg.SecretPrefix, PublicURL: publicURL(cfg.AllowLoopback), Log: log,
		Journal: connector.Journal{Log: store.Runs()}, Count: telemetry.Counter(log, cfg.Stage),
	})
	if err != nil {
		return nil, fmt.Errorf("wire setup: %w", err)
	}
	mappings, err := connector.NewMapping(cfg, store, conn, sender)
	if err != nil {
		return nil, err
	}
	posters := posting.Waker{Sender: queue.NewSender(sqs.NewFromConfig(aws), cfg.UsageQueueURL)}
	postings := posting.NewEngine(store, conn, mappings.Catalog, posters, nil, cfg, usage.Options{Log: log})
	api, err := httpapi.New(httpapi.Config{
		Setup: service, Engine: engine, Runs: store.Runs(), Records: store.Records(),
		Jobs:   &filter.Jobs{Store: store.Jobs(), Wake: app.JobWaker(sender), Now: time.Now},
		People: store.Persons(), Mapping: mappings,
		Intake:   usage.Intake{Store: store.Reports(), Now: time.Now},
		Postings: usage.NewService(postings), PostingRuns: store.PostingRuns(), PostingLedger: store.Postings(0),
		Statements: usage.Statements{
			Mappings: connector.Mappings{Store: store.Mapping(), Catalog: mappings.Catalog}, Kept: store.Postings(0), Reports: store.Reports(), Now: time.Now,
		},
		Claims: lambdahttp.Claims, RequestID: lambdahttp.RequestID,
		ClaimNames: httpapi.ClaimNames{Account: cfg.AccountClaim, Roles: cfg.RolesClaim, Kind: cfg.KindClaim},
		Product:    cfg.ProductName, Installation: cfg.InstallationID, Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the API: %w", err)
	}
	pages, err := console.New(console.Config{
		Product: cfg.ProductName, Issuer: cfg.Issuer, ClientID: cfg.ConsoleClientID, Audience: cfg.Audience,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the console: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", api)
	mux.Handle("/", pages)
	return lambdahttp.New(traced(resting(mux, conn)), log), nil
}

// traced puts the request's id on every log line and message that comes of it.
func traced(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(telemetry.With(r.Context(), telemetry.Request(lambdahttp.RequestID(r.Context())))))
	})
}

// resting gives back request slots before the function may be frozen.
func resting(h http.Handler, conn *connector.Connector) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer conn.Rest(r.Context())
		h.ServeHTTP(w, r)
	})
}

// publicURL is where the caller reached us, which is where ConnectWise will
// too. Only a local run is reached without TLS.
func publicURL(allowLoopback bool) func(context.Context) string {
	return func(ctx context.Context) string {
		domain := lambdahttp.DomainName(ctx)
		if allowLoopback && isLoopback(domain) {
			return "http://" + domain
		}
		return "https://" + domain
	}
}

func isLoopback(domain string) bool {
	host, _, err := net.SplitHostPort(domain)
	if err != nil {
		host = domain
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
