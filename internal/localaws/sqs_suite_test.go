package localaws_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/oklog/ulid/v2"

	"github.com/psabridge/psabridge/internal/localaws/localawstest"
)

func TestSQSSuite(t *testing.T) {
	t.Parallel()
	everywhere(t, "SQS", func(t *testing.T, cfg aws.Config) {
		checks(t, sqs.NewFromConfig(cfg), map[string]func(*testing.T, *sqs.Client){
			"Queues":              sqsQueues,
			"MessageGroup":        sqsMessageGroup,
			"SystemAttributes":    sqsSystemAttributes,
			"MessageAttributes":   sqsMessageAttributes,
			"PartialBatch":        sqsPartialBatch,
			"BatchErrors":         sqsBatchErrors,
			"LargeBodies":         sqsLargeBodies,
			"VisibilityTimeout":   sqsVisibilityTimeout,
			"ChangeVisibility":    sqsChangeVisibility,
			"NotInFlight":         sqsNotInFlight,
			"DeadLetters":         sqsDeadLetters,
			"Delay":               sqsDelay,
			"LongPoll":            sqsLongPoll,
			"Handles":             sqsHandles,
			"EachMessageOnce":     sqsEachMessageOnce,
			"Counts":              sqsCounts,
			"MissingQueue":        sqsMissingQueue,
			"InvalidCharacters":   sqsInvalidCharacters,
			"EmptyReceive":        sqsEmptyReceive,
			"VisibilityOfReceive": sqsVisibilityOfReceive,
		})
	})
}

func newQueue(t *testing.T, c *sqs.Client, attributes map[string]string) string {
	t.Helper()
	return localawstest.Queue(t, c, "q-"+ulid.Make().String(), attributes)
}

func sendText(t *testing.T, c *sqs.Client, queue, body string) string {
	t.Helper()
	out, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body})
	must(t, err)
	return *out.MessageId
}

// receive asks for up to ten messages with everything that belongs to them.
func receive(t *testing.T, c *sqs.Client, queue string, wait, visibility int32) []types.Message {
	t.Helper()
	out, err := c.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: wait, VisibilityTimeout: visibility,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"},
	})
	must(t, err)
	return out.Messages
}

func receiveOne(t *testing.T, c *sqs.Client, queue string) types.Message {
	t.Helper()
	messages := receive(t, c, queue, 5, 30)
	if len(messages) != 1 {
		t.Fatalf("received %d messages, want 1", len(messages))
	}
	return messages[0]
}

func sqsQueues(t *testing.T, c *sqs.Client) {
	name := "q-" + ulid.Make().String()
	attributes := map[string]string{"VisibilityTimeout": "77"}
	url := localawstest.Queue(t, c, name, attributes)
	if again := localawstest.Queue(t, c, name, attributes); again != url {
		t.Errorf("the same creation again: %s, want %s", again, url)
	}
	_, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "78"},
	})
	if !isError(err, "QueueAlreadyExists") {
		t.Errorf("creation with other attributes: %v, want QueueAlreadyExists", err)
	}
	got, err := c.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	must(t, err)
	if *got.QueueUrl != url {
		t.Errorf("GetQueueUrl: %s, want %s", *got.QueueUrl, url)
	}
	_, err = c.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &url, Attributes: map[string]string{"VisibilityTimeout": "5"},
	})
	must(t, err)
	all := queueAttributes(t, c, url)
	if all["VisibilityTimeout"] != "5" || !strings.HasSuffix(all["QueueArn"], ":"+name) {
		t.Errorf("attributes: %v", all)
	}
	list, err := c.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &name})
	must(t, err)
	if !cmp.Equal(list.QueueUrls, []string{url}) {
		t.Errorf("ListQueues: %v, want %s", list.QueueUrls, url)
	}
}

func queueAttributes(t *testing.T, c *sqs.Client, url string) map[string]string {
	t.Helper()
	out, err := c.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"},
	})
	must(t, err)
	return out.Attributes
}

// Fair queues: a standard queue takes a message group and hands it on.
func sqsMessageGroup(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String("single"), MessageGroupId: aws.String("account-1"),
	})
	must(t, err)
	_, err = c.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
		QueueUrl: &queue, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String("batched"), MessageGroupId: aws.String("account-1")},
		},
	})
	must(t, err)
	got := map[string]string{}
	for len(got) < 2 {
		// A group blocks nothing here: the second comes while the first is
		// in flight.
		for _, m := range receive(t, c, queue, 5, 30) {
			got[*m.Body] = m.Attributes["MessageGroupId"]
		}
	}
	if diff := cmp.Diff(map[string]string{"single": "account-1", "batched": "account-1"}, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func sqsSystemAttributes(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	before := time.Now().Add(-time.Minute).UnixMilli()
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String("x"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)},
		},
	})
	must(t, err)
	got := receiveOne(t, c, queue).Attributes
	if got["AWSTraceHeader"] != trace || got["ApproximateReceiveCount"] != "1" {
		t.Errorf("system attributes: %v", got)
	}
	for _, name := range []string{"SentTimestamp", "ApproximateFirstReceiveTimestamp"} {
		if at, err := strconv.ParseInt(got[name], 10, 64); err != nil || at < before {
			t.Errorf("%s = %q, want milliseconds of now", name, got[name])
		}
	}
}

