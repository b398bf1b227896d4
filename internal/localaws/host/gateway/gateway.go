// Package gateway answers HTTP the way an API Gateway HTTP API with Lambda
// integrations does: its routes, its JWT authorizer, its payload format 2.0,
// its limits and its own error bodies.
package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

// maxBody is the largest request that an HTTP API takes.
const maxBody = 10 << 20

// Invoke runs a function, named by its logical id, with an event and returns
// its answer. An error that is context.DeadlineExceeded means that there was
// none in time.
type Invoke func(ctx context.Context, function string, event []byte) ([]byte, error)

// Config describes a gateway.
type Config struct {
	API       template.API
	AccountID string
	Invoke    Invoke
	// Client fetches issuers' keys.
	Client *http.Client
	Logger *slog.Logger
}

// Gateway is one HTTP API.
type Gateway struct {
	config      Config
	routes      []route
	authorizers map[string]*authorizer
}

// New returns a gateway.
func New(c Config) *Gateway {
	g := &Gateway{config: c, authorizers: map[string]*authorizer{}}
	for _, r := range c.API.Routes {
		g.routes = append(g.routes, parseRoute(r))
	}
	for name, a := range c.API.Authorizers {
		g.authorizers[name] = newAuthorizer(a, c.Client)
	}
	return g
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := newRequestID()
	w.Header().Set("Apigw-Requestid", id)
	route, params, ok := match(g.routes, r.Method, r.URL.EscapedPath())
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	if err != nil {
		return // the client is gone
	}
	jwt, err := g.authorize(r, route)
	if err != nil {
		g.refuseToken(w, r, err)
		return
	}
	e := newEvent(g.config, r, route, params, body)
	e.RequestContext.RequestID, e.RequestContext.Authorizer = id, jwt
	g.integrate(w, r, route, e)
}

func (g *Gateway) authorize(r *http.Request, route route) (*jwtContext, error) {
	if route.Authorizer == "" {
		return nil, nil //nolint:nilnil // an open route has no claims
	}
	a := g.authorizers[route.Authorizer]
	claims, err := a.verify(r.Context(), r.Header.Get(a.Header))
	if err != nil {
		return nil, err
	}
	return a.context(claims, route.Scopes)
}

func (g *Gateway) refuseToken(w http.ResponseWriter, r *http.Request, err error) {
	g.config.Logger.Info("a token was refused", "method", r.Method, "reason", err.Error())
	if errors.Is(err, errScope) {
		refuse(w, http.StatusForbidden, "Forbidden")
		return
	}
	w.Header().Set("Www-Authenticate", "Bearer")
	refuse(w, http.StatusUnauthorized, "Unauthorized")
}

// integrate invokes the function and gives its answer back.
func (g *Gateway) integrate(w http.ResponseWriter, r *http.Request, route route, e event) {
	payload, err := e.encode()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	// The function goes on when the client hangs up, as behind API Gateway.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), route.Timeout)
	defer cancel()
	answer, err := g.config.Invoke(ctx, route.FunctionID, payload)
	if err != nil {
		g.fail(w, err)
		return
	}
	resp, err := parseResponse(answer)
	if err != nil {
		g.config.Logger.Error("a function's answer is no HTTP answer", "function", route.FunctionID, "error", err)
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	resp.write(w, r.Method)
}

func (g *Gateway) fail(w http.ResponseWriter, err error) {
	if errors.Is(err, context.DeadlineExceeded) {
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	refuse(w, http.StatusInternalServerError, "Internal Server Error")
}

// refuse answers as the gateway itself.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+message+`"}`) // the client may be gone
}
