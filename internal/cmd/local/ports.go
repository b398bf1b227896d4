package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
)

// ports are kept in the data folder: what has been connected to the simulator
// names its port.
type ports struct{ Console, Issuer, Simulator int }

func preferred() ports { return ports{Console: 8420, Issuer: 8421, Simulator: 8422} }

// choosePorts takes the ports of the last run, or the preferred ones, and
// another wherever one is taken.
func choosePorts(ctx context.Context, dir string) (ports, error) {
	path := filepath.Join(dir, "ports.json")
	p := preferred()
	data, err := os.ReadFile(path) //nolint:gosec // a file of the data folder
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return p, fmt.Errorf("read %s (delete it to begin anew): %w", path, err)
	}
	for _, port := range []*int{&p.Console, &p.Issuer, &p.Simulator} {
		if *port, err = usable(ctx, *port); err != nil {
			return p, err
		}
	}
	return p, save(path, p)
}

// usable returns the port if it is free, and another one if not.
func usable(ctx context.Context, port int) (int, error) {
	config := new(net.ListenConfig)
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		l, err = config.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	chosen, err := netip.ParseAddrPort(l.Addr().String())
	return int(chosen.Port()), errors.Join(err, l.Close())
}

func save(path string, p ports) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("remember the ports: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("remember the ports: %w", err)
	}
	return nil
}
