package connectwise

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/psabridge/psabridge/internal/problem"
)

func TestCleanServerURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		input   string
		want    string
		notices []Notice
	}{
		{"na.myconnectwise.net", "https://na.myconnectwise.net", nil},
		{"https://na.myconnectwise.net", "https://na.myconnectwise.net", nil},
		{"https://na.myconnectwise.net/", "https://na.myconnectwise.net", nil},
		{"NA.MyConnectWise.NET.", "https://na.myconnectwise.net", nil},
		{"  na.myconnectwise.net\r\n", "https://na.myconnectwise.net", []Notice{NoticeSpace}},
		{"na.my\u200bconnectwise.net\u00a0", "https://na.myconnectwise.net", []Notice{NoticeSpace}},
		{"api-na.myconnectwise.net", "https://na.myconnectwise.net", []Notice{NoticeAPIHost}},
		{
			"https://api-eu.myconnectwise.net/v4_6_release/apis/3.0/", "https://eu.myconnectwise.net",
			[]Notice{NoticeAPIHost, NoticePath},
		},
		{
			"https://na.myconnectwise.net/v2025_1/ConnectWise.aspx?locale=en_US", "https://na.myconnectwise.net",
			[]Notice{NoticePath},
		},
		{"cw.example.com:8443", "https://cw.example.com:8443", nil},
		{"https://cw.example.com:443/", "https://cw.example.com", nil},
		{"8.8.8.8", "https://8.8.8.8", nil},
		{"https://[2606:4700::1111]:8443", "https://[2606:4700::1111]:8443", nil},
		{"127.0.0.1:9000", "http://127.0.0.1:9000", nil},
		{"http://localhost:9000/", "http://localhost:9000", nil},
		{"http://[::1]:9000", "http://[::1]:9000", nil},
		{"https://127.0.0.1:9443", "https://127.0.0.1:9443", nil},
	}
	for _, tt := range tests {
		got, notices, err := CleanServerURL(tt.input, true)
		if err != nil {
			t.Errorf("CleanServerURL(%q): %v", tt.input, err)
			continue
		}
		if got.String() != tt.want {
			t.Errorf("CleanServerURL(%q) = %v, want %v", tt.input, got, tt.want)
		}
		slices.Sort(notices)
		slices.Sort(tt.notices)
		if diff := cmp.Diff(tt.notices, notices); diff != "" {
			t.Errorf("CleanServerURL(%q) notices (-want +got):\n%s", tt.input, diff)
		}
	}
}

func TestCleanServerURLRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		input    string
		loopback bool
		code     problem.Code
	}{
		{"", true, problem.AddressInvalid},
		{"   ", true, problem.AddressInvalid},
		{strings.Repeat("a", 3000) + ".com", true, problem.AddressInvalid},
		{"https://user:secretpassword@na.myconnectwise.net", true, problem.AddressInvalid},
		{"user@na.myconnectwise.net", true, problem.AddressInvalid},
		{"https://na.myconnectwise.net/#secretpassword", true, problem.AddressInvalid},
		{"https://na.myconnectwise.net/#", true, problem.AddressInvalid},
		{"http://na.myconnectwise.net", true, problem.AddressInvalid},
		{"ftp://na.myconnectwise.net", true, problem.AddressInvalid},
		{"javascript:alert(1)", true, problem.AddressInvalid},
		{"file:///etc/passwd", true, problem.AddressInvalid},
		{"https://", true, problem.AddressInvalid},
		{"na", true, problem.AddressInvalid},
		{"nä.example.com", true, problem.AddressInvalid},
		{"-na.example.com", true, problem.AddressInvalid},
		{"na..example.com", true, problem.AddressInvalid},
		{"na.example.com:0", true, problem.AddressInvalid},
		{"na.example.com:99999", true, problem.AddressInvalid},
		{"na.example.com:secretpassword", true, problem.AddressInvalid},
		{"2130706433", true, problem.AddressInvalid},
		{"127.1", true, problem.AddressInvalid},
		{"0x7f.0x0.0x0.0x1", true, problem.AddressInvalid},
		{"0177.0.0.1", true, problem.AddressInvalid},
		{"http://localhost:9000", false, problem.AddressRefused},
		{"127.0.0.1:9000", false, problem.AddressRefused},
		{"https://[::1]", false, problem.AddressRefused},
		{"10.1.2.3", true, problem.AddressRefused},
		{"169.254.169.254", true, problem.AddressRefused},
		{"https://[::ffff:127.0.0.1]", true, problem.AddressRefused},
		{"https://[fe80::1%25eth0]", true, problem.AddressRefused},
		{"https://[64:ff9b::a9fe:a9fe]", true, problem.AddressRefused},
	}
	for _, tt := range tests {
		got, _, err := CleanServerURL(tt.input, tt.loopback)
		if problem.CodeOf(err) != tt.code {
			t.Errorf("CleanServerURL(%q) = %v, %v; want code %s", tt.input, got, err, tt.code)
		}
		if err != nil && strings.Contains(err.Error(), "secretpassword") {
			t.Errorf("CleanServerURL(%q) repeats what was typed: %v", tt.input, err)
		}
	}
}

// FuzzCleanServerURL: what comes out is https or loopback, has no user and no
// path, and cleaning it again changes nothing.
func FuzzCleanServerURL(f *testing.F) {
	for _, s := range []string{
		"na.myconnectwise.net", "https://api-na.myconnectwise.net/v4_6_release/apis/3.0/", "http://[::1]:80", "a.b:443", "api-api-a.b",
		"https://user@x.y", "127.0.0.1", "//x.y//z", "x.y?q#f", "http://127.0.0.1%00.x.y",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, _, err := CleanServerURL(s, true)
		if err != nil {
			return
		}
		u, err := url.Parse(a.String())
		if err != nil || u.Host != a.Host || u.User != nil || u.Path != "" || a.Host != strings.ToLower(a.Host) {
			t.Fatalf("%q became %q", s, a)
		}
		if a.Scheme != "https" && !(a.Scheme == "http" && isLoopback(u.Hostname())) {
			t.Fatalf("%q became %q", s, a)
		}
		if strings.HasPrefix(a.Host, apiPrefix) {
			return // api-api-x names two hosts in one; each cleaning takes one prefix
		}
		again, notices, err := CleanServerURL(a.String(), true)
		if err != nil || again != a || len(notices) > 0 {
			t.Fatalf("%q became %q, then %q, %v, %v", s, a, again, notices, err)
		}
	})
}
