package door

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// answer is a complete answer, held back until it may be given.
type answer struct {
	status int // 0: the connection ended without an answer
	header http.Header
	body   []byte
	broken bool // the body ended too early
	denied bool
}

func (a answer) write(w http.ResponseWriter) {
	if a.status == 0 {
		hangUp(w)
		return
	}
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the caller may be gone
	if a.broken {
		_ = http.NewResponseController(w).Flush() // as above
		hangUp(w)
	}
}

// hangUp closes the connection without another byte.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close() // nothing follows
	}
}

// forwarder passes requests on as they are.
type forwarder struct{ transport *http.Transport }

func newForwarder() *forwarder {
	return &forwarder{transport: &http.Transport{
		DisableCompression: true, MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second,
	}}
}

// do sends the request to another base address and reads the whole answer. It
// keeps the Host header, as answers may be made from it.
func (f *forwarder) do(r *http.Request, base string, body []byte) answer {
	target, err := url.Parse(base)
	if err != nil {
		return answer{}
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = target.Scheme, target.Host
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	out.TransferEncoding = nil
	out.Header.Del("Connection")
	resp, err := f.transport.RoundTrip(out)
	if err != nil {
		return answer{}
	}
	return readAnswer(resp)
}

func readAnswer(resp *http.Response) answer {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	a := answer{status: resp.StatusCode, header: resp.Header, body: body}
	a.broken = errors.Join(err, resp.Body.Close()) != nil
	a.header.Del("Connection")
	a.header.Del("Transfer-Encoding")
	return a
}

// errorAnswer is an error in the shape that all four services share.
func errorAnswer(kind, message string) answer {
	body, err := json.Marshal(map[string]string{
		"__type": "com.amazon.coral.service#" + kind, "message": message, "Message": message,
	})
	if err != nil { // strings always marshal
		body = []byte(`{}`)
	}
	h := http.Header{}
	h.Set("Content-Type", "application/x-amz-json-1.0")
	h.Set("X-Amzn-ErrorType", kind)
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	return answer{status: http.StatusBadRequest, header: h, body: body}
}
