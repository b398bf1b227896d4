package infra_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	mainFile       = "../template.yaml"
	monitoringFile = "monitoring.yaml"
)

// stack is what the invariants look at: both templates as text, and read.
type stack struct {
	main       object
	monitoring object
}

// object is a mapping of the template. Short intrinsics are written out:
// !Ref X is {"Ref": "X"}, !GetAtt A.B is {"Fn::GetAtt": "A.B"}.
type object map[string]any

// at follows keys and gives nil where the way ends.
func (o object) at(keys ...string) any {
	var v any = o
	for _, key := range keys {
		m, ok := v.(object)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

func (o object) object(keys ...string) object {
	m, _ := o.at(keys...).(object)
	return m
}

func (o object) list(keys ...string) []any {
	switch v := o.at(keys...).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func (o object) text(keys ...string) string {
	s, _ := o.at(keys...).(string)
	return s
}

func (o object) number(keys ...string) int {
	n, _ := o.at(keys...).(int)
	return n
}

// refersTo gives the logical id of a Ref, a GetAtt, or a Sub that begins with
// a resource's attribute.
func refersTo(v any) string {
	o, ok := v.(object)
	if !ok {
		return ""
	}
	if id := o.text("Ref"); id != "" {
		return id
	}
	if id, _, ok := strings.Cut(o.text("Fn::GetAtt"), "."); ok {
		return id
	}
	m := regexp.MustCompile(`^\$\{(\w+)\.Arn\}`).FindStringSubmatch(o.text("Fn::Sub"))
	if m == nil {
		return ""
	}
	return m[1]
}

// resources gives the logical ids of a type, sorted.
func (s stack) resources(typ string) []string {
	var ids []string
	for id := range s.main.object("Resources") {
		if s.main.text("Resources", id, "Type") == typ {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// properties of a resource; for functions Globals are merged in as SAM does.
func (s stack) properties(id string) object {
	own := s.main.object("Resources", id, "Properties")
	if s.main.text("Resources", id, "Type") != "AWS::Serverless::Function" {
		return own
	}
	return merge(s.main.object("Globals", "Function"), own)
}

func merge(base, over object) object {
	out := object{}
	maps.Copy(out, base)
	for k, v := range over {
		under, both := out[k].(object)
		top, ok := v.(object)
		if both && ok {
			out[k] = merge(under, top)
			continue
		}
		out[k] = v
	}
	return out
}

func (s stack) functions() []string { return s.resources("AWS::Serverless::Function") }

// event is one trigger of a function.
type event struct {
	function, name, typ string
	properties          object
}

func (s stack) events() []event {
	var all []event
	for _, fn := range s.functions() {
		for name := range s.properties(fn).object("Events") {
			e := s.properties(fn).object("Events", name)
			all = append(all, event{fn, name, e.text("Type"), e.object("Properties")})
		}
	}
	return all
}

// statements are the policy statements of a role.
func (s stack) statements(role string) []object {
	var all []object
	for _, p := range s.properties(role).list("Policies") {
		o, _ := p.(object)
		for _, st := range o.list("PolicyDocument", "Statement") {
			statement, _ := st.(object)
			all = append(all, statement)
		}
	}
	return all
}

func (s stack) roleOf(function string) string { return refersTo(s.properties(function).at("Role")) }

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parseStack(mainText, monitoringText string) (stack, error) {
	main, err1 := parse(mainText)
	monitoring, err2 := parse(monitoringText)
	return stack{main: main, monitoring: monitoring}, errors.Join(err1, err2)
}

func parse(text string) (object, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	v, err := value(doc.Content[0])
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, errors.New("a template is a mapping")
	}
	return o, nil
}

func value(n *yaml.Node) (any, error) {
	if !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return plain(n)
	}
	name := strings.TrimPrefix(n.Tag, "!")
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	untagged := *n
	untagged.Tag = ""
	if n.Kind == yaml.ScalarNode {
		untagged.Tag = "!!str"
	}
	v, err := plain(&untagged)
	return object{name: v}, err
}

func plain(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return mapping(n)
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := value(c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		var v any
		if err := n.Decode(&v); err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return v, nil
	default:
		return nil, fmt.Errorf("line %d: CloudFormation knows no anchors", n.Line)
	}
}

func mapping(n *yaml.Node) (any, error) {
	o := object{}
	for i := 0; i < len(n.Content); i += 2 {
		v, err := value(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		o[n.Content[i].Value] = v
	}
	return o, nil
}
