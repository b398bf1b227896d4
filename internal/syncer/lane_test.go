package syncer_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// line is a worker, its queue, and a ConnectWise that answers one request at a
// time.
type line struct {
	t      *testing.T
	table  *syncertest.Table
	cw     *syncertest.ConnectWise
	store  *syncertest.Store
	engine *syncer.Engine
	queue  []syncer.Message
	delays []time.Duration

	one sync.Mutex // guards the rest
	// reading has one while ConnectWise answers.
	reading chan struct{}
	reads   int
	// fail, if set, says what becomes of a call.
	fail func(name string, n int) error
}

var lineScope = psa.Scope{Account: "msp-1", Generation: 1}

const (
	readTime = 300 * time.Millisecond
	rowTime  = 40 * time.Millisecond // of a row
	linePage = 5
)

// newLine has companies with the ids 1 to n.
func newLine(t *testing.T, n int, opt syncer.Options) *line {
	t.Helper()
	l := &line{t: t, table: syncertest.NewTable(), cw: syncertest.NewConnectWise(time.Now), reading: make(chan struct{}, 1)}
	for range n {
		l.cw.Put(syncertest.Record{Type: psa.Companies})
	}
	l.store = l.table.Store(time.Now, l.call)
	l.engine = syncer.New(l.store, l.store, l, l, opt)
	return l
}

// call takes its time.
func (l *line) call(ctx context.Context, name string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.one.Lock()
	n := l.reads
	if name == "read" {
		l.reads++
	}
	l.one.Unlock()
	if l.fail != nil {
		if err := l.fail(name, n); err != nil {
			return err
		}
	}
	switch name {
	case "read":
		select {
		case l.reading <- struct{}{}:
			defer func() { <-l.reading }()
			return l.pass(ctx, readTime, do)
		case <-ctx.Done():
			return ctx.Err()
		}
	case "write":
		return l.pass(ctx, rowTime, do)
	}
	return do()
}

func (l *line) pass(ctx context.Context, d time.Duration, do func() error) error {
	select {
	case <-time.After(d):
		return do()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Connect implements syncer.Connector.
func (l *line) Connect(context.Context, psa.Scope) (syncer.Session, error) {
	return syncer.Session{Source: l.cw.Source(time.Now, l.call), Types: []psa.DataType{psa.Companies}}, nil
}

// Wake implements syncer.Waker.
func (l *line) Wake(_ context.Context, m syncer.Message, delay time.Duration) error {
	if m.Kind == syncer.KindParked {
		return nil // there are no callbacks
	}
	l.queue, l.delays = append(l.queue, m), append(l.delays, delay)
	return nil
}

// start asks for the first run, and plans it.
func (l *line) start() (run string) {
	l.t.Helper()
	started, err := l.engine.Start(l.t.Context(), lineScope, []psa.DataType{psa.Companies}, "", "test")
	if err != nil {
		l.t.Fatal(err)
	}
	l.next()
	return started[0].Run.ID
}

// next has the worker do the first message of the queue.
func (l *line) next() {
	l.t.Helper()
	m := l.queue[0]
	l.queue, l.delays = l.queue[1:], l.delays[1:]
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	if err := l.engine.Handle(ctx, m); err != nil {
		l.t.Fatal(err)
	}
}

func (l *line) shards(run string) []syncer.Shard {
	l.t.Helper()
	shards, err := l.store.Shards(l.t.Context(), lineScope, run)
	if err != nil {
		l.t.Fatal(err)
	}
	return shards
}

// While a page of one shard is kept, ConnectWise answers for the other: a run
// takes no longer than the answers do. A worker holds two pages at most.
func TestAPageIsReadWhileAnotherIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 200, syncer.Options{PageSize: linePage, InFlight: 1, Slice: time.Hour})
		held, most := 0, 0
		l.table.OnAdvance = func(old, shard syncer.Shard) {
			if shard.Cursor != old.Cursor || shard.Done {
				held--
			}
		}
		l.fail = func(name string, _ int) error {
			if name == "read" {
				l.one.Lock()
				defer l.one.Unlock()
				held++
				most = max(most, held)
			}
			return nil
		}
		run := l.start()
		began := time.Now()
		l.next()
		// The last shard has nothing beside it.
		floor := time.Duration(l.reads) * readTime
		if took := time.Since(began); took > floor+3*linePage*rowTime {
			t.Errorf("%d pages took %s, their answers alone %s", l.reads, took, floor)
		}
		got, err := l.store.Run(t.Context(), lineScope, run)
		if err != nil || got.State != syncer.Succeeded || got.Totals.Created != 200 || most > 2 {
			t.Errorf("%+v, %v; at most %d pages were held", got, err, most)
		}
	})
}

