package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/psabridge/psabridge/internal/setup"
)

// ConnectionInput is what a person enters. Keys left out mean the stored
// ones, for the same server and company only.
type ConnectionInput struct {
	ServerURL  string   `json:"serverUrl,omitempty" maxLength:"2048" doc:"As people open ConnectWise; it is cleaned."`
	CompanyID  string   `json:"companyId,omitempty" maxLength:"200" doc:"The login company."`
	PublicKey  string   `json:"publicKey,omitempty" maxLength:"500" writeOnly:"true"`
	PrivateKey string   `json:"privateKey,omitempty" maxLength:"500" writeOnly:"true" doc:"Stored in the secret store only; never returned."`
	Types      []string `json:"types,omitempty" nullable:"false" maxItems:"100" doc:"Data types to sync; none means those stored, or the defaults."`
}

func (in ConnectionInput) input(ifMatch string) setup.Input {
	return setup.Input{
		ServerURL: in.ServerURL, CompanyID: in.CompanyID, PublicKey: in.PublicKey, PrivateKey: in.PrivateKey,
		Types: dataTypes(in.Types), IfMatch: unquote(ifMatch),
	}
}

// IfMatchInput is the state that the caller saw.
type IfMatchInput struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of the state that was seen; 412 if it is not the present one."`
}

// unquote reads an entity tag; "*" is any state.
func unquote(tag string) string {
	tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
	if tag == "*" {
		return ""
	}
	return strings.Trim(tag, `"`)
}

func quote(tag string) string { return `"` + tag + `"` }

type connectionOutput struct {
	ETag string `header:"ETag"`
	Body Connection
}

func connectionAnswer(st setup.Status) *connectionOutput {
	return &connectionOutput{ETag: quote(st.Tag), Body: connectionOf(st)}
}

func (a *api) registerConnection() {
	const tag = "Connection"
	add(a, operation{
		id: "getConnection", method: "GET", path: "/v1/connection", tag: tag, access: reads,
		summary: "The account's ConnectWise connection",
	}, a.getConnection)
	add(a, operation{
		id: "testConnection", method: "POST", path: "/v1/connection/test", tag: tag, access: changes,
		summary: "Test a connection; nothing is stored",
	}, a.testConnection)
	add(a, operation{
		id: "putConnection", method: "PUT", path: "/v1/connection", tag: tag, access: changes,
		summary: "Test, then store: as a draft, or as new keys of the enabled connection",
	}, a.putConnection)
	add(a, operation{
		id: "deleteDraft", method: "DELETE", path: "/v1/connection/draft", tag: tag, access: changes,
		summary: "Throw the draft away", status: http.StatusNoContent,
	}, a.deleteDraft)
	add(a, operation{
		id: "enableConnection", method: "POST", path: "/v1/connection/enable", tag: tag, access: changes,
		summary: "Enable the draft and start the first sync; safe to press twice",
	}, a.enableConnection)
}

func (a *api) getConnection(ctx context.Context, _ *struct{}) (*connectionOutput, error) {
	st, err := a.Setup.Status(ctx, callerOf(ctx).account)
	if err != nil {
		return nil, err
	}
	return connectionAnswer(st), nil
}

type testInput struct{ Body ConnectionInput }

type testOutput struct{ Body Report }

func (a *api) testConnection(ctx context.Context, in *testInput) (*testOutput, error) {
	report, err := a.Setup.Test(ctx, callerOf(ctx).account, in.Body.input(""))
	if err != nil {
		return nil, err
	}
	return &testOutput{reportOf(report)}, nil
}

type putConnectionInput struct {
	IfMatchInput

	Body ConnectionInput
}

// SavedConnection is a stored connection and the test it passed.
type SavedConnection struct {
	Connection Connection `json:"connection"`
	Report     Report     `json:"report"`
	Rotated    bool       `json:"rotated" doc:"Whether the enabled connection has new keys now; otherwise a draft waits to be enabled."`
}

type putConnectionOutput struct {
	ETag string `header:"ETag"`
	Body SavedConnection
}

func (a *api) putConnection(ctx context.Context, in *putConnectionInput) (*putConnectionOutput, error) {
	c := callerOf(ctx)
	saved, err := a.Setup.Save(ctx, c.account, c.subject, in.Body.input(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return &putConnectionOutput{ETag: quote(saved.Status.Tag), Body: SavedConnection{
		Connection: connectionOf(saved.Status), Report: reportOf(saved.Report), Rotated: saved.Rotated,
	}}, nil
}

func (a *api) deleteDraft(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, a.Setup.Discard(ctx, callerOf(ctx).account)
}

type enableInput struct {
	Body *struct {
		Takeover bool `json:"takeover,omitempty" doc:"Take the ConnectWise company over from another account."`
	}
}

// EnabledConnection is what enabling led to.
type EnabledConnection struct {
	Connection Connection `json:"connection"`
	Already    bool       `json:"already" doc:"Whether it was enabled before."`
	Warnings   []Warning  `json:"warnings" nullable:"false" doc:"What did not work and did not stop anything."`
}

type enableOutput struct {
	ETag string `header:"ETag"`
	Body EnabledConnection
}

func (a *api) enableConnection(ctx context.Context, in *enableInput) (*enableOutput, error) {
	c := callerOf(ctx)
	done, err := a.Setup.Enable(ctx, c.account, c.subject, in.Body != nil && in.Body.Takeover)
	if err != nil {
		return nil, err
	}
	warnings, _ := listOf(done.Warnings, "", warningOf)
	return &enableOutput{ETag: quote(done.Status.Tag), Body: EnabledConnection{
		Connection: connectionOf(done.Status), Already: done.Already, Warnings: warnings,
	}}, nil
}
