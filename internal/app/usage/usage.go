// Package usage wires the tick that looks for postings that are due.
package usage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	_ "time/tzdata" // provided.al2023 has no zone data of its own

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/psabridge/psabridge/internal/app"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// Needs lists the variables that the function reads, beside those of all.
func Needs() []string { return nil }

// Handler takes the schedule's input.
type Handler func(context.Context, json.RawMessage) error

// New wires the function.
func New(cfg app.Config) Handler {
	aws := app.AWS()
	store := dynamo.New(dynamodb.NewFromConfig(aws), cfg.TableName, time.Now)
	ticker := usage.NewTicker(store.Usage(), time.Now, cfg.Logger())
	return func(ctx context.Context, input json.RawMessage) error {
		var in struct {
			V    int    `json:"v"`
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(input, &in); err != nil || in.V != 1 || in.Kind != "tick" {
			return fmt.Errorf("input is no tick of version 1: %w", psa.ErrInvalid)
		}
		return ticker.Tick(ctx)
	}
}
