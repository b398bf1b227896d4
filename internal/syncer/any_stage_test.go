package syncer_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// A stage is a table, the ConnectWises of two accounts and a queue. What
// processes do to them they do one call at a time, in an order that a schedule
// decides: a call waits until it is let go, while other processes, ConnectWise
// and time go on. All goroutines stand still whenever a schedule decides, so
// that a schedule is the same each time it is played.
type stage struct {
	table    *syncertest.Table
	accounts []*msp
	clock    time.Time
	queue    []queuedOn
	actors   []*actor
	slice    time.Duration
	skewed   bool
	calls    int
	// broken is the first thing that went wrong.
	broken error
}

// msp is an account: its ConnectWise and its connection.
type msp struct {
	scope   psa.Scope
	cw      *syncertest.ConnectWise
	types   []psa.DataType
	filter  filter.Filter
	choices int
	pending []delivery // callbacks on their way
	made    int
	// alive says when records were there, told which of those that are gone a
	// callback told of, dirty which changed without a trace.
	alive map[recordOf][]lifetime
	told  map[recordOf]bool
	dirty map[recordOf]bool
}

type recordOf struct {
	typ psa.DataType
	id  psa.RecordID
}

// lifetime ends with the zero time if it has not.
type lifetime struct{ from, until time.Time }

// delivery is a callback on its way.
type delivery struct {
	recordOf

	action string
}

// queuedOn is a message of either queue: body is a callback's.
type queuedOn struct {
	syncer.Message

	body     []byte
	of       *msp
	about    delivery
	sent, at time.Time
	received int
}

// actor is a process. It does one message, or one request, at a time.
type actor struct {
	stage  *stage
	skew   time.Duration
	engine *syncer.Engine
	worker *callback.Worker
	dead   bool

	mu     sync.Mutex // guards parked
	parked []*remoteCall

	tasks    chan func() // for the process's goroutine
	busy     bool
	message  *queuedOn
	deadline time.Time
	ended    bool
	err      error
}

// remoteCall waits to be made, since a time.
type remoteCall struct {
	name  string
	since time.Time
	fate  chan fate
}

// fate is what becomes of a call.
type fate int

const (
	made fate = iota
	diedBefore
	diedAfter    // the call arrived, its process did not live to see the answer
	failedBefore // no answer came
	failedAfter  // and yet the call arrived
)

var errStorage = errors.New("no answer in time")

const (
	taskTime   = 20 * time.Second // that a function has
	visibility = 2 * time.Minute
	dropAfter  = 6 // deliveries of a message
	mostCalls  = 60_000
	// writeTime is the table's limit for writing rows: readers of what changed
	// rely on it.
	writeTime = 8 * time.Second
)

func (s *stage) now() time.Time { return s.clock }

// actor begins a process.
func (s *stage) actor(skew time.Duration) *actor {
	p := &actor{stage: s, skew: skew}
	store := s.table.Store(p.now, p.call)
	p.engine = syncer.New(store, store, p, p, syncer.Options{PageSize: 2, InFlight: 2, Slice: s.slice, Now: p.now})
	p.worker = callback.NewWorker(callback.WorkerDeps{
		Engine: p.engine, Types: store, Rows: store, Endpoints: p, Keys: p, Limits: store, Lot: store, Wake: p, Now: p.now,
	})
	s.actors = append(s.actors, p)
	return p
}

func (p *actor) now() time.Time { return p.stage.clock.Add(p.skew) }

// call implements syncertest.Call.
func (p *actor) call(ctx context.Context, name string, do func() error) error {
	if p.dead {
		return errDead
	}
	c := &remoteCall{name: name, since: p.stage.clock, fate: make(chan fate)}
	p.mu.Lock()
	p.parked = append(p.parked, c)
	p.mu.Unlock()
	if ctx.Done() == nil { // which is cheaper
		f := <-c.fate
		return f.meet(name, do)
	}
	select {
	case f := <-c.fate:
		return f.meet(name, do)
	case <-ctx.Done():
		p.unpark(c)
		return ctx.Err()
	}
}

func (p *actor) unpark(c *remoteCall) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parked = slices.DeleteFunc(p.parked, func(o *remoteCall) bool { return o == c })
}

