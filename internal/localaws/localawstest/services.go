package localawstest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/psabridge/psabridge/internal/localaws"
	localeventbridge "github.com/psabridge/psabridge/internal/localaws/eventbridge"
	localsecrets "github.com/psabridge/psabridge/internal/localaws/secretsmanager"
	localsqs "github.com/psabridge/psabridge/internal/localaws/sqs"
)

// APIOption adds middleware to an SDK client, such as (*Faults).Apply.
type APIOption = func(*middleware.Stack) error

// SQS returns a client of a new SQS without queues. There is no network
// between the two, so that it also works in a synctest bubble.
func SQS(t testing.TB, options ...APIOption) *sqs.Client {
	t.Helper()
	return sqs.NewFromConfig(inProcess(localsqs.New(localaws.Region, localaws.AccountID), options))
}

// Queue makes a queue and returns its URL. The attributes may be nil.
func Queue(t testing.TB, client *sqs.Client, name string, attributes map[string]string) string {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatalf("create the queue %s: %v", name, err)
	}
	return *out.QueueUrl
}

// QueueWithDeadLetters makes the queues name and name-dead and returns their
// URLs. A message received maxReceives times goes to the second.
func QueueWithDeadLetters(t testing.TB, client *sqs.Client, name string, maxReceives int) (queue, dead string) {
	t.Helper()
	dead = Queue(t, client, name+"-dead", nil)
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &dead, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		t.Fatalf("read the queue's ARN: %v", err)
	}
	return Queue(t, client, name, map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"` + out.Attributes["QueueArn"] +
			`","maxReceiveCount":` + strconv.Itoa(maxReceives) + `}`,
	}), dead
}

// SecretsManager returns a client of a new Secrets Manager without secrets,
// in memory, without a network between the two.
func SecretsManager(t testing.TB, options ...APIOption) *secretsmanager.Client {
	t.Helper()
	server, err := localsecrets.Open(localaws.Region, localaws.AccountID, "")
	if err != nil {
		t.Fatalf("open the secrets: %v", err)
	}
	return secretsmanager.NewFromConfig(inProcess(server, options))
}

// EventBridge returns a client of a new EventBridge, without a network between
// the two, and the server itself, which knows the events and takes buses.
func EventBridge(t testing.TB, options ...APIOption) (*eventbridge.Client, *localeventbridge.Server) {
	t.Helper()
	server := localeventbridge.New(localaws.Region, localaws.AccountID, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = server.Close() })
	return eventbridge.NewFromConfig(inProcess(server, options)), server
}

func inProcess(h http.Handler, options []APIOption) aws.Config {
	cfg := localaws.Endpoints{}.AWSConfig()
	cfg.BaseEndpoint = aws.String("http://localhost")
	cfg.HTTPClient = direct{h}
	cfg.APIOptions = options
	return cfg
}

// direct is an HTTP client that calls a handler.
type direct struct{ http.Handler }

// Do implements aws.HTTPClient.
func (d direct) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if r.Host == "" {
		r.Host = r.URL.Host // as a transport sends it
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}
