package sqs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

// The times that the behaviour suite cannot wait for.
func TestTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := localawstest.SQS(t)
		queue := localawstest.Queue(t, client, "q", map[string]string{"VisibilityTimeout": "43200", "DelaySeconds": "900"})
		_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			want  int
		}{
			{0, 0}, {899 * time.Second, 0}, {time.Second, 1}, // the delay
			{43199 * time.Second, 0}, {time.Second, 1}, // the visibility timeout
		} {
			time.Sleep(step.after)
			out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue})
			if err != nil || len(out.Messages) != step.want {
				t.Errorf("after %v: %d messages (%v), want %d", step.after, len(out.Messages), err, step.want)
			}
		}
	})
}

// A long poll ends at its time when nothing comes, at once when a message in
// flight comes back.
func TestLongPollTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := localawstest.SQS(t)
		queue := localawstest.Queue(t, client, "q", map[string]string{"VisibilityTimeout": "7"})
		poll := func() (int, time.Duration) {
			start := time.Now()
			out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 20})
			if err != nil {
				t.Fatal(err)
			}
			return len(out.Messages), time.Since(start)
		}
		if n, took := poll(); n != 0 || took != 20*time.Second {
			t.Errorf("an empty queue: %d messages after %v", n, took)
		}
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []time.Duration{0, 7 * time.Second} {
			if n, took := poll(); n != 1 || took != want {
				t.Errorf("%d messages after %v, want 1 after %v", n, took, want)
			}
		}
	})
}

// Once a message has been received again, the handle of the first receive
// deletes nothing: the second receiver may not have finished.
func TestAnOlderHandleDeletesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := localawstest.SQS(t)
		queue := localawstest.Queue(t, client, "q", nil)
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		receive := func() *string {
			t.Helper()
			out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue})
			if err != nil || len(out.Messages) != 1 {
				t.Fatalf("receive: %v, want one message", err)
			}
			return out.Messages[0].ReceiptHandle
		}
		first := receive()
		time.Sleep(time.Minute) // longer than the visibility timeout
		receive()
		if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: first}); err != nil {
			t.Errorf("deletion with the older handle: %v", err)
		}
		time.Sleep(time.Minute)
		receive()
	})
}

// A message is kept where its dead-letter queue is missing.
func TestMissingDeadLetterQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := localawstest.SQS(t)
		queue, dead := localawstest.QueueWithDeadLetters(t, client, "q", 1)
		if _, err := client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &dead}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 20})
			if err == nil && len(out.Messages) == 0 {
				out, err = client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 20})
			}
			if err != nil || len(out.Messages) != 1 {
				t.Errorf("receive %d: %d messages (%v), want 1", n, len(out.Messages), err)
			}
		}
	})
}

func BenchmarkReceive(b *testing.B) {
	client := localawstest.SQS(b)
	queue := localawstest.Queue(b, client, "q", nil)
	for b.Loop() {
		if _, err := client.SendMessage(b.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")}); err != nil {
			b.Fatal(err)
		}
		out, err := client.ReceiveMessage(b.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue})
		if err != nil || len(out.Messages) != 1 {
			b.Fatal(err)
		}
		_, err = client.DeleteMessage(b.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: out.Messages[0].ReceiptHandle})
		if err != nil {
			b.Fatal(err)
		}
	}
}
