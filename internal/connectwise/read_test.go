package connectwise

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// shelf serves rows by id as far as a test needs it: an endpoint that can be
// told to behave in every way that is documented.
type shelf struct {
	mu   sync.Mutex
	rows map[psa.RecordID]bool
	// forward is how it takes forward-only paging: "", "ignore", "refuse".
	forward string
	// cap cuts page sizes down.
	cap int
	// host is what Link headers name.
	host string
	// between is called after each page.
	between func(rows map[psa.RecordID]bool)
	// broken replaces the ids of a page.
	broken func(ids []psa.RecordID) []psa.RecordID
	// noNext leaves the next link out although more follows.
	noNext bool
	seen   []*http.Request
}

func newShelf(n int) *shelf {
	s := &shelf{rows: map[psa.RecordID]bool{}, host: "na.myconnectwise.net"}
	for i := range n {
		s.rows[psa.RecordID(3*i+1)] = true
	}
	return s
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r)
	forward := r.Header.Get("Pagination-Type") == "forward-only"
	if forward && s.forward == "refuse" {
		text(400, `{"code":"ConnectWiseApi","message":"Forward-only is not supported."}`)(w, r)
		return
	}
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("pageSize"))
	if s.cap > 0 {
		size = min(size, s.cap)
	}
	after, until := bounds(q.Get("conditions"))
	if forward && s.forward == "" {
		id, _ := strconv.ParseInt(q.Get("pageId"), 10, 64)
		after = max(after, psa.RecordID(id))
	}
	ids := s.within(after, until)
	more := len(ids) > size
	ids = ids[:min(len(ids), size)]
	if s.broken != nil {
		ids = s.broken(ids)
	}
	if forward && s.forward == "" || !forward {
		w.Header().Set("Link", s.link(ids, more))
	}
	w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:00 GMT")
	writeRows(w, ids)
	if s.between != nil {
		s.between(s.rows)
	}
}

func (s *shelf) link(ids []psa.RecordID, more bool) string {
	if !more || s.noNext || len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf(`<https://%s/v2025_1/apis/3.0/x?pageId=%d>; rel="next"`, s.host, ids[len(ids)-1])
}

func (s *shelf) within(after, until psa.RecordID) []psa.RecordID {
	ids := slices.Sorted(maps.Keys(s.rows))
	return slices.DeleteFunc(ids, func(id psa.RecordID) bool { return id <= after || until > 0 && id > until })
}

func bounds(conditions string) (after, until psa.RecordID) {
	for _, m := range regexp.MustCompile(`\bid (>|<=) (\d+)`).FindAllStringSubmatch(conditions, -1) {
		n, _ := strconv.ParseInt(m[2], 10, 64)
		if m[1] == ">" {
			after = psa.RecordID(n)
		} else {
			until = psa.RecordID(n)
		}
	}
	return after, until
}

func writeRows(w http.ResponseWriter, ids []psa.RecordID) {
	rows := make([]string, len(ids))
	for i, id := range ids {
		rows[i] = fmt.Sprintf(`{"id":%d,"_info":{"lastUpdated":"2026-01-01T00:00:00Z"}}`, id)
	}
	fmt.Fprint(w, "["+strings.Join(rows, ",")+"]")
}

// readAll follows the pages as the sync engine does.
func readAll(t *testing.T, c *Client, q RangeQuery) []psa.RecordID {
	t.Helper()
	var all []psa.RecordID
	for more := true; more; {
		p, err := c.ReadRange(t.Context(), "/company/companies", q)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Items) != len(p.IDs) || p.More && len(p.IDs) == 0 {
			t.Fatalf("page of %d items, %d ids, more %v", len(p.Items), len(p.IDs), p.More)
		}
		all, more = append(all, p.IDs...), p.More
		if more {
			q.After = p.IDs[len(p.IDs)-1]
		}
	}
	return all
}

func TestReadRangeIsComplete(t *testing.T) {
	t.Parallel()
	for _, forward := range []string{"", "ignore", "refuse"} {
		for _, limit := range []int{0, 7, 100} {
			for _, most := range []int{0, 10, 100} {
				s := newShelf(230)
				s.forward, s.cap = forward, most
				got := readAll(t, connect(t, s.ServeHTTP), RangeQuery{Limit: limit})
				if want := s.within(0, 0); !slices.Equal(got, want) {
					t.Errorf("forward-only %q, limit %d, cap %d: read %d of %d", forward, limit, most, len(got), len(want))
				}
			}
		}
	}
}

