package localaws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/services"
)

const (
	startTimeout  = 20 * time.Second
	startAttempts = 5
)

// DynamoDB is a running local DynamoDB.
type DynamoDB struct {
	// URL is its endpoint, as in AWS_ENDPOINT_URL_DYNAMODB.
	URL string

	child *process
}

// StartDynamoDB starts a local DynamoDB on a free port of 127.0.0.1 and
// returns when it answers. It keeps its data in the file dbPath, or in memory
// where dbPath is empty. It ends with Close, and with this process.
func StartDynamoDB(ctx context.Context, dbPath string) (*DynamoDB, error) {
	program, err := services.Install(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		db, err := startDynoxide(ctx, program, dbPath)
		if err == nil {
			return db, nil
		}
		if attempt == startAttempts || ctx.Err() != nil {
			return nil, fmt.Errorf("start the local DynamoDB: %w", err)
		}
	}
}

// Close ends the local DynamoDB.
func (d *DynamoDB) Close() error {
	d.child.stop()
	return nil
}

// startDynoxide makes one attempt. Between freePort and the child's own bind
// the port can be taken: the child then says so and ends.
func startDynoxide(ctx context.Context, program, dbPath string) (*DynamoDB, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"--host", "127.0.0.1", "--port", strconv.Itoa(port)}
	if dbPath != "" {
		args = append(args, "--db-path", dbPath)
	}
	child, err := startProcess(program, args...)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	// The child prints this line after its bind, so that it is really this
	// child that listens there.
	if err := child.waitFor(ctx, "listening on http://"+address); err != nil {
		child.stop()
		return nil, err
	}
	return &DynamoDB{URL: "http://" + address, child: child}, nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	addr, err := netip.ParseAddrPort(l.Addr().String())
	return int(addr.Port()), errors.Join(err, l.Close())
}
