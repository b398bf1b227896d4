package stack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/events"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/usage"
)

// What the product tells on the bus is stored as what it tells by the API is;
// an event of another source is not taken at all, and one that nobody can read
// holds nothing up and ends among the dead letters.
func TestTheProductTellsByTheBus(t *testing.T) {
	t.Parallel()
	// The queue gives a message up after five visits; here it is not waited for long.
	s := start(t, stack.Config{Adjust: func(c *host.Config) { c.NoSchedules, c.Speed = true, 40 }})
	day := time.Now().UTC().Format(time.DateOnly)
	at := time.Now().UTC().Format(time.RFC3339)
	report := func(tenant string, seats int) string {
		return fmt.Sprintf(`{"v":1,"account":"msp-1","reports":[{"tenant":%q,"day":%q,"reportedAt":%q,"counts":{"core":%d}}]}`, tenant, day, at, seats)
	}
	told := func(source, typ, detail string) types.PutEventsRequestEntry {
		return types.PutEventsRequestEntry{
			EventBusName: aws.String("psabridge-events"), Source: &source, DetailType: &typ, Detail: &detail,
		}
	}
	bus := eventbridge.NewFromConfig(s.Services.AWSConfig())
	out, err := bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		told("product", events.UsageReported, `{"v":9,"account":"msp-1"}`),
		told("somebody", events.UsageReported, report("t3", 3)),
		told("product", events.TenantsTold, fmt.Sprintf(`{"v":1,"account":"msp-1","tenants":[{"id":"t1","name":"Initech","state":"active","changedAt":%q}]}`, at)),
		told("product", events.UsageReported, report("t1", 12)),
	}})
	if err != nil || out.FailedEntryCount != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	store := dynamo.New(dynamodb.NewFromConfig(s.Services.AWSConfig()), "psabridge-Table", time.Now)
	scope := psa.Scope{Account: "msp-1", Generation: 1}
	var latest map[usage.TenantID]usage.Report
	happens(t, "both are stored", func(ctx context.Context) bool {
		latest, err = store.Reports().Latest(ctx, scope, usage.Date(day))
		tenants, errT := store.Mapping().Tenants(ctx, "msp-1")
		return err == nil && errT == nil && latest["t1"].Counts["core"] == 12 && len(tenants) == 1 && tenants[0].Name == "Initech"
	})
	queues := sqs.NewFromConfig(s.Services.AWSConfig())
	url, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("psabridge-UsageDeadLetters")})
	if err != nil {
		t.Fatal(err)
	}
	var dead []sqstypes.Message
	happens(t, "the unknown is among the dead letters", func(ctx context.Context) bool {
		got, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url.QueueUrl, WaitTimeSeconds: 1})
		if err == nil {
			dead = append(dead, got.Messages...)
		}
		return len(dead) > 0
	})
	if len(dead) != 1 || !strings.Contains(*dead[0].Body, `"v":9`) {
		t.Errorf("dead letters: %d", len(dead))
	}
	if _, taken := latest["t3"]; taken {
		t.Error("an event of another source was taken")
	}
}

// happens waits until a condition holds, and fails the test after a time that
// only a broken program needs.
func happens(t *testing.T, what string, holds func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it did not happen that %s", what)
		}
	}
}
