package webhook

import (
	"context"
	"crypto/md5" //nolint:gosec // how SQS says what it has taken
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/psabridge/psabridge/internal/callback"
)

// envelopes puts deliveries on the callback queue, grouped by account so that
// one account's flood does not hold up the others.
type envelopes struct {
	caller *caller
	url    string
}

var _ callback.Queue = (*envelopes)(nil)

type sendMessage struct {
	QueueUrl                string               `json:"QueueUrl"` //nolint:revive // SQS's spelling
	MessageBody             string               `json:"MessageBody"`
	MessageGroupId          string               `json:"MessageGroupId,omitempty"` //nolint:revive // SQS's spelling
	MessageSystemAttributes map[string]attribute `json:"MessageSystemAttributes,omitempty"`
}

type attribute struct {
	DataType    string `json:"DataType"`
	StringValue string `json:"StringValue"`
}

// Enqueue implements callback.Queue.
func (q *envelopes) Enqueue(ctx context.Context, e callback.Envelope) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode envelope: %w", err)
	}
	in := sendMessage{QueueUrl: q.url, MessageBody: string(body), MessageGroupId: string(e.Account)}
	// aws-lambda-go keeps the invocation's X-Ray header under this key.
	if trace, _ := ctx.Value("x-amzn-trace-id").(string); trace != "" {
		in.MessageSystemAttributes = map[string]attribute{"AWSTraceHeader": {DataType: "String", StringValue: trace}}
	}
	var out struct {
		MD5 string `json:"MD5OfMessageBody"`
	}
	if err := q.caller.do(ctx, "AmazonSQS.SendMessage", in, &out); err != nil {
		return err
	}
	if sum := md5.Sum(body); out.MD5 != hex.EncodeToString(sum[:]) { //nolint:gosec // as above
		return errors.New("the queue has another message than was sent")
	}
	return nil
}

// newQueue sends to the queue at its URL, whose host is the service's.
func newQueue(ctx context.Context, cfg aws.Config, c caller, queueURL string) (*envelopes, error) {
	u, err := url.Parse(queueURL)
	if err != nil {
		return nil, fmt.Errorf("queue address: %w", err)
	}
	c.service, c.url = "sqs", endpointOf(ctx, cfg, "SQS", u.Scheme+"://"+u.Host)
	return &envelopes{caller: &c, url: queueURL}, nil
}
