// Package host runs the functions of template.yaml on a developer's machine:
// the unchanged binaries that are deployed, behind an HTTP API, event source
// mappings, schedules and rules that are read from the template itself. What
// is wrong in the template fails here.
//
// The one thing that a function sees and would not see on AWS is the overlay
// of its environment: see Overlay.
package host

import (
	"io"
	"log/slog"
	"net"
	"path"
	"path/filepath"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

// Config says what to run and how.
type Config struct {
	// Template is the path of the template.
	Template string
	// BuildDir holds <function>/bootstrap, built for this machine.
	BuildDir string
	// LogDir gets one file per function; empty keeps no logs.
	LogDir string
	// Terminal, if set, gets the functions' output too.
	Terminal io.Writer

	Endpoints localaws.Endpoints
	// EventBridge takes the rules that have patterns.
	EventBridge *eventbridge.Server

	// Listener is where the HTTP API answers.
	Listener net.Listener
	// Parameters and Loopback are the template's; see template.Options.
	Parameters, Loopback map[string]string
	// StackName stands in the names of resources; default "psabridge".
	StackName string

	// Speed divides time-outs of functions, visibility time-outs and rates
	// of schedules; default 1.
	Speed float64
	// Concurrency limits the processes of a function, by its short name;
	// DefaultConcurrency those of the others (default 4).
	Concurrency        map[string]int
	DefaultConcurrency int
	// FireAtOnce has schedules fire at the start too, NoSchedules never but
	// by Fire.
	FireAtOnce, NoSchedules bool
	// Production leaves out of the overlay what AWS does not need, so that the
	// functions guard their calls as they do on Lambda: no loopback address.
	Production bool
	// ConnectWise is the base address of a ConnectWise that the functions'
	// calls are to reach through this host; see Host.ConnectWiseURL.
	ConnectWise string
	// ConnectWiseListener is where it does so; default a free port.
	ConnectWiseListener net.Listener

	Logger *slog.Logger
}

const (
	defaultConcurrency = 4
	overlayLoopback    = "PSABRIDGE_ALLOW_LOOPBACK"
)

// Overlay is the closed list of names that the host adds to a function's
// environment. The template may set none of them, and the functions refuse
// to start with any of them on Lambda.
func Overlay() []string {
	return []string{
		"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_EVENTBRIDGE",
		overlayLoopback,
	}
}

func (c Config) withDefaults() Config {
	if c.StackName == "" {
		c.StackName = "psabridge"
	}
	if c.Speed <= 0 {
		c.Speed = 1
	}
	if c.DefaultConcurrency < 1 {
		c.DefaultConcurrency = defaultConcurrency
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// shortName is what a function is called in the project: the folder that its
// artefact is in.
func shortName(f template.Function) string {
	return path.Base(strings.TrimSuffix(f.CodeURI, "/"))
}

func (c Config) bootstrap(f template.Function) (string, error) {
	return filepath.Abs(filepath.Join(c.BuildDir, shortName(f), "bootstrap"))
}

// limit is how many processes of a function may run side by side.
func (c Config) limit(f template.Function) int {
	n := c.DefaultConcurrency
	if own, ok := c.Concurrency[shortName(f)]; ok {
		n = own
	}
	if f.Concurrency > 0 {
		n = min(n, f.Concurrency)
	}
	return n
}
