package connectwise

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"code.dny.dev/ssrf"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Address is where people log in to a ConnectWise, as cleaned from what
// somebody typed.
type Address struct {
	// Scheme is https, or http for a loopback host.
	Scheme string
	// Host is lower case, with a port only if it is not the scheme's own.
	Host string
}

// String is the address as shown and stored: "https://na.myconnectwise.net".
// CleanServerURL gives the same Address for it.
func (a Address) String() string { return a.Scheme + "://" + a.Host }

// Site is the host as it stands in psa.Identity: "na.myconnectwise.net".
func (a Address) Site() string { return a.Host }

// Notice says in one sentence what cleaning changed, for the person who typed.
type Notice string

// What cleaning may have changed.
const (
	NoticeSpace   Notice = "White space was removed from the address."
	NoticePath    Notice = "The path after the host name was removed; only the host is needed."
	NoticeAPIHost Notice = "The API host was replaced by the host that people log in to."
)

const (
	maxAddress = 2048
	maxHost    = 253
	// apiPrefix stands before the host of every codebase but on-premise's.
	apiPrefix = "api-"
)

// CleanServerURL reads a server address as people paste it: a bare host, with
// or without scheme, port, trailing slash, API path, in any case, or the api-
// host. allowLoopback admits a loopback host, over http unless https is
// written. What it refuses is a problem.AddressInvalid, or AddressRefused for
// an address that lies in a network we never call; host names are looked at
// again when they are dialled.
func CleanServerURL(input string, allowLoopback bool) (Address, []Notice, error) {
	var notices []Notice
	s := stripSpace(input)
	if s != input {
		notices = append(notices, NoticeSpace)
	}
	u, err := parseServerURL(s)
	if err != nil {
		return Address{}, nil, err
	}
	host, err := cleanHost(u.Hostname(), allowLoopback)
	if err != nil {
		return Address{}, nil, err
	}
	if rest, ok := strings.CutPrefix(host, apiPrefix); ok && strings.Contains(rest, ".") {
		host, notices = rest, append(notices, NoticeAPIHost)
	}
	if strings.Trim(u.EscapedPath(), "/") != "" || u.RawQuery != "" {
		notices = append(notices, NoticePath)
	}
	scheme, err := cleanScheme(u.Scheme, host, allowLoopback)
	if err != nil {
		return Address{}, nil, err
	}
	full, err := withPort(host, u.Port(), scheme)
	if err != nil {
		return Address{}, nil, err
	}
	return Address{Scheme: scheme, Host: full}, notices, nil
}

// stripSpace removes white space, control and format characters anywhere:
// neither an address nor a key can hold any.
func stripSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

func parseServerURL(s string) (*url.URL, error) {
	if s == "" || len(s) > maxAddress {
		return nil, addressInvalid("The server address is empty or too long.")
	}
	if !strings.Contains(s, "://") {
		s = "//" + strings.TrimLeft(s, "/")
	}
	u, err := url.Parse(s)
	if err != nil {
		// url.Error quotes the input, which may hold a password.
		return nil, addressInvalid("The server address cannot be read.")
	}
	switch {
	case u.User != nil:
		return nil, addressInvalid("The server address must not hold a user name or password.")
	case u.Fragment != "" || strings.Contains(s, "#"):
		return nil, addressInvalid("The server address must not hold a fragment (#).")
	case u.Opaque != "" || u.Host == "":
		return nil, addressInvalid("The server address has no host name.")
	}
	return u, nil
}

// cleanHost returns the host in its one spelling: a DNS name or a literal
// address in canonical form.
func cleanHost(host string, allowLoopback bool) (string, error) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if isLoopback(host) {
		if allowLoopback {
			return host, nil
		}
		return "", addressRefused()
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ssrf.New(ssrf.WithAnyPort()).SafeAddr(ip) != nil {
			return "", addressRefused()
		}
		return ip.String(), nil
	}
	if !isHostname(host) {
		return "", addressInvalid("The server address is not a host name.")
	}
	return host, nil
}

// isLoopback reports whether a host is written as loopback; a name that
// merely resolves to it is not.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() && !ip.Is4In6() && ip.Zone() == ""
}

// isHostname accepts DNS names in ASCII with at least two labels. A last
// label that is a number is refused: such a name is an address in disguise
// (0x7f.1, 2130706433, 127.1).
func isHostname(host string) bool {
	labels := strings.Split(host, ".")
	if len(host) > maxHost || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !isLabel(l) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

func isLabel(l string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	return l != "" && len(l) <= 63 && strings.Trim(l, allowed) == "" && l[0] != '-' && l[len(l)-1] != '-'
}

func cleanScheme(scheme, host string, allowLoopback bool) (string, error) {
	loopback := allowLoopback && isLoopback(host)
	switch scheme {
	case "":
		if loopback {
			return "http", nil
		}
		return "https", nil
	case "https":
		return "https", nil
	case "http":
		if loopback {
			return "http", nil
		}
	}
	return "", addressInvalid("ConnectWise is called over https only.")
}

func withPort(host, port, scheme string) (string, error) {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", addressInvalid("The port of the server address is not a port number.")
	}
	if scheme == "https" && n == 443 || scheme == "http" && n == 80 {
		return host, nil
	}
	return fmt.Sprintf("%s:%d", host, n), nil
}

func addressInvalid(message string) error {
	return problem.New(problem.AddressInvalid, message,
		"Enter the address you open ConnectWise with, for example na.myconnectwise.net.").Wrap(psa.ErrInvalid)
}

func addressRefused() error {
	return problem.New(problem.AddressRefused, "The server address lies in a network that psabridge does not call.",
		"Enter the public address of your ConnectWise server.").Wrap(psa.ErrInvalid)
}
