package stack_test

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/demo"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// answerTime is what a test of a connection may take at most.
const answerTime = 25 * time.Second

// report is a connection test's outcome as the API shows it.
type report struct {
	OK       bool
	Checks   []check
	Endpoint *struct{ ServerURL string }
	took     time.Duration
}

type check struct {
	Name, Type, Status, Code, Detail, Remedy, Unproven string
	Required                                           bool
	Notices                                            []string
	Visible                                            *int
}

// testConnection asks the API, once.
func testConnection(t *testing.T, s *stack.Stack, input any) report {
	t.Helper()
	var r report
	begin := time.Now()
	if err := adminOf(s).Call(t.Context(), http.MethodPost, "/v1/connection/test", input, &r); err != nil {
		t.Error(err)
	}
	r.took = time.Since(begin)
	return r
}

// adminOf asks the API as the MSP's admin, once.
func adminOf(s *stack.Stack) *demo.Client {
	return &demo.Client{Base: s.BaseURL, Token: func() (string, error) { return s.Token("admin") }, Tries: 1}
}

func keysOf(s *stack.Stack, serverURL string) demo.ConnectWise {
	companyID, public, private := s.Simulator.Credentials()
	return demo.ConnectWise{ServerURL: serverURL, CompanyID: companyID, PublicKey: public, PrivateKey: private}
}

// wantFailed says that the first check that did not pass is this one, that it
// says why and what to do, and that no check after it claims a thing.
func (r report) wantFailed(t *testing.T, what, name string, codes ...string) {
	t.Helper()
	first := slices.IndexFunc(r.Checks, func(c check) bool { return c.Status != "pass" })
	switch {
	case first < 0 || r.OK:
		t.Errorf("%s: it passed: %+v", what, r)
		return
	case r.took > answerTime:
		t.Errorf("%s: it took %v", what, r.took)
	}
	c := r.Checks[first]
	if c.Name != name || c.Status != "fail" || !slices.Contains(codes, c.Code) || c.Detail == "" || c.Remedy == "" {
		t.Errorf("%s: want %s to fail as %v with a remedy, got %+v", what, name, codes, c)
	}
	for _, later := range r.Checks[first+1:] {
		if later.Status == "pass" {
			t.Errorf("%s: %s %s is green after %s failed", what, later.Name, later.Type, name)
		}
	}
}

// hostile is an address, and the check that must fail for it.
type hostile struct {
	url, check string
	codes      []string
}

