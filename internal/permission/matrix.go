package permission

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/psabridge/psabridge/internal/problem"
)

// Port asks one ConnectWise as one API member. Every error carries a
// problem.Code, and is psa.ErrNotFound only where ConnectWise says that there
// is no such record. Methods are safe for concurrent use and repeat no write.
type Port interface {
	// Read lists at most one record of path and counts those that the API
	// member sees; visible is nil if counting failed.
	Read(ctx context.Context, path string) (visible *int, err error)
	// Touch sends p, which cannot change anything, once. A nil error is a
	// success.
	Touch(ctx context.Context, p Probe) error
	// Control makes a call that needs keys and no right.
	Control(ctx context.Context) error
}

// Limits of a Matrix: the zero value means the defaults, probes side by side,
// and the time that one probe may take. Their context bounds all of them.
type Limits struct {
	AtOnce int
	Each   time.Duration
}

const (
	defaultAtOnce = 3
	defaultEach   = 6 * time.Second
)

// Matrix finds out about every right that the features need. known are calls
// that were made already; they are not made again. It is never an error:
// what could not be asked is a finding too, and stops nothing else.
func Matrix(ctx context.Context, port Port, names []Name, known map[Probe]Observation, now func() time.Time, limits Limits) []Finding {
	needs := Needs(names)
	m := &matrix{port: port, now: now, limits: limits, seen: ask(needs, known)}
	m.run(ctx)
	control := m.control(ctx)
	findings := make([]Finding, len(needs))
	for i, n := range needs {
		findings[i] = m.judge(n, control)
	}
	return findings
}

type matrix struct {
	port   Port
	now    func() time.Time
	limits Limits
	// seen has an entry for each probe; its pointer is nil until it is made.
	seen map[Probe]*Observation
}

// ask lists the probes of all needs, each once.
func ask(needs []Need, known map[Probe]Observation) map[Probe]*Observation {
	out := map[Probe]*Observation{}
	for _, n := range needs {
		for _, c := range n.calls {
			if c.Blind != "" {
				continue
			}
			p := c.probe()
			o := new(Observation)
			*o = known[p]
			out[p] = o
		}
	}
	return out
}

func (m *matrix) run(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(cmp.Or(m.limits.AtOnce, defaultAtOnce))
	for p, o := range m.seen {
		if !o.At.IsZero() {
			continue
		}
		g.Go(func() error {
			*o = m.probe(ctx, p)
			return nil // one that failed does not stop the others
		})
	}
	_ = g.Wait() // the errors are in the observations
}

func (m *matrix) probe(ctx context.Context, p Probe) Observation {
	o := Observation{At: m.now().UTC()}
	o.Err = m.within(ctx, func(ctx context.Context) (err error) {
		if p.Method == http.MethodGet && !p.below() {
			o.Visible, err = m.port.Read(ctx, p.Path)
			return err
		}
		return m.port.Touch(ctx, p)
	})
	return o
}

// within says of a ConnectWise that used its time up that it is slow.
func (m *matrix) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(m.limits.Each, defaultEach))
	defer cancel()
	err := f(ctx)
	if err != nil && problem.CodeOf(err) == problem.Internal && errors.Is(err, context.DeadlineExceeded) {
		return problem.New(problem.ConnectWiseDown, "ConnectWise did not answer in time.", "Try again in a few minutes.").Wrap(err)
	}
	return err
}

// control says whether refusals can be believed. A read that succeeded shows
// that keys and clientId are accepted. Without one, a call that needs no right
// must succeed: else everything was refused for another reason, whatever the
// status (facts 13.1, pitfall P13).
func (m *matrix) control(ctx context.Context) error {
	for p, o := range m.seen {
		if p.Method == http.MethodGet && o.Err == nil {
			return nil
		}
	}
	if len(m.seen) == 0 {
		return nil
	}
	err := m.within(ctx, m.port.Control)
	if problem.CodeOf(err) == problem.PermissionMissing {
		return problem.New(problem.ClientIDRefused, "ConnectWise refuses even what needs no right.",
			"Check that the API member is active. If it is, contact the product's support: ConnectWise may not accept this product's client ID.").Wrap(err)
	}
	return err
}

// judge combines what the right's calls show.
func (m *matrix) judge(n Need, control error) Finding {
	best := Finding{Need: n}.unproven("")
	best.At = m.now().UTC()
	for _, c := range n.calls {
		p := c.probe()
		if c.Blind != "" {
			best = m.blind(best, c)
			continue
		}
		o := *m.seen[p]
		f := judge(n, p, o)
		if control != nil && believed(o.Err) {
			f = Finding{Need: n, At: o.At}.failed(problem.From(control))
		}
		if f.State.strength() > best.State.strength() || best.Detail == "" {
			best = f
		}
	}
	return best
}

// blind adds what can be said of a right that no harmless call shows: why, and
// how many records another call, made for another right, has shown.
func (m *matrix) blind(f Finding, c Call) Finding {
	if f.State != Unproven {
		return f
	}
	if f.Detail == "" {
		f.Detail = c.Blind
	}
	if o := m.seen[c.probe()]; o != nil && o.Err == nil {
		f.Visible = o.Visible
	}
	return f
}

// believed: errors that speak of what was asked, and not of the way there.
// They count only while a control read works.
func believed(err error) bool {
	switch problem.CodeOf(err) {
	case problem.PermissionMissing, problem.ConnectWiseInvalid, problem.ConnectWiseNotFound:
		return true
	default:
		return false
	}
}
