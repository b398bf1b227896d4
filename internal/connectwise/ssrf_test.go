package connectwise

import (
	"context"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// listener counts who connects to it.
func listener(t *testing.T) (port string, accepted *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, accepted
}

func clientOf(t *testing.T, o HTTPOptions, api string) *Client {
	t.Helper()
	return newClient(t, Config{
		Base:        Base{CompanyID: "cobalt", API: api},
		Credentials: psa.Credentials{PublicKey: testPublic, PrivateKey: testPrivate}, ClientID: testClientID,
		HTTP: testHTTP(t, o), Timeout: 5 * time.Second,
	})
}

// Every special network, in every spelling, is refused before a connection is
// made, with and without the exception for loopback.
func TestNeverDialsSpecialNetworks(t *testing.T) {
	t.Parallel()
	port, accepted := listener(t)
	always := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "169.254.169.254", "169.254.170.2",
		"172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.31.196.1",
		"192.52.193.1", "192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
		"255.255.255.255",
		"[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]",
		"[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001::1]", "[2001:db8::1]",
		"[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]", "[::1%25lo]", "[fec0::1]", "[ff02::1]", "[100::1]", "[3fff::1]",
		"[5f00::1]",
	}
	loopback := []string{"127.0.0.1", "127.255.0.1", "[::1]", "localhost"}
	for _, allow := range []bool{false, true} {
		hosts := always
		if !allow {
			hosts = append(hosts, loopback...)
		}
		for _, host := range hosts {
			c := clientOf(t, HTTPOptions{AllowLoopback: allow}, "https://"+host+":"+port+"/v2025_1/apis/3.0/")
			if _, err := c.SystemInfo(t.Context()); problem.CodeOf(err) != problem.AddressRefused {
				t.Errorf("%s (loopback allowed: %v): %v", host, allow, err)
			}
		}
	}
	if accepted.Load() != 0 {
		t.Errorf("%d connections were made", accepted.Load())
	}
}

// Numbers that some resolvers take for addresses go to the resolver as names,
// and so do names that resolve into special networks: cleaning passes them or
// not, the dialer sees the address.
func TestNeverDialsWhatNamesHide(t *testing.T) {
	t.Parallel()
	port, accepted := listener(t)
	inside := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("169.254.169.254")}
	dns := &fakeDNS{answers: inside}
	resolver := dns.start(t)
	numbers := []string{"2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.0.0.1", "0177.0.0.1"}
	names := []string{"127.0.0.1.nip.example", "metadata.google.internal", "rebind.example.com", "cw.example.com"}
	for _, host := range slices.Concat(numbers, names) {
		for _, allow := range []bool{false, true} {
			c := clientOf(t, HTTPOptions{AllowLoopback: allow, Resolver: resolver}, "https://"+host+":"+port+"/v2025_1/apis/3.0/")
			for range inside { // the name rebinds from one to the next
				_, err := c.SystemInfo(t.Context())
				code := problem.CodeOf(err)
				if code != problem.AddressRefused && !(code == problem.Unreachable && slices.Contains(numbers, host)) {
					t.Errorf("%s (loopback allowed: %v): %v", host, allow, err)
				}
			}
		}
	}
	if accepted.Load() != 0 {
		t.Errorf("%d connections were made", accepted.Load())
	}
	if dns.asked.Load() == 0 {
		t.Error("the resolver was never asked")
	}
}

// The guard can tell: the same server is reached when loopback is allowed.
func TestDialsLoopbackWhenAllowed(t *testing.T) {
	t.Parallel()
	s := serve(t, text(200, `{"version":"v2025.1","isCloud":false}`))
	for _, allow := range []bool{true, false} {
		c := clientOf(t, HTTPOptions{AllowLoopback: allow}, s.URL+"/v4_6_release/apis/3.0/")
		if _, err := c.SystemInfo(t.Context()); (err == nil) != allow {
			t.Errorf("loopback allowed %v: %v", allow, err)
		}
	}
}