// Rows that come and go between two pages neither hide nor repeat others (P3).
func TestReadRangeWhileRowsChange(t *testing.T) {
	t.Parallel()
	for _, forward := range []string{"", "ignore"} {
		s := newShelf(300)
		s.forward = forward
		stays := s.within(0, 0)
		next := psa.RecordID(2)
		s.between = func(rows map[psa.RecordID]bool) {
			if len(s.seen) == 1 && forward == "ignore" {
				return // that answer was not used
			}
			delete(rows, stays[0]) // read already: everything moves up by one
			stays = stays[1:]
			rows[next] = true // and something appears before
			next += 3
		}
		all := slices.Clone(stays)
		got := readAll(t, connect(t, s.ServeHTTP), RangeQuery{Limit: 10})
		for _, id := range all {
			if n := len(slices.DeleteFunc(slices.Clone(got), func(g psa.RecordID) bool { return g != id })); n != 1 {
				t.Errorf("forward-only %q: %d was read %d times", forward, id, n)
			}
		}
	}
}

// Everything that narrows the query stands on every page (P6), and what is
// asked for has _info (P7).
func TestReadRangeAsksTheSameOnEveryPage(t *testing.T) {
	t.Parallel()
	for _, forward := range []string{"", "refuse"} {
		s := newShelf(50)
		s.forward = forward
		since := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
		readAll(t, connect(t, s.ServeHTTP), RangeQuery{
			After: 4, Until: 121, Limit: 9, Since: since, Fields: []string{"id", "name"}, Conditions: Or(Eq("deletedFlag", false), Eq("a", 1)),
			ChildConditions: Eq("types/id", 3), CustomFields: Eq("caption", "x"),
		})
		if len(s.seen) < 5 {
			t.Fatalf("%d pages", len(s.seen))
		}
		for i, r := range s.seen {
			q := r.URL.Query()
			for _, want := range []string{"id <= 121 and lastUpdated >= [2026-01-02T03:04:05Z] and (deletedFlag = false or a = 1)"} {
				if !strings.Contains(q.Get("conditions"), want) {
					t.Errorf("page %d: conditions %s", i, q.Get("conditions"))
				}
			}
			if q.Get("fields") != "id,name,_info" || q.Get("pageSize") != "9" || q.Get("childConditions") != "types/id = 3" ||
				q.Get("customFieldConditions") != `caption = "x"` {
				t.Errorf("page %d: %s", i, r.URL.RawQuery)
			}
			if ordered := q.Get("orderBy") != ""; ordered == (r.Header.Get("Pagination-Type") != "") {
				t.Errorf("page %d: orderBy %q with forward-only paging %q", i, q.Get("orderBy"), r.Header.Get("Pagination-Type"))
			}
		}
	}
}

// Which way of paging works is found out once.
func TestReadRangeRemembersWhatWorks(t *testing.T) {
	t.Parallel()
	for forward, extra := range map[string]int{"": 0, "ignore": 1, "refuse": 1} {
		s := newShelf(100)
		s.forward = forward
		readAll(t, connect(t, s.ServeHTTP), RangeQuery{Limit: 10, Until: 298})
		if len(s.seen) != 10+extra {
			t.Errorf("forward-only %q: %d requests", forward, len(s.seen))
		}
	}
}

// The end of the range ends the reading, without another request.
func TestReadRangeStopsAtUntil(t *testing.T) {
	t.Parallel()
	s := newShelf(100)
	c := connect(t, s.ServeHTTP)
	p, err := c.ReadRange(t.Context(), "/company/companies", RangeQuery{After: 1, Until: 13, Limit: 4})
	if err != nil || p.More || !slices.Equal(p.IDs, []psa.RecordID{4, 7, 10, 13}) {
		t.Errorf("%v, more %v, %v", p.IDs, p.More, err)
	}
	if p, err = c.ReadRange(t.Context(), "/company/companies", RangeQuery{After: 13, Until: 13}); err != nil || p.More || len(p.IDs) > 0 || len(s.seen) != 1 {
		t.Errorf("an empty range: %v, %v after %d requests", p, err, len(s.seen))
	}
}

// A full page is never the last on the word of a missing link alone: it must
// reach what is known to be there.
func TestReadRangeMistrustsFullPages(t *testing.T) {
	t.Parallel()
	for last, requests := range map[psa.RecordID]int{0: 8, 100: 7, 103: 7, 104: 8} { // the last is 103
		s := newShelf(35)
		s.noNext = true
		if got := readAll(t, connect(t, s.ServeHTTP), RangeQuery{Limit: 5, Last: last}); len(got) != 35 || len(s.seen) != requests {
			t.Errorf("where %d is known, read %d of 35 in %d requests", last, len(got), len(s.seen))
		}
	}
}

