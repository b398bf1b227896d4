package sqs

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

// The error shapes of SQS that have a class of their own in the SDKs keep
// their older code beside the shape's name.

func errNoQueue() error {
	return &awsjson.Error{
		Type: "QueueDoesNotExist", Query: "AWS.SimpleQueueService.NonExistentQueue",
		Message: "The specified queue does not exist.",
	}
}

func errNameExists() error {
	return &awsjson.Error{
		Type: "QueueNameExists", Query: "QueueAlreadyExists",
		Message: "A queue of this name exists with other attributes.",
	}
}

func errNotInFlight() error {
	return &awsjson.Error{
		Type: "MessageNotInflight", Query: "AWS.SimpleQueueService.MessageNotInflight",
		Message: "The message is not in flight.",
	}
}

func errHandle() error {
	return &awsjson.Error{
		Type: "ReceiptHandleIsInvalid", Query: "ReceiptHandleIsInvalid",
		Message: "The receipt handle is not one of this queue.",
	}
}

// errBatch is an error of a whole batch.
func errBatch(name, text string) error {
	return &awsjson.Error{Type: name, Query: "AWS.SimpleQueueService." + name, Message: text}
}

// errNamed is an error whose older code is the shape's name.
func errNamed(name, text string) error {
	return &awsjson.Error{Type: name, Query: name, Message: text}
}

func errValue(format string, args ...any) error {
	return &awsjson.Error{
		Type: "com.amazon.coral.service#InvalidParameterValueException", Query: "InvalidParameterValue",
		Message: fmt.Sprintf(format, args...),
	}
}

func errMissing(name string) error {
	return &awsjson.Error{
		Type: "com.amazon.coral.service#MissingRequiredParameterException", Query: "MissingParameter",
		Message: "The request must contain the parameter " + name + ".",
	}
}

// handle makes the receipt handle of one receive of one message.
func handle(queue, id string, receive int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %d", queue, id, receive))
}

func parseHandle(queue, text string) (id string, receive int, err error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", 0, errHandle()
	}
	parts := strings.Split(string(raw), " ")
	if len(parts) != 3 || parts[0] != queue {
		return "", 0, errHandle()
	}
	receive, err = strconv.Atoi(parts[2])
	if err != nil {
		return "", 0, errHandle()
	}
	return parts[1], receive, nil
}
