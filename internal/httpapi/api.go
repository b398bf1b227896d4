package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/psabridge/psabridge/internal/problem"
)

// maxBody bounds a request's body where the operation does not: a few keys.
const maxBody = 64 << 10

// Config is what the API works with; all is required but Now, Log, Timeout.
type Config struct {
	Setup   Setup
	Engine  Engine
	Runs    Runs
	Records Records
	Jobs    Jobs
	People  People
	Mapping Mapping
	Intake  Intake
	// Postings, and what is read of them.
	Postings      Postings
	PostingRuns   PostingRuns
	PostingLedger PostingLedger
	Statements    Statements

	// Claims and RequestID tell of the request in a context.
	Claims     Claims
	RequestID  func(context.Context) string
	ClaimNames ClaimNames

	// Product is the product's name, Installation this deployment's id.
	Product, Installation string
	// Timeout of one request, below the function's; default 25 s.
	Timeout time.Duration
	Now     func() time.Time
	Log     *slog.Logger
}

type api struct {
	Config

	huma huma.API
	mux  *http.ServeMux

	remembered remembered
}

// New returns the handler of /v1.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	a := build(cfg)
	doc, err := document(a.huma)
	if err != nil {
		return nil, err
	}
	return a.observe(open(static("application/json", doc), a.authenticate(http.HandlerFunc(a.route)))), nil
}

// open lets everybody read the document; the rest is for callers with a token.
// It is no ServeMux, which would redirect paths that are not clean.
func open(document, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/openapi.json" && r.Method == http.MethodGet {
			document.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// Document is the OpenAPI document of the API, indented.
func Document() ([]byte, error) { return document(build(Config{}).huma) }

func (c *Config) check() error {
	var errs []error
	for name, missing := range map[string]bool{
		"Setup": c.Setup == nil, "Engine": c.Engine == nil, "Runs": c.Runs == nil, "Records": c.Records == nil, "Jobs": c.Jobs == nil,
		"Mapping": c.Mapping == nil, "Intake": c.Intake == nil,
		"Postings": c.Postings == nil, "PostingRuns": c.PostingRuns == nil, "PostingLedger": c.PostingLedger == nil,
		"Statements": c.Statements == nil,
		"People":     c.People == nil,
		"Claims":     c.Claims == nil, "RequestID": c.RequestID == nil, "ClaimNames": c.ClaimNames == ClaimNames{},
	} {
		if missing {
			errs = append(errs, fmt.Errorf("httpapi: %s is missing", name))
		}
	}
	if c.Timeout <= 0 {
		c.Timeout = 25 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return errors.Join(errs...)
}

func build(cfg Config) *api {
	replaceErrors()
	mux := http.NewServeMux()
	a := &api{Config: cfg, mux: mux, huma: humago.New(mux, humaConfig())}
	a.registerMe()
	a.registerPeople()
	a.registerConnection()
	a.registerDisconnect()
	a.registerPause()
	a.registerTypes()
	a.registerRoleTable()
	a.registerFilters()
	a.registerJobs()
	a.registerRuns()
	a.registerSkips()
	a.registerRecords()
	a.registerLogs()
	a.registerMapping()
	a.registerProducts()
	a.registerIntake()
	a.registerPostings()
	a.registerStatements()
	return a
}

func humaConfig() huma.Config {
	jsonFormat := huma.Format{Marshal: marshal, Unmarshal: json.Unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "psabridge", Version: "1",
				Description: "Connects an MSP's ConnectWise PSA. Errors are application/problem+json. " +
					"API Gateway itself answers 401 (no or an invalid token), 413 (over 10 MB), 429 and 503 " +
					"(too many requests) with its own JSON body, {\"message\": \"...\"}.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"jwt": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
				},
			},
			Security: []map[string][]string{{"jwt": {}}},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}

func marshal(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func document(h huma.API) ([]byte, error) {
	doc, err := json.MarshalIndent(h.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return append(doc, '\n'), nil
}

func static(contentType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body) // a caller that left cannot be told
	})
}

// operation describes one operation; the rest follows from the types of its
// function.
type operation struct {
	id, method, path, summary string
	access                    access
	// status of success; 0 means 200, or 204 without a body.
	status int
	tag    string
	// body is how many bytes of body it takes; 0 means maxBody.
	body int64
	// content is the type of the answer; "" means JSON.
	content string
}

// add registers an operation, with its access checked before its input is
// read and its errors made problem documents.
func add[I, O any](a *api, op operation, f func(context.Context, *I) (*O, error)) {
	var answers map[string]*huma.Response
	if op.content != "" {
		answers = map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{op.content: {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	}
	huma.Register(a.huma, huma.Operation{
		Responses:   answers,
		OperationID: op.id, Method: op.method, Path: op.path, Summary: op.summary,
		DefaultStatus: op.status, MaxBodyBytes: cmp.Or(op.body, maxBody), Tags: []string{op.tag},
		RejectUnknownQueryParameters: true,
		Middlewares:                  huma.Middlewares{a.authorize(op.access)},
		Extensions:                   map[string]any{"x-access": op.access},
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// problem is err's public document; what is our fault is logged.
func (a *api) problem(ctx context.Context, err error) *Problem {
	doc := problemOf(err, requestID(ctx))
	noteCode(ctx, doc.Code)
	if doc.Code == string(problem.Internal) {
		a.Log.ErrorContext(ctx, "request failed", "requestId", doc.RequestID, "error", err.Error())
	}
	return doc
}
