package cwsim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Transport reaches the simulator without a network, whatever host a request names: quick, and within the bubble of a synctest.
// Faults act as they do over a network. Nothing is compressed: in tests that would be most of the work.
func (s *Simulator) Transport() http.RoundTripper { return inProcess{s} }

type inProcess struct{ sim *Simulator }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	served.Header.Del("Accept-Encoding")
	if served.Body == nil {
		served.Body = http.NoBody
	}
	defer func() { _ = served.Body.Close() }() // as a RoundTripper must
	w := &memory{header: http.Header{}}
	t.sim.ServeHTTP(w, served)
	if err := r.Context().Err(); err != nil {
		return nil, fmt.Errorf("reach the simulator: %w", err)
	}
	return w.response(r)
}

// memory is the answer to a request in process.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
	cut    bool
}

func (m *memory) Header() http.Header { return m.header }

func (m *memory) WriteHeader(status int) {
	if m.status == 0 {
		m.status = status
	}
}

func (m *memory) Write(p []byte) (int, error) {
	m.WriteHeader(http.StatusOK)
	return m.body.Write(p)
}

// sever is what cut does to an answer in process.
func (m *memory) sever(half *response) {
	m.cut = true
	if half == nil {
		return
	}
	m.header.Set("Content-Type", "application/json")
	m.header.Set("Content-Length", strconv.Itoa(len(half.body)))
	m.WriteHeader(half.status)
	m.body.Write(half.body[:len(half.body)/2])
}

func (m *memory) response(r *http.Request) (*http.Response, error) {
	if m.status == 0 {
		return nil, fmt.Errorf("reach the simulator: the connection was cut: %w", io.EOF)
	}
	out := &http.Response{
		Status: strconv.Itoa(m.status) + " " + http.StatusText(m.status), StatusCode: m.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: m.header, Body: io.NopCloser(&m.body), ContentLength: int64(m.body.Len()), Request: r,
	}
	if m.cut {
		out.Body = io.NopCloser(io.MultiReader(&m.body, severed{}))
	}
	return out, nil
}

// severed is where an answer ends too early.
type severed struct{}

func (severed) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
