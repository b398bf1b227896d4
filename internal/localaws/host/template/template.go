package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

// Options are what CloudFormation would know when it deploys.
type Options struct {
	// StackName, Region and AccountID are the pseudo parameters.
	StackName, Region, AccountID string
	// Parameters are checked against the template's own rules.
	Parameters map[string]string
	// Loopback are values of parameters that are addresses of this machine.
	// They are exempt from patterns, which rightly insist on https.
	Loopback map[string]string
	// QueueURL gives the URL of a queue by its name.
	QueueURL func(name string) string
	// APIEndpoint gives the address of an HTTP API by its logical id.
	APIEndpoint func(id string) string
	// Forbidden are names that no function's environment may set.
	Forbidden []string
}

// Template is a resolved template. Lists are in the order of logical ids.
type Template struct {
	Functions []Function
	APIs      []API
	Queues    []Queue
	Tables    []Table
	Buses     []Bus
	Rules     []Rule
	Outputs   map[string]string
}

// Function is a Lambda function.
type Function struct {
	ID, Name, ARN string
	// CodeURI is where the template says the artefact is.
	CodeURI     string
	Handler     string
	MemoryMB    int
	Timeout     time.Duration
	Concurrency int // reserved concurrency; 0 where none is reserved
	Environment map[string]string
	// Policy is what the function's role allows.
	Policy iam.Policy
	// Mappings are its queues.
	Mappings []Mapping
}

// Mapping is an SQS event source mapping.
type Mapping struct {
	ID             string
	QueueARN       string
	BatchSize      int
	Window         time.Duration
	MaxConcurrency int // 0 where none is set
	ReportFailures bool
	Enabled        bool
}

// API is an HTTP API with its routes.
type API struct {
	ID, Name    string
	Authorizers map[string]Authorizer
	Routes      []Route
}

// Authorizer is a JWT authorizer.
type Authorizer struct {
	Issuer    string
	Audiences []string
	Header    string // where the token stands, lower case
	Scopes    []string
}

// Route leads requests to a function.
type Route struct {
	Method, Path string // ANY stands for every method
	FunctionID   string
	Authorizer   string // empty: open
	Scopes       []string
	Timeout      time.Duration
}

// Queue is an SQS queue with the attributes that CreateQueue takes.
type Queue struct {
	ID, Name, ARN string
	Attributes    map[string]string
	Visibility    time.Duration
	DeadLetterARN string // empty: none
	MaxReceive    int
}

// Table is a DynamoDB table.
type Table struct {
	ID, Name, ARN string
	Definition    TableDefinition
}

// Bus is an event bus.
type Bus struct{ ID, Name, ARN string }

// Rule is a rule of a bus or a schedule: it has a Pattern or a Rate.
type Rule struct {
	ID, Name, ARN, Bus string
	Pattern            json.RawMessage
	Rate               time.Duration
	Enabled            bool
	// Scheduler marks EventBridge Scheduler, whose default event differs.
	Scheduler bool
	Targets   []Target
}

// Target is where a rule sends its events: a function or a queue.
type Target struct {
	ID, ARN      string
	Input        *string // nil: the event itself
	InputPath    string
	MessageGroup string
	Retries      int // of a function's asynchronous invocation
}

// Read reads a template from a file.
func Read(path string, o Options) (*Template, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	return Parse(data, o)
}

// Parse reads a template. It returns every complaint it can find, joined.
func Parse(data []byte, o Options) (*Template, error) {
	root, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	s, err := newScope(root, o)
	if err != nil {
		return nil, err
	}
	b := newBuilder(s)
	errs := []error{b.checkConditions()}
	for _, id := range keys(s.resources) {
		errs = append(errs, b.resource(s.resources[id]))
	}
	errs = append(errs, b.outputs(section(root, "Outputs")))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := b.link(); err != nil {
		return nil, err
	}
	return b.out, nil
}

func newScope(root object, o Options) (*scope, error) {
	if err := checkSections(root); err != nil {
		return nil, err
	}
	s := &scope{
		options: o, parameters: map[string]any{}, decided: map[string]bool{}, visiting: map[string]bool{},
		mappings: section(root, "Mappings"), conditions: section(root, "Conditions"), resources: map[string]*resource{},
	}
	if err := s.readParameters(section(root, "Parameters"), o); err != nil {
		return nil, err
	}
	globals := section(root, "Globals")
	if err := checkGlobals(globals); err != nil {
		return nil, err
	}
	for id, body := range section(root, "Resources") {
		r, err := readResource(id, body)
		if err != nil {
			return nil, err
		}
		r.properties = withGlobals(globals, r)
		s.resources[id] = r
	}
	return s, nil
}

func checkSections(root object) error {
	for name := range root {
		switch name {
		case "AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Parameters",
			"Mappings", "Conditions", "Globals", "Resources", "Outputs":
		default:
			return fail(name, "is not a section that is known here")
		}
	}
	if root["Transform"] != "AWS::Serverless-2016-10-31" {
		return fail("Transform", "must be AWS::Serverless-2016-10-31")
	}
	return nil
}

func section(root object, name string) object {
	m, _ := root[name].(object)
	return m
}

func readResource(id string, body any) (*resource, error) {
	path := "Resources." + id
	var known struct {
		Type, Condition                     string
		DependsOn                           oneOrMore
		Properties, Metadata                ignored
		DeletionPolicy, UpdateReplacePolicy string
	}
	if err := decode(path, body, &known); err != nil {
		return nil, err
	}
	k, ok := kindOf(known.Type)
	if !ok {
		return nil, fail(path, "the type %s is not supported", known.Type)
	}
	properties, _ := body.(object)["Properties"].(object)
	if properties == nil {
		properties = object{}
	}
	return &resource{
		id: id, typ: known.Type, kind: k, properties: properties,
		condition: known.Condition, dependsOn: known.DependsOn,
	}, nil
}
