package queue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/queue"
)

func receive(t *testing.T, client *sqs.Client, url string) []types.Message {
	t.Helper()
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

func TestSend(t *testing.T) {
	t.Parallel()
	// aws-lambda-go keeps the header under a plain string.
	ctx := context.WithValue(t.Context(), "x-amzn-trace-id", "Root=1-trace") //nolint:revive,staticcheck // its key, not ours
	client := localawstest.SQS(t)
	url := localawstest.Queue(t, client, "q", nil)
	if err := queue.NewSender(client, url).Send(ctx, queue.Message{Body: []byte(`{"v":1}`), Group: "msp-1"}); err != nil {
		t.Fatal(err)
	}
	got := receive(t, client, url)
	if len(got) != 1 || *got[0].Body != `{"v":1}` {
		t.Fatalf("received %v", got)
	}
	attributes := map[string]string{
		"MessageGroupId": got[0].Attributes["MessageGroupId"], "AWSTraceHeader": got[0].Attributes["AWSTraceHeader"],
	}
	if diff := cmp.Diff(map[string]string{"MessageGroupId": "msp-1", "AWSTraceHeader": "Root=1-trace"}, attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// A delay is never cut short, and never longer than SQS takes.
func TestDelay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ delay, want time.Duration }{
		{-time.Second, 0}, {0, 0}, {time.Millisecond, time.Second}, {90 * time.Second, 90 * time.Second}, {time.Hour, queue.MaxDelay},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := localawstest.SQS(t)
			url := localawstest.Queue(t, client, "q", nil)
			if err := queue.NewSender(client, url).Send(t.Context(), queue.Message{Body: []byte("{}"), Delay: tt.delay}); err != nil {
				t.Fatal(err)
			}
			if tt.want > 0 {
				time.Sleep(tt.want - time.Millisecond)
				if got := receive(t, client, url); len(got) > 0 {
					t.Errorf("delay %s: the message came before %s", tt.delay, tt.want)
				}
				time.Sleep(2 * time.Millisecond)
			}
			if got := receive(t, client, url); len(got) != 1 {
				t.Errorf("delay %s: no message after %s", tt.delay, tt.want)
			}
		})
	}
}

func TestSendFailure(t *testing.T) {
	t.Parallel()
	client := localawstest.SQS(t)
	if err := queue.NewSender(client, "http://localhost/000000000000/none").Send(t.Context(), queue.Message{Body: []byte("{}")}); err == nil {
		t.Error("sending to a queue that does not exist succeeded")
	}
}
