package cwsim

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is one request that the simulator has seen. It holds neither credentials nor bodies.
type Request struct {
	Method    string    `json:"method"`
	Endpoint  string    `json:"endpoint"` // path below /apis/3.0 with placeholders for ids
	Path      string    `json:"path"`
	Query     string    `json:"query"`
	UserAgent string    `json:"userAgent"`
	At        time.Time `json:"at"`
	Status    int       `json:"status"` // 0 while running, and when the connection was cut
}

const keptRequests = 10000

// requestLog counts requests and remembers the last ones.
type requestLog struct {
	mu      sync.Mutex
	counts  map[string]int
	last    []*Request
	running int
	most    int
	window  time.Time // start of the minute that the rate limit counts
	used    int
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts, l.last, l.most = map[string]int{}, nil, l.running
}

func (l *requestLog) begin(r *http.Request, endpoint string, at time.Time) *Request {
	e := &Request{Method: r.Method, Endpoint: endpoint, Path: r.URL.Path, Query: r.URL.RawQuery, UserAgent: r.UserAgent(), At: at}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[e.Method+" "+endpoint]++
	l.running++
	l.most = max(l.most, l.running)
	if len(l.last) == keptRequests {
		l.last = slices.Clone(l.last[keptRequests/2:])
	}
	l.last = append(l.last, e)
	return e
}

func (l *requestLog) end(e *Request, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	e.Status = status
}

// throttle counts a request and returns how long the caller should wait, if it went over the limit.
func (l *requestLog) throttle(perMinute int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := now.Sub(l.window); age < 0 || age >= time.Minute {
		l.window, l.used = now, 0
	}
	if l.used++; perMinute == 0 || l.used <= perMinute {
		return 0
	}
	return l.window.Add(time.Minute).Sub(now)
}

// Counts returns how often each endpoint was called, by keys such as "GET /company/companies".
func (s *Simulator) Counts() map[string]int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return maps.Clone(s.log.counts)
}

// Requests returns the last requests, oldest first.
func (s *Simulator) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	out := make([]Request, len(s.log.last))
	for i, r := range s.log.last {
		out[i] = *r
	}
	return out
}

// MaxConcurrent returns the highest number of requests that ran side by side.
func (s *Simulator) MaxConcurrent() int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.most
}

// ResetRequests forgets all requests seen.
func (s *Simulator) ResetRequests() { s.log.reset() }
