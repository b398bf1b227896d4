package connectwise

import (
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
)

// Answers that are no answers: each is a named error, and none yields records.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	one := `{"id":1,"name":"x"}`
	tests := []struct {
		name   string
		answer http.HandlerFunc
		code   problem.Code
		tries  int32
	}{
		{"HTML with 200", text(200, "<html>log in</html>"), problem.ConnectWiseGarbled, 1},
		{"null", text(200, "null"), problem.ConnectWiseGarbled, 1},
		{"object for a list", text(200, one), problem.ConnectWiseGarbled, 1},
		{"error object with 200", text(200, `{"code":"X","message":"m"}`), problem.ConnectWiseGarbled, 1},
		{"empty", text(200, ""), problem.ConnectWiseGarbled, 1},
		{"no content", text(204, ""), problem.ConnectWiseGarbled, 1},
		{"JSON cut off", text(200, "["+one+`,{"id":2`), problem.ConnectWiseGarbled, 1},
		{"list without its end", text(200, "["+one), problem.ConnectWiseGarbled, 1},
		{"text behind the list", text(200, "["+one+"]x"), problem.ConnectWiseGarbled, 1},
		{"list of numbers", text(200, "[1,2]"), problem.ConnectWiseGarbled, 1},
		{"records without id", text(200, `[{"name":"x"}]`), problem.ConnectWiseGarbled, 1},
		{"id null", text(200, `[{"id":null}]`), problem.ConnectWiseGarbled, 1},
		{"id zero", text(200, `[{"id":0}]`), problem.ConnectWiseGarbled, 1},
		{"id with a fraction", text(200, `[{"id":1.5}]`), problem.ConnectWiseGarbled, 1},
		{"same id twice", text(200, "["+one+","+one+"]"), problem.ConnectWiseGarbled, 2},
		{"ids descend", text(200, `[{"id":2},{"id":1}]`), problem.ConnectWiseGarbled, 2},
		{"too large", text(200, "["+one+`,{"id":2,"x":"`+strings.Repeat("x", 1<<20)+`"}]`), problem.ConnectWiseGarbled, 1},
		{"gzip bomb", bomb, problem.ConnectWiseGarbled, 1},
		{"not gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "["+one+"]")
		}, problem.ConnectWiseGarbled, 3},
		{"length cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			io.WriteString(w, "["+one+"]")
		}, problem.ConnectWiseGarbled, 3},
		{"chunks cut off", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "["+one+"]")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, problem.ConnectWiseGarbled, 3},
		{"connection cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, problem.ConnectWiseDown, 3},
		{"server error", text(500, "<html>"), problem.ConnectWiseDown, 3},
		{"huge header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Huge", strings.Repeat("x", maxHeaderBytes*2))
			io.WriteString(w, "["+one+"]")
		}, problem.ConnectWiseGarbled, 1},
		{"not HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n"), problem.ConnectWiseGarbled, 1},
		{"unauthorized", text(401, `{"code":"Unauthorized"}`), problem.CredentialsRefused, 1},
		{"forbidden", text(403, `{"code":"Security"}`), problem.PermissionMissing, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			cfg := testConfig(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				tries.Add(1)
				tt.answer(w, r)
			}))
			cfg.MaxPage, cfg.Base.Address = 1<<20, Address{}
			cfg.Timeout = 5 * time.Minute // a bomb is packed in this process
			p, err := newClient(t, cfg).ReadRange(t.Context(), "/company/companies", RangeQuery{})
			if problem.CodeOf(err) != tt.code || len(p.Items) != 0 {
				t.Errorf("got %d items, %v; want code %s", len(p.Items), err, tt.code)
			}
			if tries.Load() != tt.tries {
				t.Errorf("%d tries, want %d (%v)", tries.Load(), tt.tries, err)
			}
		})
	}
}

// bomb is 256 MiB of zeros in 256 kB.
func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	defer z.Close()
	io.WriteString(z, `[{"id":1,"name":"`)
	block := make([]byte, 1<<20)
	for range 256 {
		if _, err := z.Write(block); err != nil {
			return
		}
	}
}

// No more is read, and so held, than the limit, whatever is sent.
func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	var sent endless
	_, err := readBody(&sent, call{limit: 1 << 20}, 0)
	if problem.CodeOf(err) != problem.ConnectWiseGarbled || sent > 1<<20+1 {
		t.Errorf("%v after %d bytes", err, sent)
	}
}

// endless counts what was read of it.
type endless int

func (e *endless) Read(p []byte) (int, error) {
	*e += endless(len(p))
	if *e > 1<<30 {
		return 0, io.EOF
	}
	return len(p), nil
}

