// Command wizard serves the API and the console.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/app/wizard"
)

func main() {
	if err := run(); err != nil {
		slog.Error("wizard cannot start", "error", err.Error())
		os.Exit(1)
	}
}

func run() error {
	cfg, err := app.Load("wizard", os.Getenv, wizard.Needs()...)
	if err != nil {
		return err
	}
	handler, err := wizard.New(cfg)
	if err != nil {
		return err
	}
	lambda.Start(handler)
	return nil
}