func TestReadRangeRefusesForeignIDs(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func([]psa.RecordID) []psa.RecordID{
		"beyond Until":  func(ids []psa.RecordID) []psa.RecordID { return append(ids, 1000) },
		"not after":     func(ids []psa.RecordID) []psa.RecordID { return append([]psa.RecordID{10}, ids...) },
		"twice":         func(ids []psa.RecordID) []psa.RecordID { return append(ids, ids[len(ids)-1]) },
		"not ascending": func(ids []psa.RecordID) []psa.RecordID { slices.Reverse(ids); return ids },
	} {
		s := newShelf(100)
		s.broken = broken
		p, err := connect(t, s.ServeHTTP).ReadRange(t.Context(), "/company/companies", RangeQuery{After: 10, Until: 100, Limit: 5})
		if problem.CodeOf(err) != problem.ConnectWiseGarbled || len(p.Items) > 0 {
			t.Errorf("%s: %v, %v", name, p.IDs, err)
		}
	}
}

// Whatever host a Link header names, nobody goes there (facts section 4).
func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	port, accepted := listener(t)
	s := newShelf(40)
	s.host = "127.0.0.1:" + port
	if got := readAll(t, connect(t, s.ServeHTTP), RangeQuery{Limit: 10}); len(got) != 40 || accepted.Load() != 0 {
		t.Errorf("read %d, %d connections to the linked host", len(got), accepted.Load())
	}
}

func TestPageSaysWhen(t *testing.T) {
	t.Parallel()
	s := newShelf(1)
	cfg := testConfig(t, serve(t, s.ServeHTTP))
	now := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
	cfg.Now = func() time.Time { return now }
	p, err := newClient(t, cfg).ReadRange(t.Context(), "/company/companies", RangeQuery{})
	if err != nil || !p.SentAt.Equal(now) || !p.ServerTime.Equal(now.Add(-time.Hour)) {
		t.Errorf("%v %v %v", p.SentAt, p.ServerTime, err)
	}
}

func TestSingleReads(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isTestPath(r, "company/companies/7"):
			if r.URL.Query().Get("fields") != "name,id,_info" {
				t.Errorf("fields %s", r.URL.RawQuery)
			}
			fmt.Fprint(w, "\n{\"id\":7,\"name\":\"x\"}\n")
		case isTestPath(r, "company/companies/8"):
			fmt.Fprint(w, `{"id":7}`)
		case isTestPath(r, "company/companies"):
			if r.URL.Query().Get("orderBy") != "id desc" || r.URL.Query().Get("pageSize") != "1" {
				t.Errorf("MaxID asks %s", r.URL.RawQuery)
			}
			fmt.Fprint(w, `[{"id":7}]`)
		case isTestPath(r, "company/contacts"):
			fmt.Fprint(w, `[]`)
		case isTestPath(r, "company/contacts/count"):
			fmt.Fprint(w, `{"count":null}`)
		case isTestPath(r, "system/info"):
			fmt.Fprint(w, `{"version":"v2025.1","isCloud":"True","serverTimeZone":"Eastern Standard Time","cloudRegion":null,"licenseBits":[]}`)
		}
	})
	item, sentAt, err := c.Get(t.Context(), "/company/companies", 7, []string{"name"})
	if err != nil || string(item) != `{"id":7,"name":"x"}` || sentAt.IsZero() {
		t.Errorf("Get = %s, %v, %v", item, sentAt, err)
	}
	if _, _, err := c.Get(t.Context(), "/company/companies", 8, nil); problem.CodeOf(err) != problem.ConnectWiseGarbled {
		t.Errorf("another record than asked for: %v", err)
	}
	if id, at, err := c.MaxID(t.Context(), "/company/companies"); err != nil || id != 7 || at.IsZero() {
		t.Errorf("MaxID = %d, %v, %v", id, at, err)
	}
	if id, _, err := c.MaxID(t.Context(), "/company/contacts"); err != nil || id != 0 {
		t.Errorf("MaxID of nothing = %d, %v", id, err)
	}
	if _, err := c.Count(t.Context(), "/company/contacts", Cond{}); problem.CodeOf(err) != problem.ConnectWiseGarbled {
		t.Errorf("a count of null: %v", err)
	}
	info, err := c.SystemInfo(t.Context())
	want := SystemInfo{Version: "v2025.1", Cloud: true, ServerTimeZone: "Eastern Standard Time"}
	if diff := cmp.Diff(want, info); err != nil || diff != "" {
		t.Errorf("SystemInfo %v (-want +got):\n%s", err, diff)
	}
}