// A redirect is an error wherever it leads, whoever made the HTTP client.
func TestFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	port, accepted := listener(t)
	for _, target := range []string{"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:" + port + "/", "/elsewhere"} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				t.Error("followed")
			}
			http.Redirect(w, r, target, http.StatusTemporaryRedirect)
		})
		cfg := testConfig(t, s)
		for _, hc := range []*http.Client{cfg.HTTP, {Transport: cfg.HTTP.Transport}} {
			cfg.HTTP = hc
			if _, err := newClient(t, cfg).SystemInfo(t.Context()); problem.CodeOf(err) != problem.AddressInvalid {
				t.Errorf("redirect to %s: %v", target, err)
			}
		}
	}
	if accepted.Load() != 0 {
		t.Errorf("%d connections were made", accepted.Load())
	}
}

func TestAsksNoProxy(t *testing.T) {
	port, accepted := listener(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:"+port)
	tr, ok := NewHTTPClient(HTTPOptions{}).Transport.(*http.Transport)
	if !ok || tr.Proxy != nil {
		t.Fatal("the transport has a proxy function")
	}
	c := clientOf(t, HTTPOptions{}, "https://192.0.2.1/v2025_1/apis/3.0/")
	if _, err := c.SystemInfo(t.Context()); problem.CodeOf(err) != problem.AddressRefused || accepted.Load() != 0 {
		t.Errorf("%v after %d connections", err, accepted.Load())
	}
}

func TestCredentialsNeedTLS(t *testing.T) {
	t.Parallel()
	for _, api := range []string{
		"http://api-na.myconnectwise.net/v2025_1/apis/3.0/", "ftp://127.0.0.1/", "https://u:p@x.example.com/", "", "https:///x/",
		"http://127.0.0.1.example.com/", "https://x.example.com/v1", "https://x.example.com/%zz",
	} {
		_, err := New(Config{Base: Base{API: api}, Credentials: psa.Credentials{PublicKey: "a", PrivateKey: "b"}, ClientID: "c"})
		if err == nil {
			t.Errorf("base %q was accepted", api)
		}
	}
	_, err := New(Config{Base: Base{API: "https://x.example.com/"}, ClientID: "c"})
	if err == nil {
		t.Error("a client without keys")
	}
}

// A server with a certificate of its own making is unreachable, not garbled.
func TestBadCertificate(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(text(200, `{"version":"v1"}`))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it is meant to complain
	s.StartTLS()
	t.Cleanup(s.Close)
	var budget ledger
	c := newClient(t, Config{
		Base: Base{API: s.URL + "/v2025_1/apis/3.0/"}, Credentials: psa.Credentials{PublicKey: "a", PrivateKey: "b"},
		ClientID: "c", HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true}), Budget: &budget,
	})
	if _, err := c.SystemInfo(t.Context()); problem.CodeOf(err) != problem.Unreachable || budget.taken != 1 {
		t.Errorf("%v after %d tries", err, budget.taken)
	}
	_, err := (Discoverer{HTTP: testHTTP(t, HTTPOptions{AllowLoopback: true})}).Discover(t.Context(), Address{"https", hostOf(t, serve(t, text(200, "")).URL)}, "c")
	if problem.CodeOf(err) != problem.Unreachable {
		t.Errorf("a plain http server asked for https: %v", err)
	}
}

func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// fakeDNS answers every name with one of its addresses, in turn.
type fakeDNS struct {
	answers []netip.Addr
	asked   atomic.Int32
}

func (d *fakeDNS) start(t *testing.T) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			pc.WriteTo(d.reply(buf[:n]), from)
		}
	}()
	t.Cleanup(func() { pc.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

// reply repeats the question; an A question gets an address, others none.
func (d *fakeDNS) reply(q []byte) []byte {
	end := 12
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5 // root label, type, class
	out := append([]byte{}, q[:end]...)
	out[2], out[3] = 0x81, 0x80
	binary.BigEndian.PutUint16(out[6:], 0)
	binary.BigEndian.PutUint16(out[8:], 0)
	binary.BigEndian.PutUint16(out[10:], 0)
	if binary.BigEndian.Uint16(q[end-4:]) != 1 {
		return out
	}
	n := int(d.asked.Add(1))
	ip := d.answers[n%len(d.answers)].As4()
	binary.BigEndian.PutUint16(out[6:], 1)
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(out, ip[:]...)
}