// A worker is woken by one message and sends on one, however it ends: all other
// shards of its sleep, and can be taken on.
func TestOneMessageGoesOn(t *testing.T) {
	t.Parallel()
	busy := problem.New(problem.ConnectWiseThrottle, "Too many requests.", "").After(30 * time.Second)
	for _, tt := range []struct {
		name  string
		slice time.Duration
		fail  func(name string, n int) error
		delay time.Duration
	}{
		{"the time is up", 2 * time.Second, nil, 0},
		{"ConnectWise refuses", time.Hour, func(name string, n int) error {
			if name == "read" && n >= 5 {
				return busy
			}
			return nil
		}, 30 * time.Second},
		{"the table fails", time.Hour, func(name string, n int) error {
			if name == "write" && n >= 5 {
				return errors.New("no answer")
			}
			return nil
		}, 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLine(t, 200, syncer.Options{PageSize: linePage, InFlight: 1, Slice: tt.slice})
			l.fail = tt.fail
			run := l.start()
			l.next()
			shards := l.shards(run)
			var awake, begun []int
			for _, s := range shards {
				if s.Owner != "" {
					t.Errorf("%s: shard %d is held", tt.name, s.No)
				}
				if !s.Done && !s.Asleep(time.Now()) {
					awake = append(awake, s.No)
				}
				if s.Cursor > s.Lo && !s.Done {
					begun = append(begun, s.No)
				}
			}
			if len(awake) != 1 || len(l.queue) != 1 || l.queue[0].No != awake[0] || l.delays[0] != tt.delay || len(begun) != 2 {
				t.Fatalf("%s: %v awake, messages %+v after %v, %v begun", tt.name, awake, l.queue, l.delays, begun)
			}
			l.fail = nil
			for len(l.queue) > 0 {
				l.next()
			}
			got, err := l.store.Run(t.Context(), lineScope, run)
			if err != nil || got.State != syncer.Succeeded || got.Totals.Created != 200 {
				t.Errorf("%s: %+v, %v", tt.name, got, err)
			}
		})
	}
}

// What a dead worker held is not lost: the tick wakes as many workers as there
// were, and no more.
func TestTheDeadLeaveOneMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t, 200, syncer.Options{PageSize: linePage, InFlight: 1, Slice: time.Hour})
		run := l.start()
		for range 3 {
			last := l.reads + 6
			l.fail = func(_ string, n int) error {
				if n >= last {
					return errDead
				}
				return nil
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := l.engine.Handle(ctx, l.queue[0]); err == nil {
				t.Fatal("it lives")
			}
			l.queue, l.delays, l.fail = nil, nil, nil
			if held := slices.DeleteFunc(l.shards(run), func(s syncer.Shard) bool { return s.Owner == "" }); len(held) != 2 {
				t.Fatalf("it held %+v", held)
			}
			time.Sleep(20 * time.Minute)
			if err := l.engine.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(l.queue) != 1 {
				t.Fatalf("%d messages: %+v", len(l.queue), l.queue)
			}
		}
		l.next()
		got, err := l.store.Run(t.Context(), lineScope, run)
		if err != nil || got.State != syncer.Succeeded || got.Totals.Created != 200 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
