package fakes

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// List is a list of ConnectWise's: records with the ids 1 to N.
type List struct {
	N int
	// Render appends a record. changed says that it is one of those that
	// changed since the first run.
	Render func(dst []byte, id int, changed bool) []byte
}

// ConnectWise answers lists in forward-only pages over TLS, zipped, after a
// while. Set its fields before Start.
type ConnectWise struct {
	Lists map[string]*List // by path below the API
	// Page is how long a page takes, Other any other request.
	Page, Other time.Duration
	// Password and ClientID are what requests must carry.
	Password, ClientID string
	// Faulty, if set, may answer the nth page in its own way.
	Faulty func(n int, w http.ResponseWriter) bool
	// Served, if set, is told after the nth page.
	Served func(n int)

	server *httptest.Server

	mu      sync.Mutex
	changed bool
	cache   map[string][]byte
	stats   Stats
	perMin  map[int64]int
	blocked time.Time
}

// Stats are what was asked of a ConnectWise.
type Stats struct {
	Requests, Pages, Records  int
	Busy, MostAtOnce          int
	MostPerMinute, TooEarly   int
	Refused                   []string
	BytesSent, BytesUnzipped  int64
	FirstPage, LastPageServed time.Time
}

// Every100 is how many records change with Change: 1 %.
const Every100 = 100

// Start serves until Close.
func (c *ConnectWise) Start() (url string) {
	c.cache, c.perMin = map[string][]byte{}, map[int64]int{}
	c.server = httptest.NewUnstartedServer(http.HandlerFunc(c.serve))
	c.server.EnableHTTP2 = true
	c.server.StartTLS()
	return c.server.URL
}

// Close ends it.
func (c *ConnectWise) Close() { c.server.Close() }

// Certificate is what clients must trust, DER encoded.
func (c *ConnectWise) Certificate() []byte { return c.server.Certificate().Raw }

// Change changes one record in a hundred; Restore takes it back.
func (c *ConnectWise) Change() { c.change(true) }

// Restore makes all records what they were.
func (c *ConnectWise) Restore() { c.change(false) }

func (c *ConnectWise) change(to bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = to
}

// Block notes that nobody may ask for a while: those who do are counted.
func (c *ConnectWise) Block(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = time.Now().Add(d)
}

// Stats returns what was asked since the last call.
func (c *ConnectWise) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	for _, n := range c.perMin {
		s.MostPerMinute = max(s.MostPerMinute, n)
	}
	c.stats, c.perMin = Stats{}, map[int64]int{}
	return s
}

// enter counts a request.
func (c *ConnectWise) enter(isPage bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.stats.Requests++
	c.stats.Busy++
	c.stats.MostAtOnce = max(c.stats.MostAtOnce, c.stats.Busy)
	c.perMin[now.Unix()/60]++
	if now.Before(c.blocked) {
		c.stats.TooEarly++
	}
	if isPage {
		if c.stats.FirstPage.IsZero() {
			c.stats.FirstPage = now
		}
		c.stats.Pages++
	}
	return c.stats.Pages
}

func (c *ConnectWise) leave(records, sent int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Busy--
	c.stats.Records += records
	c.stats.BytesSent += int64(sent)
	c.stats.LastPageServed = time.Now()
}

func (c *ConnectWise) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v4_6_release/apis/3.0")
	isPage := r.Header.Get("Pagination-Type") == "forward-only" && !strings.HasSuffix(path, "/count")
	n := c.enter(isPage)
	records, sent := 0, 0
	defer func() { c.leave(records, sent) }()
	_, password, _ := r.BasicAuth()
	if password != c.Password || r.Header.Get("clientId") != c.ClientID || r.Method != http.MethodGet {
		c.refuse(w, r, http.StatusUnauthorized)
		return
	}
	wait := c.Other
	if isPage {
		wait = c.Page
	}
	time.Sleep(wait)
	if isPage && c.Faulty != nil && c.Faulty(n, w) {
		return
	}
	records, sent = c.answer(w, r, path, isPage)
	if isPage && c.Served != nil {
		c.Served(n)
	}
}

