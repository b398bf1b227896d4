// Command sync works on shards of sync runs and on single records.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/sync"
)

func main() {
	if err := run(); err != nil {
		slog.Error("sync cannot start", "error", err.Error())
		os.Exit(1)
	}
}

func run() error {
	app.BoundMemory()
	cfg, err := app.Load("sync", os.Getenv, sync.Needs()...)
	if err != nil {
		return err
	}
	handler, err := sync.New(cfg)
	if err != nil {
		return err
	}
	lambda.Start(handler)
	return nil
}
