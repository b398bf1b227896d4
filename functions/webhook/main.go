// Command webhook receives ConnectWise's callbacks.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/webhook"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("webhook cannot start", "error", err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := app.Load("webhook", os.Getenv, webhook.Needs()...)
	if err != nil {
		return err
	}
	handler, err := webhook.New(ctx, cfg)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(handler, lambda.WithContext(ctx))
	return nil
}
