// Command usage looks for usage postings that are due.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/usage"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("usage cannot start", "error", err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := app.Load("usage", os.Getenv, usage.Needs()...)
	if err != nil {
		return err
	}
	handler, err := usage.New(ctx, cfg)
	if err != nil {
		return err
	}
	lambda.StartWithOptions(handler, lambda.WithContext(ctx))
	return nil
}
