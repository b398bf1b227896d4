package syncer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/psabridge/psabridge/internal/app/connector"
	"github.com/psabridge/psabridge/internal/connectwise"
	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/dynamo"
	"github.com/psabridge/psabridge/internal/dynamo/dynamotest"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

var errDead = errors.New("the process is dead")

// mortal is a process's thread of life: it is cut before or after the nth
// remote call, and everything the process does from then on fails.
type mortal struct {
	mu    sync.Mutex
	calls int
	at    int  // 0: never
	after bool // the call is made, its answer never seen
	dead  bool
	// read, if set, happens after ConnectWise has answered and before the
	// process has the answer; it may be called side by side.
	read func(*http.Request)
}

func (m *mortal) call(do func() error) error {
	m.mu.Lock()
	m.calls++
	doomed := m.calls == m.at
	m.dead = m.dead || doomed && !m.after
	dead := m.dead
	m.mu.Unlock()
	if dead {
		return errDead
	}
	err := do()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = m.dead || doomed
	if m.dead {
		return errDead
	}
	return err
}

// RoundTrip makes calls to ConnectWise mortal.
func (m *mortal) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	died := m.call(func() error {
		resp, err = http.DefaultTransport.RoundTrip(r)
		if m.read != nil {
			m.read(r)
		}
		return nil
	})
	if died == nil {
		return resp, err
	}
	if resp != nil {
		_ = resp.Body.Close() // nobody is left to read it
	}
	return nil, died
}

// apply makes calls to the table mortal.
func (m *mortal) apply(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("mortal",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
			died := m.call(func() error {
				out, md, err = next.HandleInitialize(ctx, in)
				return nil
			})
			if died != nil {
				return middleware.InitializeOutput{}, md, died
			}
			return out, md, err
		}), middleware.Before)
}

// world is a ConnectWise, a table and a queue, in which processes come and go.
type world struct {
	t     testing.TB
	sim   *cwsim.Simulator
	url   string
	table string
	scope psa.Scope
	opt   syncer.Options
	// watch never dies and never works: it looks at what is stored.
	watch *process

	mu    sync.Mutex
	queue []queued
	delay []time.Duration // of the messages sent, for those that were delayed
	skew  time.Duration
	// night is when comparing was due last.
	night time.Time
	// filter is the connection's.
	filter filter.Filter
	// told is what processes tell of, if it is set.
	told *told
	// choices counts how often it was chosen.
	choices int
	// refuse, if set, is what opening the connection answers.
	refuse error
}

// queued is a message that a queue holds back until a time.
type queued struct {
	syncer.Message

	at time.Time
}

func newWorld(t testing.TB, cfg cwsim.Config) *world {
	t.Helper()
	sim := cwsim.New(cfg)
	srv, err := sim.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	_, table := dynamotest.New(t)
	w := &world{
		t: t, sim: sim, url: srv.URL, table: table, scope: psa.Scope{Account: "msp-1", Generation: 1},
		opt: syncer.Options{PageSize: 2, InFlight: 2},
	}
	w.watch = w.process(&mortal{})
	return w
}

// now is the clock of all processes; later moves it on.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.skew)
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skew += d
}

// process is one life of a worker.
type process struct {
	*mortal
	w      *world
	engine *syncer.Engine
	store  *dynamo.Store
	client *connectwise.Client
}

func (w *world) process(m *mortal) *process {
	w.t.Helper()
	p := &process{mortal: m, w: w}
	client := dynamotest.Client(w.t, m.apply)
	p.store = dynamo.New(dynamodb.New(client.Options()), w.table, w.now)
	opt := w.opt
	opt.Now = w.now
	if w.told != nil {
		opt.Events = teller{m, w.told}
	}
	p.engine = syncer.New(p.store.Runs(), p.store.Records(), p, p, opt)
	return p
}

// Connect implements syncer.Connector.
func (p *process) Connect(ctx context.Context, scope psa.Scope) (syncer.Session, error) {
	if scope != p.w.scope {
		return syncer.Session{}, problem.New(problem.NotConnected, "Not connected.", "")
	}
	if p.w.refuse != nil {
		return syncer.Session{}, p.w.refuse
	}
	if p.client == nil {
		client, err := p.open(ctx)
		if err != nil {
			return syncer.Session{}, err
		}
		p.client = client
	}
	chosen := p.w.filter.Key()
	if p.w.choices > 0 {
		chosen += fmt.Sprint("#", p.w.choices)
	}
	return syncer.Session{Source: connector.NewSource(p.client, p.w.now), Filter: p.w.filter, FilterKey: chosen, Types: p.w.types()}, nil
}

// types are all that there are.
func (w *world) types() (out []psa.DataType) {
	for _, t := range syncer.Types() {
		out = append(out, t.Name)
	}
	return out
}

func (p *process) open(ctx context.Context) (*connectwise.Client, error) {
	hc := &http.Client{Transport: p.mortal}
	companyID, public, private := p.w.sim.Credentials()
	address, _, err := connectwise.CleanServerURL(p.w.url, true)
	if err != nil {
		return nil, err
	}
	base, err := connectwise.Discoverer{HTTP: hc}.Discover(ctx, address, companyID)
	if err != nil {
		return nil, err
	}
	return connectwise.New(connectwise.Config{
		Base: base, Credentials: psa.Credentials{PublicKey: public, PrivateKey: private},
		ClientID: "11111111-2222-3333-4444-555555555555", HTTP: hc, Now: p.w.now,
	})
}

