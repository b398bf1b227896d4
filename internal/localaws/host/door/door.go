package door

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

// Services are the endpoints of what stands in for AWS.
type Services struct {
	DynamoDB, SQS, SecretsManager, EventBridge string
}

func (s Services) endpoint(service string) string {
	return map[string]string{
		"dynamodb": s.DynamoDB, "sqs": s.SQS, "secretsmanager": s.SecretsManager, "events": s.EventBridge,
	}[service]
}

// Caller is the process whose calls a door serves.
type Caller interface {
	// Kill ends the process and returns when it has ended.
	Kill()
	// Killed says that Kill has been called.
	Killed() bool
}

// Config describes the doors of one function.
type Config struct {
	// Function is its short name, as in Crash and Call.
	Function string
	Policy   iam.Policy
	// Region and AccountID stand in the ARNs of what is called.
	Region, AccountID string
	Services          Services
	Recorder          *Recorder
	Logger            *slog.Logger
}

// Limits of one call, in bytes.
const (
	maxRequest  = 32 << 20
	maxResponse = 64 << 20
)

// New returns the door of one process.
func New(c Config, caller Caller) http.Handler {
	return &door{Config: c, caller: caller, forward: newForwarder()}
}

type door struct {
	Config

	caller  Caller
	forward *forwarder
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil || d.caller.Killed() {
		hangUp(w)
		return
	}
	o, err := d.classify(r.Header.Get("X-Amz-Target"), body)
	if err != nil {
		d.Logger.Error("a call was not understood", "function", d.Function, "error", err)
		errorAnswer("UnknownOperationException", err.Error()).write(w)
		return
	}
	at := d.Recorder.begin(Call{Function: d.Function, Service: o.service, Operation: o.name})
	at.pass(w, d.caller.Kill, func() answer { return d.answer(r, body, o) })
}

// answer is the role's refusal or what the service says.
func (d *door) answer(r *http.Request, body []byte, o operation) answer {
	for _, request := range o.requests {
		if !d.Policy.Allows(request) {
			return d.deny(request)
		}
	}
	return d.forward.do(r, d.Services.endpoint(o.service), body)
}

func (d *door) deny(r iam.Request) answer {
	d.Logger.Error("ACCESS DENIED: the function's role in template.yaml does not allow this",
		"function", d.Function, "action", r.Action, "resource", r.Resource)
	a := errorAnswer("AccessDeniedException", fmt.Sprintf(
		"User: arn:aws:sts::%s:assumed-role/%s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		d.AccountID, d.Function, r.Action, r.Resource, r.Action))
	a.denied = true
	return a
}
