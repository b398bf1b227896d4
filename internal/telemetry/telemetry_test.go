package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/psabridge/psabridge/internal/telemetry"
)

func TestContextAttributesStandOnEveryLine(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if got := telemetry.RequestOf(telemetry.With(context.Background(), slog.Int("x", 1), telemetry.Request("r-7"))); got != "r-7" {
		t.Errorf("request %q", got)
	}
	log := telemetry.New(&buf, "warn", "sync")
	ctx := telemetry.With(context.Background(), slog.String("account", "msp-1"))
	one := telemetry.With(ctx, slog.String("run", "r1"))
	_ = telemetry.With(ctx, slog.String("run", "r2")) // a sibling must not change the first

	log.InfoContext(one, "below the level")
	log.With("shard", 3).WarnContext(one, "hello")

	var line map[string]any
	if err := json.Unmarshal(buf.Bytes(), &line); err != nil {
		t.Fatalf("one JSON line wanted, got %q: %v", buf.String(), err)
	}
	for k, want := range map[string]any{"account": "msp-1", "run": "r1", "function": "sync", "shard": 3.0, "msg": "hello"} {
		if line[k] != want {
			t.Errorf("%s = %v, want %v", k, line[k], want)
		}
	}
}
