package cwsim

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Member is one API member: keys and the security role they work under.
type Member struct {
	Identifier string `json:"identifier"`
	PublicKey  string `json:"publicKey"`
	PrivateKey string `json:"-"`
	Role       Role   `json:"role"`
	id         int
}

// Simulator is one simulated ConnectWise installation. It is an http.Handler.
type Simulator struct {
	cfg    Config
	routes []route
	log    requestLog
	faults faultSet
	late   pending
	sender *sender

	mu       sync.RWMutex // guards all below; handlers hold it while they touch records
	st       *state
	sw       Switches
	codebase string
	url      string
	members  []Member
	ahead    time.Duration // how far the simulated clock is ahead of cfg.Now
	frozen   time.Time     // the simulated clock stands still here, if set
}

// New builds an installation and its demo data.
func New(cfg Config) *Simulator {
	cfg = cfg.withDefaults()
	role := FullRole()
	if cfg.Role != nil {
		role = *cfg.Role
	}
	s := &Simulator{
		cfg: cfg, st: newState(), sw: cfg.Switches, codebase: cfg.Codebase, url: cfg.URL, routes: routes(),
		members: []Member{{Identifier: "PsabridgeAPI", PublicKey: cfg.PublicKey, PrivateKey: cfg.PrivateKey, Role: role, id: 1}},
	}
	s.log.reset()
	s.faults.rng = newRand(cfg.Seed, 2)
	s.sender = newSender(cfg)
	if cfg.Trace {
		s.sw.asked = &questions{known: map[Asked]bool{}}
	}
	s.st.sw, s.st.clock = &s.sw, s.nowLocked
	demo := newDemo(cfg.Seed, s.st)
	demo.fill(cfg.Companies, cfg.ContactsPerCompany)
	demo.business(cfg.Seed, cfg.Now())
	return s
}

// call is one authenticated API request.
type call struct {
	sim    *Simulator
	header http.Header
	params url.Values
	body   []byte
	route  *route
	id     int
	parent int
	member Member
	level  Level  // how far the member's permission reaches
	base   string // where links point
}

// ServeHTTP answers a request, or does what a fault says instead.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Simulator", "psabridge-cwsim")
	s.stampHeader(w.Header())
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		write(w, r, s.control(r)) //nolint:contextcheck // callbacks outlive the request that causes them
		return
	}
	if s.cfg.OnRequest != nil {
		s.cfg.OnRequest(r)
	}
	s.settleDue(1) //nolint:contextcheck // what is due began with other requests
	entry := s.log.begin(r, s.template(r), s.now())
	status := 0
	defer func() { s.log.end(entry, status) }()
	fault := s.faults.pick(r)
	if !wait(r.Context(), s.cfg.Latency+fault.latency()) {
		return
	}
	status = s.deliver(w, r, fault)
}

// respond answers a request as ConnectWise would.
func (s *Simulator) respond(r *http.Request) response {
	if len(r.URL.RequestURI()) > s.cfg.MaxURL {
		return htmlResponse(http.StatusRequestURITooLong, "414 Request URI Too Long")
	}
	path := r.URL.Path
	switch {
	case path == "/":
		return jsonValue(http.StatusOK, map[string]string{
			"simulator": "psabridge-cwsim", "notice": "This is a simulator with made-up data. It is not ConnectWise and not for production.",
		})
	case strings.HasPrefix(path, "/login/companyinfo/"):
		return s.companyInfo(strings.TrimPrefix(path, "/login/companyinfo/"))
	case strings.HasSuffix(path, keyPath):
		return s.callbackKey(r)
	}
	return s.api(r)
}

// api answers what is below /apis/3.0.
func (s *Simulator) api(r *http.Request) response {
	s.mu.RLock()
	sw, codebase := s.sw, s.codebase
	s.mu.RUnlock()
	prefix, rest, found := strings.Cut(r.URL.Path, "apis/3.0/")
	prefix = strings.ReplaceAll(strings.TrimPrefix(prefix, "/"), "//", "/") // ConnectWise's own hrefs have a double slash
	if !found || prefix != codebase && prefix != router {
		return errorResponse(noEndpoint())
	}
	if wait := s.log.throttle(sw.RatePerMinute, s.now()); wait > 0 {
		out := throttled(wait, sw.HTML429)
		if sw.NoRetryAfter {
			out.header.Del("Retry-After")
		}
		return out
	}
	match, err := s.match(r.Method, "/"+rest)
	open := sw.InfoWithoutAuth && rest == "system/info"
	member, refused := s.authenticate(r, &sw, open)
	if refused != nil {
		if prefix == router && sw.RouterHidesUnauthorized && refused.status == http.StatusUnauthorized {
			refused = noEndpoint()
		}
		return errorResponse(refused)
	}
	if err != nil {
		return errorResponse(err)
	}
	if refused := checkVersion(r.Header); refused != nil {
		return errorResponse(refused)
	}
	return s.run(r, match, member, &sw, codebase)
}

// run checks the permission, before it looks at the body, and calls the handler.
func (s *Simulator) run(r *http.Request, m match, member Member, sw *Switches, codebase string) response {
	level := member.Role.level(m.route.needed(sw), m.route.verb, sw.OpenTableSetup)
	if level == None && sw.ForbiddenIs404 {
		return errorResponse(noEndpoint())
	}
	if level == None {
		return errorResponse(forbidden())
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return errorResponse(refuse(http.StatusBadRequest, "ConnectWiseApi", "The request body could not be read."))
	}
	if len(body) > 0 && !strings.Contains(r.Header.Get("Content-Type"), "json") {
		return errorResponse(refuse(http.StatusUnsupportedMediaType, "ConnectWiseApi",
			"The request entity's media type is not supported for this resource."))
	}
	c := &call{
		sim: s, header: r.Header, params: r.URL.Query(), body: body, route: m.route, id: m.id, parent: m.parent,
		member: member, level: level, base: "https://" + s.cfg.SiteHost + "/" + codebase + "/apis/3.0",
	}
	out, err := m.route.handle(c)
	if err != nil {
		return errorResponse(err)
	}
	return out.with("api-current-version", apiVersion)
}

// stampHeader sets the Date of an answer. An explicit nothing keeps the server from adding its own.
func (s *Simulator) stampHeader(h http.Header) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.sw.NoDate {
		h["Date"] = nil
		return
	}
	h.Set("Date", s.nowLocked().Add(time.Duration(s.sw.DateSkew)*time.Second).Format(http.TimeFormat))
}

// now is the simulated clock.
func (s *Simulator) now() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.nowLocked()
}

func (s *Simulator) nowLocked() time.Time {
	if !s.frozen.IsZero() {
		return s.frozen.UTC()
	}
	return s.cfg.Now().Add(s.ahead).UTC()
}

// wait sleeps unless the caller gives up first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
