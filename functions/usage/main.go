// Command usage posts daily usage to agreements.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/usage"
)

func main() {
	if err := run(); err != nil {
		slog.Error("usage cannot start", "error", err.Error())
		os.Exit(1)
	}
}

func run() error {
	cfg, err := app.Load("usage", os.Getenv, usage.Needs()...)
	if err != nil {
		return err
	}
	handler, err := usage.New(cfg)
	if err != nil {
		return err
	}
	lambda.Start(handler)
	return nil
}
