package sqs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

// sendEntry is a message to send, alone or in a batch.
type sendEntry struct {
	Id                      string
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]attribute
	MessageSystemAttributes map[string]attribute
	MessageGroupId          string
}

type sendInput struct {
	QueueUrl string
	sendEntry
}

type sendOutput struct {
	Id                           string `json:",omitempty"`
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Server) sendMessage(_ context.Context, in sendInput) (sendOutput, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return sendOutput{}, err
	}
	return send(q, in.sendEntry)
}

func send(q *queue, e sendEntry) (sendOutput, error) {
	m, err := newMessage(q, e)
	if err != nil {
		return sendOutput{}, err
	}
	out := sendOutput{
		Id: e.Id, MessageId: m.id, MD5OfMessageBody: digest([]byte(m.body)),
		MD5OfMessageAttributes:       digestAttributes(e.MessageAttributes),
		MD5OfMessageSystemAttributes: digestAttributes(e.MessageSystemAttributes),
	}
	q.put(m, e.DelaySeconds)
	return out, nil
}

// newMessage checks an entry against AWS's rules and the queue's own.
func newMessage(q *queue, e sendEntry) (*message, error) {
	switch limit := q.get().maxSize; {
	case e.MessageBody == "":
		return nil, errMissing("MessageBody")
	case !validText(e.MessageBody):
		return nil, errNamed("InvalidMessageContents", "The message has characters that SQS does not allow.")
	case size(e) > limit:
		return nil, errValue("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	case e.DelaySeconds != nil && (*e.DelaySeconds < 0 || *e.DelaySeconds > 900):
		return nil, errValue("Value %d for parameter DelaySeconds is invalid.", *e.DelaySeconds)
	case e.MessageGroupId != "" && !validGroup(e.MessageGroupId):
		return nil, errValue("The parameter MessageGroupId is invalid.")
	case len(e.MessageAttributes) > 10:
		return nil, errValue("A message has at most 10 attributes.")
	}
	for name := range e.MessageSystemAttributes {
		if name != "AWSTraceHeader" {
			return nil, errValue("Message system attribute %s is invalid.", name)
		}
	}
	return &message{
		id: awsjson.NewID(), body: e.MessageBody, attributes: e.MessageAttributes, group: e.MessageGroupId,
		trace: e.MessageSystemAttributes["AWSTraceHeader"].StringValue, sent: time.Now(),
	}, nil
}

// validGroup allows letters, digits and ASCII punctuation, up to 128.
func validGroup(id string) bool {
	return len(id) <= 128 && !strings.ContainsFunc(id, func(r rune) bool { return r < '!' || r > '~' })
}

// validText allows the characters of XML 1.0.
func validText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	})
}

func size(e sendEntry) int {
	n := len(e.MessageBody)
	for name, a := range e.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.StringValue) + len(a.BinaryValue)
	}
	return n
}

type receiveInput struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string // the older name of the next
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

type receivedMessage struct {
	MessageId, ReceiptHandle, MD5OfBody, Body string

	MD5OfMessageAttributes string               `json:",omitempty"`
	Attributes             map[string]string    `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
}

type receiveOutput struct {
	Messages []receivedMessage `json:",omitempty"`
}

func (s *Server) receiveMessage(ctx context.Context, in receiveInput) (out receiveOutput, err error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return out, err
	}
	set := q.get()
	n := or(in.MaxNumberOfMessages, 1)
	visibility := or(in.VisibilityTimeout, int(set.visibility/time.Second))
	wait := or(in.WaitTimeSeconds, int(set.wait/time.Second))
	if n < 1 || n > 10 || visibility < 0 || visibility > 43200 || wait < 0 || wait > 20 {
		return out, errValue("A number of the request is out of its range.")
	}
	deadline := time.Now().Add(time.Duration(wait) * time.Second)
	for _, m := range s.takeUntil(ctx, q, n, time.Duration(visibility)*time.Second, deadline) {
		out.Messages = append(out.Messages, m.show(in))
	}
	return out, nil
}

func or(value *int, preset int) int {
	if value == nil {
		return preset
	}
	return *value
}

// takeUntil takes what there is, or waits for the first until the deadline.
func (s *Server) takeUntil(
	ctx context.Context, q *queue, n int, visibility time.Duration, deadline time.Time,
) []received {
	for {
		target, limit := s.deadLetters(q)
		messages, dead := q.take(n, limit, visibility)
		for _, m := range dead {
			m.source = q.arn
			target.put(m, new(int))
		}
		if len(messages) > 0 || !time.Now().Before(deadline) || ctx.Err() != nil {
			return messages
		}
		q.wait(ctx, deadline)
	}
}

// deadLetters returns where messages go that were received limit times. There
// is no limit where that queue is missing.
func (s *Server) deadLetters(q *queue) (target *queue, limit int) {
	set := q.get()
	if target = s.byARN(set.deadLetters); target != nil {
		limit = set.maxReceives
	}
	return target, limit
}

// show makes of a message what its receiver asked for.
func (m received) show(in receiveInput) receivedMessage {
	out := receivedMessage{
		MessageId: m.id, ReceiptHandle: m.handle, Body: m.body, MD5OfBody: digest([]byte(m.body)),
	}
	system := m.system()
	names := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for name, value := range system {
		if value != "" && (slices.Contains(names, name) || slices.Contains(names, "All")) {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[name] = value
		}
	}
	out.MessageAttributes = chosen(m.attributes, in.MessageAttributeNames)
	out.MD5OfMessageAttributes = digestAttributes(out.MessageAttributes)
	return out
}

func (m received) system() map[string]string {
	millis := func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
	return map[string]string{
		"SenderId":                         "local",
		"SentTimestamp":                    millis(m.sent),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": millis(m.firstReceived),
		"MessageGroupId":                   m.group,
		"AWSTraceHeader":                   m.trace,
		"DeadLetterQueueSourceArn":         m.source,
	}
}
