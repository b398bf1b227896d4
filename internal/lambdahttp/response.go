package lambdahttp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// maxResponse is Lambda's limit of 6 MiB for the whole response, less room
// for headers.
const maxResponse = 6<<20 - 64<<10

var errTooLarge = errors.New("response too large")

// recorder is the ResponseWriter that a handler writes to: it keeps
// everything until the handler is done.
type recorder struct {
	header http.Header
	sent   http.Header // header as it was when the status was written
	status int
	body   bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status != 0 || status < 200 {
		return // informational answers cannot be sent; a second status is a mistake that net/http ignores too
	}
	r.status = status
	r.sent = r.header.Clone()
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		if r.header.Get("Content-Type") == "" {
			r.header.Set("Content-Type", http.DetectContentType(b))
		}
		r.WriteHeader(http.StatusOK)
	}
	if r.body.Len()+len(b) > maxResponse {
		r.body.Write(b[:max(0, maxResponse+1-r.body.Len())]) // enough to be found too large
		return 0, errTooLarge
	}
	return r.body.Write(b)
}

// response is what API Gateway gets. errTooLarge if Lambda would drop it.
func (r *recorder) response(method string) (events.APIGatewayV2HTTPResponse, error) {
	r.WriteHeader(http.StatusOK)
	out := events.APIGatewayV2HTTPResponse{
		StatusCode: r.status,
		Headers:    map[string]string{},
		Cookies:    r.sent.Values("Set-Cookie"),
	}
	for name, values := range r.sent {
		// API Gateway writes the length itself, after decoding base64.
		if name != "Set-Cookie" && name != "Content-Length" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	if method != http.MethodHead {
		out.Body, out.IsBase64Encoded = encodeBody(r.sent, r.body.Bytes())
	}
	if err := checkSize(out); err != nil {
		return events.APIGatewayV2HTTPResponse{}, err
	}
	return out, nil
}

func encodeBody(h http.Header, body []byte) (string, bool) {
	if isText(h) && utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), len(body) > 0
}

// isText reports whether the body may travel as a JSON string: known text
// that is not compressed.
func isText(h http.Header) bool {
	if enc := h.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return false
	}
	t, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return false
	}
	return strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "json") || strings.HasSuffix(t, "xml") ||
		strings.HasSuffix(t, "javascript")
}

// checkSize measures what Lambda measures, the JSON; that costs something
// only where escapes could make the difference (at most six bytes for one).
func checkSize(out events.APIGatewayV2HTTPResponse) error {
	if len(out.Body) < maxResponse/6 {
		return nil
	}
	n := len(out.Body)
	if !out.IsBase64Encoded {
		b, err := json.Marshal(out.Body)
		if err != nil {
			return fmt.Errorf("measure response: %w", err)
		}
		n = len(b)
	}
	if n > maxResponse {
		return errTooLarge
	}
	return nil
}
