// Package app is the composition root: it reads the environment once, says
// everything that is wrong with it at once, and opens what the functions
// share. Each function's own wiring is a package below, so that no function
// carries what it does not use.
package app

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"

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
	EventBusName                   string
	SecretPrefix                   string
	InstallationID                 string
	ConnectWiseClientID            string
	ConnectWiseAPIVersion          string
	ProductName                    string
	AccountClaim, RolesClaim       string
	KindClaim                      string
	// Issuer, Audience and ConsoleClientID are what the console signs in with.
	Issuer, Audience, ConsoleClientID string

	// AllowLoopback lets a ConnectWise at a loopback address be connected
	// over plain http: the local run only.
	AllowLoopback bool
}

// variable is one name of the environment: where it goes and what it may be.
type variable struct {
	name    string
	to      func(*Config) *string
	pattern *regexp.Regexp
}

func variables() []variable {
	text := regexp.MustCompile(`^[^\x00-\x1f]+$`)
	guid := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	queue := regexp.MustCompile(`^https?://\S+$`)
	return []variable{
		{"STAGE", func(c *Config) *string { return &c.Stage }, text},
		{"LOG_LEVEL", func(c *Config) *string { return &c.LogLevel }, regexp.MustCompile(`^(DEBUG|INFO|WARN|ERROR)$`)},
		{"TABLE_NAME", func(c *Config) *string { return &c.TableName }, text},
		{"SYNC_QUEUE_URL", func(c *Config) *string { return &c.SyncQueueURL }, queue},
		{"CALLBACK_QUEUE_URL", func(c *Config) *string { return &c.CallbackQueueURL }, queue},
		{"EVENT_BUS_NAME", func(c *Config) *string { return &c.EventBusName }, text},
		{"SECRET_PREFIX", func(c *Config) *string { return &c.SecretPrefix }, text},
		{"INSTALLATION_ID", func(c *Config) *string { return &c.InstallationID }, text},
		{"CONNECTWISE_CLIENT_ID", func(c *Config) *string { return &c.ConnectWiseClientID }, guid},
		{"CONNECTWISE_API_VERSION", func(c *Config) *string { return &c.ConnectWiseAPIVersion }, text},
		{"PRODUCT_NAME", func(c *Config) *string { return &c.ProductName }, text},
		{"ACCOUNT_CLAIM", func(c *Config) *string { return &c.AccountClaim }, text},
		{"ROLES_CLAIM", func(c *Config) *string { return &c.RolesClaim }, text},
		{"AUDIENCE_KIND_CLAIM", func(c *Config) *string { return &c.KindClaim }, text},
		{"JWT_ISSUER", func(c *Config) *string { return &c.Issuer }, regexp.MustCompile(`^https?://[^\s?#]+$`)},
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
		case !v.pattern.MatchString(value):
			errs = append(errs, fmt.Errorf("%s does not match %s", v.name, v.pattern))
		}
		*v.to(&cfg) = value
	}
	cfg.AllowLoopback = getenv(allowLoopback) == "1"
	if len(errs) > 0 {
		return Config{}, fmt.Errorf("environment of %s: %w", function, errors.Join(errs...))
	}
	return cfg, nil
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
