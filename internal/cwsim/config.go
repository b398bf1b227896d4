package cwsim

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"time"
)

// Config says what installation to simulate. The zero value is an empty installation with one API member who may do
// everything and whose keys follow from the seed.
type Config struct {
	// Seed decides keys, demo data and the faults that depend on chance.
	Seed uint64
	// Companies and ContactsPerCompany size the demo data.
	Companies          int
	ContactsPerCompany int

	// CompanyID is what people type on the login page; default "psabridge_demo".
	CompanyID string
	// PublicKey and PrivateKey belong to the first API member; the default private key holds characters that look
	// different once escaped for a URL or for JSON.
	PublicKey  string
	PrivateKey string
	// Role is the first API member's; nil means FullRole.
	Role *Role
	// ClientIDs are the accepted client ids; none means that any GUID is accepted.
	ClientIDs []string

	// Codebase is such as "v2026_1/", the default; "v4_6_release/" simulates an installation on premises.
	Codebase string
	// SiteHost is the host of the user interface, which Link headers and hrefs name: not the host of the API.
	SiteHost string
	// URL is where the simulator is reached, for key_url of callbacks. Start sets it.
	URL string

	// TimeZone is what the server says of its own; default "Eastern Standard Time".
	TimeZone string
	// Now is the server's clock; default time.Now.
	Now func() time.Time
	// Latency delays every answer.
	Latency time.Duration
	// MaxURL is the longest request target in bytes; default 2000.
	MaxURL int
	// RetryAfter are the delays before a callback is sent again; default 2 s and 4 s.
	RetryAfter []time.Duration
	// CallbackTransport sends callbacks; nil means the network.
	CallbackTransport http.RoundTripper
	// OnRequest, if set, sees every request before it is handled. It may change records and must not block for long.
	OnRequest func(*http.Request)
	// Switches choose between behaviours that public material leaves open.
	Switches Switches
	// Trace keeps which points are looked at, for Asked.
	Trace bool
}

const (
	router      = "v4_6_release/"
	apiVersion  = "2026.1"
	defaultHost = "na.cwsim.invalid" // a name that never resolves
)

// withDefaults fills in what the caller left out.
func (c Config) withDefaults() Config {
	rng := newRand(c.Seed, 1)
	fill(&c.CompanyID, "psabridge_demo")
	fill(&c.PublicKey, "demoPub"+randomKey(rng, 9))
	fill(&c.PrivateKey, "demo/Key+&<"+randomKey(rng, 12)+">=")
	fill(&c.Codebase, "v2026_1/")
	fill(&c.SiteHost, defaultHost)
	fill(&c.TimeZone, "Eastern Standard Time")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MaxURL == 0 {
		c.MaxURL = 2000
	}
	if c.RetryAfter == nil {
		c.RetryAfter = []time.Duration{2 * time.Second, 4 * time.Second}
	}
	return c
}

func fill(s *string, v string) {
	if *s == "" {
		*s = v
	}
}

func randomKey(rng *rand.Rand, n int) string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[rng.IntN(len(letters))]
	}
	return string(out)
}

// randomGUID is a GUID that follows from the generator.
func randomGUID(rng *rand.Rand) string {
	var raw [16]byte
	for i := range raw {
		raw[i] = byte(rng.UintN(256)) //nolint:gosec // below 256
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	h := hex.EncodeToString(raw[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
