package httpapi

import (
	"context"
	"maps"
	"net/http"
	"path"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/psabridge/psabridge/internal/problem"
)

// requestKey holds what is noted of a request for its log line.
type requestKey struct{}

type request struct {
	id     string
	caller caller
	code   string
}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

func requestID(ctx context.Context) string { return requestOf(ctx).id }

func noteCaller(ctx context.Context, c caller) { requestOf(ctx).caller = c }

func noteCode(ctx context.Context, code string) { requestOf(ctx).code = code }

// observe gives the request its deadline and, once it is answered, its line
// in the log: ids and the route, never a body, a query or a path's values.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := a.Now()
		note := &request{id: a.RequestID(r.Context())}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), requestKey{}, note), a.Timeout)
		defer cancel()
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		sw := &statusWriter{ResponseWriter: w}
		r = r.WithContext(ctx)
		next.ServeHTTP(sw, r)
		_, route := a.mux.Handler(r)
		a.Log.InfoContext(ctx, "request", "requestId", note.id, "method", r.Method, "route", route,
			"status", sw.status, "code", note.code, "account", string(note.caller.account),
			"ms", a.Now().Sub(start).Milliseconds())
	})
}

type statusWriter struct {
	http.ResponseWriter

	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// route finds the operation. ServeMux would answer what it does not find in
// plain text and redirect paths that are not clean.
func (a *api) route(w http.ResponseWriter, r *http.Request) {
	if path.Clean(r.URL.Path) != r.URL.Path {
		a.fail(w, r, notFound())
		return
	}
	h, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	probe := &discard{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		a.fail(w, r, problem.New(problem.MethodNotAllowed, "This address does not take this method.",
			"Use "+strings.ReplaceAll(probe.header.Get("Allow"), ",", " or")+"."))
		return
	}
	a.fail(w, r, notFound())
}

// discard learns a handler's status and headers.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// fail answers with err's problem document.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	doc := a.problem(r.Context(), err)
	maps.Copy(w.Header(), doc.GetHeaders())
	w.Header().Set("Content-Type", doc.ContentType(""))
	w.WriteHeader(doc.Status)
	_ = marshal(w, doc) // a caller that left cannot be told
}

func (a *api) failHuma(ctx huma.Context, err error) {
	r, w := humago.Unwrap(ctx)
	a.fail(w, r, err)
}
