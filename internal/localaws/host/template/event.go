package template

import (
	"encoding/json"
	"strings"
	"time"
)

// event adds one of a function's triggers.
func (b *builder) event(f *Function, p functionProperties, id, path string) error {
	e := p.Events[id]
	path += ".Properties"
	switch e.Type {
	case "HttpApi":
		return b.httpEvent(f, e.Properties, path)
	case "SQS":
		return b.queueEvent(f, id, e.Properties, path)
	case "Schedule", "ScheduleV2", "EventBridgeRule":
		return b.ruleEvent(f, p, id, path)
	default:
		return fail(path, "the event type %q is not supported", e.Type)
	}
}

type queueEventProperties struct {
	Queue                          string
	BatchSize                      *Int
	MaximumBatchingWindowInSeconds *Int
	Enabled                        *Bool
	FunctionResponseTypes          []string
	ScalingConfig                  struct{ MaximumConcurrency *Int }
	MetricsConfig                  ignored
}

func (b *builder) queueEvent(f *Function, id string, properties object, path string) error {
	var p queueEventProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	m := Mapping{
		ID: f.ID + id, QueueARN: p.Queue, BatchSize: orDefault(p.BatchSize, 10),
		Window:         seconds(p.MaximumBatchingWindowInSeconds, 0),
		MaxConcurrency: orDefault(p.ScalingConfig.MaximumConcurrency, 0),
		Enabled:        p.Enabled == nil || bool(*p.Enabled),
	}
	for _, t := range p.FunctionResponseTypes {
		if t != "ReportBatchItemFailures" {
			return fail(path, "the response type %q is not known", t)
		}
		m.ReportFailures = true
	}
	f.Mappings = append(f.Mappings, m)
	return m.check(path)
}

// check holds the mapping to Lambda's limits.
func (m Mapping) check(path string) error {
	switch {
	case m.BatchSize < 1 || m.BatchSize > 10_000:
		return fail(path, "the batch size %d is outside 1 to 10000", m.BatchSize)
	case m.BatchSize > 10 && m.Window < time.Second:
		return fail(path, "a batch size above 10 wants a batching window of a second or more")
	case m.Window > 300*time.Second:
		return fail(path, "the batching window is above 300 seconds")
	case m.MaxConcurrency != 0 && (m.MaxConcurrency < 2 || m.MaxConcurrency > 1000):
		return fail(path, "the maximum concurrency %d is outside 2 to 1000", m.MaxConcurrency)
	default:
		return nil
	}
}

type ruleEventProperties struct {
	Schedule, ScheduleExpression string
	Name, State, EventBusName    string
	Enabled                      *Bool
	Input                        *string
	InputPath                    string
	Pattern                      json.RawMessage
	RetryPolicy                  struct {
		MaximumRetryAttempts     *Int
		MaximumEventAgeInSeconds ignored
	}
	Description, DeadLetterConfig, FlexibleTimeWindow, Target ignored
	PermissionsBoundary, RoleArn, ScheduleExpressionTimezone  ignored
}

// ruleEvent is the rule or schedule that SAM makes of such an event.
func (b *builder) ruleEvent(f *Function, fp functionProperties, id, path string) error {
	e := fp.Events[id]
	var p ruleEventProperties
	if err := decode(path, e.Properties, &p); err != nil {
		return err
	}
	name := p.Name
	if name == "" {
		name = b.options.StackName + "-" + f.ID + id
	}
	r := Rule{
		ID: f.ID + id, Name: name, Bus: busName(p.EventBusName), Pattern: p.Pattern,
		Enabled:   (p.Enabled == nil || bool(*p.Enabled)) && p.State != "DISABLED",
		Scheduler: e.Type == "ScheduleV2",
		Targets: []Target{{
			ID: f.ID, ARN: f.ARN, Input: p.Input, InputPath: p.InputPath,
			Retries: orDefault(fp.EventInvokeConfig.MaximumRetryAttempts, asyncRetries),
		}},
	}
	r.ARN = "arn:aws:events:" + b.options.Region + ":" + b.options.AccountID + ":rule/" + r.Name
	// SAM gives the rule its permission to invoke the function.
	b.permissions = append(b.permissions, permission{function: f.ARN, source: r.ARN})
	return b.addRule(r, p.Schedule+p.ScheduleExpression, path)
}

// addRule takes a rule with a pattern or a rate, not both.
func (b *builder) addRule(r Rule, expression, path string) error {
	hasPattern := len(r.Pattern) > 0 && string(r.Pattern) != "null"
	if hasPattern == (expression != "") {
		return fail(path, "wants a pattern or a schedule")
	}
	if expression != "" {
		rate, err := parseRate(expression)
		if err != nil {
			return fail(path, "%v", err)
		}
		r.Rate, r.Pattern = rate, nil
	}
	if expression != "" && r.Bus != defaultBus {
		return fail(path, "a schedule must be on the default bus")
	}
	b.out.Rules = append(b.out.Rules, r)
	return nil
}

// busName takes a name or an ARN of a bus.
func busName(s string) string {
	if _, name, ok := strings.Cut(s, ":event-bus/"); ok {
		return name
	}
	if s == "" {
		return defaultBus
	}
	return s
}
