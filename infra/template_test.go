package infra_test

import (
	"strings"
	"testing"
)

// invariant is a rule of the template. breakIt is an edit (old, new) of
// template.yaml, or of monitoring.yaml, that the rule must notice: a rule that
// cannot fail protects nothing.
type invariant struct {
	name    string
	problem func(stack) []string
	breakIt [][2]string
}

func invariants() []invariant {
	return []invariant{
		{"every asynchronous source has dead letters", sourcesWithoutDeadLetters, [][2]string{
			{"RedrivePolicy: {deadLetterTargetArn: !GetAtt CallbackDeadLetters.Arn, maxReceiveCount: 5}", "DelaySeconds: 0"},
			{"          DeadLetterConfig: {Arn: !GetAtt EventDeadLetters.Arn}\n\n  TracingPolicy", "\n  TracingPolicy"},
			{"          DeadLetterConfig: {Arn: !GetAtt EventDeadLetters.Arn}\n\n  # ---- usage", "\n  # ---- usage"},
		}},
		{"a message is invisible for six times the function's time", visibilityTooShort, [][2]string{
			{"VisibilityTimeout: 360", "VisibilityTimeout: 300"},
			{"Timeout: 60", "Timeout: 61"},
		}},
		{"queues report single failures and are bounded", mappingsUnbounded, [][2]string{
			{"FunctionResponseTypes: [ReportBatchItemFailures]", ""},
			{"ScalingConfig: {MaximumConcurrency: 10}", ""},
		}},
		{"every queue is encrypted and is drained or watched", queuesUnwatched, [][2]string{
			{"Properties: {MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true}", "Properties: {MessageRetentionPeriod: 3600, SqsManagedSseEnabled: true}"},
			{"SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false"},
			{"Value: !Ref CallbackDeadLetters}", "Value: !Ref SyncDeadLetters}"},
			{"CallbackDeadLetters: !GetAtt CallbackDeadLetters.QueueName", "CallbackDeadLetters: !GetAtt SyncDeadLetters.QueueName"},
		}},
		{"the event service may write to just the queues it feeds", rulesUnanswered, [][2]string{
			{"Condition: {ArnEquals: {aws:SourceArn: !GetAtt SyncTick.Arn}}", ""},
			{", !GetAtt ProductEvents.Arn]}}", "]}}"},
			{"Queues: [!Ref SyncQueue]", "Queues: [!Ref CallbackQueue]"},
		}},
		{"schedules are static and versioned", schedulesDynamic, [][2]string{
			{"ScheduleExpression: rate(5 minutes)", "ScheduleExpression: !Ref LogLevel"},
			{`Input: '{"v":1,"kind":"tick"}'`, `Input: '{"kind":"tick"}'`},
			{"Type: AWS::Events::EventBusPolicy", "Type: AWS::Scheduler::Schedule"},
		}},
		{"the product's events are taken of its source and account alone", busOpen, [][2]string{
			{"        source: [!Ref ProductEventSource]\n", ""},
			{"        account: [!If [ProductElsewhere, !Ref ProductAccountId, !Ref AWS::AccountId]]\n", ""},
			{"      EventBusName: !Ref EventBus\n      State", "      State"},
			{"        - Id: usage-queue\n          Arn: !GetAtt UsageQueue.Arn\n          DeadLetterConfig", "        - Id: usage-queue\n          Arn: !GetAtt UsageQueue.Arn\n          InputPath: $.detail\n          DeadLetterConfig"},
			{"      EventPattern:\n", "      ScheduleExpression:\n"},
		}},
		{"Lambda's loop detection is off just where a function feeds itself", loopsUnmarked, [][2]string{
			{"      RecursiveLoop: Allow\n", ""},
			{"      MemorySize: 256\n", "      MemorySize: 256\n      RecursiveLoop: Allow\n"},
		}},
		{"every function is a Go binary for arm64 from its own folder", functionsOdd, [][2]string{
			{"Architectures: [arm64]", "Architectures: [x86_64]"},
			{"CodeUri: .build/arm64/webhook/", "CodeUri: .build/arm64/wizard/"},
			{"Runtime: provided.al2023", "Runtime: provided.al2"},
			{"Metadata: {SkipBuild: true}", "Metadata: {}"},
		}},
		{"an HTTP function ends before its caller gives up", httpTooSlow, [][2]string{
			{"Timeout: 29", "Timeout: 30"},
			{"Timeout: 5\n", "Timeout: 6\n"},
		}},
		{"a function's variables are those that its code reads", variablesOff, [][2]string{
			{"CALLBACK_QUEUE_URL:", "CALLBACK_QUEUE:"},
			{"CALLBACK_QUEUE_URL: !Ref CallbackQueue", "CALLBACK_QUEUE_URL: !Ref CallbackQueue\n          PRODUCT_NAME: x"},
			{"          SYNC_QUEUE_URL: !Ref SyncQueue\n", ""},
		}},
		{"the template cannot set what only the desk may", overlaySet, [][2]string{
			{"          CALLBACK_QUEUE_URL:", "          PSABRIDGE_ALLOW_LOOPBACK: '1'\n          CALLBACK_QUEUE_URL:"},
			{"        STAGE: !Ref Stage", "        AWS_ENDPOINT_URL_SQS: x\n        STAGE: !Ref Stage"},
		}},
		{"a role is of one function and names what it may do to what", rolesLoose, [][2]string{
			{"Action: dynamodb:GetItem", "Action: dynamodb:*"},
			{"Resource: !GetAtt CallbackQueue.Arn", "Resource: '*'"},
			{"secret:psabridge/${Stage}/${InstallationId}/*", "secret:*"},
			{"Role: !GetAtt WebhookRole.Arn", "Role: !GetAtt SyncRole.Arn"},
			{"      Policies:\n        - PolicyName: sync", "      ManagedPolicyArns: [x]\n      Policies:\n        - PolicyName: sync"},
			{"Action: [xray:PutTraceSegments, xray:PutTelemetryRecords]", "Action: [xray:PutTraceSegments, 's3:GetObject']"},
		}},
		{"no role may do what its function never does", rolesTooWide, [][2]string{
			{"Action: dynamodb:GetItem", "Action: dynamodb:PutItem"},
			{"- dynamodb:DeleteItem", "- dynamodb:BatchWriteItem"},
			{"[sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage]", "secretsmanager:DeleteSecret"},
			{"- dynamodb:DeleteItem", "- dynamodb:Scan"},
			{"- dynamodb:DeleteItem", "- dynamodb:DeleteTable"},
		}},
		{"every /v1 route but the document wants a token, and no other route appears by itself", routesOpen, [][2]string{
			{"Path: '/v1/{proxy+}', Auth: {Authorizer: Jwt}}", "Path: '/v1/{proxy+}'}"},
			{"Method: GET, Path: /}", "Method: GET, Path: /v1/companies}"},
			{"Method: POST, Path: '/callbacks/", "Method: ANY, Path: '/callbacks/"},
		}},
		{"the access log tells routes, never paths or people", accessLogTells, [][2]string{
			{`"route":"$context.routeKey"`, `"route":"$context.path"`},
			{`"bytes":`, `"ip":"$context.identity.sourceIp","bytes":`},
			{`"bytes":`, `"sub":"$context.authorizer.claims.sub","bytes":`},
		}},
		{"the table survives mistakes", tableUnsafe, [][2]string{
			{"DeletionProtectionEnabled: !If [Disposable, false, true]", "DeletionProtectionEnabled: false"},
			{"PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"},
			{"{AttributeName: expiresAt, Enabled: true}", "{AttributeName: ttl, Enabled: true}"},
			{"SSEEnabled: true}", "SSEEnabled: false}"},
			{"DeletionPolicy: RetainExceptOnCreate", "DeletionPolicy: Delete"},
			{"BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED"},
		}},
		{"logs end", logsEndless, [][2]string{
			{"      RetentionInDays: !Ref LogRetentionDays\n", ""},
			{"LoggingConfig: {LogGroup: !Ref UsageLogs}", ""},
		}},
		{"parameters are checked, described and in one group", parametersLoose, [][2]string{
			{"    AllowedPattern: ^[a-z][a-z0-9]{1,11}$\n", ""},
			{"Parameters: [Stage, InstallationId, ProductName, Products]", "Parameters: [Stage, InstallationId]"},
			{"Parameters: [Stage, InstallationId, ProductName, Products]", "Parameters: [Stage, InstallationId, ProductName, LogLevel]"},
			{"    Description: The least severe level that is logged.\n", ""},
		}},
		{"a new version is watched, and every alarm reaches people", alarmsMute, [][2]string{
			{"DeploymentPreference: {Alarms: [!Ref SyncErrors]}", ""},
			{"Value: !Ref Usage}]", "Value: !Ref Sync}]"},
			{"      AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]\n", ""},
		}},
		{"the nested stack gets what it declares", nestedUnfed, [][2]string{
			{"        Wizard: !Ref Wizard\n", ""},
			{"        Table: !Ref Table\n", "        Table: !Ref Table\n        Bus: !Ref EventBus\n"},
		}},
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	s := mustStack(t, readFile(t, mainFile), readFile(t, monitoringFile))
	for _, inv := range invariants() {
		t.Run(inv.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range inv.problem(s) {
				t.Error(p)
			}
		})
	}
}

