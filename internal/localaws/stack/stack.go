// Package stack is the whole local installation in one piece: AWS services,
// ConnectWise simulator, issuer and the hosted functions of template.yaml.
// `make run`, the demo and the tests start the same one.
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/host"
	"github.com/psabridge/psabridge/internal/localaws/issuer"
)

// ClientID is the clientId that functions send and the simulator accepts.
const ClientID = "00000000-0000-4000-8000-00000000d3a0"

// Config says what to start. Its zero value is a run of its own: in memory, on
// free ports, with an empty simulator.
type Config struct {
	// Root is the repository's folder; default the one that holds go.mod, at
	// or above the working directory.
	Root string
	// DataDir keeps tables, secrets, the issuer's key and the functions' logs
	// from one run to the next; empty keeps nothing.
	DataDir string
	// Ports of 127.0.0.1; 0 takes a free one.
	ConsolePort, IssuerPort, SimulatorPort int
	// Simulator is the simulated ConnectWise and its demo data.
	Simulator cwsim.Config
	// CountConnectWise leads the functions' calls to ConnectWise through the
	// host, which counts them with the others: see host.Crash.
	CountConnectWise bool
	// Parameters of the template, besides those that are set here.
	Parameters map[string]string
	// Adjust changes the host's configuration before it starts.
	Adjust func(*host.Config)
	// Terminal gets the functions' output.
	Terminal io.Writer
	Logger   *slog.Logger
}

// Stack is a running installation.
type Stack struct {
	// BaseURL is the console's address; the API is below it at /v1.
	BaseURL string
	// ConnectWiseURL is the server to connect to.
	ConnectWiseURL string

	Services  *localaws.Services
	Simulator *cwsim.Simulator
	Issuer    *issuer.Issuer
	Host      *host.Host

	closers []func() error
}

// Start starts everything. The functions must have been built: see Build. The
// context bounds the start only.
func Start(ctx context.Context, c Config) (_ *Stack, err error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Root, err = root(c.Root); err != nil {
		return nil, err
	}
	s := &Stack{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	s.Services, err = localaws.Start(ctx, localaws.Config{DataDir: c.in("aws"), Log: c.Logger})
	if err != nil {
		return nil, err
	}
	s.onClose(s.Services)
	console, err := listen(ctx, c.ConsolePort)
	if err != nil {
		return nil, err
	}
	s.BaseURL = "http://" + console.Addr().String()
	if err := s.startIssuer(ctx, c, console.Addr()); err != nil {
		return nil, errors.Join(err, console.Close())
	}
	front, err := s.startSimulator(ctx, c)
	if err != nil {
		return nil, errors.Join(err, console.Close())
	}
	if s.Host, err = host.Start(ctx, s.hostConfig(c, console, front)); err != nil {
		return nil, err
	}
	s.onClose(s.Host)
	return s, nil
}

// demoProducts are what the demo vendor sells.
const demoProducts = `[` +
	`{"sku":"core","name":"Core","meter":"seats"},` +
	`{"sku":"email-protect","name":"Email Protect","meter":"seats"},` +
	`{"sku":"complete-protect","name":"Complete Protect","meter":"seats"},` +
	`{"sku":"ato","name":"Account Takeover","meter":"seats","addOn":true},` +
	`{"sku":"dmarc","name":"DMARC","meter":"domains","addOn":true},` +
	`{"sku":"sat-plus","name":"SAT Bundle Plus","meter":"seats","addOn":true}]`

// Close ends everything, the last one started first.
func (s *Stack) Close() error {
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Stack) onClose(c io.Closer) { s.closers = append(s.closers, c.Close) }

func (s *Stack) startIssuer(ctx context.Context, c Config, console net.Addr) error {
	l, err := listen(ctx, c.IssuerPort)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(console.String())
	if err != nil {
		return fmt.Errorf("the console's address: %w", err)
	}
	s.Issuer, err = issuer.Start(issuer.Config{
		KeyFile: c.in("issuer.key"), Listener: l,
		Origins: []string{s.BaseURL, "http://localhost:" + port},
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.onClose(s.Issuer)
	return nil
}

// startSimulator returns the listener of the counting front, if there is one.
func (s *Stack) startSimulator(ctx context.Context, c Config) (net.Listener, error) {
	var front net.Listener
	if c.CountConnectWise {
		var err error
		if front, err = listen(ctx, 0); err != nil {
			return nil, err
		}
		c.Simulator.URL = "http://" + front.Addr().String()
	}
	if c.Simulator.ClientIDs == nil {
		c.Simulator.ClientIDs = []string{ClientID}
	}
	s.Simulator = cwsim.New(c.Simulator)
	server, err := s.Simulator.Start(address(c.SimulatorPort))
	if err != nil {
		return nil, err
	}
	s.onClose(server)
	s.ConnectWiseURL = server.URL
	return front, nil
}

func (s *Stack) hostConfig(c Config, console, front net.Listener) host.Config {
	h := host.Config{
		Template: filepath.Join(c.Root, "template.yaml"), BuildDir: BuildDir(c.Root), LogDir: c.in("logs"),
		Terminal: c.Terminal, Endpoints: s.Services.Endpoints, EventBridge: s.Services.EventBridge,
		Listener: console, Logger: c.Logger,
		Parameters: map[string]string{"InstallationId": "local", "ConnectWiseClientId": ClientID, "Products": demoProducts},
		Loopback:   map[string]string{"JwtIssuer": s.Issuer.URL},
	}
	maps.Copy(h.Parameters, c.Parameters)
	if front != nil {
		h.ConnectWise, h.ConnectWiseListener = s.ConnectWiseURL, front
		s.ConnectWiseURL = "http://" + front.Addr().String()
	}
	if c.Adjust != nil {
		c.Adjust(&h)
	}
	return h
}

// in is a path in the data folder, empty where there is none.
func (c Config) in(name string) string {
	if c.DataDir == "" {
		return ""
	}
	return filepath.Join(c.DataDir, name)
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func listen(ctx context.Context, port int) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address(port))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

// Token signs an access token of a demo person for the functions' API.
func (s *Stack) Token(person string) (string, error) {
	token, err := s.Issuer.TokenFor(person)
	if err != nil {
		return "", fmt.Errorf("sign in as %s: %w", person, err)
	}
	return strings.TrimSpace(token), nil
}

// ProductToken signs the access token of the vendor's product for an account's
// tenants and usage.
func (s *Stack) ProductToken(account string) (string, error) {
	token, err := s.Issuer.Token(map[string]any{"sub": "demo-product", "account": account, "scope": "tenants:write usage:write"})
	if err != nil {
		return "", fmt.Errorf("token of the product: %w", err)
	}
	return token, nil
}