// answer answers what is asked of a list; it returns the records and bytes of
// a page.
func (c *ConnectWise) answer(w http.ResponseWriter, r *http.Request, path string, isPage bool) (records, sent int) {
	q := r.URL.Query()
	name, counting := strings.CutSuffix(path, "/count")
	list, ok := c.Lists[name]
	if !ok && isPage { // a list with nothing in it
		list, ok = &List{}, true
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case !ok:
		c.refuse(w, r, http.StatusNotFound)
	case counting:
		fmt.Fprintf(w, `{"count":%d}`, c.count(list, q.Get("conditions")))
	case q.Get("orderBy") == "id desc" && q.Get("pageSize") == "1":
		fmt.Fprintf(w, `[{"id":%d}]`, list.N)
	case isPage:
		body, records, more, ok := c.page(name, list, q)
		if !ok {
			c.refuse(w, r, http.StatusBadRequest)
			return 0, 0
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Link", `<https://na.example.invalid/>; rel="first"`)
		if more {
			w.Header().Add("Link", `<https://na.example.invalid/?pageId=1>; rel="next"`)
		}
		_, _ = w.Write(body) //nolint:gosec // zipped JSON of our own; whoever asked may be gone
		return records, len(body)
	default:
		c.refuse(w, r, http.StatusBadRequest)
	}
	return 0, 0
}

// refuse answers what no sync should ask.
func (c *ConnectWise) refuse(w http.ResponseWriter, r *http.Request, status int) {
	c.mu.Lock()
	c.stats.Refused = append(c.stats.Refused, fmt.Sprintf("%d %s", status, r.URL))
	c.mu.Unlock()
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"code":"Refused"}`)) // whoever asked may be gone
}

func (c *ConnectWise) isChanged() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// since reports whether only what changed is asked for.
func since(conditions string) bool { return strings.Contains(conditions, "lastUpdated >= [") }

func (c *ConnectWise) count(l *List, conditions string) int {
	switch {
	case !since(conditions):
		return l.N
	case c.isChanged():
		return l.N / Every100
	default:
		return 0
	}
}

// page returns the records that are asked for, zipped; more if others follow.
func (c *ConnectWise) page(name string, l *List, q url.Values) (body []byte, n int, more, ok bool) {
	after, _ := strconv.Atoi(q.Get("pageId")) // none is the first page
	limit, err := strconv.Atoi(q.Get("pageSize"))
	conditions, until := q.Get("conditions"), l.N
	if bound := regexp.MustCompile(`\bid <= (\d+)`).FindStringSubmatch(conditions); bound != nil {
		until, _ = strconv.Atoi(bound[1])
		until = min(until, l.N)
	}
	if err != nil || limit < 1 || limit > 1000 || l.N > 0 && !slices.Contains(strings.Split(q.Get("fields"), ","), "_info") {
		return nil, 0, false, false
	}
	changed, only := c.isChanged(), since(conditions)
	var ids []int
	for id := after + 1; id <= until && len(ids) <= limit; id++ {
		if !only || changed && id%Every100 == 0 {
			ids = append(ids, id)
		}
	}
	if more = len(ids) > limit; more {
		ids = ids[:limit]
	}
	whole := !only && (len(ids) == limit || until == l.N)
	c.mu.Lock()
	body, ok = c.cache[fmt.Sprint(name, after)]
	c.mu.Unlock()
	if !ok || !whole || changed {
		body = zip(l, ids, changed)
	}
	return body, len(ids), more, true
}

// Prepare renders the pages of a list that a run will ask for, so that serving
// them costs nothing but sending.
func (c *ConnectWise) Prepare(name string, size int) {
	l := c.Lists[name]
	for after := 0; after < l.N; after += size {
		var ids []int
		for id := after + 1; id <= min(after+size, l.N); id++ {
			ids = append(ids, id)
		}
		body := zip(l, ids, c.isChanged())
		c.mu.Lock()
		c.cache[fmt.Sprint(name, after)] = body
		c.mu.Unlock()
	}
}

func zip(l *List, ids []int, changed bool) []byte {
	text := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = l.Render(text, id, changed && id%Every100 == 0)
	}
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // a level that exists
	_, _ = w.Write(append(text, ']'))
	_ = w.Close()
	return out.Bytes()
}