// tooLate is the fate of a call that was given up before it arrived.
func (f fate) tooLate() fate {
	if f == diedBefore || f == diedAfter {
		return diedBefore
	}
	return failedBefore
}

// meet is what a call comes to.
func (f fate) meet(name string, do func() error) error {
	var err error
	if f == made || f == diedAfter || f == failedAfter {
		err = do()
	}
	switch f {
	case made:
		return err
	case diedBefore, diedAfter:
		return errDead
	default:
		switch name {
		case "read", "get", "extent", "touched", "key":
			if f == failedAfter {
				return problem.New(problem.ConnectWiseThrottle, "Too many requests.", "").After(30 * time.Second)
			}
			return problem.New(problem.ConnectWiseDown, "No answer.", "")
		}
		return errStorage
	}
}

// Connect implements syncer.Connector.
func (p *actor) Connect(ctx context.Context, scope psa.Scope) (session syncer.Session, err error) {
	err = p.call(ctx, "connect", func() error {
		a := p.stage.account(scope)
		session = syncer.Session{
			Source: a.cw.Source(p.now, p.call), Filter: a.filter, FilterKey: fmt.Sprint(a.filter.Key(), "#", a.choices), Types: a.types,
		}
		return nil
	})
	return session, err
}

func (s *stage) account(scope psa.Scope) *msp {
	for _, a := range s.accounts {
		if a.scope == scope {
			return a
		}
	}
	return nil
}

// Wake implements syncer.Waker.
func (p *actor) Wake(ctx context.Context, m syncer.Message, delay time.Duration) error {
	return p.call(ctx, "wake "+string(m.Type)+strconv.Itoa(int(m.ID)), func() error {
		p.stage.queue = append(p.stage.queue, queuedOn{Message: m, of: p.stage.account(m.Scope()), at: p.stage.clock.Add(delay)})
		return nil
	})
}

// CallbackEndpoint implements callback.Endpoints.
func (p *actor) CallbackEndpoint(ctx context.Context, connection string) (e psa.CallbackEndpoint, err error) {
	err = p.call(ctx, "endpoint", func() error {
		for _, a := range p.stage.accounts {
			if string(a.scope.Account) == connection {
				e = psa.CallbackEndpoint{ConnectionID: connection, Scope: a.scope, CompanyID: "acme"}
			}
		}
		return nil
	})
	return e, err
}

// SigningKey implements callback.Keys.
func (p *actor) SigningKey(ctx context.Context, _ psa.Scope, _ string) (key string, err error) {
	err = p.call(ctx, "key", func() error {
		key = signingKey
		return nil
	})
	return key, err
}

// untilThen has a deadline that a function's context has; time passes on the
// stage.
type untilThen struct {
	context.Context //nolint:containedctx // it is one

	at time.Time
}

func (c untilThen) Deadline() (time.Time, bool) { return c.at, true }

// begin has a process do something, up to its first call.
func (p *actor) begin(m *queuedOn, do func(ctx context.Context) error) {
	p.busy, p.message, p.ended, p.err = true, m, false, nil
	p.deadline = p.stage.clock.Add(taskTime)
	ctx := untilThen{context.Background(), time.Now().Add(taskTime)}
	if p.tasks == nil {
		p.tasks = make(chan func())
		go func() {
			for task := range p.tasks {
				task()
			}
		}()
	}
	p.tasks <- func() {
		p.err = do(ctx)
		p.ended = true
	}
	synctest.Wait()
	p.settled()
}

// handle has a process do a message.
func (p *actor) handle(m queuedOn) {
	p.begin(&m, func(ctx context.Context) error {
		switch {
		case m.body != nil:
			return p.worker.Handle(ctx, m.body)
		case m.Kind == syncer.KindTick:
			return errors.Join(p.engine.Tick(ctx), p.worker.Tick(ctx))
		case m.Kind == syncer.KindRecord:
			return p.worker.Record(ctx, m.Message)
		case m.Kind == syncer.KindParked:
			return p.worker.Sweep(ctx, callback.LotKey{Scope: m.Scope(), Type: m.Type})
		default:
			return p.engine.Handle(ctx, m.Message)
		}
	})
}

// inOrder sorts the calls that wait. Those of one name are as good as each other,
// or of different lanes: those stay in the order in which they were made.
func (p *actor) inOrder() {
	slices.SortStableFunc(p.parked, func(a, b *remoteCall) int { return cmp.Compare(a.name, b.name) })
}

