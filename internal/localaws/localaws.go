package localaws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/secretsmanager"
	"github.com/psabridge/psabridge/internal/localaws/sqs"
)

// ErrInUse means that another run has the data folder.
var ErrInUse = errors.New("the data folder is in use by another run")

const answerTimeout = 10 * time.Second

// Config says how to run the local services. Its zero value keeps everything
// in memory.
type Config struct {
	// DataDir keeps tables and secrets from one run to the next. It is made
	// where it is missing, and serves one run at a time. Messages and events
	// are in memory always: psabridge finds its work again in the table.
	DataDir string
	// DynamoDBURL is the endpoint of another DynamoDB that is to be used in
	// place of starting one.
	DynamoDBURL string
	// Log gets what nobody else is told, such as events that could not be
	// delivered. It gets no values of secrets and no bodies.
	Log *slog.Logger
}

// Services are running local services.
type Services struct {
	// Endpoints are where they are.
	Endpoints Endpoints
	// SQS can take messages as other AWS services send them.
	SQS *sqs.Server
	// EventBridge takes buses and rules, and shows the last events.
	EventBridge *eventbridge.Server

	dynamo  *DynamoDB // nil where another DynamoDB is used
	closers []func() error
}

// Start starts all local services. They end with Close, and with this
// process. The context bounds the start only.
func Start(ctx context.Context, cfg Config) (_ *Services, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Services{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.prepare(cfg.DataDir); err != nil {
		return nil, err
	}
	if err := s.startDynamoDB(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.startOwn(ctx, cfg); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the services, the last one started first.
func (s *Services) Close() error {
	var err error
	for _, end := range slices.Backward(s.closers) {
		err = errors.Join(err, end())
	}
	s.closers = nil
	return err
}

// Wait returns when the context ends, with nil, or when a service has ended
// by itself, with the reason.
func (s *Services) Wait(ctx context.Context) error {
	if s.dynamo == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.dynamo.child.done:
		return s.dynamo.child.err
	}
}

// prepare makes the data folder this run's own.
func (s *Services) prepare(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	s.onClose(lock)
	return nil
}

func (s *Services) onClose(c io.Closer) { s.closers = append(s.closers, c.Close) }

func (s *Services) startDynamoDB(ctx context.Context, cfg Config) error {
	s.Endpoints.DynamoDB = cfg.DynamoDBURL
	if cfg.DynamoDBURL == "" {
		db, err := StartDynamoDB(ctx, inDir(cfg.DataDir, "dynamodb.sqlite"))
		if err != nil {
			return err
		}
		s.dynamo, s.Endpoints.DynamoDB = db, db.URL
		s.onClose(db)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	client := dynamodb.NewFromConfig(s.AWSConfig())
	if _, err := client.ListTables(ctx, &dynamodb.ListTablesInput{Limit: aws.Int32(1)}); err != nil {
		return fmt.Errorf("ask the DynamoDB at %s: %w", s.Endpoints.DynamoDB, err)
	}
	return nil
}

// startOwn starts the services that are part of psabridge.
func (s *Services) startOwn(ctx context.Context, cfg Config) (err error) {
	s.SQS = sqs.New(Region, AccountID)
	if s.Endpoints.SQS, err = s.serve(ctx, s.SQS); err != nil {
		return err
	}
	secrets, err := secretsmanager.Open(Region, AccountID, inDir(cfg.DataDir, "secrets.json"))
	if err != nil {
		return err
	}
	if s.Endpoints.SecretsManager, err = s.serve(ctx, secrets); err != nil {
		return err
	}
	s.EventBridge = eventbridge.New(Region, AccountID, cfg.Log)
	s.onClose(s.EventBridge)
	s.Endpoints.EventBridge, err = s.serve(ctx, s.EventBridge)
	return err
}

// serve answers on a free port of 127.0.0.1 and returns the address.
func (s *Services) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for a local service: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: answerTimeout}
	go func() { _ = server.Serve(l) }() // ends with the server's Close
	s.onClose(server)
	return "http://" + l.Addr().String(), nil
}

func inDir(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// QueueTarget returns a target of an event rule that puts the event, or input
// where that is not empty, on the queue of an ARN.
func (s *Services) QueueTarget(arn, input string) eventbridge.Target {
	return eventbridge.Target{
		Input:   input,
		Deliver: func(_ context.Context, body []byte) error { return s.SQS.Send(arn, string(body)) },
	}
}
