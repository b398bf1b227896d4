package infra_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const fourteenDays = 14 * 24 * 3600

func (s stack) isQueue(v any) bool {
	return slices.Contains(s.resources("AWS::SQS::Queue"), refersTo(v))
}

func (s stack) deadLettersOf(queue string) string {
	return refersTo(s.properties(queue).at("RedrivePolicy", "deadLetterTargetArn"))
}

func sourcesWithoutDeadLetters(s stack) []string {
	var out []string
	for _, e := range s.events() {
		switch e.typ {
		case "HttpApi":
		case "SQS":
			queue := refersTo(e.properties.at("Queue"))
			if !slices.Contains(s.resources("AWS::SQS::Queue"), s.deadLettersOf(queue)) {
				out = append(out, queue+" has no dead-letter queue")
			}
		case "Schedule":
			if !s.isQueue(e.properties.at("DeadLetterConfig", "Arn")) {
				out = append(out, e.function+": a tick that cannot be delivered is lost")
			}
			if !s.isQueue(s.properties(e.function).at("EventInvokeConfig", "DestinationConfig", "OnFailure", "Destination")) {
				out = append(out, e.function+": a tick that failed is lost")
			}
		default:
			out = append(out, fmt.Sprintf("%s: this test knows no trigger %q", e.function, e.typ))
		}
	}
	for _, target := range s.ruleTargets() {
		if !s.isQueue(target.at("DeadLetterConfig", "Arn")) {
			out = append(out, "a rule's target has no dead-letter queue")
		}
	}
	return out
}

func (s stack) ruleTargets() []object {
	var all []object
	for _, rule := range s.resources("AWS::Events::Rule") {
		for _, t := range s.properties(rule).list("Targets") {
			target, _ := t.(object)
			all = append(all, target)
		}
	}
	return all
}

func visibilityTooShort(s stack) []string {
	var out []string
	for _, e := range s.events() {
		if e.typ != "SQS" {
			continue
		}
		queue := refersTo(e.properties.at("Queue"))
		visible, timeout := s.properties(queue).number("VisibilityTimeout"), s.properties(e.function).number("Timeout")
		if visible < 6*timeout {
			out = append(out, fmt.Sprintf("%s: %d s, but %s takes up to %d s", queue, visible, e.function, timeout))
		}
	}
	return out
}

func mappingsUnbounded(s stack) []string {
	var out []string
	for _, e := range s.events() {
		if e.typ != "SQS" {
			continue
		}
		if !slices.Contains(e.properties.list("FunctionResponseTypes"), any("ReportBatchItemFailures")) {
			out = append(out, e.name+" repeats a whole batch when one item fails")
		}
		if e.properties.number("ScalingConfig", "MaximumConcurrency") < 2 {
			out = append(out, e.name+" has no bound on its concurrency")
		}
	}
	return out
}

func queuesUnwatched(s stack) []string {
	queues := s.resources("AWS::SQS::Queue")
	var out, dead []string
	for _, q := range queues {
		if s.properties(q).at("SqsManagedSseEnabled") != true {
			out = append(out, q+" is not encrypted")
		}
		d := s.deadLettersOf(q)
		if d == "" {
			dead = append(dead, q)
			continue
		}
		if !slices.Contains(s.watched("ApproximateAgeOfOldestMessage"), q) {
			out = append(out, q+": no alarm on its oldest message")
		}
		if s.properties(q).number("MessageRetentionPeriod") >= s.properties(d).number("MessageRetentionPeriod") {
			out = append(out, d+" forgets what "+q+" gave up")
		}
	}
	for _, q := range dead {
		if s.properties(q).number("MessageRetentionPeriod") != fourteenDays {
			out = append(out, q+" does not keep messages for 14 days")
		}
		if !slices.Contains(s.watched("ApproximateNumberOfMessagesVisible"), q) {
			out = append(out, q+": no alarm on its depth")
		}
	}
	return out
}

// watched gives the queues with an alarm on the metric: the alarms are in the
// nested stack, which knows the queues by its parameters.
func (s stack) watched(metric string) []string {
	given := s.properties("Monitoring").object("Parameters")
	var queues []string
	for _, a := range s.monitoring.object("Resources") {
		alarm, _ := a.(object)
		if alarm.text("Properties", "MetricName") != metric {
			continue
		}
		for _, d := range alarm.list("Properties", "Dimensions") {
			dimension, _ := d.(object)
			queues = append(queues, refersTo(given[refersTo(dimension["Value"])]))
		}
	}
	return queues
}

