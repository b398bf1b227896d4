package template

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

const defaultBus = "default"

// builder collects the resolved resources.
type builder struct {
	*scope
	out *Template

	routes             []pendingRoute
	defaultAuthorizers map[string]string     // by the API's id
	roles              map[string]rolePolicy // by ARN
	attached           map[string]iam.Policy // by the role's name
	functionRoles      map[string]string     // the role's ARN by the function's id
	queuePolicies      map[string]iam.Policy // by the queue's name
	grants             []grant
	permissions        []permission
}

func newBuilder(s *scope) *builder {
	return &builder{
		scope: s, out: &Template{Outputs: map[string]string{}},
		defaultAuthorizers: map[string]string{}, roles: map[string]rolePolicy{},
		attached: map[string]iam.Policy{}, functionRoles: map[string]string{},
		queuePolicies: map[string]iam.Policy{},
	}
}

func (b *builder) checkConditions() error {
	var errs []error
	for _, name := range keys(b.conditions) {
		_, err := b.named("Conditions."+name, name)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func checkGlobals(globals object) error {
	for _, name := range keys(globals) {
		if name != "Function" && name != "HttpApi" {
			return fail("Globals."+name, "is not supported")
		}
	}
	return nil
}

// resource evaluates one resource, its inert properties included, so that no
// reference to nothing passes.
func (b *builder) resource(r *resource) error {
	path := "Resources." + r.id
	exists, err := b.exists(r)
	if err != nil || !exists {
		return err
	}
	if err := b.dependencies(path, r); err != nil {
		return err
	}
	properties, err := b.eval(path+".Properties", r.properties)
	if err != nil {
		return err
	}
	if r.kind.inert {
		return nil
	}
	return b.add(r, path+".Properties", properties)
}

func (b *builder) dependencies(path string, r *resource) error {
	for _, name := range r.dependsOn {
		if _, err := b.active(path+".DependsOn", name); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) add(r *resource, path string, properties any) error {
	switch r.typ {
	case "AWS::Serverless::Function":
		return b.function(r, path, properties)
	case "AWS::Serverless::HttpApi":
		return b.api(r, path, properties)
	case "AWS::SQS::Queue":
		return b.queue(r, path, properties)
	case "AWS::DynamoDB::Table":
		return b.table(r, path, properties)
	case "AWS::Events::EventBus":
		return b.bus(r, path, properties)
	case "AWS::Events::Rule":
		return b.rule(r, path, properties)
	case "AWS::Scheduler::Schedule":
		return b.schedule(r, path, properties)
	case "AWS::IAM::Role":
		return b.role(r, path, properties)
	case "AWS::SQS::QueuePolicy":
		return b.queuePolicy(path, properties)
	case "AWS::Lambda::Permission":
		return b.lambdaPermission(path, properties)
	case "AWS::IAM::Policy":
		return b.attachedPolicy(path, properties)
	default:
		return fail(path, "nothing builds %s", r.typ)
	}
}

// withGlobals merges the Globals section into a resource the way SAM does:
// mappings deeply, lists one after the other, anything else overridden.
func withGlobals(globals object, r *resource) object {
	name, ok := strings.CutPrefix(r.typ, "AWS::Serverless::")
	defaults, _ := globals[name].(object)
	if !ok || defaults == nil {
		return r.properties
	}
	merged, _ := merge(defaults, r.properties).(object)
	return merged
}

func merge(global, local any) any {
	switch l := local.(type) {
	case object:
		g, ok := global.(object)
		_, _, special := intrinsic(l)
		if !ok || special {
			return local
		}
		out := maps.Clone(g)
		for k, v := range l {
			if below, both := g[k]; both {
				v = merge(below, v)
			}
			out[k] = v
		}
		return out
	case []any:
		if g, ok := global.([]any); ok {
			return slices.Concat(g, l)
		}
	}
	return local
}

func (b *builder) outputs(outputs object) error {
	var errs []error
	for _, name := range keys(outputs) {
		errs = append(errs, b.output(name, outputs[name]))
	}
	return errors.Join(errs...)
}

func (b *builder) output(name string, body any) error {
	path := "Outputs." + name
	m, _ := body.(object)
	if condition, ok := m["Condition"].(string); ok {
		if yes, err := b.named(path, condition); err != nil || !yes {
			return err
		}
	}
	value, err := b.eval(path, m["Value"])
	if err != nil {
		return err
	}
	b.out.Outputs[name], err = scalarText(path, value)
	return err
}

// names returns the physical name and ARN of a resource.
func (b *builder) names(r *resource, path string) (name, arn string, err error) {
	name, err = b.physicalName(path, r)
	if err != nil {
		return "", "", err
	}
	arn, err = b.fill(path, r, r.kind.attrs["Arn"])
	return name, arn, err
}