func sqsMessageAttributes(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	want := map[string]types.MessageAttributeValue{
		"kind":   {DataType: aws.String("String"), StringValue: aws.String("größer 😀")},
		"number": {DataType: aws.String("Number"), StringValue: aws.String("42")},
		"bytes":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
	}
	sent, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String("x"), MessageAttributes: want,
	})
	must(t, err)
	got := receiveOne(t, c, queue)
	for name, w := range want {
		g := got.MessageAttributes[name]
		if aws.ToString(g.StringValue) != aws.ToString(w.StringValue) || !cmp.Equal(g.BinaryValue, w.BinaryValue) ||
			aws.ToString(g.DataType) != *w.DataType {
			t.Errorf("attribute %s: %+v", name, g)
		}
	}
	// Of the attributes in order: each part after its length in 4 bytes, and
	// a byte 1 or 2 (binary) before the value.
	const digest = "d8002b8f8eb3e9b972921560ec927346"
	for _, got := range []*string{sent.MD5OfMessageAttributes, got.MD5OfMessageAttributes} {
		if aws.ToString(got) != digest {
			t.Errorf("checksum of the attributes: %s, want %s", aws.ToString(got), digest)
		}
	}
}

func sqsPartialBatch(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	sent, err := c.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
		QueueUrl: &queue, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("good"), MessageBody: aws.String("a")},
			{Id: aws.String("bad"), MessageBody: aws.String("b\x01")},
			{Id: aws.String("late"), MessageBody: aws.String("c"), DelaySeconds: 901},
		},
	})
	must(t, err)
	failed := map[string]bool{}
	for _, f := range sent.Failed {
		failed[*f.Id] = f.SenderFault
	}
	if len(sent.Successful) != 1 || *sent.Successful[0].Id != "good" || !cmp.Equal(failed, map[string]bool{"bad": true, "late": true}) {
		t.Errorf("sent %d, failed %v", len(sent.Successful), failed)
	}
	m := receiveOne(t, c, queue)
	deleted, err := c.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{
		QueueUrl: &queue, Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("good"), ReceiptHandle: m.ReceiptHandle},
			{Id: aws.String("bad"), ReceiptHandle: aws.String("no handle")},
		},
	})
	must(t, err)
	if len(deleted.Successful) != 1 || len(deleted.Failed) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("deleted: %+v, failed: %+v", deleted.Successful, deleted.Failed)
	}
}

func sqsBatchErrors(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	entries := func(n, size int) (list []types.SendMessageBatchRequestEntry) {
		for i := range n {
			list = append(list, types.SendMessageBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(strings.Repeat("x", size)),
			})
		}
		return list
	}
	twice := entries(2, 1)
	twice[1].Id = twice[0].Id
	for code, list := range map[string][]types.SendMessageBatchRequestEntry{
		"AWS.SimpleQueueService.EmptyBatchRequest":            {},
		"AWS.SimpleQueueService.TooManyEntriesInBatchRequest": entries(11, 1),
		"AWS.SimpleQueueService.BatchEntryIdsNotDistinct":     twice,
		"AWS.SimpleQueueService.BatchRequestTooLong":          entries(2, 600<<10),
	} {
		_, err := c.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &queue, Entries: list})
		if !isError(err, code) {
			t.Errorf("batch: %v, want %s", err, code)
		}
	}
}

func sqsLargeBodies(t *testing.T, c *sqs.Client) {
	queue := newQueue(t, c, nil)
	body := strings.Repeat("ü\"", 1<<20/3) + "x" // 1 MiB in UTF-8
	if len(body) != 1<<20 {
		t.Fatalf("the body has %d bytes", len(body))
	}
	sendText(t, c, queue, body)
	if got := *receiveOne(t, c, queue).Body; got != body {
		t.Errorf("a body of 1 MiB came back with %d bytes", len(got))
	}
	_, err := c.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String(body + "x")})
	if !isError(err, "InvalidParameterValue") {
		t.Errorf("one byte more: %v, want InvalidParameterValue", err)
	}
}
