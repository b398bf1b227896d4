package template

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

// link checks and joins what stands in different resources. Every check is
// one that AWS makes too: at deployment, or silently by doing nothing.
func (b *builder) link() error {
	errs := []error{b.linkRoutes(), b.linkRoles(), b.linkRedrive()}
	for _, f := range b.out.Functions {
		errs = append(errs, b.linkMappings(f))
	}
	for _, r := range b.out.Rules {
		errs = append(errs, b.linkTargets(r))
	}
	return errors.Join(errs...)
}

func (b *builder) linkRoles() error {
	for i := range b.out.Functions {
		f := &b.out.Functions[i]
		arn := b.functionRoles[f.ID]
		if arn == "" {
			continue
		}
		role, ok := b.roles[arn]
		if !ok {
			return fail("Resources."+f.ID, "Role must be the Arn of an AWS::IAM::Role of this template")
		}
		if !slices.Contains(role.service, "lambda.amazonaws.com") {
			return fail("Resources."+f.ID, "lambda.amazonaws.com may not take its role")
		}
		f.Policy = slices.Concat(role.policy, b.attached[role.name])
	}
	for name := range b.attached {
		if !b.hasRole(name) {
			return fail("AWS::IAM::Policy", "there is no role %q", name)
		}
	}
	return nil
}

func (b *builder) hasRole(name string) bool {
	for _, r := range b.roles {
		if r.name == name {
			return true
		}
	}
	return false
}

func (b *builder) linkRedrive() error {
	for _, q := range b.out.Queues {
		if q.DeadLetterARN == "" {
			continue
		}
		if _, ok := b.out.QueueByARN(q.DeadLetterARN); !ok {
			return fail("Resources."+q.ID, "its dead-letter queue is not in this template")
		}
		if q.MaxReceive < 1 || q.MaxReceive > 1000 {
			return fail("Resources."+q.ID, "maxReceiveCount is outside 1 to 1000")
		}
	}
	return nil
}

// linkMappings: Lambda refuses a mapping whose queue would show a message
// again while the function may still work on it, or whose role cannot read.
func (b *builder) linkMappings(f Function) error {
	for _, m := range f.Mappings {
		path := "Resources." + f.ID + ".Events." + strings.TrimPrefix(m.ID, f.ID)
		q, ok := b.out.QueueByARN(m.QueueARN)
		if !ok {
			return fail(path, "its queue is not in this template")
		}
		if q.Visibility < f.Timeout {
			return fail(path, "the visibility time-out of %s is below the function's time-out", q.ID)
		}
		for _, action := range queueActions() {
			if !f.Policy.Allows(iam.Request{Action: action, Resource: q.ARN}) {
				return fail(path, "the function's role does not allow %s on %s", action, q.ID)
			}
		}
	}
	return nil
}

// linkTargets: EventBridge drops what it may not deliver.
func (b *builder) linkTargets(r Rule) error {
	path := "Resources." + r.ID
	if r.Bus != defaultBus && !slices.ContainsFunc(b.out.Buses, func(bus Bus) bool { return bus.Name == r.Bus }) {
		return fail(path, "there is no bus %q in this template", r.Bus)
	}
	for _, t := range r.Targets {
		if err := b.linkTarget(r, t, path); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) linkTarget(r Rule, t Target, path string) error {
	if t.Input != nil && !json.Valid([]byte(*t.Input)) {
		return fail(path, "the Input of %s is not JSON", t.ID)
	}
	if t.InputPath != "" && t.InputPath != "$" && t.InputPath != "$.detail" {
		return fail(path, "the InputPath %s is not supported", t.InputPath)
	}
	var allowed bool
	if q, ok := b.out.QueueByARN(t.ARN); ok {
		allowed = r.Scheduler && b.roleAllows(path, t, "sqs:SendMessage") || !r.Scheduler && b.queueAllows(q, r)
	} else if f, ok := b.out.FunctionByARN(t.ARN); ok {
		allowed = r.Scheduler && b.roleAllows(path, t, "lambda:InvokeFunction") ||
			slices.Contains(b.permissions, permission{function: f.ARN, source: r.ARN})
	} else {
		return fail(path, "the target %s is neither a queue nor a function of this template", t.ID)
	}
	if !allowed {
		return fail(path, "nothing allows it to reach its target %s, so that AWS would drop its events", t.ID)
	}
	return nil
}

// roleAllows asks the role that a schedule of Scheduler brings along.
func (b *builder) roleAllows(path string, t Target, action string) bool {
	for _, g := range b.grants {
		if g.target == t.ARN && strings.HasPrefix(g.path, path+".") {
			return b.roles[g.role].policy.Allows(iam.Request{Action: action, Resource: t.ARN})
		}
	}
	return false
}

func (b *builder) queueAllows(q Queue, r Rule) bool {
	return b.queuePolicies[q.Name].Allows(iam.Request{
		Action: "sqs:SendMessage", Resource: q.ARN,
		Context: map[string][]string{"aws:SourceArn": {r.ARN}, "aws:SourceAccount": {b.options.AccountID}},
	})
}

// queuePolicy keeps the statements that let EventBridge send.
func (b *builder) queuePolicy(path string, properties any) error {
	var p struct {
		Queues         []string
		PolicyDocument struct {
			Version, Id string //nolint:revive // IAM's own spelling
			Statement   []object
		}
	}
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	for _, s := range p.PolicyDocument.Statement {
		principal, _ := s["Principal"].(object)
		if s["Effect"] == "Allow" && principal["Service"] != "events.amazonaws.com" {
			continue
		}
		data, err := json.Marshal(object{"Statement": s})
		if err != nil {
			return fail(path, "%v", err)
		}
		statements, err := iam.Parse(data)
		if err != nil {
			return fail(path, "%v", err)
		}
		for _, url := range p.Queues {
			name := url[strings.LastIndexByte(url, '/')+1:]
			b.queuePolicies[name] = append(b.queuePolicies[name], statements...)
		}
	}
	return nil
}

func (b *builder) lambdaPermission(path string, properties any) error {
	var p struct {
		Action, FunctionName, Principal, SourceArn string //nolint:revive // CloudFormation's own spelling

		SourceAccount ignored
	}
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	for _, id := range keys(b.resources) {
		r := b.resources[id]
		if r.typ != "AWS::Serverless::Function" {
			continue
		}
		name, arn, err := b.names(r, path)
		if err != nil {
			return err
		}
		if p.FunctionName == name || p.FunctionName == arn || strings.HasPrefix(p.FunctionName, arn+":") {
			b.permissions = append(b.permissions, permission{function: b.aliased(r, arn), source: p.SourceArn})
		}
	}
	return nil
}

// aliased is the ARN that this host knows a function by.
func (b *builder) aliased(r *resource, arn string) string {
	if alias, ok := r.properties["AutoPublishAlias"].(string); ok {
		return arn + ":" + alias
	}
	return arn
}

// QueueByARN finds a queue.
func (t *Template) QueueByARN(arn string) (Queue, bool) {
	i := slices.IndexFunc(t.Queues, func(q Queue) bool { return q.ARN == arn })
	if i < 0 {
		return Queue{}, false
	}
	return t.Queues[i], true
}

// FunctionByARN finds a function, by its alias's ARN or its own.
func (t *Template) FunctionByARN(arn string) (Function, bool) {
	i := slices.IndexFunc(t.Functions, func(f Function) bool {
		return f.ARN == arn || strings.HasPrefix(f.ARN, arn+":")
	})
	if i < 0 {
		return Function{}, false
	}
	return t.Functions[i], true
}
