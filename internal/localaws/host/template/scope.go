package template

import (
	"maps"
	"strings"
)

// scope is what names mean while a template is read.
type scope struct {
	options    Options
	parameters map[string]any
	mappings   object
	conditions object
	decided    map[string]bool // conditions evaluated so far
	resources  map[string]*resource
	visiting   map[string]bool // names being evaluated, to find circles
}

// resource is one entry of the Resources section.
type resource struct {
	id, typ    string
	kind       kind
	properties object // as written
	condition  string
	dependsOn  []string
}

func (s *scope) pseudo(name string) (any, bool) {
	o := s.options
	switch name {
	case "AWS::AccountId":
		return o.AccountID, true
	case "AWS::Region":
		return o.Region, true
	case "AWS::Partition":
		return "aws", true
	case "AWS::StackName":
		return o.StackName, true
	case "AWS::StackId":
		return "arn:aws:cloudformation:" + o.Region + ":" + o.AccountID + ":stack/" + o.StackName + "/local", true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	case "AWS::NoValue":
		return noValue{}, true
	default:
		return nil, false
	}
}

func (s *scope) ref(path, name string) (any, error) {
	if v, ok := s.pseudo(name); ok {
		return v, nil
	}
	if v, ok := s.parameters[name]; ok {
		return v, nil
	}
	if base, attr, ok := strings.Cut(name, "."); ok {
		return s.generated(path, base, attr)
	}
	r, err := s.active(path, name)
	if err != nil {
		return nil, err
	}
	return s.fill(path, r, r.kind.ref)
}

// active finds a resource that the conditions let exist.
func (s *scope) active(path, name string) (*resource, error) {
	r, ok := s.resources[name]
	if !ok {
		if fn, isRole := strings.CutSuffix(name, "Role"); isRole {
			return s.generatedRole(path, name, fn)
		}
		return nil, fail(path, "nothing is called %q", name)
	}
	exists, err := s.exists(r)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, fail(path, "%s is switched off by its condition %s", name, r.condition)
	}
	return r, nil
}

func (s *scope) exists(r *resource) (bool, error) {
	if r.condition == "" {
		return true, nil
	}
	return s.named("Resources."+r.id, r.condition)
}

// generatedRole is the role that SAM makes for a function without Role.
func (s *scope) generatedRole(path, name, function string) (*resource, error) {
	r, ok := s.resources[function]
	if !ok || r.typ != "AWS::Serverless::Function" || r.properties["Role"] != nil {
		return nil, fail(path, "nothing is called %q", name)
	}
	k, _ := kindOf("AWS::IAM::Role")
	return &resource{id: name, typ: "AWS::IAM::Role", kind: k, condition: r.condition}, nil
}

// generated resolves what SAM adds to a function with AutoPublishAlias.
func (s *scope) generated(path, name, attr string) (any, error) {
	r, err := s.active(path, name)
	if err != nil {
		return nil, err
	}
	alias, published := r.properties["AutoPublishAlias"].(string)
	if !published || r.typ != "AWS::Serverless::Function" {
		return nil, fail(path, "%s has no %s", name, attr)
	}
	arn, err := s.fill(path, r, r.kind.attrs["Arn"])
	switch attr {
	case "Alias":
		return arn + ":" + alias, err
	case "Version":
		return arn + ":1", err
	default:
		return nil, fail(path, "%s has no %s", name, attr)
	}
}

func (s *scope) getAtt(path string, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fail(path, "!GetAtt wants a resource and an attribute")
	}
	name, okName := args[0].(string)
	attr, okAttr := args[1].(string)
	if !okName || !okAttr {
		return nil, fail(path, "!GetAtt wants a resource and an attribute")
	}
	r, err := s.active(path, name)
	if err != nil {
		return nil, err
	}
	pattern, ok := r.kind.attrs[attr]
	if !ok {
		return nil, fail(path, "%s (%s) has no attribute %q that is known here", name, r.typ, attr)
	}
	return s.fill(path, r, pattern)
}

// fill puts a resource's names into a pattern of its kind.
func (s *scope) fill(path string, r *resource, pattern string) (string, error) {
	name, err := s.physicalName(path, r)
	if err != nil {
		return "", err
	}
	pairs := map[string]string{
		"{name}": name, "{id}": strings.ToLower(r.id), "{bus}": "",
		"{partition}": "aws", "{region}": s.options.Region, "{account}": s.options.AccountID,
	}
	if strings.Contains(pattern, "{queueURL}") {
		pairs["{queueURL}"] = s.options.QueueURL(name)
	}
	if strings.Contains(pattern, "{endpoint}") {
		pairs["{endpoint}"] = s.options.APIEndpoint(r.id)
	}
	if strings.Contains(pattern, "{bus}") {
		if err := s.addBus(r, pairs); err != nil {
			return "", err
		}
	}
	for _, key := range keys(maps.Clone(pairs)) {
		pattern = strings.ReplaceAll(pattern, key, pairs[key])
	}
	return pattern, nil
}

// addBus: the ARN of a rule names its bus unless it is the default one.
func (s *scope) addBus(r *resource, pairs map[string]string) error {
	if s.visiting["bus of "+r.id] {
		return fail("Resources."+r.id, "its bus depends on itself")
	}
	s.visiting["bus of "+r.id] = true
	defer delete(s.visiting, "bus of "+r.id)
	v, err := s.eval("Resources."+r.id+".Properties.EventBusName", r.properties["EventBusName"])
	if err != nil {
		return err
	}
	if bus, ok := v.(string); ok && bus != defaultBus {
		pairs["{bus}"] = bus + "/"
	}
	return nil
}

// physicalName is the given name or, as CloudFormation does it, one made from
// the stack's and the resource's.
func (s *scope) physicalName(path string, r *resource) (string, error) {
	written, ok := r.properties[r.kind.nameProperty]
	if !ok || r.kind.nameProperty == "" {
		return s.options.StackName + "-" + r.id, nil
	}
	if s.visiting[r.id] {
		return "", fail(path, "the name of %s depends on itself", r.id)
	}
	s.visiting[r.id] = true
	defer delete(s.visiting, r.id)
	where := "Resources." + r.id + ".Properties." + r.kind.nameProperty
	v, err := s.eval(where, written)
	if err != nil {
		return "", err
	}
	if _, none := v.(noValue); none {
		return s.options.StackName + "-" + r.id, nil
	}
	return scalarText(where, v)
}
