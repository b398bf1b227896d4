package gateway

import (
	"net/url"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

// route is a template's route with its path taken apart.
type route struct {
	template.Route

	segments []segment
}

type segment struct {
	text   string // the name of a parameter, or the text itself
	param  bool
	greedy bool
}

func parseRoute(r template.Route) route {
	out := route{Route: r}
	for _, part := range split(r.Path) {
		s := segment{text: part}
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			s.text, s.greedy = strings.CutSuffix(name, "+")
			s.param = true
		}
		out.segments = append(out.segments, s)
	}
	return out
}

func split(path string) []string {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// match finds the most specific route: segment by segment a text goes before
// a parameter and that before a greedy one; then a method before ANY. path is
// still escaped, parameters come out decoded.
func match(routes []route, method, path string) (best route, params map[string]string, ok bool) {
	parts := split(path)
	for _, r := range routes {
		if r.Method != method && r.Method != "ANY" {
			continue
		}
		found, fits := r.fit(parts)
		if fits && (!ok || r.before(best)) {
			best, params, ok = r, found, true
		}
	}
	return best, params, ok
}

func (r route) fit(parts []string) (map[string]string, bool) {
	params := map[string]string{}
	for i, s := range r.segments {
		if i >= len(parts) {
			return nil, false
		}
		switch {
		case s.greedy:
			rest := strings.Join(parts[i:], "/")
			params[s.text] = unescape(rest)
			return params, rest != ""
		case s.param:
			params[s.text] = unescape(parts[i])
			if parts[i] == "" {
				return nil, false
			}
		case s.text != unescape(parts[i]):
			return nil, false
		}
	}
	return params, len(parts) == len(r.segments)
}

// before says whether r is more specific than another route that fits too.
func (r route) before(other route) bool {
	for i := range min(len(r.segments), len(other.segments)) {
		if a, b := r.segments[i].rank(), other.segments[i].rank(); a != b {
			return a < b
		}
	}
	return r.Method != "ANY" && other.Method == "ANY"
}

func (s segment) rank() int {
	switch {
	case s.greedy:
		return 2
	case s.param:
		return 1
	default:
		return 0
	}
}

func unescape(s string) string {
	out, err := url.PathUnescape(s)
	if err != nil {
		return s
	}
	return out
}