// Wake implements syncer.Waker: the world's queue, which loses nothing.
func (p *process) Wake(_ context.Context, m syncer.Message, delay time.Duration) error {
	return p.call(func() error {
		if m.Kind == syncer.KindParked {
			return nil // for the callbacks' worker, which this world has not
		}
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		at := time.Time{}
		if delay > 0 {
			at = time.Now().Add(p.w.skew + delay)
		}
		p.w.queue = append(p.w.queue, queued{m, at})
		if delay > 0 {
			p.w.delay = append(p.w.delay, delay)
		}
		return nil
	})
}

// take removes a message, the first that is due or any; time passes until then.
func (w *world) take(rng *rand.Rand) (syncer.Message, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return syncer.Message{}, false
	}
	i, now := 0, time.Now().Add(w.skew)
	for j, m := range w.queue {
		if w.queue[i].at.After(now) && m.at.Before(w.queue[i].at) {
			i = j
		}
	}
	if rng != nil {
		i = rng.IntN(len(w.queue))
	}
	m := w.queue[i]
	w.skew += max(m.at.Sub(now), 0)
	w.queue = append(w.queue[:i:i], w.queue[i+1:]...)
	return m.Message, true
}

func (w *world) put(m syncer.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, queued{Message: m})
}

// handle gives p a message with a worker's deadline.
func (p *process) handle(m syncer.Message) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return p.engine.Handle(ctx, m)
}

// drain works until the queue is empty. A process that dies leaves its message
// on the queue, and the next one begins when the leases have run out.
func (w *world) drain(p *process) *process {
	w.t.Helper()
	for range 2000 {
		m, ok := w.take(nil)
		if !ok {
			return p
		}
		err := p.handle(m)
		switch {
		case p.dead:
			w.put(m)
			w.later(2 * time.Minute)
			p = w.process(&mortal{})
		case err != nil:
			w.t.Fatalf("message %+v: %v", m, err)
		}
	}
	w.t.Fatal("the queue does not get empty")
	return nil
}

// settle drains, ticks and drains until no run is active.
func (w *world) settle(p *process) *process {
	w.t.Helper()
	for range 20 {
		p = w.drain(p)
		if !w.active() {
			return p
		}
		w.later(3 * time.Minute)
		if err := p.handle(syncer.Message{Kind: syncer.KindTick}); err != nil && !p.dead {
			w.t.Fatalf("tick: %v", err)
		}
		if p.dead {
			p = w.process(&mortal{})
		}
	}
	w.t.Fatal("a run does not end")
	return nil
}

func (w *world) active() bool {
	w.t.Helper()
	for _, run := range w.runs() {
		if run.State.Active() {
			return true
		}
	}
	return false
}

// runs lists all runs, newest first.
func (w *world) runs() []syncer.Run {
	w.t.Helper()
	runs, _, err := w.watch.store.Runs().Runs(context.Background(), w.scope, "", syncer.Page{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	return runs
}

func (w *world) start(p *process, types ...psa.DataType) []syncer.Started {
	w.t.Helper()
	started, err := p.engine.Start(context.Background(), w.scope, types, "", "tester")
	if err != nil {
		w.t.Fatal(err)
	}
	return started
}

// stored is every living row of a type: id to kept fields.
func (w *world) stored(typ psa.DataType) map[psa.RecordID]string {
	w.t.Helper()
	out := map[psa.RecordID]string{}
	page := syncer.Page{Limit: 1000}
	for {
		rows, next, err := w.watch.store.Records().List(context.Background(), w.scope, typ, page)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range rows {
			out[r.ID] = string(r.Data)
		}
		if next == "" {
			return out
		}
		page.After = next
	}
}

// company adds or edits a company in ConnectWise.
func (w *world) company(members map[string]any) psa.RecordID {
	w.t.Helper()
	id, err := w.sim.Put(cwsim.Companies, members)
	if err != nil {
		w.t.Fatal(err)
	}
	return psa.RecordID(id)
}

func (w *world) contact(members map[string]any) psa.RecordID {
	w.t.Helper()
	id, err := w.sim.Put(cwsim.Contacts, members)
	if err != nil {
		w.t.Fatal(err)
	}
	return psa.RecordID(id)
}

func ref(id psa.RecordID) map[string]any { return map[string]any{"id": int64(id)} }

// fill makes n companies, and a contact for each; every fifth contact has no
// company.
func (w *world) fill(n int) (companies []psa.RecordID) {
	w.t.Helper()
	for i := range n {
		id := w.company(map[string]any{"name": fmt.Sprintf("Company %d", i), "identifier": fmt.Sprintf("c%d", i)})
		companies = append(companies, id)
		members := map[string]any{"firstName": fmt.Sprintf("Person %d", i), "company": ref(id)}
		if i%5 == 4 {
			delete(members, "company")
		}
		w.contact(members)
	}
	return companies
}

// field reads one kept field of a stored row.
func field(t testing.TB, data, name string) any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(data), &m); err != nil {
		t.Fatal(err)
	}
	return m[name]
}
