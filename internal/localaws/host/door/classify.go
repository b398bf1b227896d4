package door

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

// operation is a call of an AWS service and what it needs to be allowed.
type operation struct {
	service, name string
	requests      []iam.Request
}

// classify reads what AWS's JSON protocols say about a call.
func (c Config) classify(target string, body []byte) (operation, error) {
	prefix, name, _ := strings.Cut(target, ".")
	var o operation
	var err error
	switch prefix {
	case "DynamoDB_20120810":
		o.service = "dynamodb"
		o.requests, err = c.dynamoRequests(name, body)
	case "AmazonSQS":
		o.service = "sqs"
		o.requests, err = c.queueRequests(name, body)
	case "secretsmanager":
		o.service = "secretsmanager"
		o.requests, err = c.secretRequests(name, body)
	case "AWSEvents":
		o.service = "events"
		o.requests, err = c.eventRequests(name, body)
	default:
		return o, fmt.Errorf("no service has the target %q", target)
	}
	if err != nil {
		return o, fmt.Errorf("%s: %w", target, err)
	}
	o.name = name
	if len(o.requests) == 0 { // a batch of nothing is judged too
		o.requests = []iam.Request{{Action: o.service + ":" + name, Resource: "*"}}
	}
	return o, nil
}

func (c Config) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + c.Region + ":" + c.AccountID + ":" + resource
}

func (c Config) queueRequests(name string, body []byte) ([]iam.Request, error) {
	var in struct {
		QueueURL  string `json:"QueueUrl"`
		QueueName string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	queue := in.QueueURL[strings.LastIndexByte(in.QueueURL, '/')+1:] + in.QueueName
	switch action := strings.TrimSuffix(name, "Batch"); action {
	case "SendMessage", "DeleteMessage", "ChangeMessageVisibility":
		name = action
	}
	return []iam.Request{{Action: "sqs:" + name, Resource: c.arn("sqs", queue)}}, nil
}

// secretRequests: the ARN of a secret ends in six random characters. Where a
// call gives a name, six others stand for them.
func (c Config) secretRequests(name string, body []byte) ([]iam.Request, error) {
	var in struct {
		SecretID     string `json:"SecretId"`
		Name         string
		SecretIDList []string `json:"SecretIdList"`
		Tags         []json.RawMessage
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	resource := func(id string) string {
		if strings.HasPrefix(id, "arn:") {
			return id
		}
		return c.arn("secretsmanager", "secret:"+id+"-AbCdEf")
	}
	if in.SecretIDList != nil {
		requests := []iam.Request{{Action: "secretsmanager:" + name, Resource: "*"}}
		for _, id := range in.SecretIDList {
			requests = append(requests, iam.Request{Action: "secretsmanager:GetSecretValue", Resource: resource(id)})
		}
		return requests, nil
	}
	id := resource(in.SecretID + in.Name)
	requests := []iam.Request{{Action: "secretsmanager:" + name, Resource: id}}
	if name == "CreateSecret" && len(in.Tags) > 0 {
		requests = append(requests, iam.Request{Action: "secretsmanager:TagResource", Resource: id})
	}
	return requests, nil
}

func (c Config) eventRequests(name string, body []byte) ([]iam.Request, error) {
	if name != "PutEvents" {
		return []iam.Request{{Action: "events:" + name, Resource: "*"}}, nil
	}
	var in struct {
		Entries []struct{ EventBusName, Source, DetailType string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	requests := make([]iam.Request, 0, len(in.Entries))
	for _, e := range in.Entries {
		bus := e.EventBusName
		if bus == "" {
			bus = "default"
		}
		if !strings.HasPrefix(bus, "arn:") {
			bus = c.arn("events", "event-bus/"+bus)
		}
		requests = append(requests, iam.Request{Action: "events:PutEvents", Resource: bus, Context: map[string][]string{
			"events:source": {e.Source}, "events:detail-type": {e.DetailType},
		}})
	}
	return requests, nil
}
