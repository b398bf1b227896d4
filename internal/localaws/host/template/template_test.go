package template

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

func options() Options {
	return Options{
		StackName: "s", Region: "r", AccountID: "1",
		QueueURL:    func(name string) string { return "http://q/1/" + name },
		APIEndpoint: func(string) string { return "http://api" },
		Forbidden:   []string{"OVERLAY"},
	}
}

const head = `
Transform: AWS::Serverless-2016-10-31
`

// whole is a template with one of everything. Tests of mistakes change it.
const whole = head + `
Parameters:
  Stage: {Type: String, Default: dev, AllowedPattern: '^[a-z]+$'}
  Wait: {Type: Number, Default: 60, MinValue: 30}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
Mappings: {Sizes: {dev: {memory: 256}}}
Conditions:
  IsDev: !Equals [!Ref Stage, dev]
  Not: !Not [!Condition IsDev]
  Both: !And [!Condition IsDev, !Equals [!Ref Kind, a]]
Globals:
  Function:
    Runtime: provided.al2023
    Handler: bootstrap
    Architectures: [arm64]
    Environment: {Variables: {STAGE: !Ref Stage, SHARED: global}}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .build/arm64/fn/
      Role: !GetAtt Role.Arn
      Timeout: 30
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Environment:
        Variables:
          SHARED: own
          QUEUE: !Ref Queue
          JOINED: !Join ['-', [a, !Select [1, !Split [',', 'x,y']], !If [IsDev, dev, other]]]
          SUBBED: !Sub ['${A}/${Queue.Arn}/${!Literal}/${AWS::Region}', {A: !Ref Kind}]
          GONE: !If [Not, x, !Ref 'AWS::NoValue']
          NUMBER: 12
          YES: true
      Events:
        Work: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures], ScalingConfig: {MaximumConcurrency: 3}}}
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get, Path: '/x/{id}'}}
        Tick: {Type: Schedule, Properties: {Schedule: rate(5 minutes), Input: '{}'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - Effect: Allow
                Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]
                Resource: !GetAtt Queue.Arn
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: !Ref Wait, RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}}
  Dead: {Type: AWS::SQS::Queue}
  Never: {Type: AWS::SQS::Queue, Condition: Not}
  Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 minute), Targets: [{Id: t, Arn: !GetAtt Queue.Arn, Input: '{"v":1}'}]}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn, Condition: {ArnEquals: {aws:SourceArn: !GetAtt Rule.Arn}}}]
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Api: {Type: AWS::Serverless::HttpApi}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {Anything: !Ref Fn}}
Outputs:
  Url: {Value: !GetAtt Api.ApiEndpoint}
  Unused: {Condition: Not, Value: !Ref Never}
`