// refused are addresses that lie in networks that are never called; invalid
// are no addresses; names are only seen through when they are resolved. The
// port of {port} is one that would notice a call.
func hostileAddresses() []hostile {
	groups := []struct {
		check string
		codes []string
		urls  []string
	}{
		{"address", []string{"address_refused"}, []string{
			"https://127.0.0.1:{port}", "127.0.0.1:{port}", "https://127.255.255.254:{port}", "https://localhost:{port}", "LOCALHOST:{port}",
			"https://localhost.:{port}", "https://[::1]:{port}", "https://0.0.0.0:{port}", "https://[::]:{port}", "https://0.1.2.3",
			"https://[::ffff:127.0.0.1]:{port}", "https://[::ffff:7f00:1]:{port}", "https://[::127.0.0.1]:{port}",
			"https://10.0.0.1", "https://172.16.0.1", "https://172.31.255.255", "https://192.168.0.1", "https://192.168.1.1.",
			"https://169.254.169.254", "https://169.254.170.2/v2/credentials", "https://100.64.0.1", "https://100.100.100.200",
			"https://192.0.0.192", "https://192.0.2.1", "https://198.51.100.1", "https://203.0.113.1", "https://198.18.0.1", "https://198.19.255.255",
			"https://192.88.99.1", "https://224.0.0.1", "https://239.255.255.250", "https://240.0.0.1", "https://255.255.255.255",
			"https://[fc00::1]", "https://[fd00:ec2::254]", "https://[fe80::1]", "https://[fec0::1]", "https://[ff02::1]",
			"https://[::ffff:169.254.169.254]", "https://[::ffff:a9fe:a9fe]", "https://[::169.254.169.254]",
			"https://[64:ff9b::169.254.169.254]", "https://[64:ff9b::a9fe:a9fe]", "https://[64:ff9b:1::a9fe:a9fe]", "https://[64:ff9b:1:fffe::a9fe:a9fe]",
			"https://[2002:a9fe:a9fe::1]", "https://[2002:7f00:1::]", "https://[2001:0:a9fe:a9fe::1]", "https://[2001:db8::1]",
			"https://[100::1]", "https://[3fff::1]", "https://[5f00::1]", " https://169.254.169.254\n", "https://169.254.169.\u200b254",
		}},
		{"address", []string{"address_refused", "address_invalid"}, []string{
			"https://[fe80::1%25eth0]", "https://[::1%25lo]:{port}", "http://127.0.0.1:{port}", "http://169.254.169.254/latest/meta-data/",
			"file://localhost/etc/passwd", "gopher://127.0.0.1:{port}/_x", "dict://127.0.0.1:11211/stat", "ldap://127.0.0.1",
		}},
		{"address", []string{"address_invalid"}, []string{
			"https://2130706433:{port}", "https://2852039166", "https://0x7f000001:{port}", "https://0xa9fea9fe", "https://017700000001:{port}",
			"https://127.1:{port}", "https://127.0.1:{port}", "https://0177.0.0.1:{port}", "https://0251.0376.0251.0376", "https://0xa9.0xfe.0xa9.0xfe",
			"https://169.254.43518", "https://1.2.3.4.5", "https://256.256.256.256",
			"https://admin:secret@allowed.example.com", "https://allowed.example.com@169.254.169.254/", "https://allowed.example.com:443@127.0.0.1:{port}/",
			"https://169.254.169.254#@allowed.example.com/", "https://allowed.example.com#", "https://169.254.169.254\\@allowed.example.com/",
			"https://allowed.example.com:0", "https://allowed.example.com:65536", "https://allowed.example.com:-1", "https://allowed.example.com:22x",
			"http://allowed.example.com", "file:///etc/passwd", "ftp://allowed.example.com",
			"data:text/plain,x", "javascript:alert(1)", "jar:https://allowed.example.com!/",
			"https:169.254.169.254", "https:///169.254.169.254", "https://", "//", "::1", "https://[::1", "https://[127.0.0.1]:{port}", "https://[v1.fe80::1]",
			"https://\uff11\uff12\uff17.0.0.1", "https://127\u30020\u30020\u30021", "https://\u24db\u24de\u24d2\u24d0\u24db.\u24d7ost", "https://b\u00fccher.example.com",
			"https://allowed.example.com\u2024internal", "https://127.0.0.1%2f.example.com", "https://%31%36%39.254.169.254.", "https://a..b.example.com",
			"https://-x.example.com", "https://allowed", "https://" + strings.Repeat("a", 64) + ".example.com", "https://" + strings.Repeat("a.", 127) + "com",
			"gopher://allowed.example.com/_x", "https://allowed.example.com,169.254.169.254",
		}},
		{"reachable", []string{"address_refused"}, []string{
			"https://metadata.google.internal", "169.254.169.254.nip.example.com", "https://foo.localhost:{port}", "https://loop.example.com:{port}",
			"https://lan.example.com", "https://cgnat.example.com", "https://alias.example.com", "https://zero.example.com",
			"https://six-loop.example.com", "https://six-ula.example.com", "https://six-mapped.example.com", "https://six-local.example.com",
			"https://six-nat64.example.com", "https://six-nat64-local.example.com", "https://six-6to4.example.com", "https://six-teredo.example.com",
			"https://six-compat.example.com", "https://turns.example.com", "https://turns.example.com", "https://turns.example.com",
			"https://xn--bcher-kva.example.com", "https://loop.example.com.",
		}},
		{"reachable", []string{"unreachable"}, []string{"https://unknown.example.com", "https://allowed.example.com.internal", "https://169.254.169.254 allowed.example.com"}},
	}
	var out []hostile
	for _, g := range groups {
		for _, url := range g.urls {
			out = append(out, hostile{url, g.check, g.codes})
		}
	}
	return out
}

// No address leads the wizard, as it is configured in production, to send a
// packet into a network that is not the internet. Packets are counted by the
// kernel, in a network that the wizard has for itself.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	n, reason := newNetwork(t)
	if reason != "" {
		t.Logf("%s, so packets are not counted and names are not resolved here: this run covers the checks' answers, and calls "+
			"to loopback by a listener; names, redirects and rebinding are covered by internal/connectwise alone", reason)
		testHostileLiterals(t)
		return
	}
	w := newHostileWorld(t, n)
	w.neverLeaves(t)
	w.leavesOnlyForTheInternet(t)
	w.isCounted(t)
}

