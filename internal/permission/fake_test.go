package permission_test

import (
	"context"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// member is an API member of a ConnectWise that does as it should, but for
// what errs says.
type member struct {
	errs    map[permission.Probe]error
	all     error
	control error
	// wait holds every call until the test lets it go.
	wait func(context.Context) error

	mu       sync.Mutex
	asked    map[permission.Probe]int
	now, max int
}

func (m *member) ask(ctx context.Context, p permission.Probe) error {
	m.mu.Lock()
	if m.asked == nil {
		m.asked = map[permission.Probe]int{}
	}
	m.asked[p]++
	m.now++
	m.max = max(m.max, m.now)
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		m.now--
		m.mu.Unlock()
	}()
	if m.wait != nil {
		if err := m.wait(ctx); err != nil {
			return err
		}
	}
	if err, ok := m.errs[p]; ok {
		return err
	}
	return m.all
}

func (m *member) Read(ctx context.Context, path string) (*int, error) {
	if err := m.ask(ctx, permission.Probe{Method: "GET", Path: path}); err != nil {
		return nil, err
	}
	n := 7
	return &n, nil
}

func (m *member) Touch(ctx context.Context, p permission.Probe) error {
	err := m.ask(ctx, p)
	switch {
	case err != nil:
		return err
	case p.Method == "POST":
		return invalid()
	}
	return notFound()
}

func (m *member) Control(context.Context) error { return m.control }

func invalid() error { return problem.New(problem.ConnectWiseInvalid, "no", "") }

func refused() error { return problem.New(problem.PermissionMissing, "no", "") }

func down() error { return problem.New(problem.ConnectWiseDown, "no", "wait") }

// notFound is a record that does not exist, noPath any other 404.
func notFound() error {
	return problem.New(problem.ConnectWiseNotFound, "no", "").Wrap(psa.ErrNotFound)
}

func noPath() error { return problem.New(problem.ConnectWiseNotFound, "no", "") }

func clock() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func everything() []permission.Name {
	var out []permission.Name
	for _, f := range permission.Features() {
		out = append(out, f.Name)
	}
	return out
}
