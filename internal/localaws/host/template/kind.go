package template

// kind says what a resource type is called by, and what it gives to others.
// In ref and attrs {name} is the physical name; the scope fills in the rest.
type kind struct {
	nameProperty string
	ref          string
	attrs        map[string]string
	// inert types are known to do nothing on the desk; their references are
	// checked, their properties are not.
	inert bool
}

// kindOf is the closed list of resource types.
func kindOf(typ string) (kind, bool) {
	if k, ok := runningKind(typ); ok {
		return k, true
	}
	return inertKind(typ)
}

func runningKind(typ string) (kind, bool) {
	const arn = "arn:{partition}:"
	switch typ {
	case "AWS::Serverless::Function":
		return kind{nameProperty: "FunctionName", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "lambda:{region}:{account}:function:{name}",
		}}, true
	case "AWS::Serverless::HttpApi":
		return kind{nameProperty: "Name", ref: "{id}", attrs: map[string]string{"ApiEndpoint": "{endpoint}"}}, true
	case "AWS::SQS::Queue":
		return kind{nameProperty: "QueueName", ref: "{queueURL}", attrs: map[string]string{
			"Arn": arn + "sqs:{region}:{account}:{name}", "QueueName": "{name}", "QueueUrl": "{queueURL}",
		}}, true
	case "AWS::DynamoDB::Table":
		return kind{nameProperty: "TableName", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "dynamodb:{region}:{account}:table/{name}",
		}}, true
	case "AWS::Events::EventBus":
		return kind{nameProperty: "Name", ref: "{name}", attrs: map[string]string{
			"Name": "{name}", "Arn": arn + "events:{region}:{account}:event-bus/{name}",
		}}, true
	case "AWS::Events::Rule":
		return kind{nameProperty: "Name", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "events:{region}:{account}:rule/{bus}{name}",
		}}, true
	case "AWS::Scheduler::Schedule":
		return kind{nameProperty: "Name", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "scheduler:{region}:{account}:schedule/default/{name}",
		}}, true
	case "AWS::IAM::Role":
		return kind{nameProperty: "RoleName", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "iam::{account}:role/{name}",
		}}, true
	case "AWS::SQS::QueuePolicy", "AWS::Lambda::Permission", "AWS::IAM::Policy":
		return kind{ref: "{name}"}, true
	default:
		return kind{}, false
	}
}

func inertKind(typ string) (kind, bool) {
	const arn = "arn:{partition}:"
	switch typ {
	case "AWS::Logs::LogGroup":
		return kind{inert: true, nameProperty: "LogGroupName", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "logs:{region}:{account}:log-group:{name}:*",
		}}, true
	case "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm":
		return kind{inert: true, nameProperty: "AlarmName", ref: "{name}", attrs: map[string]string{
			"Arn": arn + "cloudwatch:{region}:{account}:alarm:{name}",
		}}, true
	case "AWS::SNS::Topic":
		topic := arn + "sns:{region}:{account}:{name}"
		return kind{inert: true, nameProperty: "TopicName", ref: topic, attrs: map[string]string{
			"TopicArn": topic, "TopicName": "{name}",
		}}, true
	case "AWS::KMS::Key":
		return kind{inert: true, ref: "{name}", attrs: map[string]string{
			"Arn": arn + "kms:{region}:{account}:key/{name}", "KeyId": "{name}",
		}}, true
	case "AWS::CloudWatch::Dashboard", "AWS::Logs::MetricFilter", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription",
		"AWS::KMS::Alias", "AWS::Events::EventBusPolicy", "AWS::Events::Archive", "AWS::EventSchemas::Registry",
		"AWS::EventSchemas::Schema", "AWS::EventSchemas::Discoverer", "AWS::EventSchemas::RegistryPolicy",
		// A nested application is alarms and a dashboard.
		"AWS::Serverless::Application",
		"AWS::CloudFormation::WaitConditionHandle", "AWS::XRay::SamplingRule", "AWS::XRay::Group":
		return kind{inert: true, ref: "{name}"}, true
	default:
		return kind{}, false
	}
}