// neverLeaves goes through everything that is known before a packet is sent.
func (w *world) neverLeaves(t *testing.T) {
	t.Helper()
	before := w.left(t)
	w.sent(t)
	cases := hostileAddresses()
	for _, c := range cases {
		url := strings.ReplaceAll(c.url, "{port}", "443")
		questions := w.zone.questions()
		testConnection(t, w.Stack, keysOf(w.Stack, url)).wantFailed(t, url, c.check, c.codes...)
		if got := w.sent(t); len(got) != 0 {
			t.Errorf("%q: packets went to %v", url, got)
		}
		if asked := w.zone.questions() - questions; (asked > 0) != (c.check == "reachable") {
			t.Errorf("%q: %d questions to the resolver, and %s fails", url, asked, c.check)
		}
	}
	if after := w.left(t); after != before || len(cases) < 40 {
		t.Errorf("%d addresses; %s packets had left before, %s after", len(cases), before, after)
	}
	t.Logf("%d hostile addresses, %s packets left", len(cases), w.left(t))
}

// leavesOnlyForTheInternet goes through servers that may be called, and then
// misbehave or move: packets go to them, and nowhere else.
func (w *world) leavesOnlyForTheInternet(t *testing.T) {
	t.Helper()
	for _, c := range []struct {
		name, check, code string
		to                string
	}{
		{"redirect", "reachable", "address_invalid", public4 + ":443"},
		{"inward", "reachable", "address_invalid", public4 + ":443"},
		{"codebase", "reachable", "connectwise_garbled", public4 + ":443"},
		{"site", "system_info", "address_refused", public4 + ":443"},
		{"rebind", "system_info", "address_refused", public4 + ":443"},
		{"huge", "reachable", "connectwise_garbled", public4 + ":443"},
		{"header", "reachable", "connectwise_garbled", public4 + ":443"},
		{"slow", "reachable", "connectwise_down", public4 + ":443"},
		{"drip", "reachable", "connectwise_down", public4 + ":443"},
		{"silent", "reachable", "unreachable", silent + ":443"},
	} {
		testConnection(t, w.Stack, keysOf(w.Stack, "https://"+c.name+".example.com")).wantFailed(t, c.name, c.check, c.code)
		w.wantOnly(t, c.name, c.to)
	}
}

// isCounted proves that the counters see a call: of a connection that works,
// with production's configuration and certificates, over IPv4 and IPv6.
func (w *world) isCounted(t *testing.T) {
	t.Helper()
	for name, to := range map[string]string{
		"allowed": public4 + ":443", "mixed": public4 + ":443", "six": net.JoinHostPort(public6, "443"),
	} {
		before := w.left(t)
		if r := testConnection(t, w.Stack, keysOf(w.Stack, "https://"+name+".example.com")); !r.OK {
			t.Errorf("%s: %+v", name, r)
		}
		w.wantOnly(t, name, to)
		if w.left(t) == before {
			t.Errorf("%s: the kernel counted no packet", name)
		}
	}
}

// wantOnly says where packets went; an earlier connection of the test's own
// server may still be closing.
func (w *world) wantOnly(t *testing.T, what, to string) {
	t.Helper()
	got := w.sent(t)
	others := slices.DeleteFunc(slices.Clone(got), func(a string) bool { return a == to || a == public4+":443" })
	if !slices.Contains(got, to) || len(others) != 0 {
		t.Errorf("%s: packets went to %v, want %s and nothing else", what, got, to)
	}
}

// testHostileLiterals is what can be told without a network of one's own.
func testHostileLiterals(t *testing.T) {
	t.Helper()
	s := start(t, stack.Config{Adjust: func(c *host.Config) { c.Production = true }})
	var accepted atomic.Int32
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range hostileAddresses() {
		if c.check == "address" {
			url := strings.ReplaceAll(c.url, "{port}", port)
			testConnection(t, s, keysOf(s, url)).wantFailed(t, url, c.check, c.codes...)
		}
	}
	if accepted.Load() != 0 {
		t.Errorf("%d calls to loopback", accepted.Load())
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Read(make([]byte, 1)) // the listener hangs up when it has counted
	conn.Close()
	if accepted.Load() != 1 {
		t.Error("the listener does not count")
	}
}
