package sqs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

// A group whose messages keep the receivers busy waits for the others, whoever
// came first; among equals the older message goes first.
func TestFairQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := localawstest.SQS(t)
		queue := localawstest.Queue(t, client, "q", map[string]string{"VisibilityTimeout": "60"})
		send := func(body, group string) {
			_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body, MessageGroupId: &group})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		handles := map[string]*string{}
		receive := func() string {
			out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 0})
			if err != nil || len(out.Messages) != 1 {
				t.Fatalf("received %v, %v", out, err)
			}
			handles[aws.ToString(out.Messages[0].Body)] = out.Messages[0].ReceiptHandle
			return aws.ToString(out.Messages[0].Body)
		}
		for _, body := range []string{"noisy 1", "noisy 2", "noisy 3", "noisy 4"} {
			send(body, "noisy")
		}
		got := []string{receive(), receive()}
		send("quiet 1", "quiet")
		send("quiet 2", "quiet")
		got = append(got, receive(), receive(), receive())
		for _, body := range []string{"noisy 1", "noisy 2", "noisy 3"} {
			if h := handles[body]; h != nil {
				if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: h}); err != nil {
					t.Fatal(err)
				}
			}
		}
		send("quiet 3", "quiet")
		got = append(got, receive()) // nothing noisy is in flight any more
		want := []string{"noisy 1", "noisy 2", "quiet 1", "quiet 2", "noisy 3", "noisy 4"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}
