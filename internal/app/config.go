// Package app is the composition root: it reads the environment once, says
// everything that is wrong with it at once, and opens what the functions
// share. Each function's own wiring is a package below, so that no function
// carries what it does not use.
package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/psabridge/psabridge/internal/telemetry"
)

// Version of psabridge, for the User-Agent.
const Version = "0.1.0"

// Config is the environment of a function, as template.yaml sets it. A
// function reads only what it names in Load; the rest is empty.
type Config struct {
	Function  string
	Stage     string
	LogLevel  string
	TableName string

	SyncQueueURL, CallbackQueueURL string
	UsageQueueURL                  string
	EventBusName                   string
	SecretPrefix                   string
	InstallationID                 string
	ConnectWiseClientID            string
	ConnectWiseAPIVersion          string
	ProductName                    string
	// PostingYears is how long the history of postings is kept.
	PostingYears string
	// Products are the deployment's SKUs, as JSON; see mapping.ParseCatalog.
	Products                 string
	AccountClaim, RolesClaim string
	KindClaim                string
	// Issuer, Audience and ConsoleClientID are what the console signs in with.
	Issuer, Audience, ConsoleClientID string

	// AllowLoopback lets a ConnectWise at a loopback address be connected
	// over plain http: the local run only.
	AllowLoopback bool
}

// variable is one name of the environment: where it goes and what it must be.
type variable struct {
	name string
	to   func(*Config) *string
	must kind
}

// kind is what a value must be, in words, and how to tell. It is no regular
// expression, since each would be compiled at every start.
type kind struct {
	words string
	ok    func(string) bool
}

func variables() []variable {
	text := kind{"one line of text", func(s string) bool { return !strings.ContainsFunc(s, unicode.IsControl) }}
	guid := kind{"a GUID", isGUID}
	address := kind{"an http address", isAddress}
	level := kind{"a log level", func(s string) bool { return slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, s) }}
	return []variable{
		{"STAGE", func(c *Config) *string { return &c.Stage }, text},
		{"LOG_LEVEL", func(c *Config) *string { return &c.LogLevel }, level},
		{"TABLE_NAME", func(c *Config) *string { return &c.TableName }, text},
		{"SYNC_QUEUE_URL", func(c *Config) *string { return &c.SyncQueueURL }, address},
		{"CALLBACK_QUEUE_URL", func(c *Config) *string { return &c.CallbackQueueURL }, address},
		{"USAGE_QUEUE_URL", func(c *Config) *string { return &c.UsageQueueURL }, address},
		{"EVENT_BUS_NAME", func(c *Config) *string { return &c.EventBusName }, text},
		{"SECRET_PREFIX", func(c *Config) *string { return &c.SecretPrefix }, text},
		{"INSTALLATION_ID", func(c *Config) *string { return &c.InstallationID }, text},
		{"CONNECTWISE_CLIENT_ID", func(c *Config) *string { return &c.ConnectWiseClientID }, guid},
		{"CONNECTWISE_API_VERSION", func(c *Config) *string { return &c.ConnectWiseAPIVersion }, text},
		{"PRODUCTS", func(c *Config) *string { return &c.Products }, kind{"JSON", func(s string) bool { return json.Valid([]byte(s)) }}},
		{"POSTING_YEARS", func(c *Config) *string { return &c.PostingYears }, kind{"a number of years", isYears}},
		{"PRODUCT_NAME", func(c *Config) *string { return &c.ProductName }, text},
		{"ACCOUNT_CLAIM", func(c *Config) *string { return &c.AccountClaim }, text},
		{"ROLES_CLAIM", func(c *Config) *string { return &c.RolesClaim }, text},
		{"AUDIENCE_KIND_CLAIM", func(c *Config) *string { return &c.KindClaim }, text},
		{"JWT_ISSUER", func(c *Config) *string { return &c.Issuer }, address},
		{"JWT_AUDIENCE", func(c *Config) *string { return &c.Audience }, text},
		{"CONSOLE_CLIENT_ID", func(c *Config) *string { return &c.ConsoleClientID }, text},
	}
}

// Names lists every variable that a template may set.
func Names() []string {
	var names []string
	for _, v := range variables() {
		names = append(names, v.name)
	}
	return names
}

// allowLoopback is the overlay's one name of our own.
const allowLoopback = "PSABRIDGE_ALLOW_LOOPBACK"

// Overlay lists what the local run adds to a function's environment: the
// closed list of names that no template may set and that no function accepts
// on Lambda.
func Overlay() []string {
	return []string{
		"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
		"AWS_ENDPOINT_URL_EVENTBRIDGE", allowLoopback,
	}
}

// Load reads the names that a function needs. All that is missing or wrong is
// reported in one error, which quotes no value.
func Load(function string, getenv func(string) string, needs ...string) (Config, error) {
	cfg := Config{Function: function}
	errs := refuseOverlay(getenv)
	needs = append([]string{"STAGE", "LOG_LEVEL", "TABLE_NAME"}, needs...)
	for _, v := range variables() {
		if !slices.Contains(needs, v.name) {
			continue
		}
		value := getenv(v.name)
		switch {
		case value == "":
			errs = append(errs, fmt.Errorf("%s is not set", v.name))
		case !v.must.ok(value):
			errs = append(errs, fmt.Errorf("%s is not %s", v.name, v.must.words))
		}
		*v.to(&cfg) = value
	}
	cfg.AllowLoopback = getenv(allowLoopback) == "1"
	if len(errs) > 0 {
		return Config{}, fmt.Errorf("environment of %s: %w", function, errors.Join(errs...))
	}
	return cfg, nil
}

// KeepPostings is PostingYears as a time.
func (c Config) KeepPostings() time.Duration {
	years, _ := strconv.Atoi(c.PostingYears) // Load has checked it
	return time.Duration(years) * 366 * 24 * time.Hour
}

func isYears(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && 1 <= n && n <= 30
}

func isGUID(s string) bool {
	parts := strings.Split(s, "-")
	if len(s) != 36 || len(parts) != 5 || len(parts[0]) != 8 || len(parts[4]) != 12 {
		return false
	}
	for _, p := range parts[1:4] {
		if len(p) != 4 {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF-", r) })
}

// isAddress accepts http(s) addresses without query and fragment.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(s, "?# ")
}

// refuseOverlay makes sure that a function on Lambda talks to AWS, and to no
// loopback address.
func refuseOverlay(getenv func(string) string) []error {
	if !strings.HasPrefix(getenv("AWS_EXECUTION_ENV"), "AWS_Lambda_") {
		return nil
	}
	var errs []error
	for _, name := range Overlay() {
		if getenv(name) != "" {
			errs = append(errs, fmt.Errorf("%s is for the local run and must not be set on Lambda", name))
		}
	}
	return errs
}

// Logger is the function's.
func (c Config) Logger() *slog.Logger { return telemetry.New(os.Stdout, c.LogLevel, c.Function) }

// UserAgent of calls to ConnectWise.
func (c Config) UserAgent() string { return fmt.Sprintf("psabridge/%s (%s)", Version, c.Function) }
