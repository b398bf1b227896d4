package iam

import (
	"errors"
	"testing"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	policy, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["dynamodb:Get*","dynamodb:PutItem"],"Resource":"arn:t/*"},
		{"Effect":"Deny","Action":"dynamodb:*","Resource":"arn:t/secret"},
		{"Effect":"Allow","Action":"events:PutEvents","Resource":"*","Condition":{"StringEquals":{"events:source":["a","b"]}}},
		{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:q?","Condition":{"ForAllValues:StringLike":{"k":"x*"}}}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		action, resource string
		context          map[string][]string
		want             bool
	}{
		{"dynamodb:GetItem", "arn:t/a", nil, true},
		{"DynamoDB:getitem", "arn:t/a", nil, true},
		{"dynamodb:PutItem", "arn:t/a", nil, true},
		{"dynamodb:PutItems", "arn:t/a", nil, false},
		{"dynamodb:DeleteItem", "arn:t/a", nil, false},
		{"dynamodb:GetItem", "arn:T/a", nil, false},
		{"dynamodb:GetItem", "arn:t", nil, false},
		{"dynamodb:GetItem", "arn:t/secret", nil, false},
		{"events:PutEvents", "x", nil, false},
		{"events:PutEvents", "x", map[string][]string{"events:source": {"a"}}, true},
		{"events:PutEvents", "x", map[string][]string{"events:source": {"c"}}, false},
		{"sqs:SendMessage", "arn:q1", nil, true},
		{"sqs:SendMessage", "arn:q12", nil, false},
		{"sqs:SendMessage", "arn:q1", map[string][]string{"k": {"x1", "x2"}}, true},
		{"sqs:SendMessage", "arn:q1", map[string][]string{"k": {"x1", "y"}}, false},
	} {
		if got := policy.Allows(Request{Action: c.action, Resource: c.resource, Context: c.context}); got != c.want {
			t.Errorf("%s on %s with %v: %v", c.action, c.resource, c.context, got)
		}
	}
}

func TestParseRefusesWhatItCannotHonour(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"Statement":{"Effect":"Allow","NotAction":"a:b","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"a:b","NotResource":"*"}}`,
		`{"Statement":{"Effect":"Maybe","Action":"a:b","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"GetItem","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Resource":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"1"}}}}`,
		`[]`,
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if Match(pattern, text) && !Match("*"+pattern, text) {
			t.Errorf("%q matches %q, and not with * before it", pattern, text)
		}
		if !Match("*", text) || !Match("*"+text[:len(text)/2]+"*", text) {
			t.Errorf("* does not match %q", text)
		}
	})
}
