package stack_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Where the wizard finds the AWS services and the resolver inside its network
// namespace. Packets to them and from them are no calls of its own choice.
const (
	doorInside = "127.0.0.1:9001"
	dnsInside  = "127.0.0.53:53"
	silent     = "93.184.217.1" // drops what it gets
)

// network is two network namespaces. Inside there is nothing but the wizard;
// outside stands for the rest of the world and has every address.
type network struct {
	inside, outside *namespace
	capture         int // socket that sees every packet inside
}

// namespace is a network namespace of one thread of this process. It is gone
// with the process, however that ends.
type namespace struct {
	jobs chan func()
	file *os.File
}

func newNamespace(t *testing.T) (*namespace, error) {
	t.Helper()
	n := &namespace{jobs: make(chan func())}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		if err == nil {
			n.file, err = os.Open("/proc/thread-self/ns/net")
		}
		started <- err
		if err != nil {
			return
		}
		for job := range n.jobs {
			job()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("unshare the network: %w", err)
	}
	t.Cleanup(func() {
		close(n.jobs)
		n.file.Close()
	})
	return n, nil
}

// do runs f on the namespace's thread. A socket that is opened there stays
// there, and so does a command that is started there.
func (n *namespace) do(f func() error) error {
	done := make(chan error)
	n.jobs <- func() { done <- f() }
	return <-done
}

// path is how other processes name the namespace.
func (n *namespace) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

func (n *namespace) ip(lines ...string) error {
	return n.do(func() error {
		for _, line := range lines {
			if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
				return fmt.Errorf("ip %s: %w: %s", line, err, out)
			}
		}
		return nil
	})
}

func (n *namespace) listen(t *testing.T, kind, address string) net.Listener {
	t.Helper()
	var l net.Listener
	if err := n.do(func() (err error) { l, err = net.Listen(kind, address); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// newNetwork makes both namespaces. The reason says why this machine does not
// allow it; all else that goes wrong fails the test.
func newNetwork(t *testing.T) (n *network, reason string) {
	t.Helper()
	for _, command := range []string{"ip", "unshare", "nsenter", "mount"} {
		if _, err := exec.LookPath(command); err != nil {
			return nil, "there is no command " + command
		}
	}
	n = &network{}
	var err error
	if n.inside, err = newNamespace(t); errors.Is(err, syscall.EPERM) {
		return nil, "this user may not make network namespaces"
	}
	if err == nil {
		n.outside, err = newNamespace(t)
	}
	if err == nil {
		err = n.connect(t)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n, ""
}

// connect leads everything from inside to outside over one link. The link's
// ends share an address and ask nobody for neighbours, so that the kernel
// itself sends nothing: what is counted was sent by the wizard.
func (n *network) connect(t *testing.T) error {
	const link, in4, in6 = "02:00:00:00:00:01", "10.255.0.1", "fd00:255::1"
	inside := []string{
		"link set lo up",
		"link add exit address " + link + " type veth peer name entry address " + link + " netns " + n.outside.path(),
		"link set exit arp off multicast off", "link set exit up",
		"addr add " + in4 + "/32 dev exit", "route add default dev exit src " + in4,
	}
	outside := []string{
		"link set lo up", "link set entry arp off multicast off", "link set entry up",
		"route add local 0.0.0.0/0 dev lo", "route add " + in4 + "/32 dev entry table local",
		"route add blackhole " + silent + "/32 table local",
	}
	if _, err := os.Stat("/proc/sys/net/ipv6"); err == nil {
		inside = append(inside, "-6 addr add "+in6+"/128 dev exit nodad", "-6 route add default dev exit src "+in6)
		outside = append(outside, "-6 route add local ::/0 dev lo", "-6 route add "+in6+"/128 dev entry table local")
	} else {
		t.Log("this kernel has no IPv6: its addresses are refused here as everywhere, and nothing could leave for them")
	}
	return errors.Join(n.inside.do(noSolicitations), n.inside.ip(inside...), n.outside.ip(outside...), n.inside.do(func() error { return n.startCapture(t) }))
}

// noSolicitations keeps the kernel from looking for routers.
func noSolicitations() error {
	err := os.WriteFile("/proc/sys/net/ipv6/conf/default/router_solicitations", []byte("0"), 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (n *network) startCapture(t *testing.T) (err error) {
	proto := int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, syscall.ETH_P_ALL)))
	n.capture, err = syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, proto)
	if err != nil {
		return fmt.Errorf("capture packets: %w", err)
	}
	t.Cleanup(func() { syscall.Close(n.capture) })
	return syscall.SetsockoptInt(n.capture, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 64<<20)
}

// packet is one that was sent inside, also to inside itself.
type packet struct {
	protocol byte
	from, to netip.AddrPort
}

// own says that the packet is of the wizard's talk with AWS or its resolver.
func (p packet) own() bool {
	return slices.ContainsFunc([]string{doorInside, dnsInside}, func(a string) bool {
		return p.from == netip.MustParseAddrPort(a) || p.to == netip.MustParseAddrPort(a)
	})
}

// sent lists where packets went since it was last asked, own ones left out. A
// packet is seen before the call that sent it returns, so none is missed.
func (n *network) sent(t *testing.T) []string {
	t.Helper()
	var out []string
	buf := make([]byte, 128)
	for {
		size, from, err := syscall.Recvfrom(n.capture, buf, 0)
		if errors.Is(err, syscall.EAGAIN) {
			slices.Sort(out)
			return slices.Compact(out)
		}
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if sender, ok := from.(*syscall.SockaddrLinklayer); !ok || sender.Pkttype != syscall.PACKET_OUTGOING {
			continue
		}
		if p := parsePacket(buf[:size]); !p.own() {
			out = append(out, p.to.String())
		}
	}
}

// parsePacket reads what it needs of an IP packet; anything else is a packet
// to nowhere, which counts.
func parsePacket(b []byte) packet {
	var p packet
	var from, to netip.Addr
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		from, _ = netip.AddrFromSlice(b[12:16])
		to, _ = netip.AddrFromSlice(b[16:20])
		p.protocol, b = b[9], b[int(b[0]&15)*4:]
	case len(b) >= 40 && b[0]>>4 == 6:
		from, _ = netip.AddrFromSlice(b[8:24])
		to, _ = netip.AddrFromSlice(b[24:40])
		p.protocol, b = b[6], b[40:]
	}
	var ports [2]uint16
	if (p.protocol == syscall.IPPROTO_TCP || p.protocol == syscall.IPPROTO_UDP) && len(b) >= 4 {
		ports = [2]uint16{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])}
	}
	p.from, p.to = netip.AddrPortFrom(from, ports[0]), netip.AddrPortFrom(to, ports[1])
	return p
}

// left is the kernel's own count of packets that left over the link.
func (n *network) left(t *testing.T) string {
	t.Helper()
	var table []byte
	if err := n.inside.do(func() (err error) { table, err = os.ReadFile("/proc/thread-self/net/dev"); return err }); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if name, counts, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "exit" {
			return strings.Fields(counts)[9]
		}
	}
	t.Fatalf("the link is not in %s", table)
	return ""
}
