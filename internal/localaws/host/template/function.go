package template

import (
	"errors"
	"slices"
	"strings"
	"time"
)

type functionProperties struct {
	FunctionName, CodeUri, Handler, Runtime, Role string //nolint:revive // SAM's own spelling

	Architectures []string
	MemorySize    *Int
	Timeout       *Int
	Environment   struct{ Variables map[string]Text }
	Events        map[string]event

	ReservedConcurrentExecutions *Int

	// EventInvokeConfig's retries apply to asynchronous invocations.
	EventInvokeConfig struct {
		MaximumEventAgeInSeconds, DestinationConfig ignored
		MaximumRetryAttempts                        *Int
	}
	Policies []any

	AutoPublishAlias                              string
	Description, Tags, Tracing, LoggingConfig     ignored
	DeploymentPreference, RuntimeManagementConfig ignored
	PermissionsBoundary, RecursiveLoop            ignored
}

// event is one entry of a function's Events.
type event struct {
	Type       string
	Properties object
}

// Limits of Lambda.
const (
	maxTimeout     = 900
	maxEnvironment = 4 << 10
	asyncRetries   = 2
)

func (b *builder) function(r *resource, path string, properties any) error {
	var p functionProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, arn, err := b.names(r, path)
	if err != nil {
		return err
	}
	f := Function{
		ID: r.id, Name: name, ARN: arn, CodeURI: p.CodeUri, Handler: p.Handler,
		MemoryMB: orDefault(p.MemorySize, 128), Timeout: seconds(p.Timeout, 3),
		Concurrency: orDefault(p.ReservedConcurrentExecutions, 0), Environment: map[string]string{},
	}
	if p.AutoPublishAlias != "" {
		f.ARN += ":" + p.AutoPublishAlias
	}
	if err := errors.Join(p.check(path), b.environment(path, p, &f), b.functionRole(path, p, &f)); err != nil {
		return err
	}
	for _, id := range keys(p.Events) {
		if err := b.event(&f, p, id, path+".Events."+id); err != nil {
			return err
		}
	}
	b.out.Functions = append(b.out.Functions, f)
	return nil
}

func (p functionProperties) check(path string) error {
	timeout := orDefault(p.Timeout, 3)
	switch {
	case p.Runtime != "provided.al2023":
		return fail(path, "the runtime %q is not supported", p.Runtime)
	case p.Handler != "bootstrap":
		return fail(path, "the handler must be bootstrap")
	case p.CodeUri == "":
		return fail(path, "has no CodeUri")
	case timeout < 1 || timeout > maxTimeout:
		return fail(path, "the time-out %d is outside 1 to %d seconds", timeout, maxTimeout)
	case len(p.Architectures) != 1:
		return fail(path, "wants one architecture")
	default:
		return nil
	}
}

// environment refuses what CloudFormation would: reserved names and more than
// 4 KB; and what only the local host may set.
func (b *builder) environment(path string, p functionProperties, f *Function) error {
	size := 0
	for _, name := range keys(p.Environment.Variables) {
		value := string(p.Environment.Variables[name])
		if isReserved(name) || slices.Contains(b.options.Forbidden, name) {
			return fail(path+".Environment", "the template may not set %s", name)
		}
		f.Environment[name] = value
		size += len(name) + len(value)
	}
	if size > maxEnvironment {
		return fail(path+".Environment", "%d bytes are more than Lambda's %d", size, maxEnvironment)
	}
	return nil
}

func isReserved(name string) bool {
	switch name {
	case "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "TZ":
		return true
	default:
		return strings.HasPrefix(name, "AWS_LAMBDA_")
	}
}

func orDefault(n *Int, fallback int) int {
	if n == nil {
		return fallback
	}
	return int(*n)
}

func seconds(n *Int, fallback int) time.Duration {
	return time.Duration(orDefault(n, fallback)) * time.Second
}
