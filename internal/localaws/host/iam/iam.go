// Package iam evaluates what a function's role allows, as far as the local
// host needs it: allow and deny statements with actions, resources and the
// string conditions that the project's template uses.
package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrPolicy means a policy document that this package cannot evaluate.
var ErrPolicy = errors.New("policy")

// Request is one thing that a caller wants to do.
type Request struct {
	Action   string // "dynamodb:PutItem"
	Resource string // an ARN
	// Context holds condition keys, such as "events:source".
	Context map[string][]string
}

// Policy is a list of statements.
type Policy []Statement

// Statement is one statement of a policy.
type Statement struct {
	Allow     bool
	Actions   []string
	Resources []string
	Condition []Condition
}

// Condition compares one key of a request's context.
type Condition struct {
	Operator string
	Key      string
	Values   []string
}

// Allows says whether some statement allows the request and none denies it.
func (p Policy) Allows(r Request) bool {
	allowed := false
	for _, s := range p {
		if !s.matches(r) {
			continue
		}
		if !s.Allow {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s Statement) matches(r Request) bool {
	action := func(pattern string) bool { return Match(strings.ToLower(pattern), strings.ToLower(r.Action)) }
	resource := func(pattern string) bool { return Match(pattern, r.Resource) }
	if !slices.ContainsFunc(s.Actions, action) || !slices.ContainsFunc(s.Resources, resource) {
		return false
	}
	return !slices.ContainsFunc(s.Condition, func(c Condition) bool { return !c.holds(r.Context) })
}

// holds: every value of a ForAllValues key must match, and the one value of
// any other key. A key that the request lacks matches ForAllValues only.
func (c Condition) holds(context map[string][]string) bool {
	operator, forAll := strings.CutPrefix(c.Operator, "ForAllValues:")
	given := context[c.Key]
	if len(given) == 0 {
		return forAll
	}
	matches := func(value string) bool {
		return slices.ContainsFunc(c.Values, func(want string) bool {
			if operator == "StringLike" || operator == "ArnLike" {
				return Match(want, value)
			}
			return want == value
		})
	}
	return !slices.ContainsFunc(given, func(v string) bool { return !matches(v) })
}

// Match compares a text with a pattern in which * stands for any run of
// characters and ? for one.
func Match(pattern, text string) bool {
	star, retry := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			retry++
			p, t = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// document is a policy as JSON.
type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement oneOrMore[statement]
}

type statement struct {
	Sid       string
	Effect    string
	Principal json.RawMessage
	Action    oneOrMore[string]
	Resource  oneOrMore[string]
	Condition map[string]map[string]oneOrMore[string]
}

// Parse reads a policy document. Elements that it could not honour, such as
// NotAction or an operator it does not know, are errors.
func Parse(data []byte) (Policy, error) {
	var d document
	if err := strictly(data, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	out := make(Policy, 0, len(d.Statement))
	for i, raw := range d.Statement {
		s, err := raw.build()
		if err != nil {
			return nil, fmt.Errorf("%w: statement %d: %w", ErrPolicy, i+1, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func (raw statement) build() (Statement, error) {
	s := Statement{Allow: raw.Effect == "Allow", Actions: raw.Action, Resources: raw.Resource}
	if raw.Effect != "Allow" && raw.Effect != "Deny" {
		return s, fmt.Errorf("effect %q", raw.Effect)
	}
	if len(raw.Action) == 0 {
		return s, errors.New("no action")
	}
	for _, a := range raw.Action {
		if a != "*" && !strings.Contains(a, ":") {
			return s, fmt.Errorf("action %q names no service", a)
		}
	}
	for operator, tests := range raw.Condition {
		switch operator {
		case "StringEquals", "StringLike", "ArnEquals", "ArnLike", "ForAllValues:StringEquals", "ForAllValues:StringLike":
		default:
			return s, fmt.Errorf("condition operator %s is not supported", operator)
		}
		for key, values := range tests {
			s.Condition = append(s.Condition, Condition{Operator: operator, Key: key, Values: values})
		}
	}
	return s, nil
}

// oneOrMore is a list that may be given as its only element.
type oneOrMore[T any] []T

// UnmarshalJSON takes an element or a list of them.
func (l *oneOrMore[T]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return strictly(data, (*[]T)(l))
	}
	var one T
	if err := strictly(data, &one); err != nil {
		return err
	}
	*l = oneOrMore[T]{one}
	return nil
}

// strictly decodes and refuses unknown members.
func strictly(data []byte, out any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(out)
}
