package cwsim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults. Where nothing else is said, the request is not carried out.
const (
	FaultStatus      FaultKind = "status"       // an error in ConnectWise's shape with Status
	FaultHTML        FaultKind = "html"         // a page with Status (default 200), and RetryAfter if set, instead of JSON
	FaultTruncate    FaultKind = "truncate"     // carried out, but the answer ends in the middle
	FaultCutBefore   FaultKind = "cut-before"   // the connection is cut, nothing is carried out
	FaultCutAfter    FaultKind = "cut-after"    // carried out, then the connection is cut without an answer
	FaultLatency     FaultKind = "latency"      // carried out after Delay; adds to other faults
	FaultGzipBomb    FaultKind = "gzip-bomb"    // a small gzip stream that grows to Size bytes (default 256 MiB)
	FaultThrottle    FaultKind = "throttle"     // 429 with RetryAfter (default 30 s); -1 leaves the header out
	FaultEmptyList   FaultKind = "empty-list"   // 200 and []
	FaultNull        FaultKind = "null"         // 200 and null
	FaultContentType FaultKind = "content-type" // carried out, but labelled text/plain
	FaultHuge        FaultKind = "huge"         // 200 and Size bytes of JSON (default 64 MiB)
	FaultDrip        FaultKind = "drip"         // carried out, the answer sent a byte every Delay (default 100 ms)
	FaultLateAnswer  FaultKind = "late-answer"  // carried out at once, answered after Delay: what it tells is old by then
	FaultBody        FaultKind = "body"         // Body with Status (default 200), whatever it is
	FaultChange      FaultKind = "change"       // carried out after Changes were made by somebody else; adds to other faults
	// FaultCommitLater cuts the connection and carries the request out after AfterRequests further requests or Delay on the
	// simulated clock, whichever is later, or when Settle is called.
	FaultCommitLater FaultKind = "commit-later"
)

// Fault is a rule: which requests, what happens to them.
type Fault struct {
	// Method and Path choose requests; empty means any. Path is below /apis/3.0 and may hold * for one part of it, or end
	// with /** for everything below.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Query is a part that the unescaped query must have, such as "page=2" or "id > 4000".
	Query string `json:"query,omitempty"`
	// Nth hits only the nth request that the rule sees, counted from 1; 0 hits every one.
	Nth int `json:"nth,omitempty"`
	// Times ends the rule after it has hit this often; 0 is never.
	Times int `json:"times,omitempty"`
	// Probability between 0 and 1 leaves it to chance, decided by the seed; 0 means always.
	Probability float64 `json:"probability,omitempty"`

	Kind       FaultKind `json:"kind"`
	Status     int       `json:"status,omitempty"`
	RetryAfter int       `json:"retryAfter,omitempty"` // seconds
	DelayMS    int       `json:"delayMs,omitempty"`
	Size       int64     `json:"size,omitempty"` // bytes
	Body       string    `json:"body,omitempty"`
	Changes    []Change  `json:"changes,omitempty"`
	// AfterRequests is how many further requests arrive before a late one is carried out.
	AfterRequests int `json:"afterRequests,omitempty"`

	seen, hits int
}

// effect is what the rules decided about one request.
type effect struct {
	Fault

	delay   time.Duration
	changes []Change
}

func (e effect) latency() time.Duration { return e.delay }

// faultSet holds the rules in force. The first rule that hits decides; latency of others is added.
type faultSet struct {
	mu    sync.Mutex
	rules []*Fault
	rng   *rand.Rand
}

func (s *faultSet) pick(r *http.Request) effect {
	method, path, query := r.Method, trimBase(r.URL.Path), unescaped(r.URL.RawQuery)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out effect
	for _, f := range s.rules {
		switch {
		case f.Kind == FaultLatency:
			if f.hit(method, path, query, s.rng) {
				out.delay += time.Duration(f.DelayMS) * time.Millisecond
			}
		case f.Kind == FaultChange:
			if f.hit(method, path, query, s.rng) {
				out.changes = append(out.changes, f.Changes...)
			}
		case out.Kind == "" && f.hit(method, path, query, s.rng):
			out.Fault = *f
		}
	}
	return out
}

