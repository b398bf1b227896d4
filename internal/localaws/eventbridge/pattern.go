package eventbridge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Pattern decides which events a rule takes. Of EventBridge's patterns it
// knows nested fields, exact values, prefix, exists, and anything-but (of a
// value, a list, or a prefix).
type Pattern struct{ fields map[string]any }

// ParsePattern reads an event pattern. What it does not know is an error, not
// a pattern that matches nothing.
func ParsePattern(text []byte) (Pattern, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return Pattern{}, fmt.Errorf("event pattern: %w", err)
	}
	if err := checkFields(fields, ""); err != nil {
		return Pattern{}, fmt.Errorf("event pattern: %w", err)
	}
	return Pattern{fields: fields}, nil
}

func checkFields(fields map[string]any, path string) error {
	if len(fields) == 0 {
		return fmt.Errorf("%q has no fields", path)
	}
	for name, v := range fields {
		at := strings.TrimPrefix(path+"."+name, ".")
		switch v := v.(type) {
		case map[string]any:
			if err := checkFields(v, at); err != nil {
				return err
			}
		case []any:
			if err := checkTests(v, at); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%q is neither an object nor a list", at)
		}
	}
	return nil
}

func checkTests(tests []any, path string) error {
	if len(tests) == 0 {
		return fmt.Errorf("%q allows nothing", path)
	}
	for _, t := range tests {
		if op, isOperator := t.(map[string]any); isOperator && !knownOperator(op) {
			return fmt.Errorf("%q: the operator %v is not offered locally", path, op)
		}
	}
	return nil
}

func knownOperator(op map[string]any) bool {
	if len(op) != 1 {
		return false
	}
	_, prefix := op["prefix"].(string)
	_, exists := op["exists"].(bool)
	if prefix || exists {
		return true
	}
	but, anythingBut := op["anything-but"]
	inner, isObject := but.(map[string]any)
	if !isObject {
		return anythingBut
	}
	_, prefix = inner["prefix"].(string)
	return prefix && len(inner) == 1
}

// Matches reports whether an event, as JSON, fits the pattern.
func (p Pattern) Matches(event []byte) bool {
	var v map[string]any
	return json.Unmarshal(event, &v) == nil && matchFields(p.fields, v)
}

func matchFields(pattern, event map[string]any) bool {
	for name, want := range pattern {
		has, present := event[name]
		switch want := want.(type) {
		case map[string]any:
			inner, _ := has.(map[string]any)
			if !matchFields(want, inner) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(test any) bool { return matchLeaf(test, has, present) }) {
				return false
			}
		}
	}
	return true
}

// matchLeaf applies one test; of an event's list one element is enough.
func matchLeaf(test, has any, present bool) bool {
	if op, ok := test.(map[string]any); ok {
		if exists, ok := op["exists"].(bool); ok {
			_, isObject := has.(map[string]any)
			return (present && !isObject) == exists
		}
	}
	if list, ok := has.([]any); ok {
		return slices.ContainsFunc(list, func(element any) bool { return matchValue(test, element) })
	}
	return present && matchValue(test, has)
}

func matchValue(test, has any) bool {
	op, ok := test.(map[string]any)
	if !ok {
		return same(test, has)
	}
	if prefix, ok := op["prefix"].(string); ok {
		return hasPrefix(has, prefix)
	}
	switch but := op["anything-but"].(type) {
	case []any:
		return !slices.ContainsFunc(but, func(b any) bool { return same(b, has) })
	case map[string]any:
		prefix, _ := but["prefix"].(string)
		return !hasPrefix(has, prefix)
	default:
		return !same(but, has)
	}
}

func hasPrefix(has any, prefix string) bool {
	s, ok := has.(string)
	return ok && strings.HasPrefix(s, prefix)
}

// same compares two JSON values that are neither objects nor lists.
func same(a, b any) bool {
	switch a.(type) {
	case string, float64, bool, nil:
		switch b.(type) {
		case string, float64, bool, nil:
			return a == b
		}
	}
	return false
}
