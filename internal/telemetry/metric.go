package telemetry

import (
	"context"
	"log/slog"
	"time"
)

// namespace of our metrics in CloudWatch.
const namespace = "psabridge"

// Counter returns a function that adds n to a metric, by a log line in
// CloudWatch's embedded metric format, whatever the log's level. The stage is
// the only dimension: there is no metric per account, and which account it was
// stands on the line.
func Counter(log *slog.Logger, stage string) func(ctx context.Context, metric string, n int) {
	return func(ctx context.Context, metric string, n int) {
		now := time.Now()
		line := slog.NewRecord(now, slog.LevelInfo, "metric", 0)
		line.AddAttrs(slog.Int(metric, n), slog.String("Stage", stage), slog.Any("_aws", embedded{
			Timestamp: now.UnixMilli(),
			Metrics: []directive{{
				Namespace: namespace, Dimensions: [][]string{{"Stage"}}, Metrics: []unit{{Name: metric, Unit: "Count"}},
			}},
		}))
		_ = log.Handler().Handle(ctx, line) // as slog does with a line that cannot be written
	}
}

// embedded tells CloudWatch which members of a line are metrics.
type embedded struct {
	Timestamp int64       `json:"Timestamp"`
	Metrics   []directive `json:"CloudWatchMetrics"`
}

type directive struct {
	Namespace  string     `json:"Namespace"`
	Dimensions [][]string `json:"Dimensions"`
	Metrics    []unit     `json:"Metrics"`
}

type unit struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}
