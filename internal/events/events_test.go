package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/smithy-go/middleware"

	"github.com/psabridge/psabridge/internal/events"
	localbus "github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/localawstest"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

var scope = psa.Scope{Account: "msp-1", Generation: 2}

// later keeps what is left to the queue.
type later struct {
	mu     sync.Mutex
	events []events.Event
	most   int // bytes of the details of one message
	err    error
}

func (l *later) put(_ context.Context, account psa.AccountID, list []events.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	size := 0
	for _, e := range list {
		size += len(e.Detail)
	}
	l.events, l.most = append(l.events, list...), max(l.most, size)
	if account != scope.Account {
		return fmt.Errorf("for account %s", account)
	}
	return nil
}

// newPublisher has a bus with a rule that hands every event to a queue.
func newPublisher(t *testing.T, faults *localawstest.Faults, more ...localawstest.APIOption) (p *events.Publisher, l *later, delivered chan localbus.Event, s *localbus.Server) {
	t.Helper()
	client, server := localawstest.EventBridge(t, append(more, faults.Apply)...)
	pattern, err := localbus.ParsePattern([]byte(`{"source":["psabridge"],"detail":{"account":["msp-1"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	delivered = make(chan localbus.Event, 5000)
	server.SetBuses([]localbus.Bus{{Name: "bus", Rules: []localbus.Rule{{Name: "product", Pattern: pattern, Targets: []localbus.Target{{
		Deliver: func(_ context.Context, body []byte) error {
			var e localbus.Event
			err := json.Unmarshal(body, &e)
			delivered <- e
			return err
		},
	}}}}}})
	l = &later{}
	return &events.Publisher{Bus: events.NewBus(client, "bus"), Defer: l.put, Log: slog.New(slog.DiscardHandler)}, l, delivered, server
}

func changes(n int) (out []syncer.RecordChange) {
	for i := range n {
		out = append(out, syncer.RecordChange{Type: psa.Companies, ID: psa.RecordID(i + 1), Change: syncer.Updated, ChangedAt: time.Unix(100, 5)})
	}
	return out
}

func finished() syncer.Run {
	return syncer.Run{
		ID: "01RUN", Scope: scope, Type: psa.Contacts, Mode: syncer.Full, State: syncer.Failed, RequestedAt: time.Unix(50, 0),
		FinishedAt: time.Unix(90, 0), Totals: syncer.Counts{Read: 7, Created: 3, Unchanged: 4},
		Failure: &syncer.Failure{Code: problem.NoProgress, Message: "words for people"},
	}
}

func TestEventsReachAQueue(t *testing.T) {
	t.Parallel()
	p, l, delivered, _ := newPublisher(t, &localawstest.Faults{})
	if err := p.RecordsChanged(t.Context(), scope, changes(37)); err != nil {
		t.Fatal(err)
	}
	if err := p.SyncFinished(t.Context(), finished()); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for range 38 {
		e := <-delivered
		kinds[e.DetailType]++
		if e.Source != "psabridge" || strings.Contains(string(e.Detail), "words for people") {
			t.Errorf("event %s %s", e.Source, e.Detail)
		}
	}
	if kinds["RecordChanged"] != 37 || kinds["SyncFinished"] != 1 || len(l.events) != 0 {
		t.Errorf("delivered %v, deferred %d", kinds, len(l.events))
	}
}

// refuse has a bus refuse the entries whose detail holds text, so many times.
func refuse(times int, text string) localawstest.APIOption {
	var mu sync.Mutex
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("refuse", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			put, _ := in.Parameters.(*eventbridge.PutEventsInput)
			mu.Lock()
			i := -1
			if times > 0 {
				i = slices.IndexFunc(put.Entries, entryWith(text))
			}
			var bad string
			if i >= 0 {
				times--
				bad, put.Entries[i].Detail = *put.Entries[i].Detail, new(string) // which EventBridge refuses
			}
			mu.Unlock()
			out, md, err := next.HandleInitialize(ctx, in)
			if i >= 0 {
				put.Entries[i].Detail = &bad
			}
			return out, md, err
		}), middleware.Before)
	}
}

func TestRefusedEntriesAreSentAgain(t *testing.T) {
	t.Parallel()
	p, l, delivered, _ := newPublisher(t, &localawstest.Faults{}, refuse(2, `"id":7,`))
	if err := p.RecordsChanged(t.Context(), scope, changes(10)); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for range 10 {
		e := <-delivered
		seen[string(e.Detail)]++
	}
	if len(seen) != 10 || len(l.events) != 0 {
		t.Errorf("%d of 10 delivered, %d deferred", len(seen), len(l.events))
	}
}

// What stays refused, and it alone, is left to the queue.
func TestWhatStaysRefusedIsLeftToTheQueue(t *testing.T) {
	t.Parallel()
	p, l, delivered, _ := newPublisher(t, &localawstest.Faults{}, refuse(100, `"id":7,`))
	if err := p.RecordsChanged(t.Context(), scope, changes(25)); err != nil {
		t.Fatal(err)
	}
	for range 24 {
		<-delivered
	}
	if len(l.events) != 1 || !strings.Contains(string(l.events[0].Detail), `"id":7,`) {
		t.Errorf("deferred %+v", l.events)
	}
}

// A bus that cannot be reached holds up nothing: its events wait on the queue,
// and reach it later. Only if the queue cannot be reached either, telling fails.
func TestABusThatCannotBeReached(t *testing.T) {
	t.Parallel()
	faults := &localawstest.Faults{}
	p, l, _, _ := newPublisher(t, faults)
	faults.Fail("PutEvents", 1000, errors.New("no way to the bus"))
	if err := p.RecordsChanged(t.Context(), scope, changes(2000)); err != nil {
		t.Fatal(err)
	}
	if len(l.events) != 2000 || l.most > 100<<10 {
		t.Errorf("deferred %d, the largest message %d bytes", len(l.events), l.most)
	}
	l.err = errors.New("no way to the queue")
	if err := p.SyncFinished(t.Context(), finished()); !errors.Is(err, l.err) {
		t.Errorf("with no way at all: %v", err)
	}
	reachable, _, delivered, _ := newPublisher(t, &localawstest.Faults{})
	if left, err := reachable.Bus.Put(t.Context(), l.events); len(left) != 0 || err != nil {
		t.Errorf("later: %d left, %v", len(left), err)
	}
	for range 2000 {
		<-delivered
	}
}

// A function without the right to the bus leaves everything to the queue.
func TestWithoutABus(t *testing.T) {
	t.Parallel()
	l := &later{}
	p := &events.Publisher{Defer: l.put}
	if err := p.RecordsChanged(t.Context(), scope, changes(3)); err != nil || len(l.events) != 3 {
		t.Errorf("deferred %d, %v", len(l.events), err)
	}
}
