package poller

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// maxEvent is the largest event that Lambda takes.
const maxEvent = 6 << 20

type record struct {
	MessageID              string               `json:"messageId"`
	ReceiptHandle          string               `json:"receiptHandle"`
	Body                   string               `json:"body"`
	Attributes             map[string]string    `json:"attributes"`
	MessageAttributes      map[string]attribute `json:"messageAttributes"`
	MD5OfMessageAttributes string               `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody              string               `json:"md5OfBody"`
	EventSource            string               `json:"eventSource"`
	EventSourceARN         string               `json:"eventSourceARN"`
	AWSRegion              string               `json:"awsRegion"`
}

type attribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues [][]byte `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

// encode makes an event of as many messages as fit, and says how many.
func encode(batch []types.Message, arn, region string) (event []byte, n int, err error) {
	size := len(`{"Records":[]}`)
	var parts [][]byte
	for _, m := range batch {
		data, err := json.Marshal(newRecord(m, arn, region))
		if err != nil {
			return nil, 0, fmt.Errorf("encode a message: %w", err)
		}
		if size += len(data) + 1; size > maxEvent && len(parts) > 0 {
			break
		}
		parts = append(parts, data)
	}
	event = bytes.Join([][]byte{[]byte(`{"Records":[`), bytes.Join(parts, []byte(",")), []byte(`]}`)}, nil)
	return event, len(parts), nil
}

func newRecord(m types.Message, arn, region string) record {
	r := record{
		MessageID: text(m.MessageId), ReceiptHandle: text(m.ReceiptHandle), Body: text(m.Body),
		Attributes: m.Attributes, MessageAttributes: map[string]attribute{},
		MD5OfBody: text(m.MD5OfBody), MD5OfMessageAttributes: text(m.MD5OfMessageAttributes),
		EventSource: "aws:sqs", EventSourceARN: arn, AWSRegion: region,
	}
	for name, a := range m.MessageAttributes {
		r.MessageAttributes[name] = attribute{
			StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: text(a.DataType),
			StringListValues: []string{}, BinaryListValues: [][]byte{},
		}
	}
	return r
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

var errReport = errors.New("malformed batch response")

// succeeded reads a partial batch response and returns the messages that are
// done. No list means that all are; an item that names no message of the
// batch, or anything that cannot be read, means that none is.
func succeeded(batch []types.Message, answer []byte) ([]types.Message, error) {
	if len(bytes.TrimSpace(answer)) == 0 {
		return batch, nil
	}
	var report *struct {
		BatchItemFailures []struct {
			ItemIdentifier *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return nil, fmt.Errorf("%w: %w", errReport, err)
	}
	if report == nil {
		return batch, nil
	}
	pending := make(map[string]bool, len(batch))
	for _, m := range batch {
		pending[text(m.MessageId)] = true
	}
	failed := map[string]bool{}
	for _, item := range report.BatchItemFailures {
		id := text(item.ItemIdentifier)
		if !pending[id] {
			return nil, fmt.Errorf("%w: an item names no message of the batch", errReport)
		}
		failed[id] = true
	}
	var done []types.Message
	for _, m := range batch {
		if !failed[text(m.MessageId)] {
			done = append(done, m)
		}
	}
	return done, nil
}
