package connectwise

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"time"

	"code.dny.dev/ssrf"
)

// HTTPOptions of NewHTTPClient; the zero value is what production uses.
type HTTPOptions struct {
	// AllowLoopback admits hosts written as loopback (127.0.0.1, [::1],
	// localhost). A name that resolves to loopback stays refused.
	AllowLoopback bool
	// Resolver and RootCAs replace the system's, for tests.
	Resolver *net.Resolver
	RootCAs  *x509.CertPool
}

const (
	dialTimeout        = 5 * time.Second
	handshakeTimeout   = 5 * time.Second
	headerTimeout      = 18 * time.Second
	idleTimeout        = 50 * time.Second
	maxHeaderBytes     = 64 << 10
	maxIdleConnections = 8
)

// NewHTTPClient makes the HTTP client to be shared by all Clients of a
// process. The address of every connection is checked after name resolution,
// so that no name, alias or rebinding leads into a special network. It follows
// no redirect and asks no proxy.
func NewHTTPClient(o HTTPOptions) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            guardedDial(o),
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
			TLSHandshakeTimeout:    handshakeTimeout,
			ResponseHeaderTimeout:  headerTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			MaxIdleConnsPerHost:    maxIdleConnections,
			IdleConnTimeout:        idleTimeout,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: noRedirects,
	}
}

func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// guardedDial checks the address at the moment of connecting, when it can no
// longer change.
func guardedDial(o HTTPOptions) dialFunc {
	guard := ssrf.New(ssrf.WithAnyPort())
	strict := &net.Dialer{Timeout: dialTimeout, Resolver: o.Resolver, Control: guard.Safe}
	loopback := &net.Dialer{Timeout: dialTimeout, Control: loopbackGuard().Safe}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err == nil && o.AllowLoopback && isLoopback(host) {
			return loopback.DialContext(ctx, network, addr)
		}
		return strict.DialContext(ctx, network, addr)
	}
}

func loopbackGuard() *ssrf.Guardian {
	return ssrf.New(ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.0/8")),
		ssrf.WithAllowedV6Prefixes(netip.MustParsePrefix("::1/128")))
}