// hit counts the request and decides.
func (f *Fault) hit(method, path, query string, rng *rand.Rand) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, method) || !f.covers(path) || !strings.Contains(query, f.Query) {
		return false
	}
	f.seen++
	if f.Nth > 0 && f.seen != f.Nth || f.Times > 0 && f.hits >= f.Times {
		return false
	}
	if f.Probability > 0 && rng.Float64() >= f.Probability {
		return false
	}
	f.hits++
	return true
}

func (f *Fault) covers(target string) bool {
	if f.Path == "" {
		return true
	}
	if base, deep := strings.CutSuffix(f.Path, "/**"); deep {
		return target == base || strings.HasPrefix(target, base+"/")
	}
	ok, err := path.Match(f.Path, target)
	return err == nil && ok
}

// unescaped is a query as people read it.
func unescaped(raw string) string {
	if plain, err := url.QueryUnescape(raw); err == nil {
		return plain
	}
	return raw
}

// SetFaults replaces the rules in force; counting starts anew.
func (s *Simulator) SetFaults(rules ...Fault) error {
	fresh := make([]*Fault, len(rules))
	for i, f := range rules {
		if err := f.check(); err != nil {
			return err
		}
		f.seen, f.hits = 0, 0
		fresh[i] = &f
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = fresh
	return nil
}

// Faults returns the rules in force.
func (s *Simulator) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	out := make([]Fault, len(s.faults.rules))
	for i, f := range s.faults.rules {
		out[i] = *f
	}
	return out
}

func (f *Fault) check() error {
	switch f.Kind {
	case FaultStatus:
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("fault %s: status %d is not one", f.Kind, f.Status)
		}
	case FaultHTML, FaultTruncate, FaultCutBefore, FaultCutAfter, FaultLatency, FaultGzipBomb, FaultThrottle,
		FaultEmptyList, FaultNull, FaultContentType, FaultHuge, FaultDrip, FaultLateAnswer, FaultBody, FaultChange, FaultCommitLater:
	default:
		return fmt.Errorf("fault %q is not known", f.Kind)
	}
	if _, err := path.Match(f.Path, ""); err != nil {
		return fmt.Errorf("fault %s: path %q: %w", f.Kind, f.Path, err)
	}
	return nil
}

// answer is the response that a fault puts in the place of the real one, if it does.
func (f *Fault) answer() (response, bool) {
	switch f.Kind {
	case FaultStatus:
		return faultStatus(f.Status), true
	case FaultHTML:
		status := f.Status
		if status == 0 {
			status = http.StatusOK
		}
		out := htmlResponse(status, "The service is unavailable")
		if f.RetryAfter > 0 {
			out = out.with("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		return out, true
	case FaultBody:
		return jsonResponse(max(f.Status, http.StatusOK), []byte(f.Body)), true
	case FaultThrottle:
		return f.throttle(), true
	case FaultEmptyList:
		return jsonResponse(http.StatusOK, []byte("[]")), true
	case FaultNull:
		return jsonResponse(http.StatusOK, []byte("null")), true
	default:
		return response{}, false
	}
}

func (f *Fault) throttle() response {
	seconds := f.RetryAfter
	if seconds == 0 {
		seconds = 30
	}
	out := throttled(time.Duration(max(seconds, 1))*time.Second, false)
	if seconds < 0 {
		out.header.Del("Retry-After")
	}
	return out
}

func faultStatus(status int) response {
	switch status {
	case http.StatusUnauthorized:
		return errorResponse(refuse(status, "Unauthorized", "The company, public key or private key is not valid."))
	case http.StatusForbidden:
		return errorResponse(forbidden())
	case http.StatusNotFound:
		return errorResponse(noEndpoint())
	}
	return errorResponse(refuse(status, "ConnectWiseApi", "%s", strings.ToLower(http.StatusText(status))))
}
