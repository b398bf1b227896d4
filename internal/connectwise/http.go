package connectwise

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"code.dny.dev/ssrf"
)

// caller sends single requests: budget, deadline, bounded body, typed errors.
// It repeats nothing.
type caller struct {
	http    *http.Client
	budget  Budget
	timeout time.Duration
	now     func() time.Time
	// secrets are hidden wherever ConnectWise repeats them.
	secrets []string
	// unzippers are readers to be used again, a *gzip.Reader each.
	unzippers sync.Pool
}

// call is one request to be sent.
type call struct {
	method string
	// path names the call in errors, without base and query.
	path   string
	url    string
	header http.Header
	body   []byte
	// limit bounds the answer after decompression.
	limit int64
	// sizeHint is about how large the answer will be, 0 if unknown.
	sizeHint int
}

func (c call) op() string { return c.method + " " + c.path }

// answer is a 2xx.
type answer struct {
	header http.Header
	body   []byte
	// zipped says that the body came zipped.
	zipped bool
	// sentAt is our clock just before the request went out, serverTime the
	// Date of the answer, zero if it has none.
	sentAt, serverTime time.Time
}

func (c *caller) setDefaults() {
	if c.http == nil {
		c.http = NewHTTPClient(HTTPOptions{})
	}
	if c.budget == nil {
		c.budget = unlimited{}
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now
	}
	// Whoever made the client: a redirect is never followed.
	hc := *c.http
	hc.CheckRedirect = noRedirects
	c.http = &hc
}

// send makes one try. What takes only our own time comes after the budget has its
// slot back.
func (c *caller) send(ctx context.Context, rq call) (answer, error) {
	a, err := c.exchange(ctx, rq)
	if err != nil || !a.zipped {
		return a, err
	}
	if a.body, err = c.unzip(rq, a.body); err != nil {
		return answer{}, err
	}
	return a, nil
}

// exchange makes one request within the budget.
func (c *caller) exchange(ctx context.Context, rq call) (answer, error) {
	release, err := c.budget.Take(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", rq.op(), err)
	}
	defer release()
	tctx, cancel := context.WithTimeout(ctx, c.allowance(ctx))
	defer cancel()
	a, err := c.roundTrip(tctx, rq)
	if err != nil && ctx.Err() != nil {
		return answer{}, fmt.Errorf("%s: %w", rq.op(), context.Cause(ctx))
	}
	var e *Error
	if errors.As(err, &e) && e.Kind == KindThrottled {
		if terr := c.budget.Throttled(ctx, c.now().Add(e.RetryAfter)); terr != nil {
			e.cause = terr
		}
	}
	return a, err
}

// allowance is the time for one try: the client's, or less, so that the caller
// still has time to act on the outcome before its own deadline.
func (c *caller) allowance(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return c.timeout
	}
	left := time.Until(deadline)
	return min(c.timeout, left-min(left/10, time.Second))
}

func (c *caller) roundTrip(ctx context.Context, rq call) (answer, error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, rq.method, rq.url, bytes.NewReader(rq.body))
	if err != nil {
		return answer{}, &Error{Kind: KindInvalid, Op: rq.op(), detail: "the request cannot be formed"}
	}
	req.Header = rq.header.Clone()
	req.Header.Set("Accept-Encoding", "gzip") // net/http leaves it to us then
	sentAt := c.now()
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, transportError(rq.op(), err, connected.Load())
	}
	defer resp.Body.Close()
	a := answer{
		header: resp.Header, sentAt: sentAt, zipped: strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip"),
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return answer{}, c.refusal(rq, resp, a.zipped)
	}
	hint := rq.sizeHint
	if a.zipped {
		hint = int(min(max(resp.ContentLength, 0), maxHint))
	}
	if a.body, err = readBody(resp.Body, rq, hint); err != nil {
		return answer{}, err
	}
	a.serverTime, _ = http.ParseTime(resp.Header.Get("Date")) // zero when absent or odd
	return a, nil
}

// refusal reads an answer that is not 2xx. What can be read of its body is
// enough: the status alone decides.
func (c *caller) refusal(rq call, resp *http.Response, zipped bool) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if zipped {
		rq.limit, rq.sizeHint = maxErrorBody, 0
		body, _ = c.unzip(rq, body)
	}
	return statusError(rq.op(), resp.StatusCode, resp.Header, body, c.now(), c.secrets)
}

// maxHint bounds what is reserved because an answer says how long it is.
const maxHint = 4 << 20

// readBody reads a body, or what can be read of it and an error. It is never
// held beyond the limit, a decompression bomb least of all.
func readBody(r io.Reader, rq call, hint int) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(hint + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(r, rq.limit+1))
	switch {
	case n > rq.limit:
		return buf.Bytes(), garbled(rq.op(), "the answer is too large")
	case err != nil:
		return buf.Bytes(), bodyError(rq.op(), err)
	}
	return buf.Bytes(), nil
}

// bodyError: the answer began well and then broke off.
func bodyError(op string, err error) *Error {
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: KindDown, Op: op, detail: "timed out while reading the answer", repeatable: true}
	}
	e := garbled(op, "the answer is cut off")
	e.repeatable = true
	return e
}

func garbled(op, detail string) *Error { return &Error{Kind: KindGarbled, Op: op, detail: detail} }

// transportError reads the reason for which there is no answer. The cause is
// kept only where its text holds nothing of the request or answer. Time that
// ran out before there was a connection means that there is none to be had: a
// firewall in between says nothing at all.
func transportError(op string, err error, connected bool) *Error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // its text has the URL
	}
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return &Error{Kind: KindAddressRefused, Op: op, cause: err}
	case isUnreachable(err), isTimeout(err) && !connected:
		return &Error{Kind: KindUnreachable, Op: op, cause: err, repeatable: !isLasting(err)}
	case isBadHeader(err):
		return garbled(op, "the answer's header is not HTTP or too large")
	case isTimeout(err):
		return &Error{Kind: KindDown, Op: op, detail: "timed out", repeatable: true}
	}
	return &Error{Kind: KindDown, Op: op, detail: "the connection broke", repeatable: true}
}

// isBadHeader knows the words of both versions of HTTP: a header that is too
// large for HTTP/2 is a breach of protocol.
func isBadHeader(err error) bool {
	text := err.Error()
	return strings.Contains(text, "response headers exceeded") || strings.Contains(text, "malformed") ||
		strings.Contains(text, "connection error: PROTOCOL_ERROR")
}

func isUnreachable(err error) bool {
	var oe *net.OpError
	var de *net.DNSError
	var rh tls.RecordHeaderError
	return errors.As(err, &oe) && oe.Op == "dial" || errors.As(err, &de) || errors.As(err, &rh) ||
		isCertificate(err) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

func isCertificate(err error) bool {
	var ce *tls.CertificateVerificationError
	var ha x509.HostnameError
	var ua x509.UnknownAuthorityError
	return errors.As(err, &ce) || errors.As(err, &ha) || errors.As(err, &ua)
}

// isLasting: asking again at once would give the same. Who waited for a
// connection in vain has asked several times already.
func isLasting(err error) bool {
	var de *net.DNSError
	return isCertificate(err) || isTimeout(err) || errors.As(err, &de) && de.IsNotFound
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}
