package template

import (
	"net/http"
	"strings"
	"time"
)

type apiProperties struct {
	Name, StageName string
	Auth            struct {
		DefaultAuthorizer string
		Authorizers       map[string]struct {
			IdentitySource      string
			AuthorizationScopes []string
			JwtConfiguration    struct {
				Issuer   string    `json:"issuer"`
				Audience oneOrMore `json:"audience"`
			}
		}
	}
	// Throttling protects AWS's own capacity and the bill; nothing local.
	DefaultRouteSettings, RouteSettings  ignored
	AccessLogSettings, Description, Tags ignored
	FailOnWarnings, PropagateTags        ignored
}

func (b *builder) api(r *resource, path string, properties any) error {
	var p apiProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, err := b.physicalName(path, r)
	if err != nil {
		return err
	}
	if p.StageName != "" && p.StageName != "$default" {
		return fail(path, "the stage must be $default")
	}
	api := API{ID: r.id, Name: name, Authorizers: map[string]Authorizer{}}
	for _, id := range keys(p.Auth.Authorizers) {
		a := p.Auth.Authorizers[id]
		header, ok := strings.CutPrefix(a.IdentitySource, "$request.header.")
		if !ok || a.JwtConfiguration.Issuer == "" || len(a.JwtConfiguration.Audience) == 0 {
			return fail(path+".Auth."+id, "wants a header as IdentitySource, an issuer and an audience")
		}
		api.Authorizers[id] = Authorizer{
			Issuer: a.JwtConfiguration.Issuer, Audiences: a.JwtConfiguration.Audience,
			Header: strings.ToLower(header), Scopes: a.AuthorizationScopes,
		}
	}
	if d := p.Auth.DefaultAuthorizer; d != "" {
		if _, ok := api.Authorizers[d]; !ok {
			return fail(path, "there is no authorizer %q", d)
		}
		b.defaultAuthorizers[r.id] = d
	}
	b.out.APIs = append(b.out.APIs, api)
	return nil
}

type httpEventProperties struct {
	ApiId, Method, Path, PayloadFormatVersion string //nolint:revive // SAM's own spelling

	Auth struct {
		Authorizer          string
		AuthorizationScopes []string
	}
	TimeoutInMillis *Int
	RouteSettings   ignored
}

// pendingRoute waits until every API has been read.
type pendingRoute struct {
	Route
	apiRef, path string
}

// integrationTimeout is the longest that an HTTP API waits for a function.
const integrationTimeout = 30 * time.Second

func (b *builder) httpEvent(f *Function, properties object, path string) error {
	var p httpEventProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	if p.PayloadFormatVersion != "" && p.PayloadFormatVersion != "2.0" {
		return fail(path, "the payload format must be 2.0")
	}
	timeout := integrationTimeout
	if p.TimeoutInMillis != nil {
		timeout = time.Duration(*p.TimeoutInMillis) * time.Millisecond
	}
	if timeout < 50*time.Millisecond || timeout > integrationTimeout {
		return fail(path, "the integration's time-out is outside 50 ms to 30 s")
	}
	b.routes = append(b.routes, pendingRoute{apiRef: p.ApiId, path: path, Route: Route{
		Method: strings.ToUpper(p.Method), Path: p.Path, FunctionID: f.ID,
		Authorizer: p.Auth.Authorizer, Scopes: p.Auth.AuthorizationScopes, Timeout: timeout,
	}})
	return nil
}

func (b *builder) linkRoutes() error {
	seen := map[string]bool{}
	for _, r := range b.routes {
		api := b.apiByRef(r.apiRef)
		if api == nil {
			return fail(r.path, "ApiId must be a !Ref to an AWS::Serverless::HttpApi")
		}
		key := api.ID + " " + r.Method + " " + r.Path
		if seen[key] {
			return fail(r.path, "the route %s %s stands twice", r.Method, r.Path)
		}
		seen[key] = true
		if err := b.linkAuthorizer(api, &r); err != nil {
			return err
		}
		if err := checkRoute(r.Route); err != "" {
			return fail(r.path, "%s", err)
		}
		api.Routes = append(api.Routes, r.Route)
	}
	return nil
}

func (b *builder) apiByRef(ref string) *API {
	for i := range b.out.APIs {
		if strings.ToLower(b.out.APIs[i].ID) == ref {
			return &b.out.APIs[i]
		}
	}
	return nil
}

func (b *builder) linkAuthorizer(api *API, r *pendingRoute) error {
	switch r.Authorizer {
	case "":
		r.Authorizer = b.defaultAuthorizers[api.ID]
	case "NONE":
		r.Authorizer = ""
	}
	if r.Authorizer == "" {
		return nil
	}
	a, ok := api.Authorizers[r.Authorizer]
	if !ok {
		return fail(r.path, "there is no authorizer %q", r.Authorizer)
	}
	if r.Scopes == nil {
		r.Scopes = a.Scopes
	}
	return nil
}

func checkRoute(r Route) string {
	switch r.Method {
	case "ANY", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPatch,
		http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		return "the method " + r.Method + " is not known"
	}
	if !strings.HasPrefix(r.Path, "/") {
		return "the path must begin with /"
	}
	if i := strings.Index(r.Path, "+}"); i >= 0 && i != len(r.Path)-2 {
		return "a greedy parameter must be the last segment"
	}
	return ""
}
