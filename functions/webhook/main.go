// Command webhook receives ConnectWise's callbacks.
package main

import (
	"log/slog"
	"os"
	"runtime"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/webhook"
)

func main() {
	if err := run(); err != nil {
		slog.Error("webhook cannot start", "error", err.Error())
		os.Exit(1)
	}
}

func run() error {
	// Lambda hands over one delivery at a time: with more processors, its
	// goroutines would only wake threads for each other.
	runtime.GOMAXPROCS(1)
	cfg, err := app.Load("webhook", os.Getenv, webhook.Needs()...)
	if err != nil {
		return err
	}
	handler, err := webhook.New(cfg)
	if err != nil {
		return err
	}
	lambda.Start(handler)
	return nil
}