func rulesUnanswered(s stack) []string {
	sources := map[string][]any{} // which may write to a queue
	var out []string
	for _, id := range s.resources("AWS::SQS::QueuePolicy") {
		p := s.properties(id)
		for _, st := range p.list("PolicyDocument", "Statement") {
			statement, _ := st.(object)
			from := append(statement.list("Condition", "ArnEquals", "aws:SourceArn"), statement.list("Condition", "ArnLike", "aws:SourceArn")...)
			if len(from) == 0 {
				out = append(out, id+" lets the event service of any account in")
			}
			for _, q := range p.list("Queues") {
				if refersTo(q) == refersTo(statement["Resource"]) {
					sources[refersTo(q)] = from
				}
			}
		}
	}
	for _, rule := range s.resources("AWS::Events::Rule") {
		for _, t := range s.properties(rule).list("Targets") {
			target, _ := t.(object)
			queue := refersTo(target["Arn"])
			if !slices.ContainsFunc(sources[queue], func(from any) bool { return refersTo(from) == rule }) {
				out = append(out, "no policy lets "+rule+" write to "+queue)
			}
			if dead := refersTo(target.at("DeadLetterConfig", "Arn")); len(sources[dead]) == 0 {
				out = append(out, "no policy lets a rule write to "+dead)
			}
		}
	}
	return out
}

func schedulesDynamic(s stack) []string {
	type schedule struct{ name, rate, input string }
	var all []schedule
	for _, e := range s.events() {
		if e.typ == "Schedule" {
			all = append(all, schedule{e.function, e.properties.text("Schedule"), e.properties.text("Input")})
		}
	}
	for _, rule := range s.resources("AWS::Events::Rule") {
		if s.properties(rule)["EventPattern"] != nil {
			continue // see busOpen
		}
		for _, t := range s.properties(rule).list("Targets") {
			target, _ := t.(object)
			all = append(all, schedule{rule, s.properties(rule).text("ScheduleExpression"), target.text("Input")})
		}
	}
	var out []string
	for _, sc := range all {
		if !regexp.MustCompile(`^rate\(\d+ minutes?\)$`).MatchString(sc.rate) {
			out = append(out, sc.name+": not a fixed rate in minutes")
		}
		if sc.input != `{"v":1,"kind":"tick"}` {
			out = append(out, sc.name+": its input is not the versioned tick")
		}
	}
	if len(s.resources("AWS::Scheduler::Schedule")) > 0 {
		out = append(out, "schedules are ticks over due indexes, not resources of the scheduler")
	}
	return out
}

// busOpen: what comes by a bus is of ours, and of the product's source and AWS
// account; the queue gets it as it was told.
func busOpen(s stack) []string {
	var out []string
	rules := 0
	for _, id := range s.resources("AWS::Events::Rule") {
		p := s.properties(id)
		if p["EventPattern"] == nil {
			continue
		}
		rules++
		source, account := p.list("EventPattern", "source"), p.list("EventPattern", "account")
		if len(source) != 1 || refersTo(source[0]) != "ProductEventSource" {
			out = append(out, id+" takes events of another source")
		}
		if len(account) != 1 || !strings.Contains(fmt.Sprint(account[0]), "ProductAccountId") {
			out = append(out, id+" takes events of another AWS account")
		}
		if refersTo(p.at("EventBusName")) != "EventBus" {
			out = append(out, id+" listens to another bus")
		}
		for _, t := range p.list("Targets") {
			if target, _ := t.(object); target["Input"] != nil || target["InputPath"] != nil || target["InputTransformer"] != nil {
				out = append(out, id+" changes what was told")
			}
		}
	}
	if rules == 0 {
		out = append(out, "what the product tells by the bus goes nowhere")
	}
	return out
}

func loopsUnmarked(s stack) []string {
	var out []string
	for _, fn := range s.functions() {
		feeds := false
		for _, e := range s.events() {
			queue := refersTo(e.properties.at("Queue"))
			feeds = feeds || e.function == fn && queue != "" && s.mayDo(s.roleOf(fn), "sqs:SendMessage", queue)
		}
		if marked := s.properties(fn).at("RecursiveLoop") == "Allow"; marked != feeds {
			out = append(out, fmt.Sprintf("%s: RecursiveLoop Allow is %t, feeding its own queue is %t", fn, marked, feeds))
		}
	}
	return out
}

func (s stack) mayDo(role, action, resource string) bool {
	return slices.ContainsFunc(s.statements(role), func(st object) bool {
		return slices.Contains(st.list("Action"), any(action)) &&
			slices.ContainsFunc(st.list("Resource"), func(r any) bool { return refersTo(r) == resource })
	})
}
