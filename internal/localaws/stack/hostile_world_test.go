package stack_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/stack"
)

// Addresses outside that may be called; they are anybody's on the internet,
// and here they lead to the test's own server.
const (
	public4 = "93.184.216.34"
	public6 = "2606:2800:220:1::25"
)

// world is a wizard in production configuration, alone in a network of its
// own, and everything that answers it.
type world struct {
	*stack.Stack
	*network
	zone *zone
}

func newHostileWorld(t *testing.T, n *network) *world {
	t.Helper()
	w := &world{network: n, zone: &zone{names: hostileNames()}}
	dir := t.TempDir()
	cert := certificate(t, filepath.Join(dir, "ca.pem"))
	wrap(t, n, dir)
	w.Stack = start(t, stack.Config{Adjust: func(c *host.Config) {
		c.Production, c.BuildDir = true, dir
		c.Concurrency = map[string]int{"wizard": 1}
	}})
	go relay(n.inside.listen(t, "tcp4", doorInside), filepath.Join(dir, "door"))
	var pc net.PacketConn
	if err := n.inside.do(func() (err error) { pc, err = net.ListenPacket("udp4", dnsInside); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go w.zone.serve(pc)
	server := &http.Server{
		Handler: w.answers(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
		ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 30 * time.Second,
	}
	server.SetKeepAlivesEnabled(false) // every call is a connection, whose address is looked at
	for _, kind := range []string{"tcp4", "tcp6"} {
		l := n.outside.listen(t, kind, ":443")
		go server.ServeTLS(l, "", "")
	}
	t.Cleanup(func() { server.Close() })
	return w
}

// wrap makes a folder of functions whose wizard runs inside. What it is told
// of AWS becomes the relay's address; its system's resolver and certificate
// authorities become the test's.
func wrap(t *testing.T, n *network, dir string) {
	t.Helper()
	builds, err := filepath.Abs(stack.BuildDir(filepath.Join("..", "..", "..")))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(builds)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "wizard" {
			err = os.Symlink(filepath.Join(builds, e.Name()), filepath.Join(dir, e.Name()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var script bytes.Buffer
	fmt.Fprintf(&script, "#!/bin/sh\necho \"$AWS_LAMBDA_RUNTIME_API\" >%s/door\n", dir)
	fmt.Fprintf(&script, "export AWS_LAMBDA_RUNTIME_API=%s SSL_CERT_FILE=%s/ca.pem\n", doorInside, dir)
	for _, service := range []string{"DYNAMODB", "SQS", "SECRETS_MANAGER", "EVENTBRIDGE"} {
		fmt.Fprintf(&script, "export AWS_ENDPOINT_URL_%s=http://%s\n", service, doorInside)
	}
	fmt.Fprintf(&script, "exec %s --mount /bin/sh -c '%s --bind %s/resolv.conf /etc/resolv.conf && exec %s --net=%s %s/wizard/bootstrap'\n",
		found(t, "unshare"), found(t, "mount"), dir, found(t, "nsenter"), n.inside.path(), builds)
	resolver, _, err := net.SplitHostPort(dnsInside)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "wizard"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"wizard/bootstrap": {script.String(), 0o700},
		"resolv.conf":      {"nameserver " + resolver + "\nsearch .\noptions timeout:1 attempts:1\n", 0o600},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(file.text), file.mode); err != nil {
			t.Fatal(err)
		}
	}
}

func found(t *testing.T, command string) string {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// relay leads connections from inside to the door of the process that wrote
// its address last.
func relay(l net.Listener, doorFile string) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		door, err := os.ReadFile(doorFile)
		if err != nil {
			in.Close()
			continue
		}
		out, err := net.Dial("tcp", strings.TrimSpace(string(door)))
		if err != nil {
			in.Close()
			continue
		}
		go pipe(in, out)
		go pipe(out, in)
	}
}

func pipe(from, to net.Conn) {
	io.Copy(to, from)
	from.Close()
	to.Close()
}

// certificate is valid for the names of the test, and its own authority.
func certificate(t *testing.T, file string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"*.example.com"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// hostileNames is what the resolver knows.
func hostileNames() map[string][]string {
	return map[string][]string{
		// may be called
		"allowed.example.com": {public4}, "api-allowed.example.com": {public4},
		"six.example.com": {public6}, "api-six.example.com": {public6},
		"mixed.example.com": {"10.0.0.5 169.254.169.254 " + public4}, "api-mixed.example.com": {"::1 10.0.0.5 " + public4},
		// may be called, and misbehave
		"redirect.example.com": {public4}, "inward.example.com": {public4}, "codebase.example.com": {public4},
		"huge.example.com": {public4}, "header.example.com": {public4}, "slow.example.com": {public4}, "drip.example.com": {public4},
		"silent.example.com": {silent},
		// may be called at first
		"site.example.com": {public4}, "api-site.example.com": {"169.254.169.254"},
		"rebind.example.com": {public4, "169.254.169.254"},
		// may not be called
		"metadata.google.internal": {"169.254.169.254"}, "169.254.169.254.nip.example.com": {"169.254.169.254"},
		"foo.localhost": {"127.0.0.1 ::1"}, "loop.example.com": {"127.0.0.1"}, "lan.example.com": {"192.168.1.10 10.0.0.1 172.16.0.1"},
		"cgnat.example.com": {"100.100.100.200"}, "alias.example.com": {"=metadata.google.internal"},
		"zero.example.com": {"0.0.0.0"}, "six-loop.example.com": {"::1"}, "six-local.example.com": {"fe80::1"},
		"six-ula.example.com": {"fd00:ec2::254"}, "six-mapped.example.com": {"::ffff:169.254.169.254"},
		"six-nat64.example.com": {"64:ff9b::a9fe:a9fe"}, "six-nat64-local.example.com": {"64:ff9b:1::a9fe:a9fe"},
		"six-6to4.example.com": {"2002:a9fe:a9fe::1"}, "six-teredo.example.com": {"2001:0:a9fe:a9fe::1"},
		"six-compat.example.com": {"::169.254.169.254"}, "turns.example.com": {"127.0.0.1", "169.254.169.254", "10.0.0.1"},
		"xn--bcher-kva.example.com": {"127.0.0.1"},
		// numbers that some resolvers take for addresses
		"0x7f.0.0.1": {"127.0.0.1"}, "127.0.0.0x1": {"127.0.0.1"},
	}
}

// answers is the server outside.
func (w *world) answers() http.Handler {
	company := func(codebase string) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(out, `{"CompanyName":"x","Codebase":%q,"IsCloud":true,"SiteUrl":"169.254.169.254"}`, codebase)
		}
	}
	to := func(target string) http.Handler { return http.RedirectHandler(target, http.StatusTemporaryRedirect) }
	mux := http.NewServeMux()
	mux.Handle("/", w.Simulator)
	for name, h := range map[string]http.Handler{
		"redirect": to("http://169.254.169.254/latest/meta-data/"), "inward": to("https://" + doorInside + "/"),
		"codebase": company("v1@169.254.169.254/"), "site": company("v2026_1/"), "rebind": company("v4_6_release/"),
		"huge": http.HandlerFunc(endless), "header": http.HandlerFunc(endlessHeader),
		"slow": http.HandlerFunc(never), "drip": http.HandlerFunc(drip),
	} {
		mux.Handle(name+".example.com/", h)
	}
	return mux
}

func endless(w http.ResponseWriter, r *http.Request) {
	chunk := []byte(`{"CompanyName":"` + strings.Repeat("x", 1<<20))
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func endlessHeader(w http.ResponseWriter, _ *http.Request) {
	for i := range 1000 {
		w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
	}
}

func never(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func drip(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
			if _, err := io.WriteString(w, " "); err != nil || out.Flush() != nil {
				return
			}
		}
	}
}