// step lets one of a process's calls go. A process whose time is over is ended.
func (p *actor) step(lane int, f fate) {
	s := p.stage
	s.calls++
	s.clock = s.clock.Add(7 * time.Millisecond)
	if late := s.clock.Sub(p.deadline); late > 0 && f < failedBefore && !s.skewed { // by its own clock it may be in time
		f = diedBefore
		if late < 5*time.Second {
			f = diedAfter
		}
	}
	p.inOrder()
	c := p.parked[lane%len(p.parked)]
	p.unpark(c)
	if c.name == "write" && s.clock.Sub(c.since) > writeTime {
		f = f.tooLate()
	}
	p.dead = p.dead || f == diedBefore || f == diedAfter
	c.fate <- f
	synctest.Wait()
	for p.dead && len(p.parked) > 0 {
		c := p.parked[0]
		p.unpark(c)
		c.fate <- diedBefore
		synctest.Wait()
	}
	p.settled()
}

// settled takes note of a process that has done what it was to do. What failed
// comes back for a while; so does what a process died over.
func (p *actor) settled() {
	if !p.ended {
		return
	}
	s := p.stage
	p.busy = false
	if p.dead {
		p.leave()
	}
	m := p.message
	if m == nil || m.Kind == syncer.KindTick {
		return
	}
	if p.err == nil {
		if m.body != nil && (m.about.action == "deleted" || m.about.action == "merged") {
			lives := m.of.alive[m.about.recordOf]
			end := lives[len(lives)-1].until
			m.of.told[m.about.recordOf] = !end.IsZero() && !m.sent.Before(end)
		}
		return
	}
	if m.received++; m.received >= dropAfter {
		delete(m.of.told, m.about.recordOf)
		delete(m.of.told, recordOf{m.Type, m.ID})
		return
	}
	m.at = s.clock.Add(visibility)
	s.queue = append(s.queue, *m)
}

// finish lets all calls of a process go.
func (p *actor) finish(lane int) {
	for n := 0; p.busy; n++ {
		if len(p.parked) == 0 {
			p.stage.failf("a process waits for nothing")
			p.busy = false
			return
		}
		if p.stage.calls > mostCalls {
			p.stage.failf("it does not end: the last call was %s", p.parked[0].name)
			p.kill()
			return
		}
		p.step(lane+n, made)
	}
}

// kill ends a process.
func (p *actor) kill() {
	p.dead = true
	for len(p.parked) > 0 {
		p.step(0, diedBefore)
	}
}

func (s *stage) failf(format string, args ...any) {
	if s.broken == nil {
		s.broken = fmt.Errorf(format, args...) //nolint:err113 // it is shown to people
	}
}

// leave ends a process that has nothing to do.
func (p *actor) leave() {
	p.stage.actors = slices.DeleteFunc(p.stage.actors, func(o *actor) bool { return o == p })
	if p.tasks != nil {
		close(p.tasks)
		p.tasks = nil
	}
}

// end ends all processes, so that nothing goes on.
func (s *stage) end() {
	for _, p := range slices.Clone(s.actors) {
		p.kill()
		p.leave()
	}
}

const signingKey = "a signing key"

// envelope is a delivery as the receiver puts it on the queue.
func (s *stage) envelope(a *msp, d delivery, signature func(body []byte) string) queuedOn {
	body := fmt.Appendf(nil, `{"Action":%q,"Type":%q,"ID":%d,"CompanyId":"acme","Metadata":{"key_url":"https://cw.example/key?companyName=acme"}}`,
		d.action, strings.TrimSuffix(strings.Replace(string(d.typ), "ies", "y", 1), "s"), d.id)
	e := callback.Envelope{
		V: callback.EnvelopeVersion, Kind: callback.Kind, Account: a.scope.Account, Generation: a.scope.Generation,
		Connection: string(a.scope.Account), Body: body, ReceivedAt: s.clock,
	}
	if signature != nil {
		e.Signature = signature(body)
	}
	raw, err := json.Marshal(e)
	if err != nil {
		s.failf("envelope: %w", err)
	}
	return queuedOn{body: raw, of: a, about: d, sent: s.clock, at: s.clock}
}
