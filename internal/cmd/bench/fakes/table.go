package fakes

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/jsonscan"
)

// Table stands in front of a local DynamoDB and keeps the records by itself,
// since their number would keep that busy. It answers after Latency. What it
// does not know, about records or not, goes on to the local DynamoDB.
type Table struct {
	// Backend is the local DynamoDB's address.
	Backend string
	Latency time.Duration

	server *httptest.Server

	mu         sync.Mutex
	partitions map[string]*partition
	stats      TableStats
}

// TableStats are what was asked of a Table since the last call of Stats.
type TableStats struct {
	Calls map[string]int
	// Rows written and refused.
	Rows, Refused int
	// Bytes of the requests that wrote rows.
	Bytes int64
}

// partition is the rows of one partition key, sorted by sort key.
type partition struct{ rows []*row }

// row is an item as it came, and once somebody asked for them, its attributes.
type row struct {
	sk    string
	item  []byte
	names []string
	raws  [][]byte
}

// Start serves until Close.
func (t *Table) Start() (url string) {
	t.partitions = map[string]*partition{}
	t.stats.Calls = map[string]int{}
	t.server = httptest.NewServer(http.HandlerFunc(t.serve))
	return t.server.URL
}

// Close ends it.
func (t *Table) Close() { t.server.Close() }

// Stats returns what was asked since the last call.
func (t *Table) Stats() TableStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	t.stats = TableStats{Calls: map[string]int{}}
	return s
}

// Rows is how many records are stored.
func (t *Table) Rows() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.partitions {
		n += len(p.rows)
	}
	return n
}

// failure is an error as DynamoDB answers it.
type failure struct{ code, message string }

func (f *failure) Error() string { return f.code + ": " + f.message }

func invalid(format string, args ...any) error {
	return &failure{"com.amazon.coral.validate#ValidationException", fmt.Sprintf(format, args...)}
}

func (t *Table) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked is gone
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	due := time.Now().Add(t.Latency)
	t.mu.Lock()
	t.stats.Calls[op]++
	t.mu.Unlock()
	var out []byte
	known := ofRecords(body)
	if known {
		switch op {
		case "BatchWriteItem":
			out, err = t.batchWrite(body)
		case "Query":
			out, err = t.query(body)
		case "PutItem":
			out, err = t.put(body)
		case "BatchGetItem":
			out, err = t.batchGet(body)
		default:
			err = invalid("%s of records is not known", op)
		}
	}
	time.Sleep(time.Until(due))
	if !known {
		t.forward(w, r, body)
		return
	}
	status := http.StatusOK
	if f, ok := err.(*failure); ok { //nolint:errorlint // made here
		status = http.StatusBadRequest
		out = fmt.Appendf(nil, `{"__type":%q,"message":%q}`, f.code, f.message)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(out)), 10))
	w.WriteHeader(status)
	_, _ = w.Write(out) //nolint:gosec // JSON for an SDK, not for a browser
}

// ofRecords reports whether a request is about a partition of records.
func ofRecords(body []byte) bool {
	return recordPartition.Match(body)
}

var recordPartition = regexp.MustCompile(`\{"S":"a#[^#"]+#g[0-9]+#[a-zA-Z]+#[0-9]+"\}`)

func (t *Table) forward(w http.ResponseWriter, r *http.Request, body []byte) {
	req, err := http.NewRequestWithContext(r.Context(), r.Method, t.Backend, bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req) //nolint:gosec // the local DynamoDB
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // it is only read
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// rowOf finds the keys of an item.
func rowOf(item []byte) (pk string, r *row, err error) {
	r = &row{item: item}
	pk, r.sk = keyIn(item, `"pk":{"S":"`), keyIn(item, `"sk":{"S":"`)
	switch {
	case pk == "" || r.sk == "":
		return "", nil, invalid("One of the required keys was not given a value")
	case len(item) > 400<<10:
		return "", nil, invalid("Item size has exceeded the maximum allowed size")
	}
	return pk, r, nil
}

// keyIn is the string behind its name; a key has nothing that is escaped.
func keyIn(item []byte, name string) string {
	_, rest, _ := bytes.Cut(item, []byte(name))
	key, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(key)
}

// read takes an item apart and checks it. One that is not well formed has no
// attributes.
func (r *row) read() {
	if r.names != nil {
		return
	}
	ok := jsonscan.Object(r.item, func(name, value []byte) bool {
		r.names, r.raws = append(r.names, string(name)), append(r.raws, value)
		kind, v, ok := typed(value)
		return ok && (kind != "N" || isNumber(v))
	})
	if !ok {
		r.names, r.raws = nil, nil
	}
}

// typed reads an attribute value of which the types S, N, B and BOOL are known.
func typed(value []byte) (kind, v string, ok bool) {
	members := 0
	ok = jsonscan.Object(value, func(name, raw []byte) bool {
		members++
		kind = string(name)
		switch kind {
		case "S", "N", "B":
			v, ok = jsonscan.Text(raw)
			return ok
		case "BOOL":
			v = string(raw)
			return v == "true" || v == "false"
		}
		return false
	})
	return kind, v, ok && members == 1
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// store puts a row into its partition. The caller holds mu.
func (t *Table) store(pk string, r *row) {
	p := t.partitions[pk]
	if p == nil {
		p = &partition{}
		t.partitions[pk] = p
	}
	i := sort.Search(len(p.rows), func(i int) bool { return p.rows[i].sk >= r.sk })
	if i < len(p.rows) && p.rows[i].sk == r.sk {
		p.rows[i] = r
		return
	}
	p.rows = append(p.rows, nil)
	copy(p.rows[i+1:], p.rows[i:])
	p.rows[i] = r
}

func (t *Table) find(pk, sk string) *row {
	p := t.partitions[pk]
	if p == nil {
		return nil
	}
	i := sort.Search(len(p.rows), func(i int) bool { return p.rows[i].sk >= sk })
	if i < len(p.rows) && p.rows[i].sk == sk {
		return p.rows[i]
	}
	return nil
}

// value is an attribute's value, "" if it has none.
func (r *row) value(name string) (string, bool) {
	r.read()
	for i, n := range r.names {
		if n == name {
			_, v, _ := typed(r.raws[i])
			return v, true
		}
	}
	return "", false
}