func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		io.WriteString(conn, answer)
	}
}

func TestGzipIsRead(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip was not asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		io.WriteString(z, `{"count":3}`)
	})
	if n, err := c.Count(t.Context(), "company/companies", Cond{}); err != nil || n != 3 {
		t.Errorf("Count = %d, %v", n, err)
	}
}

// A server that sends a byte now and then is cut off by the deadline of the
// try, and one that says nothing as well.
func TestSlowAnswersAreCut(t *testing.T) {
	t.Parallel()
	for name, drip := range map[string]string{"silent": "", "drip": " "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { cutSlowAnswer(t, drip) })
		})
	}
}

func cutSlowAnswer(t *testing.T, drip string) {
	t.Helper()
	c := piped(t, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				if drip != "" {
					io.WriteString(w, drip)
					http.NewResponseController(w).Flush()
				}
			}
		}
	}, 100*time.Millisecond)
	start := time.Now()
	_, err := c.Count(t.Context(), "company/companies", Cond{})
	if problem.CodeOf(err) != problem.ConnectWiseDown {
		t.Error(err)
	}
	if took := time.Since(start); took < 100*time.Millisecond || took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

// The end of the caller's own time is the caller's error, not ConnectWise's.
func TestCallersDeadline(t *testing.T) {
	t.Parallel()
	c := connect(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := c.Count(ctx, "company/companies", Cond{})
	var e *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("cancelled: %v", err)
	}
	// With a deadline the try ends a little before it, so that there is
	// time to say why.
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := c.Count(ctx, "company/companies", Cond{})
		if problem.CodeOf(err) != problem.ConnectWiseDown || ctx.Err() != nil {
			t.Errorf("deadline: %v, %v", err, ctx.Err())
		}
	})
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := serve(t, text(200, ""))
	s.Close()
	cfg := testConfig(t, s)
	_, err := newClient(t, cfg).Count(t.Context(), "/company/companies", Eq("name", "Wayne"))
	if problem.CodeOf(err) != problem.Unreachable || strings.Contains(err.Error(), "Wayne") || strings.Contains(err.Error(), "conditions") {
		t.Errorf("nobody listens: %v", err)
	}
	dead := (&fakeDNS{}).none(t)
	c := clientOf(t, HTTPOptions{Resolver: dead}, "https://cw.example.com/v2025_1/apis/3.0/")
	if _, err := c.SystemInfo(t.Context()); problem.CodeOf(err) != problem.Unreachable {
		t.Errorf("no such name: %v", err)
	}
}

// A server that takes no connection is unreachable, however long one waits; one
// that takes it and says nothing is down.
func TestSilentServers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for scheme, want := range map[string]problem.Code{"https": problem.Unreachable, "http": problem.ConnectWiseDown} {
		d := Discoverer{HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true}), Timeout: time.Second}
		if _, err := d.Discover(t.Context(), Address{scheme, l.Addr().String()}, "cobalt"); problem.CodeOf(err) != want {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

// A header too large is no answer of ConnectWise's, in either version of HTTP.
func TestEndlessHeaders(t *testing.T) {
	t.Parallel()
	for _, version := range []int{1, 2} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := range 1000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
		}))
		s.EnableHTTP2 = version == 2
		s.StartTLS()
		t.Cleanup(s.Close)
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		d := Discoverer{HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true, RootCAs: roots})}
		if _, err := d.Discover(t.Context(), Address{"https", hostOf(t, s.URL)}, "cobalt"); problem.CodeOf(err) != problem.ConnectWiseGarbled {
			t.Errorf("HTTP/%d: %v", version, err)
		}
	}
}

func TestRequestIsAsDocumented(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "cobalt+"+testPublic || password != testPrivate {
			t.Errorf("credentials %q %q", user, password)
		}
		want := map[string]string{
			"clientId": testClientID, "Accept": "application/vnd.connectwise.com+json; version=2025.1",
			"User-Agent": "psabridge/test (sync)", "Pagination-Type": "forward-only",
		}
		for k, v := range want {
			if r.Header.Get(k) != v {
				t.Errorf("%s: %q, want %q", k, r.Header.Get(k), v)
			}
		}
		if strings.Contains(r.URL.RawQuery, "+") {
			t.Errorf("query %s", r.URL.RawQuery)
		}
		w.Header().Set("Link", "")
		fmt.Fprint(w, "[]")
	})
	if _, err := c.ReadRange(t.Context(), "/company/companies", RangeQuery{Until: 7, Fields: []string{"name"}}); err != nil {
		t.Error(err)
	}
}

// none is a resolver that knows no name.
func (d *fakeDNS) none(t *testing.T) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no resolver")
	}}
}
