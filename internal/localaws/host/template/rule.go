package template

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

type ruleProperties struct {
	Name, State, EventBusName, ScheduleExpression string

	EventPattern         json.RawMessage
	Targets              []ruleTarget
	Description, RoleArn ignored
}

type ruleTarget struct {
	Id, Arn       string //nolint:revive // CloudFormation's own spelling
	Input         *string
	InputPath     string
	SqsParameters struct{ MessageGroupId string } //nolint:revive // as above

	DeadLetterConfig, RetryPolicy ignored
}

func (b *builder) rule(r *resource, path string, properties any) error {
	var p ruleProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, arn, err := b.names(r, path)
	if err != nil {
		return err
	}
	if len(p.Targets) == 0 || len(p.Targets) > 5 {
		return fail(path, "wants one to five targets")
	}
	rule := Rule{
		ID: r.id, Name: name, ARN: arn, Bus: busName(p.EventBusName),
		Pattern: p.EventPattern, Enabled: p.State != "DISABLED",
	}
	for _, t := range p.Targets {
		rule.Targets = append(rule.Targets, Target{
			ID: t.Id, ARN: t.Arn, Input: t.Input, InputPath: t.InputPath,
			MessageGroup: t.SqsParameters.MessageGroupId, Retries: asyncRetries,
		})
	}
	return b.addRule(rule, p.ScheduleExpression, path)
}

type scheduleProperties struct {
	Name, State, GroupName, ScheduleExpression string

	Target struct {
		Arn, RoleArn  string //nolint:revive // CloudFormation's own spelling
		Input         *string
		SqsParameters struct{ MessageGroupId string } //nolint:revive // as above

		DeadLetterConfig ignored
		RetryPolicy      struct {
			MaximumRetryAttempts     *Int
			MaximumEventAgeInSeconds ignored
		}
	}
	FlexibleTimeWindow                                 struct{ Mode string }
	Description, ScheduleExpressionTimezone, KmsKeyArn ignored
}

// schedule is EventBridge Scheduler's. Its role must allow what its target
// needs; link checks that.
func (b *builder) schedule(r *resource, path string, properties any) error {
	var p scheduleProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, arn, err := b.names(r, path)
	if err != nil {
		return err
	}
	if p.FlexibleTimeWindow.Mode != "OFF" {
		return fail(path, "FlexibleTimeWindow must be {Mode: OFF}")
	}
	b.grants = append(b.grants, grant{role: p.Target.RoleArn, target: p.Target.Arn, path: path})
	return b.addRule(Rule{
		ID: r.id, Name: name, ARN: arn, Bus: defaultBus, Enabled: p.State != "DISABLED", Scheduler: true,
		Targets: []Target{{
			ID: r.id, ARN: p.Target.Arn, Input: p.Target.Input,
			MessageGroup: p.Target.SqsParameters.MessageGroupId, Retries: asyncRetries,
		}},
	}, p.ScheduleExpression, path)
}

// parseRate reads rate(5 minutes). EventBridge wants the singular for one and
// the plural for more. Other expressions are not supported.
func parseRate(expression string) (time.Duration, error) {
	m := regexp.MustCompile(`^rate\(([1-9][0-9]{0,5}) (minute|hour|day)(s?)\)$`).FindStringSubmatch(expression)
	if m == nil {
		return 0, fmt.Errorf("the schedule %q is not supported", expression)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, err
	}
	if (n == 1) != (m[3] == "") {
		return 0, fmt.Errorf("the schedule %q: one is singular, more are plural", expression)
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
	return time.Duration(n) * unit, nil
}
