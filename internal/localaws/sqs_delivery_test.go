package localaws_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

func sqsVisibilityTimeout(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
	id := sendText(t, c, queue, "x")
	for n := 1; n <= 3; n++ {
		messages := receive(t, c, queue, 10, 1)
		if len(messages) != 1 || *messages[0].MessageId != id || messages[0].Attributes["ApproximateReceiveCount"] != strconv.Itoa(n) {
			t.Fatalf("receive %d: %+v", n, messages)
		}
	}
}

// A receive without a timeout of its own takes the queue's.
func sqsVisibilityOfReceive(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
	sendText(t, c, queue, "x")
	for n := range 2 {
		out, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, WaitTimeSeconds: 10})
		must(t, err)
		if len(out.Messages) != 1 {
			t.Fatalf("receive %d: %d messages, want 1", n, len(out.Messages))
		}
	}
}

func sqsChangeVisibility(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	sendText(t, c, queue, "x")
	m := receiveOne(t, c, queue)
	if again := receive(t, c, queue, 0, 30); len(again) != 0 {
		t.Errorf("a message in flight was received again")
	}
	change := func(seconds int32) error {
		_, err := c.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
			QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds,
		})
		return err
	}
	must(t, change(0))
	m = receiveOne(t, c, queue)
	must(t, change(1))
	if got := receiveOne(t, c, queue).Attributes["ApproximateReceiveCount"]; got != "3" {
		t.Errorf("receives: %s, want 3", got)
	}
}

// The visibility of a message that nobody has cannot be changed.
func sqsNotInFlight(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	sendText(t, c, queue, "x")
	m := receiveOne(t, c, queue)
	in := &sqs.ChangeMessageVisibilityInput{QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle}
	_, err := c.ChangeMessageVisibility(t.Context(), in)
	must(t, err)
	in.VisibilityTimeout = 10
	if _, err := c.ChangeMessageVisibility(t.Context(), in); !isError(err, "AWS.SimpleQueueService.MessageNotInflight") {
		t.Errorf("a change of a message that is not in flight: %v", err)
	}
	receiveOne(t, c, queue)
}

func sqsDeadLetters(t *testing.T, c *sqs.Client) {
	queue, dead := localawstest.QueueWithDeadLetters(t, c, "q-"+ulid.Make().String(), 2)
	id := sendText(t, c, queue, "poison")
	for range 2 {
		m := receiveOne(t, c, queue)
		_, err := c.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
			QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle,
		})
		must(t, err)
	}
	if again := receive(t, c, queue, 1, 30); len(again) != 0 {
		t.Errorf("a third receive gave %d messages", len(again))
	}
	m := receiveOne(t, c, dead)
	if *m.MessageId != id || *m.Body != "poison" {
		t.Errorf("dead letter: %s %q, want %s", *m.MessageId, *m.Body, id)
	}
	if got, want := m.Attributes["DeadLetterQueueSourceArn"], queueAttributes(t, c, queue)["QueueArn"]; got != want {
		t.Errorf("source of the dead letter: %q, want %s", got, want)
	}
}

func sqsDelay(t *testing.T, c *sqs.Client) {
	queue, sent := newQueue(t, c, nil), time.Now()
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String("later"), DelaySeconds: 2,
	})
	must(t, err)
	if len(receive(t, c, queue, 0, 30)) == 0 { // as it is, unless the machine took two seconds for it
		receiveOne(t, c, queue)
	}
	if after := time.Since(sent); after < 1900*time.Millisecond {
		t.Errorf("a message with a delay of 2 s came after %v", after)
	}
}

// A receiver that waits is woken by a message, and not late.
func sqsLongPoll(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	var wg sync.WaitGroup
	got := make(chan int, 1)
	wg.Go(func() { got <- len(receive(t, c, queue, 20, 30)) })
	sendText(t, c, queue, "x")
	start := time.Now()
	if n := <-got; n != 1 || time.Since(start) > 10*time.Second {
		t.Errorf("received %d after %v", n, time.Since(start))
	}
	wg.Wait()
}

