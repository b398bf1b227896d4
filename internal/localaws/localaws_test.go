package localaws_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws"
	localeventbridge "github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

func start(t *testing.T, cfg localaws.Config) *localaws.Services {
	t.Helper()
	s, err := localaws.Start(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the services: %v", err)
		}
	})
	return s
}

// What a run leaves in its data folder, the next run finds.
func TestRestartKeepsTablesAndSecrets(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	first := start(t, localaws.Config{DataDir: dir})
	table := "kept"
	client := dynamodb.NewFromConfig(first.AWSConfig())
	_, err := client.CreateTable(t.Context(), dynamotest.Schema(table))
	must(t, err)
	putItem(t, client, table, item{"pk": "p", "sk": "s", "v": 1})
	create(t, secretsmanager.NewFromConfig(first.AWSConfig()), "kept", "value")
	must(t, first.Close())

	second := start(t, localaws.Config{DataDir: dir})
	if got := getItem(t, dynamodb.NewFromConfig(second.AWSConfig()), table, item{"pk": "p", "sk": "s"}); got["v"] != 1 {
		t.Errorf("item after a restart: %v", got)
	}
	secrets := secretsmanager.NewFromConfig(second.AWSConfig())
	if got := get(t, secrets, secretsmanager.GetSecretValueInput{SecretId: aws.String("kept")}); got != "value" {
		t.Errorf("secret after a restart: %q", got)
	}
	info, err := os.Stat(filepath.Join(dir, "secrets.json"))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file of secrets has mode %v", info.Mode())
	}
}

func TestOneRunPerDataFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, localaws.Config{DataDir: dir})
	if _, err := localaws.Start(t.Context(), localaws.Config{DataDir: dir}); !errors.Is(err, localaws.ErrInUse) {
		t.Errorf("a second run on a data folder: %v, want ErrInUse", err)
	}
}

func TestEnvNamesLoopbackEndpoints(t *testing.T) {
	t.Parallel()
	env := local(t).Env()
	for _, service := range []string{"DYNAMODB", "SQS", "SECRETS_MANAGER", "EVENTBRIDGE"} {
		u, err := url.Parse(env["AWS_ENDPOINT_URL_"+service])
		must(t, err)
		if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
			t.Errorf("%s is at %q", service, u)
		}
	}
}

// A page in a browser can send a request here under a name that it controls.
func TestOtherHostNamesAreRefused(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, local(t).Endpoints.SecretsManager, strings.NewReader("{}"))
	must(t, err)
	r.Host = "rebound.example"
	r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", resp.StatusCode)
	}
}

func TestAnotherDynamoDB(t *testing.T) {
	t.Parallel()
	s := start(t, localaws.Config{DynamoDBURL: local(t).Endpoints.DynamoDB})
	if got, want := s.Env()["AWS_ENDPOINT_URL_DYNAMODB"], local(t).Endpoints.DynamoDB; got != want {
		t.Errorf("DynamoDB at %s, want %s", got, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := localaws.Start(ctx, localaws.Config{DynamoDBURL: "http://127.0.0.1:1"}); err == nil {
		t.Error("a DynamoDB that is not there was taken")
	}
}

// An event goes from PutEvents through a rule to a queue, as it is or as the
// rule's input, and to a Go function.
func TestEventsReachQueuesAndFunctions(t *testing.T) {
	t.Parallel()
	s := start(t, localaws.Config{DynamoDBURL: local(t).Endpoints.DynamoDB})
	client := sqs.NewFromConfig(s.AWSConfig())
	queue := localawstest.Queue(t, client, "events", nil)
	pattern, err := localeventbridge.ParsePattern([]byte(`{"source":["psabridge"],"detail":{"account":["a1"]}}`))
	must(t, err)
	called := make(chan []byte, 1)
	s.EventBridge.SetBuses([]localeventbridge.Bus{{Name: "bus", Rules: []localeventbridge.Rule{{
		Name: "rule", Pattern: pattern, Targets: []localeventbridge.Target{
			s.QueueTarget(queueAttributes(t, client, queue)["QueueArn"], ""),
			s.QueueTarget(queueAttributes(t, client, queue)["QueueArn"], `{"kind":"tick"}`),
			{Deliver: func(_ context.Context, body []byte) error { called <- body; return nil }},
		},
	}}}})
	out := putEvents(t, eventbridge.NewFromConfig(s.AWSConfig()),
		onBus("bus", eventEntry("psabridge", `{"account":"a1"}`)), onBus("bus", eventEntry("psabridge", `{"account":"a2"}`)),
		onBus("missing", eventEntry("psabridge", `{"account":"a1"}`)))
	if out.FailedEntryCount != 1 || aws.ToString(out.Entries[2].ErrorCode) != "ResourceNotFoundException" {
		t.Errorf("results: %+v", out.Entries)
	}
	var bodies []string
	for len(bodies) < 2 {
		for _, m := range receive(t, client, queue, 5, 30) {
			bodies = append(bodies, *m.Body)
		}
	}
	if bodies[0] == `{"kind":"tick"}` {
		bodies[0], bodies[1] = bodies[1], bodies[0]
	}
	if bodies[0] != string(<-called) || bodies[1] != `{"kind":"tick"}` {
		t.Errorf("bodies: %v", bodies)
	}
	checkEvent(t, bodies[0], *out.Entries[0].EventId)
	if events := s.EventBridge.Events(); len(events) != 2 || events[0].Bus != "bus" {
		t.Errorf("kept events: %+v", events)
	}
}

func onBus(bus string, e types.PutEventsRequestEntry) types.PutEventsRequestEntry {
	e.EventBusName = &bus
	return e
}

func checkEvent(t *testing.T, body, id string) {
	t.Helper()
	var got map[string]any
	must(t, json.Unmarshal([]byte(body), &got))
	at, err := time.Parse(time.RFC3339, got["time"].(string))
	must(t, err)
	if age := time.Since(at); age < 0 || age > time.Minute {
		t.Errorf("event of %v ago", age)
	}
	delete(got, "time")
	want := map[string]any{
		"version": "0", "id": id, "detail-type": "run.completed", "source": "psabridge", "account": localaws.AccountID,
		"region": localaws.Region, "resources": []any{}, "detail": map[string]any{"account": "a1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}
