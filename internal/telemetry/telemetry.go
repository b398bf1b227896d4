// Package telemetry is the functions' logging: one JSON object a line, never
// a body, a key, a callback path or personal data. Ids of request, account,
// run and record travel in the context and stand on every line.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
)

type attrsKey struct{}

// With returns a context whose log lines carry the attributes.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	have, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return context.WithValue(ctx, attrsKey{}, append(slices.Clip(have), attrs...))
}

// requestKey is the name of the id of the request that caused something.
const requestKey = "requestId"

// Request is the id of the request that caused what is done, which goes along
// through queues.
func Request(id string) slog.Attr { return slog.String(requestKey, id) }

// RequestOf is the id that With has put into the context, "" if none.
func RequestOf(ctx context.Context) string {
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	for _, a := range attrs {
		if a.Key == requestKey {
			return a.Value.String()
		}
	}
	return ""
}

// New makes a logger for a function; level is DEBUG, INFO, WARN or ERROR, and
// anything else INFO.
func New(w io.Writer, level, function string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
		l = slog.LevelInfo
	}
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})
	return slog.New(handler{h}).With("function", function)
}

// handler adds the context's attributes to every record.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if attrs, ok := ctx.Value(attrsKey{}).([]slog.Attr); ok {
		r.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