func sqsHandles(t *testing.T, c *sqs.Client) {
	queue, other := newQueue(t, c, nil), newQueue(t, c, nil)
	sendText(t, c, queue, "x")
	m := receiveOne(t, c, queue)
	remove := func(queue, handle string) error {
		_, err := c.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: &handle})
		return err
	}
	if err := remove(queue, "no handle"); !isError(err, "ReceiptHandleIsInvalid") {
		t.Errorf("deletion with what is no handle: %v", err)
	}
	if err := remove(other, *m.ReceiptHandle); err == nil {
		t.Error("deletion with a handle of another queue succeeded")
	}
	must(t, remove(queue, *m.ReceiptHandle))
	if err := remove(queue, *m.ReceiptHandle); err != nil {
		t.Errorf("deletion a second time: %v, want no error", err)
	}
}

// Sixteen receivers share what is sent: each message goes to one of them.
func sqsEachMessageOnce(t *testing.T, c *sqs.Client) {
	const messages = 400
	queue := newQueue(t, c, nil)
	for from := 0; from < messages; from += 10 {
		var entries []types.SendMessageBatchRequestEntry
		for n := from; n < from+10; n++ {
			entries = append(entries, types.SendMessageBatchRequestEntry{
				Id: aws.String(strconv.Itoa(n)), MessageBody: aws.String(strconv.Itoa(n)),
			})
		}
		_, err := c.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &queue, Entries: entries})
		must(t, err)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for batch := receive(t, c, queue, 1, 60); len(batch) > 0; batch = receive(t, c, queue, 1, 60) {
				mu.Lock()
				for _, m := range batch {
					seen[*m.Body]++
				}
				mu.Unlock()
				deleteAll(t, c, queue, batch)
			}
		})
	}
	wg.Wait()
	for body, n := range seen {
		if n != 1 {
			t.Errorf("message %s was received %d times", body, n)
		}
	}
	if len(seen) != messages {
		t.Errorf("received %d messages, want %d", len(seen), messages)
	}
}

func deleteAll(t *testing.T, c *sqs.Client, queue string, batch []types.Message) {
	t.Helper()
	var entries []types.DeleteMessageBatchRequestEntry
	for i, m := range batch {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint("m", i)), ReceiptHandle: m.ReceiptHandle,
		})
	}
	out, err := c.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &queue, Entries: entries})
	if err != nil || len(out.Failed) > 0 {
		t.Errorf("delete a batch: %v", err)
	}
}

func sqsCounts(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	sendText(t, c, queue, "in flight")
	receiveOne(t, c, queue)
	sendText(t, c, queue, "visible")
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String("delayed"), DelaySeconds: 600,
	})
	must(t, err)
	all := queueAttributes(t, c, queue)
	got := []string{
		all["ApproximateNumberOfMessages"], all["ApproximateNumberOfMessagesNotVisible"],
		all["ApproximateNumberOfMessagesDelayed"],
	}
	if !cmp.Equal(got, []string{"1", "1", "1"}) {
		t.Errorf("visible, in flight, delayed: %v, want one each", got)
	}
}

func sqsMissingQueue(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	_, err := c.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &queue})
	must(t, err)
	_, err = c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")})
	if !isError(err, "AWS.SimpleQueueService.NonExistentQueue") {
		t.Errorf("a message to a deleted queue: %v", err)
	}
}

func sqsInvalidCharacters(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("a\x00b")})
	if !isError(err, "InvalidMessageContents") {
		t.Errorf("a body with a null character: %v", err)
	}
	const text = "tab\t newline\n return\r \u200b 😀 </xml> \\ \""
	sendText(t, c, queue, text)
	if got := *receiveOne(t, c, queue).Body; got != text {
		t.Errorf("body: %q, want %q", got, text)
	}
}

func sqsEmptyReceive(t *testing.T, c *sqs.Client) {
	if got := receive(t, c, newQueue(t, c, nil), 0, 30); len(got) != 0 {
		t.Errorf("an empty queue gave %d messages", len(got))
	}
}
