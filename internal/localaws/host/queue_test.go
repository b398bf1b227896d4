package host_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/psabridge/psabridge/internal/localaws/host"
)

// fast makes a visibility time-out of 20 s one of five, in which a slow machine
// starts a process and works through a batch as well.
func fast(c *host.Config) { c.Speed = 4 }

func (b *bench) queue(id string) (*sqs.Client, *string) {
	for _, q := range b.Template().Queues {
		if q.ID == id {
			return sqs.NewFromConfig(b.services.AWSConfig()), aws.String(b.services.Endpoints.SQS + "/000000000000/" + q.Name)
		}
	}
	return nil, nil
}

func (b *bench) put(t *testing.T, bodies ...string) {
	t.Helper()
	client, url := b.queue("Queue")
	in := &sqs.SendMessageBatchInput{QueueUrl: url}
	for i, body := range bodies {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(string(rune('a' + i))), MessageBody: aws.String(body), MessageGroupId: aws.String("account-1"),
		})
	}
	if _, err := client.SendMessageBatch(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// count is the number of messages in a queue, in flight or not.
func (b *bench) count(t *testing.T, id string) string {
	t.Helper()
	client, url := b.queue(id)
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"] + "+" + out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

func TestOnlyTheFailedItemComesBackAndGoesToTheDeadLetters(t *testing.T) {
	t.Parallel()
	b := start(t, fast)
	b.put(t, "one", "fail", "two")
	eventually(t, "the failed message is a dead letter", func() bool { return b.count(t, "DeadLetters") == "1+0" })
	for line, want := range map[string]int{
		"got one": 1, "got two": 1, "got fail receive=1 group=account-1": 1, "got fail receive=2": 1, "got fail": 2,
	} {
		if n := b.lines(t, "worker", line); n != want {
			t.Errorf("%q was said %d times, want %d", line, n, want)
		}
	}
	if n := b.count(t, "Queue"); n != "0+0" {
		t.Errorf("the queue holds %s", n)
	}
}

func TestAWholeBatchFails(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"error", "exit", "unknown"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			b := start(t, fast)
			b.put(t, "one", how)
			eventually(t, "both are dead letters", func() bool { return b.count(t, "DeadLetters") == "2+0" })
			if n := b.lines(t, "worker", "got one"); n != 2 {
				t.Errorf("the innocent message was received %d times, want 2", n)
			}
		})
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	for _, id := range []string{"WorkerTick", "WorkerBare", "Minute"} {
		if err := b.Fire(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all three arrive", func() bool {
		out := b.output(t, "worker")
		return strings.Contains(out, `event {"kind":"tick"}`) && strings.Contains(out, `"source":"aws.events"`) &&
			strings.Contains(out, `got "ticked" receive=1`)
	})
	if err := b.Fire(t.Context(), "Nothing"); err == nil {
		t.Error("a schedule that does not exist fires")
	}
}

func TestSchedulesTickByThemselves(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *host.Config) { c.NoSchedules, c.Speed = false, 600 })
	eventually(t, "the minute's tick comes twice", func() bool { return b.lines(t, "worker", `got "ticked"`) >= 2 })
}

func TestAnAsynchronousInvocationIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *host.Config) { c.Speed = 20 })
	if err := b.Fire(t.Context(), "WorkerFailing"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is given up", func() bool { return strings.Contains(b.log.String(), "was given up") })
	if n := b.lines(t, "worker", `event {"kind":"fail"}`); n != 3 {
		t.Errorf("it was tried %d times, want 3", n)
	}
}

func TestARuleInvokesAFunction(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	client := eventbridge.NewFromConfig(b.services.AWSConfig())
	put := func(source string) ebtypes.PutEventsRequestEntry {
		return ebtypes.PutEventsRequestEntry{
			EventBusName: aws.String("psabridge-bus"), Source: &source, DetailType: aws.String("t"), Detail: aws.String(`{"n":1}`),
		}
	}
	_, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{
		Entries: []ebtypes.PutEventsRequestEntry{put("theirs"), put("ours")},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the event that fits arrives", func() bool { return b.lines(t, "worker", "event ") == 1 })
	_, line, _ := strings.Cut(b.output(t, "worker"), "event ")
	var e struct{ Source string }
	if err := json.Unmarshal([]byte(strings.TrimSpace(line)), &e); err != nil || e.Source != "ours" {
		t.Errorf("%v: %s", err, line)
	}
}
