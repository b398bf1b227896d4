package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
	"github.com/psabridge/psabridge/internal/telemetry"
)

// endpoint is where a service of the test is.
type endpoint string

func (e endpoint) GetServiceBaseEndpoint(context.Context, string) (string, bool, error) {
	return string(e), true, nil
}

func configOf(url string) aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "session"), ConfigSources: []any{endpoint(url)}}
}

func callerOf(cfg aws.Config) caller {
	return caller{http: newHTTP(), signer: v4.NewSigner(), aws: cfg, now: time.Now}
}

// What the store writes is what the receiver reads.
func TestEndpointsAreReadAsTheyAreStored(t *testing.T) {
	t.Parallel()
	client, name := dynamotest.New(t)
	cfg := configOf(aws.ToString(client.Options().BaseEndpoint))
	cfg.Region, cfg.Credentials = client.Options().Region, client.Options().Credentials
	read := newTable(t.Context(), cfg, callerOf(cfg), name)
	store := dynamo.New(client, name, time.Now).Setup()
	for id, want := range map[string]psa.CallbackEndpoint{
		"01A": {TokenHashes: []string{"aa", "bb"}, CompanyID: "Zöe \"&\" Co"},
		"01B": {Paused: true, TokenHashes: []string{"cc"}, CompanyID: "b"},
		"01C": {CompanyID: "c"},
	} {
		want.ConnectionID, want.Scope = id, psa.Scope{Account: psa.AccountID("urn:msp:" + id), Generation: 12}
		draft, err := store.PutDraft(t.Context(), setup.Draft{Account: want.Scope.Account}, setup.SecretNote{})
		if err != nil {
			t.Fatal(err)
		}
		c := setup.Connection{ID: id, Account: want.Scope.Account, Generation: 12, Endpoint: setup.Endpoint{Identity: psa.Identity{Site: id}}}
		if _, err := store.Activate(t.Context(), c, draft, want, false); err != nil {
			t.Fatal(err)
		}
		got, err := read.CallbackEndpoint(t.Context(), id)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-stored +read):\n%s", id, err, diff)
		}
	}
	for _, id := range []string{"01D", "", "01A#callback", "a%23b"} {
		if _, err := read.CallbackEndpoint(t.Context(), id); !errors.Is(err, psa.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	read.name = "no-such-table"
	if _, err := read.CallbackEndpoint(t.Context(), "01A"); err == nil || errors.Is(err, psa.ErrNotFound) {
		t.Errorf("without a table: %v", err)
	}
}

// inProcess is the way to a service of the test process.
type inProcess struct{ sqs.HTTPClient }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) { return p.Do(r) }

// The queue has the envelope as it is, in the account's group and with the
// invocation's trace.
func TestEnqueue(t *testing.T) {
	t.Parallel()
	client := localawstest.SQS(t)
	url := localawstest.Queue(t, client, "q", nil)
	cfg := configOf(aws.ToString(client.Options().BaseEndpoint))
	to := callerOf(cfg)
	to.http = &http.Client{Transport: inProcess{client.Options().HTTPClient}}
	q, err := newQueue(t.Context(), cfg, to, url)
	if err != nil {
		t.Fatal(err)
	}
	want := callback.Envelope{V: 1, Kind: callback.Kind, Account: "msp-1", Body: []byte("{ \"odd\" :\t\"<&>\\u00e9\" }\xff"), Signature: "s"}
	ctx := context.WithValue(t.Context(), "x-amzn-trace-id", "Root=1-trace") //nolint:revive,staticcheck // aws-lambda-go's key
	if err := q.Enqueue(ctx, want); err != nil {
		t.Fatal(err)
	}
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("received %v, %v", out, err)
	}
	var got callback.Envelope
	if err := json.Unmarshal([]byte(*out.Messages[0].Body), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("envelope (-want +got):\n%s", diff)
	}
	attrs := out.Messages[0].Attributes
	if attrs["MessageGroupId"] != "msp-1" || attrs["AWSTraceHeader"] != "Root=1-trace" {
		t.Errorf("attributes %v", attrs)
	}
}

// What passes is tried again, what does not is not, and nothing is taken for
// done that was not said to be.
func TestCallsAreRepeated(t *testing.T) {
	t.Parallel()
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	good := say(200, `{"MD5OfMessageBody":"x"}`)
	for name, tt := range map[string]struct {
		first http.HandlerFunc
		calls int32
		ok    bool
	}{
		"at once":      {good, 1, true},
		"down":         {say(503, ""), 2, true},
		"a proxy":      {say(502, "<html>"), 2, true},
		"cut":          {cut, 2, true},
		"throttled":    {say(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}`), 2, true},
		"too much":     {say(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}`), 2, true},
		"half of it":   {say(200, `{"MD5OfMess`), 2, true},
		"not allowed":  {say(400, `{"__type":"com.amazon.coral.service#AccessDeniedException"}`), 1, false},
		"no such call": {say(404, `{"__type":"UnknownOperationException"}`), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") == "" || r.Header.Get("X-Amz-Security-Token") != "session" {
					t.Error("the call is not signed")
				}
				if calls.Add(1) == 1 {
					tt.first(w, r)
					return
				}
				good(w, r)
			}))
			t.Cleanup(srv.Close)
			c := callerOf(configOf(srv.URL))
			c.service, c.url = "sqs", srv.URL
			var out struct{}
			err := c.do(t.Context(), "AmazonSQS.SendMessage", sendMessage{}, &out)
			if (err == nil) != tt.ok || calls.Load() != tt.calls {
				t.Errorf("%d calls: %v", calls.Load(), err)
			}
		})
	}
}

