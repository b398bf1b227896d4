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

	// Now is the server's clock; default time.Now.
	Now func() time.Time
	// Latency delays every answer.
	Latency time.Duration
	// MaxURL is the longest request target in bytes; default 2000.
	MaxURL int
	// RetryAfter are the delays before a callback is sent again; default 2 s and 4 s.
	RetryAfter []time.Duration
	// OnRequest, if set, sees every request before it is handled. It may change records and must not block for long.
	OnRequest func(*http.Request)
	// Switches choose between behaviours that public material leaves open.
	Switches Switches
}

// Switches choose one of several behaviours. The zero value is a good default for each.
type Switches struct {
	// InfoWithoutAuth answers /system/info to anybody.
	InfoWithoutAuth bool `json:"infoWithoutAuth"`
	// ClientIDStatus answers a missing or unknown clientId: 400 (the default), 401 or 403.
	ClientIDStatus int `json:"clientIdStatus"`
	// RouterHidesUnauthorized answers wrong credentials on the v4_6_release path with 404.
	RouterHidesUnauthorized bool `json:"routerHidesUnauthorized"`
	// UnknownCompany404 makes companyinfo answer 404 instead of null.
	UnknownCompany404 bool `json:"unknownCompany404"`
	// IsCloudAsText makes companyinfo send "True" instead of true.
	IsCloudAsText bool `json:"isCloudAsText"`
	// SiteURL is companyinfo's SiteUrl; empty leaves the member out.
	SiteURL string `json:"siteUrl"`
	// MaxPageSize caps pages lower than 1000, silently.
	MaxPageSize int `json:"maxPageSize"`
	// NoForwardOnly names endpoints that do not support forward-only paging, by path such as /company/contacts. The value
	// "refuse" answers 400, any other ignores the header and sends no Link.
	NoForwardOnly map[string]string `json:"noForwardOnly"`
	// CompanyTypeConditions accepts type/id and type/name in conditions on companies.
	CompanyTypeConditions bool `json:"companyTypeConditions"`
	// BackslashEscapes makes a backslash escape the next character inside strings of conditions.
	BackslashEscapes bool `json:"backslashEscapes"`
	// EqualsWildcard makes * a wildcard after = too.
	EqualsWildcard bool `json:"equalsWildcard"`
	// OpenTableSetup lets every role read setup tables.
	OpenTableSetup bool `json:"openTableSetup"`
	// CallbacksNeedTableSetup asks for Table Setup on /system/callbacks (Edit for changes).
	CallbacksNeedTableSetup bool `json:"callbacksNeedTableSetup"`
	// TypesTouchCompany makes a change of a company's types change its lastUpdated.
	TypesTouchCompany bool `json:"typesTouchCompany"`
	// CustomFieldsCleared makes a PATCH of customFields clear the values of entries that it leaves out.
	CustomFieldsCleared bool `json:"customFieldsCleared"`
	// HardDelete makes DELETE of a company remove it instead of setting deletedFlag.
	HardDelete bool `json:"hardDelete"`
	// RatePerMinute answers 429 beyond this number of requests a minute; 0 is no limit.
	RatePerMinute int `json:"ratePerMinute"`
	// HTML429 answers 429 with a page instead of JSON, as a proxy in front of the API does.
	HTML429 bool `json:"html429"`
	// DeliverCallbacks sends callbacks when records change.
	DeliverCallbacks bool `json:"deliverCallbacks"`
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
