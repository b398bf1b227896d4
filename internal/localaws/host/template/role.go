package template

import (
	"encoding/json"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

// rolePolicy is what a role allows and who may take it.
type rolePolicy struct {
	name    string
	service []string
	policy  iam.Policy
}

// grant is something that a role or a resource's policy must allow.
type grant struct{ role, target, path string }

// permission lets a rule invoke a function; for queues see queueGrants.
type permission struct{ function, source string }

type inlinePolicy struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

func (b *builder) role(r *resource, path string, properties any) error {
	var p struct {
		RoleName, Path           string
		AssumeRolePolicyDocument struct {
			Version   string
			Statement []struct {
				Sid, Effect string
				Principal   struct{ Service oneOrMore }
				Action      oneOrMore
				Condition   ignored
			}
		}
		Policies                               []inlinePolicy
		ManagedPolicyArns                      []string
		Description, Tags, PermissionsBoundary ignored
		MaxSessionDuration                     ignored
	}
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, arn, err := b.names(r, path)
	if err != nil {
		return err
	}
	role := rolePolicy{name: name}
	for _, s := range p.AssumeRolePolicyDocument.Statement {
		role.service = append(role.service, s.Principal.Service...)
	}
	for _, inline := range p.Policies {
		statements, err := iam.Parse(inline.PolicyDocument)
		if err != nil {
			return fail(path+"."+inline.PolicyName, "%v", err)
		}
		role.policy = append(role.policy, statements...)
	}
	for _, managed := range p.ManagedPolicyArns {
		statements, err := managedPolicy(managed)
		if err != nil {
			return fail(path, "%v", err)
		}
		role.policy = append(role.policy, statements...)
	}
	b.roles[arn] = role
	return nil
}

// attachedPolicy is AWS::IAM::Policy: statements for roles named elsewhere.
func (b *builder) attachedPolicy(path string, properties any) error {
	var p struct {
		inlinePolicy
		Roles, Groups, Users []string
	}
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	statements, err := iam.Parse(p.PolicyDocument)
	if err != nil {
		return fail(path, "%v", err)
	}
	for _, name := range p.Roles {
		b.attached[name] = append(b.attached[name], statements...)
	}
	return nil
}

// managedPolicy knows AWS's own policies that functions commonly carry.
func managedPolicy(name string) (iam.Policy, error) {
	short := name[strings.LastIndexByte(name, '/')+1:]
	actions := map[string][]string{
		"AWSLambdaBasicExecutionRole":    {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
		"AWSXRayDaemonWriteAccess":       {"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
		"AWSXrayWriteOnlyAccess":         {"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
		"AWSLambdaSQSQueueExecutionRole": queueActions(),
	}[short]
	if actions == nil {
		return nil, fail("policy "+name, "is not known here: write its statements")
	}
	return iam.Policy{{Allow: true, Actions: actions, Resources: []string{"*"}}}, nil
}

// queueActions is what an event source mapping does in its function's name.
func queueActions() []string {
	return []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
}

// functionRole takes the policies of a function without a role of its own;
// link takes those of an explicit role.
func (b *builder) functionRole(path string, p functionProperties, f *Function) error {
	b.functionRoles[f.ID] = p.Role
	if p.Role != "" {
		if len(p.Policies) > 0 {
			return fail(path, "has a Role, so that SAM would ignore its Policies")
		}
		return nil
	}
	f.Policy = iam.Policy{{Allow: true, Actions: queueActions(), Resources: []string{"*"}}}
	for _, entry := range p.Policies {
		statements, err := functionPolicy(entry)
		if err != nil {
			return fail(path+".Policies", "%v", err)
		}
		f.Policy = append(f.Policy, statements...)
	}
	return nil
}

func functionPolicy(entry any) (iam.Policy, error) {
	if name, ok := entry.(string); ok {
		return managedPolicy(name)
	}
	data, err := json.Marshal(entry)
	if err != nil {
		return nil, err
	}
	return iam.Parse(data)
}
