package lambdahttp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

var errMalformed = errors.New("malformed event")

// newRequest turns an event into the request that a net/http server would
// have made of it.
func newRequest(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body, err := requestBody(e)
	if err != nil {
		return nil, err
	}
	u, err := requestURL(e)
	if err != nil {
		return nil, err
	}
	method := e.RequestContext.HTTP.Method
	req, err := http.NewRequestWithContext(withEvent(ctx, e.RequestContext), method, "/", strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: method", errMalformed)
	}
	req.URL = u
	req.RequestURI = u.RequestURI()
	req.Header = requestHeader(e)
	req.Host = host(e, req.Header)
	req.Header.Del("Host")
	req.RemoteAddr = net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0")
	return req, nil
}

func requestBody(e events.APIGatewayV2HTTPRequest) (string, error) {
	if !e.IsBase64Encoded {
		return e.Body, nil
	}
	b, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return "", fmt.Errorf("%w: body is not base64", errMalformed)
	}
	return string(b), nil
}

func requestURL(e events.APIGatewayV2HTTPRequest) (*url.URL, error) {
	path := withoutStage(e.RawPath, e.RequestContext.Stage)
	if !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("%w: path", errMalformed)
	}
	// A query that cannot stand in a request line is refused here; what its
	// escapes mean is the handler's business.
	if strings.ContainsFunc(e.RawQueryString, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) {
		return nil, fmt.Errorf("%w: query", errMalformed)
	}
	return &url.URL{Path: path, RawQuery: e.RawQueryString}, nil
}

// withoutStage removes "/stage" where API Gateway put it: in front, as a
// whole segment, for named stages reached by their default address.
func withoutStage(path, stage string) string {
	if stage == "" || stage == "$default" {
		return path
	}
	rest, ok := strings.CutPrefix(path, "/"+stage)
	switch {
	case !ok:
		return path
	case rest == "":
		return "/"
	case rest[0] == '/':
		return rest
	default:
		return path
	}
}

func requestHeader(e events.APIGatewayV2HTTPRequest) http.Header {
	h := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		h.Add(textproto.CanonicalMIMEHeaderKey(name), value)
	}
	if len(e.Cookies) > 0 {
		h.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return h
}

func host(e events.APIGatewayV2HTTPRequest, h http.Header) string {
	if v := h.Get("Host"); v != "" {
		return v
	}
	return e.RequestContext.DomainName
}
