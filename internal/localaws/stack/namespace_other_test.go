//go:build !linux

package stack_test

import (
	"net"
	"testing"
)

const (
	doorInside = "127.0.0.1:9001"
	dnsInside  = "127.0.0.53:53"
	silent     = "93.184.217.1"
)

// network needs Linux.
type network struct{ inside, outside *namespace }

type namespace struct{}

func newNetwork(t *testing.T) (n *network, reason string) {
	t.Helper()
	return nil, "network namespaces are Linux's"
}

func (*namespace) do(func() error) error                              { return nil }
func (*namespace) path() string                                       { return "" }
func (*namespace) listen(*testing.T, string, string) (l net.Listener) { return l }
func (*network) sent(*testing.T) []string                             { return nil }
func (*network) left(*testing.T) string                               { return "" }
