package door

import (
	"io"
	"net/http"
	"regexp"
)

// Front stands before another service, such as ConnectWise, and counts its
// calls with the functions' own. It knows the calling function by the end of
// the User-Agent, "psabridge/1.2.3 (sync)".
type Front struct {
	// Upstream is the service's base address.
	Upstream string
	// Service names it in Call.
	Service  string
	Recorder *Recorder
	// Kill kills the processes of a function that have an invocation in
	// flight and returns when they have ended.
	Kill func(function string)

	forward *forwarder
}

// NewFront completes a Front.
func NewFront(f Front) *Front {
	f.forward = newForwarder()
	return &f
}

// ServeHTTP passes a call on.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		hangUp(w)
		return
	}
	ask := func() answer { return f.forward.do(r, f.Upstream, body) }
	name := callerName(r.UserAgent())
	if name == "" {
		ask().write(w)
		return
	}
	// The path only: a query may hold what must not be kept.
	at := f.Recorder.begin(Call{Function: name, Service: f.Service, Operation: r.Method + " " + r.URL.Path})
	at.pass(w, func() { f.Kill(name) }, ask)
}

func callerName(userAgent string) string {
	m := regexp.MustCompile(`^psabridge/\S* \(([a-z]+)\)$`).FindStringSubmatch(userAgent)
	if m == nil {
		return ""
	}
	return m[1]
}
