package door

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	const table, db = "arn:aws:dynamodb:r:1:table/T", "DynamoDB_20120810."
	const secret = "arn:aws:secretsmanager:r:1:secret:a/b-AbCdEf"
	on := func(resource string, actions ...string) []iam.Request {
		var out []iam.Request
		for _, a := range actions {
			out = append(out, iam.Request{Action: a, Resource: resource})
		}
		return out
	}
	for _, c := range []struct {
		target, body string
		want         []iam.Request
	}{
		{db + "PutItem", `{"TableName":"T"}`, on(table, "dynamodb:PutItem")},
		{db + "GetItem", `{"TableName":"` + table + `"}`, on(table, "dynamodb:GetItem")},
		{db + "Query", `{"TableName":"T","IndexName":"due"}`, on(table+"/index/due", "dynamodb:Query")},
		{db + "BatchGetItem", `{"RequestItems":{"T":{}}}`, on(table, "dynamodb:BatchGetItem")},
		{db + "BatchWriteItem", `{"RequestItems":{"T":[]}}`, on(table, "dynamodb:BatchWriteItem")},
		{
			db + "TransactWriteItems",
			`{"TransactItems":[{"Put":{"TableName":"T"}},{"Update":{"TableName":"T"}},{"Delete":{"TableName":"T"}},{"ConditionCheck":{"TableName":"T"}}]}`,
			on(table, "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"),
		},
		{db + "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"T"}}]}`, on(table, "dynamodb:GetItem")},
		{db + "ExecuteStatement", `{"Statement":"select a, b from \"T\".\"due\" where x=1"}`, on(table+"/index/due", "dynamodb:PartiQLSelect")},
		{
			db + "BatchExecuteStatement",
			`{"Statements":[{"Statement":"INSERT INTO \"T\" value {}"},{"Statement":"UPDATE T SET a=1"},{"Statement":"delete from T where a=1"}]}`,
			on(table, "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
		},
		{db + "BatchWriteItem", `{}`, on("*", "dynamodb:BatchWriteItem")},
		{db + "ListTables", `{}`, on("*", "dynamodb:ListTables")},
		{"AmazonSQS.SendMessage", `{"QueueUrl":"http://x/1/q"}`, on("arn:aws:sqs:r:1:q", "sqs:SendMessage")},
		{"AmazonSQS.SendMessageBatch", `{"QueueUrl":"http://x/1/q"}`, on("arn:aws:sqs:r:1:q", "sqs:SendMessage")},
		{"AmazonSQS.GetQueueUrl", `{"QueueName":"q"}`, on("arn:aws:sqs:r:1:q", "sqs:GetQueueUrl")},
		{"secretsmanager.GetSecretValue", `{"SecretId":"a/b"}`, on(secret, "secretsmanager:GetSecretValue")},
		{"secretsmanager.DeleteSecret", `{"SecretId":"arn:x"}`, on("arn:x", "secretsmanager:DeleteSecret")},
		{"secretsmanager.CreateSecret", `{"Name":"a/b"}`, on(secret, "secretsmanager:CreateSecret")},
		{"secretsmanager.CreateSecret", `{"Name":"a/b","Tags":[{}]}`, on(secret, "secretsmanager:CreateSecret", "secretsmanager:TagResource")},
		{
			"secretsmanager.BatchGetSecretValue", `{"SecretIdList":["a/b"]}`,
			append(on("*", "secretsmanager:BatchGetSecretValue"), on(secret, "secretsmanager:GetSecretValue")...),
		},
		{"AWSEvents.PutEvents", `{"Entries":[{"EventBusName":"b"},{"EventBusName":"arn:b"},{}]}`, []iam.Request{
			{Action: "events:PutEvents", Resource: "arn:aws:events:r:1:event-bus/b"},
			{Action: "events:PutEvents", Resource: "arn:b"},
			{Action: "events:PutEvents", Resource: "arn:aws:events:r:1:event-bus/default"},
		}},
	} {
		got, err := Config{Region: "r", AccountID: "1"}.classify(c.target, []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.target, err)
		}
		if diff := cmp.Diff(c.want, got.requests, cmpopts.IgnoreFields(iam.Request{}, "Context")); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.target, c.body, diff)
		}
	}
}

// TestWhatIsNotUnderstoodIsRefused: a call that nothing is known about must
// not pass the role by.
func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	for target, body := range map[string]string{
		"": "{}", "Kinesis_20131202.PutRecord": "{}", "DynamoDB_20120810.PutItem": "nonsense",
		"DynamoDB_20120810.ExecuteStatement":   `{"Statement":"drop table x"}`,
		"DynamoDB_20120810.TransactWriteItems": `{"TransactItems":[{"Explode":{"TableName":"T"}}]}`,
	} {
		if _, err := (Config{}).classify(target, []byte(body)); err == nil {
			t.Errorf("%s %s is let through", target, body)
		}
	}
}

func TestTheCallerOfConnectWise(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"psabridge/0.1.0 (sync)": "sync", "psabridge/0.1.0": "", "curl/8 (sync)": "", "": "",
	} {
		if got := callerName(agent); got != want {
			t.Errorf("%q: %q", agent, got)
		}
	}
}
