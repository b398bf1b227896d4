package connectwise

import (
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

const (
	testPrivate  = "prv/Key+&<SECRET>="
	testPublic   = "pubKeyVALUE"
	testClientID = "6f1d9a3e-0000-4c1e-9d8f-8a1b2c3d4e5f"
)

// serve starts a ConnectWise that is h.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func baseOf(t *testing.T, s *httptest.Server) Base {
	t.Helper()
	a, _, err := CleanServerURL(s.URL, true)
	if err != nil {
		t.Fatal(err)
	}
	return Base{Address: a, CompanyID: "cobalt", Codebase: onPremise, API: a.String() + "/" + onPremise + apiPath}
}

// testHTTP makes a client of its own for the test, so that nothing is shared
// between tests and connections are closed at its end.
func testHTTP(t *testing.T, o HTTPOptions) *http.Client {
	t.Helper()
	c := NewHTTPClient(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func testConfig(t *testing.T, s *httptest.Server) Config {
	t.Helper()
	return Config{
		Base:        baseOf(t, s),
		Credentials: psa.Credentials{PublicKey: testPublic, PrivateKey: testPrivate},
		ClientID:    testClientID, Version: "2025.1", UserAgent: "psabridge/test (sync)",
		HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true}),
	}
}

func newClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connect is a client of a server that is h.
func connect(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	return newClient(t, testConfig(t, serve(t, h)))
}

func isTestPath(r *http.Request, path string) bool {
	return r.URL.Path == "/"+onPremise+apiPath+path
}

// roundTripper answers without a network, so that a test can have its own time.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(status int, header http.Header, body string) *http.Response {
	rec := httptest.NewRecorder()
	maps.Copy(rec.Header(), header)
	rec.WriteHeader(status)
	rec.WriteString(body)
	return rec.Result()
}

// offline is a client whose requests go to f.
func offline(t *testing.T, f roundTripper, budget Budget) *Client {
	t.Helper()
	return newClient(t, Config{
		Base:        Base{CompanyID: "cobalt", API: "https://api-na.myconnectwise.net/v2025_1/apis/3.0/"},
		Credentials: psa.Credentials{PublicKey: testPublic, PrivateKey: testPrivate}, ClientID: testClientID,
		HTTP: &http.Client{Transport: f}, Budget: budget,
	})
}

// pipes is a network in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error { close(p); return nil }
func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// piped is a client of a server that is h, over a network that a bubble can
// hold: what takes how long is the test's to say, and no machine's.
func piped(t *testing.T, h http.HandlerFunc, timeout time.Duration) *Client {
	t.Helper()
	network, server, client := make(pipes), &http.Server{Handler: h}, testHTTP(t, HTTPOptions{})
	go server.Serve(network)
	t.Cleanup(func() { server.Close() })
	client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		network <- far
		return near, nil
	}
	at := Address{"http", "127.0.0.1"} // plain is only for loopback
	return newClient(t, Config{
		Base:        Base{Address: at, CompanyID: "cobalt", Codebase: onPremise, API: at.String() + "/" + onPremise + apiPath},
		Credentials: psa.Credentials{PublicKey: testPublic, PrivateKey: testPrivate}, ClientID: testClientID,
		HTTP: client, Timeout: timeout,
	})
}

// ledger is a Budget that counts.
type ledger struct {
	mu              sync.Mutex
	taken, released int
	until           []time.Time
	refuse          error
}

func (l *ledger) Take(context.Context) (func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return nil, l.refuse
	}
	l.taken++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.released++
	}, nil
}

func (l *ledger) Throttled(_ context.Context, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = append(l.until, until)
	return nil
}

// holdsSecret looks for anything that must not be in an error or log.
func holdsSecret(text string) bool {
	for _, s := range []string{testPrivate, testPublic, basicAuth("cobalt", psa.Credentials{PublicKey: testPublic, PrivateKey: testPrivate})} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