func TestTheWhole(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(whole), options())
	if err != nil {
		t.Fatal(err)
	}
	const queue, dead = "arn:aws:sqs:r:1:s-Queue", "arn:aws:sqs:r:1:s-Dead"
	input, tick := "{}", `{"v":1}`
	want := &Template{
		Functions: []Function{{
			ID: "Fn", Name: "s-Fn", ARN: "arn:aws:lambda:r:1:function:s-Fn", CodeURI: ".build/arm64/fn/",
			Handler: "bootstrap", MemoryMB: 256, Timeout: 30 * time.Second,
			Environment: map[string]string{
				"STAGE": "dev", "SHARED": "own", "QUEUE": "http://q/1/s-Queue", "JOINED": "a-y-dev",
				"SUBBED": "a/" + queue + "/${Literal}/r", "NUMBER": "12", "YES": "true",
			},
			Policy: iam.Policy{{
				Allow: true, Actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, Resources: []string{queue},
			}},
			Mappings: []Mapping{{ID: "FnWork", QueueARN: queue, BatchSize: 5, MaxConcurrency: 3, ReportFailures: true, Enabled: true}},
		}},
		APIs: []API{{
			ID: "Api", Name: "s-Api", Authorizers: map[string]Authorizer{},
			Routes: []Route{{Method: "GET", Path: "/x/{id}", FunctionID: "Fn", Timeout: 30 * time.Second}},
		}},
		Queues: []Queue{
			{ID: "Dead", Name: "s-Dead", ARN: dead, Attributes: map[string]string{}, Visibility: 30 * time.Second},
			{ID: "Queue", Name: "s-Queue", ARN: queue, Attributes: map[string]string{}, Visibility: time.Minute, DeadLetterARN: dead, MaxReceive: 3},
		},
		Tables: []Table{{ID: "Table", Name: "s-Table", ARN: "arn:aws:dynamodb:r:1:table/s-Table", Definition: TableDefinition{
			AttributeDefinitions: []Attribute{{"pk", "S"}}, KeySchema: []Key{{"pk", "HASH"}},
		}}},
		Rules: []Rule{
			{
				ID: "FnTick", Name: "s-FnTick", ARN: "arn:aws:events:r:1:rule/s-FnTick", Bus: "default", Rate: 5 * time.Minute, Enabled: true,
				Targets: []Target{{ID: "Fn", ARN: "arn:aws:lambda:r:1:function:s-Fn", Input: &input, Retries: 2}},
			},
			{
				ID: "Rule", Name: "s-Rule", ARN: "arn:aws:events:r:1:rule/s-Rule", Bus: "default", Rate: time.Minute, Enabled: true,
				Targets: []Target{{ID: "t", ARN: queue, Input: &tick, Retries: 2}},
			},
		},
		Outputs: map[string]string{"Url": "http://api"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMistakes changes one thing at a time and expects to be told about it.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, says string }{
		{"unknown tag", "!Ref Stage, dev", "!Stage Ref, dev", "unknown tag !Stage"},
		{"import", "STAGE: !Ref Stage", "STAGE: {'Fn::ImportValue': x}", "Fn::ImportValue is not supported"},
		{"dangling reference", "QUEUE: !Ref Queue", "QUEUE: !Ref Qeue", `nothing is called "Qeue"`},
		{"dangling in a text", "${Queue.Arn}", "${Qeue.Arn}", `nothing is called "Qeue"`},
		{"dangling where nothing runs", "Anything: !Ref Fn", "Anything: !Ref Gone", `nothing is called "Gone"`},
		{"reference to what does not exist", "QUEUE: !Ref Queue", "QUEUE: !Ref Never", "switched off by its condition Not"},
		{"dangling condition", "!If [IsDev,", "!If [IsDeev,", `no condition "IsDeev"`},
		{"condition in a circle", "IsDev: !Equals [!Ref Stage, dev]", "IsDev: !Not [!Condition Not]", "depends on itself"},
		{"unknown attribute", "Queue.Arn, BatchSize", "Queue.Url, BatchSize", `no attribute "Url"`},
		{"unknown type", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Alarn", "AWS::CloudWatch::Alarn is not supported"},
		{"unknown property", "MemorySize:", "MemSize:", `unknown field "MemSize"`},
		{"unknown property of an event", "BatchSize: 5", "BatchSise: 5", `unknown field "BatchSise"`},
		{"unknown resource attribute", "Dead: {Type: AWS::SQS::Queue}", "Dead: {Type: AWS::SQS::Queue, Depends: x}", `unknown field "Depends"`},
		{"key twice", "Handler: bootstrap", "Handler: bootstrap\n    Handler: x", "stands twice"},
		{"default against the pattern", "Default: dev, Allowed", "Default: DEV, Allowed", "against the allowed pattern"},
		{"value not allowed", "Default: a, AllowedValues", "Default: c, AllowedValues", "none of the allowed values"},
		{"number too small", "Default: 60", "Default: 20", "outside its range"},
		{"no value", "{Type: String, Default: a, ", "{Type: String, ", "has no default"},
		{"another runtime", "provided.al2023", "provided.al2", `runtime "provided.al2"`},
		{"overlay", "SHARED: own", "OVERLAY: own", "may not set OVERLAY"},
		{"reserved name", "SHARED: own", "AWS_REGION: own", "may not set AWS_REGION"},
		{"environment too large", "SHARED: own", "SHARED: " + strings.Repeat("x", 4096), "more than Lambda's 4096"},
		{"visibility below the time-out", "Timeout: 30", "Timeout: 61", "below the function's time-out"},
		{"role cannot read", "sqs:DeleteMessage, ", "", "does not allow sqs:DeleteMessage"},
		{"role of others", "Principal: {Service: lambda.", "Principal: {Service: ec2.", "may not take its role"},
		{"no queue policy", "Service: events.", "Service: sns.", "AWS would drop its events"},
		{"policy for another rule", "!GetAtt Rule.Arn", "!GetAtt Dead.Arn", "AWS would drop its events"},
		{"cron", "rate(1 minute)", "'cron(0 1 * * ? *)'", "is not supported"},
		{"plural", "rate(1 minute)", "rate(1 minutes)", "one is singular"},
		{"input", `'{"v":1}'`, `'{v:1}'`, "is not JSON"},
		{"batch size", "BatchSize: 5", "BatchSize: 11", "wants a batching window"},
		{"concurrency", "MaximumConcurrency: 3", "MaximumConcurrency: 1", "outside 2 to 1000"},
		{"response type", "[ReportBatchItemFailures]", "[ReportItems]", `"ReportItems" is not known`},
		{"method", "Method: get", "Method: fetch", "FETCH is not known"},
		{"no such API", "ApiId: !Ref Api", "ApiId: !Ref Fn", "ApiId must be a !Ref"},
		{"authorizer", "Path: '/x/{id}'", "Path: '/x/{id}', Auth: {Authorizer: Jwt}", `no authorizer "Jwt"`},
		{"greedy in the middle", "'/x/{id}'", "'/x/{id+}/y'", "must be the last segment"},
		{"undeclared key", "KeySchema: [{AttributeName: pk", "KeySchema: [{AttributeName: sk", "pk is declared and in no key"},
		{"dead letters elsewhere", "!GetAtt Dead.Arn", "arn:aws:sqs:r:1:other", "is not in this template"},
		{"index out of range", "!Select [1,", "!Select [2,", "!Select 2 of 2"},
		{"map", "!FindInMap [Sizes, !Ref Stage, memory]", "!FindInMap [Sizes, prod, memory]", `no "prod"`},
		{"a bus in a circle", "{ScheduleExpression: rate(1 minute),", "{EventBusName: !Ref Rule, Name: !GetAtt Rule.Arn, ScheduleExpression: rate(1 minute),", "depends on itself"},
		{"a bus of itself", "{ScheduleExpression: rate(1 minute),", "{EventBusName: !GetAtt Rule.Arn, ScheduleExpression: rate(1 minute),", "depends on itself"},
		{"policy element", "Effect: Allow\n                Action", "Effect: Allow\n                NotResource: x\n                Action", "NotResource"},
		{"section", "Outputs:\n", "Hooks: {}\nOutputs:\n", "Hooks: is not a section"},
		{"no transform", "Transform: AWS::Serverless-2016-10-31", "Transform: AWS::Other", "Transform: must be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(whole, c.old, c.new, 1)
			if text == whole {
				t.Fatalf("the template has no %q", c.old)
			}
			_, err := Parse([]byte(text), options())
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestParametersThatAreGiven(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Options)
		says   string
	}{
		"unknown":             {func(o *Options) { o.Parameters = map[string]string{"X": "y"} }, `no parameter "X"`},
		"against its pattern": {func(o *Options) { o.Parameters = map[string]string{"Stage": "1"} }, "allowed pattern"},
		"part of its pattern": {func(o *Options) { o.Parameters = map[string]string{"Stage": "dev1"} }, "allowed pattern"},
		"an address":          {func(o *Options) { o.Loopback = map[string]string{"Stage": "http://127.0.0.1:1"} }, ""},
		"a foreign address":   {func(o *Options) { o.Loopback = map[string]string{"Stage": "http://example.com"} }, "not an address of this machine"},
	} {
		o := options()
		c.change(&o)
		_, err := Parse([]byte(strings.Replace(whole, "!Ref Stage, memory", "dev, memory", 1)), o)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

// TestTheProjectsTemplate reads what is deployed.
func TestTheProjectsTemplate(t *testing.T) {
	t.Parallel()
	o := options()
	o.Parameters = map[string]string{"InstallationId": "local", "ConnectWiseClientId": "00000000-0000-4000-8000-00000000d3a0"}
	o.Loopback = map[string]string{"JwtIssuer": "http://127.0.0.1:1"}
	got, err := Read("../../../../template.yaml", o)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Functions) == 0 || len(got.Tables) != 1 || len(got.APIs) != 1 || len(got.Queues) == 0 || len(got.Rules) == 0 {
		t.Errorf("%+v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("a: !Ref\n- b"))
	f.Add([]byte("&a [*a]"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = Parse(data, options()) // must neither panic nor hang
	})
}
