package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// object is a mapping of the template. Tagged nodes (!Ref x) become the long
// form, an object with the one key "Ref" or "Fn::...".
type object = map[string]any

// errTemplate is what every complaint about the template wraps.
var errTemplate = errors.New("template")

func fail(path, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", errTemplate, path, fmt.Sprintf(format, args...))
}

// parseYAML turns a document into objects, lists, strings, json.Numbers,
// booleans and nil.
func parseYAML(data []byte) (object, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%w: %w", errTemplate, err)
	}
	if len(doc.Content) != 1 {
		return nil, fail("document", "is empty")
	}
	v, err := convert(doc.Content[0])
	if err != nil {
		return nil, err
	}
	root, ok := v.(object)
	if !ok {
		return nil, fail("document", "is not a mapping")
	}
	return root, nil
}

func convert(n *yaml.Node) (any, error) {
	v, err := convertUntagged(n)
	if err != nil || !isLocalTag(n.Tag) {
		return v, err
	}
	key, ok := longForm(n.Tag)
	if !ok {
		return nil, fail(at(n), "unknown tag %s", n.Tag)
	}
	if s, isString := v.(string); isString && key == "Fn::GetAtt" {
		name, attr, _ := strings.Cut(s, ".")
		v = []any{name, attr}
	}
	return object{key: v}, nil
}

func isLocalTag(tag string) bool {
	return strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!")
}

func longForm(tag string) (string, bool) {
	switch name := strings.TrimPrefix(tag, "!"); name {
	case "Ref", "Condition":
		return name, true
	case "Sub", "GetAtt", "If", "Equals", "Not", "And", "Or", "Join", "Select", "Split", "FindInMap":
		return "Fn::" + name, true
	default:
		return "", false
	}
}

func convertUntagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return convertMapping(n)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := convert(c)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.ScalarNode:
		return convertScalar(n), nil
	default:
		return nil, fail(at(n), "anchors and aliases are not supported")
	}
}

func convertMapping(n *yaml.Node) (any, error) {
	m := make(object, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, fail(at(key), "a key must be a scalar")
		}
		if _, twice := m[key.Value]; twice {
			return nil, fail(at(key), "key %q stands twice", key.Value)
		}
		v, err := convert(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		m[key.Value] = v
	}
	return m, nil
}

// convertScalar keeps numbers as written and takes dates for strings, as
// CloudFormation does with a policy's Version.
func convertScalar(n *yaml.Node) any {
	if isLocalTag(n.Tag) {
		return n.Value
	}
	switch n.Tag {
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value)
		}
		return n.Value
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!null":
		return nil
	default:
		return n.Value
	}
}

func at(n *yaml.Node) string { return fmt.Sprintf("line %d", n.Line) }