// A queue that says that it has something else was not understood.
func TestEnqueueOfSomethingElse(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"MD5OfMessageBody":"x"}`) }))
	t.Cleanup(srv.Close)
	cfg := configOf(srv.URL)
	q, err := newQueue(t.Context(), cfg, callerOf(cfg), srv.URL+"/q")
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Enqueue(t.Context(), callback.Envelope{}); err == nil {
		t.Error("taken for done")
	}
}

// Outside the local run each service is the region's, or the queue's own.
func TestWhereTheServicesAre(t *testing.T) {
	t.Parallel()
	cfg := aws.Config{Region: "cn-north-1"}
	if got := newTable(t.Context(), cfg, caller{}, "t").caller.url; got != "https://dynamodb.cn-north-1.amazonaws.com.cn" {
		t.Errorf("table at %s", got)
	}
	cfg.Region = "eu-central-1"
	if got := newTable(t.Context(), cfg, caller{}, "t").caller.url; got != "https://dynamodb.eu-central-1.amazonaws.com" {
		t.Errorf("table at %s", got)
	}
	q, err := newQueue(t.Context(), cfg, caller{}, "https://sqs.eu-central-1.amazonaws.com/000000000000/q")
	if err != nil || q.caller.url != "https://sqs.eu-central-1.amazonaws.com" {
		t.Errorf("queue at %s, %v", q.caller.url, err)
	}
}

// down is a table that nobody reaches.
type down struct{}

func (down) CallbackEndpoint(context.Context, string) (psa.CallbackEndpoint, error) {
	return psa.CallbackEndpoint{}, errors.New("down")
}

// ConnectWise sends again after a 429, and not after a 5xx: what cannot be
// taken is never refused in another way.
func TestWhatCannotBeTakenIsAskedForAgain(t *testing.T) {
	t.Parallel()
	h := handler(callback.NewReceiver(down{}, nil, time.Now), telemetry.New(io.Discard, "INFO", "webhook"))
	resp, err := h(t.Context(), Request{Body: "{}"})
	if err != nil || resp.StatusCode != http.StatusTooManyRequests || resp.Headers["retry-after"] == "" {
		t.Errorf("%+v, %v", resp, err)
	}
	resp, err = h(t.Context(), Request{Body: "*", IsBase64Encoded: true})
	if err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%+v, %v", resp, err)
	}
}

// put is a queue in memory.
type put []callback.Envelope

func (p *put) Enqueue(_ context.Context, e callback.Envelope) error {
	*p = append(*p, e)
	return nil
}

// open is a table with a connection.
type open struct{}

func (open) CallbackEndpoint(_ context.Context, id string) (psa.CallbackEndpoint, error) {
	return psa.CallbackEndpoint{ConnectionID: id, CompanyID: "Cobalt", TokenHashes: []string{callback.HashToken("t")}}, nil
}

// An event as API Gateway sends it, of which the delivery is a part.
func TestEventsAreRead(t *testing.T) {
	t.Parallel()
	var event Request
	err := json.Unmarshal([]byte(`{
		"version": "2.0", "routeKey": "POST /callbacks/{connectionId}/{token}", "rawPath": "/callbacks/c/t",
		"rawQueryString": "recordId=5&action=updated",
		"headers": {"content-length": "9", "content-type": "application/json", "x-content-signature": "s"},
		"queryStringParameters": {"action": "updated", "recordId": "5"},
		"requestContext": {"accountId": "000000000000", "http": {"method": "POST"}, "requestId": "r-1", "stage": "$default"},
		"body": "eyJUeXBlIjoiY29tcGFueSIsIkNvbXBhbnlJZCI6IkNvYmFsdCJ9",
		"pathParameters": {"connectionId": "c", "token": "t"}, "isBase64Encoded": true}`), &event)
	if err != nil {
		t.Fatal(err)
	}
	var queue put
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h := handler(callback.NewReceiver(open{}, &queue, func() time.Time { return now }), telemetry.New(io.Discard, "INFO", "webhook"))
	resp, err := h(t.Context(), event)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%+v, %v", resp, err)
	}
	want := put{{
		V: 1, Kind: callback.Kind, Connection: "c", Query: "recordId=5&action=updated", Signature: "s",
		Body: []byte(`{"Type":"company","CompanyId":"Cobalt"}`), ReceivedAt: now, Trace: "r-1",
	}}
	if diff := cmp.Diff(want, queue); diff != "" {
		t.Errorf("queued (-want +got):\n%s", diff)
	}
}
