package telemetry_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/telemetry"
)

// CloudWatch takes a line for metrics by the members of _aws, at whatever
// level the function logs.
func TestCounter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	telemetry.Counter(telemetry.New(&out, "ERROR", "sync"), "prod")(t.Context(), "CallbacksInactive", 3)
	var line struct {
		AWS struct {
			Timestamp         int64            `json:"Timestamp"`
			CloudWatchMetrics []map[string]any `json:"CloudWatchMetrics"`
		} `json:"_aws"`
		CallbacksInactive int    `json:"CallbacksInactive"`
		Stage             string `json:"Stage"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	want := []map[string]any{{
		"Namespace": "psabridge", "Dimensions": []any{[]any{"Stage"}}, "Metrics": []any{map[string]any{"Name": "CallbacksInactive", "Unit": "Count"}},
	}}
	if diff := cmp.Diff(want, line.AWS.CloudWatchMetrics); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if line.CallbacksInactive != 3 || line.Stage != "prod" || time.Since(time.UnixMilli(line.AWS.Timestamp)) > time.Minute {
		t.Errorf("line %s", out.String())
	}
}
