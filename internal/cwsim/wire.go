package cwsim

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// deliver carries a request out and writes the answer, with the fault that was picked for it. It returns the status, 0 if
// the connection was cut.
func (s *Simulator) deliver(w http.ResponseWriter, r *http.Request, fault effect) int {
	if err := s.Apply(fault.changes...); err != nil {
		return write(w, r, errorResponse(err))
	}
	if out, replaced := fault.answer(); replaced {
		return write(w, r, out)
	}
	switch fault.Kind {
	case FaultCutBefore:
		return cut(w, nil)
	case FaultCommitLater:
		if err := s.postpone(r, fault.Fault); err != nil {
			return write(w, r, errorResponse(err))
		}
		return cut(w, nil)
	case FaultGzipBomb:
		return bomb(w, size(fault.Size, 256<<20))
	case FaultHuge:
		return huge(w, size(fault.Size, 64<<20))
	default:
	}
	out := s.respond(r)
	switch fault.Kind {
	case FaultCutAfter:
		return cut(w, nil)
	case FaultTruncate:
		return cut(w, &out)
	case FaultLateAnswer:
		if !wait(r.Context(), time.Duration(fault.DelayMS)*time.Millisecond) {
			return 0
		}
	case FaultDrip:
		return drip(r.Context(), w, out, time.Duration(fault.DelayMS)*time.Millisecond)
	case FaultContentType:
		out = out.with("Content-Type", "text/plain")
	default:
	}
	return write(w, r, out)
}

func size(n, otherwise int64) int64 {
	if n > 0 {
		return n
	}
	return otherwise
}

// write sends a response, compressed if the caller accepts that and it is worth it.
func write(w http.ResponseWriter, r *http.Request, out response) int {
	body := out.body
	maps.Copy(w.Header(), out.header)
	if len(body) > 512 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = compress(body)
		w.Header().Set("Content-Encoding", "gzip")
	}
	if out.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(body) // the client may be gone
	return out.status
}

func compress(body []byte) []byte {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
	if err != nil {
		return body
	}
	_, _ = z.Write(body) // a buffer takes everything
	_ = z.Close()
	return buf.Bytes()
}

// cut closes the connection, after the first half of an answer if there is one. Without a connection to close, as in tests
// that call the handler directly, it answers with what it has.
func cut(w http.ResponseWriter, half *response) int {
	if m, ok := w.(*memory); ok {
		m.sever(half)
		return 0
	}
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return http.StatusBadGateway
	}
	defer func() { _ = conn.Close() }() // cutting it is the purpose
	if half == nil {
		return 0
	}
	_, _ = fmt.Fprintf(
		buf, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nX-Simulator: psabridge-cwsim\r\nContent-Length: %d\r\n\r\n",
		half.status, http.StatusText(half.status), len(half.body),
	)
	_, _ = buf.Write(half.body[:len(half.body)/2])
	_ = buf.Flush()
	return 0
}

// bomb sends a gzip stream of blanks that is about a thousand times larger once unpacked.
func bomb(w http.ResponseWriter, n int64) int {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	blanks(z, n)
	_ = z.Close()
	return http.StatusOK
}

func huge(w http.ResponseWriter, n int64) int {
	w.Header().Set("Content-Type", "application/json")
	blanks(w, n)
	return http.StatusOK
}

// blanks writes an empty JSON list of n bytes, until the client goes away.
func blanks(w io.Writer, n int64) {
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	_, err := w.Write([]byte("["))
	for n -= 2; n > 0 && err == nil; n -= int64(len(chunk)) {
		_, err = w.Write(chunk[:min(n, int64(len(chunk)))])
	}
	if err == nil {
		_, _ = w.Write([]byte("]"))
	}
}

// drip sends the answer a byte at a time.
func drip(ctx context.Context, w http.ResponseWriter, out response, every time.Duration) int {
	if every == 0 {
		every = 100 * time.Millisecond
	}
	maps.Copy(w.Header(), out.header)
	w.WriteHeader(out.status)
	flush := http.NewResponseController(w)
	for i := range out.body {
		if _, err := w.Write(out.body[i : i+1]); err != nil || !wait(ctx, every) {
			return 0
		}
		_ = flush.Flush()
	}
	return out.status
}