func TestInvariantsNotice(t *testing.T) {
	t.Parallel()
	main, monitoring := readFile(t, mainFile), readFile(t, monitoringFile)
	for _, inv := range invariants() {
		if len(inv.breakIt) == 0 {
			t.Errorf("%s: no edit shows that it can fail", inv.name)
		}
		for _, edit := range inv.breakIt {
			t.Run(inv.name+"/"+strings.TrimSpace(edit[0]), func(t *testing.T) {
				t.Parallel()
				before := inv.problem(mustStack(t, main, monitoring))
				after := inv.problem(edited(t, main, monitoring, edit))
				if len(after) <= len(before) {
					t.Errorf("not noticed: %q instead of %q", edit[1], edit[0])
				}
			})
		}
	}
}

// edited makes the edit in the one file that has its old text.
func edited(t *testing.T, main, monitoring string, edit [2]string) stack {
	t.Helper()
	switch {
	case strings.Contains(main, edit[0]):
		main = strings.Replace(main, edit[0], edit[1], 1)
	case strings.Contains(monitoring, edit[0]):
		monitoring = strings.Replace(monitoring, edit[0], edit[1], 1)
	default:
		t.Fatalf("no template has %q", edit[0])
	}
	return mustStack(t, main, monitoring)
}

func mustStack(t *testing.T, main, monitoring string) stack {
	t.Helper()
	s, err := parseStack(main, monitoring)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
