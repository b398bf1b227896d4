// Package queue sends to and takes from SQS: standard queues with message
// groups, so that one account's backlog does not hold up another's (fair
// queues), delivered at least once and in any order.
package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// MaxDelay is the longest that SQS holds a message back.
const MaxDelay = 15 * time.Minute

// sendDeadline bounds one send with its retries.
const sendDeadline = 3 * time.Second

// Message to send. Group is the account it belongs to, "" for none; Delay is
// cut to MaxDelay.
type Message struct {
	Body  []byte
	Group string
	Delay time.Duration
}

// Sender sends to one queue. It is safe for concurrent use.
type Sender struct {
	client *sqs.Client
	url    string
}

// NewSender makes a sender for the queue at url.
func NewSender(client *sqs.Client, url string) *Sender {
	return &Sender{client: client, url: url}
}

// Send returns once the queue has the message. After an error it may have it
// all the same.
func (s *Sender) Send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendDeadline)
	defer cancel()
	delay := min(max(m.Delay, 0), MaxDelay)
	in := &sqs.SendMessageInput{
		QueueUrl: &s.url, MessageBody: aws.String(string(m.Body)),
		DelaySeconds: int32((delay + time.Second - 1) / time.Second), //nolint:gosec // at most 900
	}
	if m.Group != "" {
		in.MessageGroupId = &m.Group
	}
	if trace := traceOf(ctx); trace != "" {
		in.MessageSystemAttributes = map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: &trace},
		}
	}
	if _, err := s.client.SendMessage(ctx, in); err != nil {
		return fmt.Errorf("send message: %w", err)
	}
	return nil
}

// traceOf is the invocation's X-Ray header, which aws-lambda-go keeps in the
// context under this key; "" outside of an invocation.
func traceOf(ctx context.Context) string {
	trace, _ := ctx.Value("x-amzn-trace-id").(string)
	return trace
}
