// Package eventbridge is a small EventBridge for a developer's machine and for
// tests: PutEvents, to buses and rules that are given at the start, as a
// deployment's template has them. Rules deliver to Go functions, and so to
// queues. It keeps the last events for whoever wants to see what was said.
//
// It has no schedules, archives, input transformers, or calls that change
// rules. Its behaviour suite is in the tests of package localaws, and runs
// against any other endpoint too.
package eventbridge

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

const (
	// keptEvents is how many events stay readable.
	keptEvents = 10_000

	deliveryAttempts = 5
	deliveryWait     = 200 * time.Millisecond
)

// Bus is an event bus with its rules.
type Bus struct {
	Name  string
	Rules []Rule
}

// Rule sends the events that fit its pattern to all its targets.
type Rule struct {
	Name    string
	Pattern Pattern
	Targets []Target
}

// Target receives events. It is called from several goroutines.
type Target struct {
	// Deliver takes the event as JSON, or Input. An error is tried again a
	// few times, and then logged.
	Deliver func(ctx context.Context, body []byte) error
	// Input takes the event's place where it is not empty.
	Input string
}

// Event is an event as EventBridge delivers it.
type Event struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`

	// Bus is the name of the bus it was put on.
	Bus string `json:"-"`
}

// Server is an http.Handler that answers as EventBridge does. It is safe for
// concurrent use.
type Server struct {
	region, account string
	log             *slog.Logger
	service         awsjson.Service
	deliveries      sync.WaitGroup
	run             func(delivery func(context.Context)) // beside the caller, until stop
	stop            context.CancelFunc

	mu     sync.Mutex
	buses  map[string]Bus
	events []Event
}

// New returns a server with the bus "default" and no rules; see SetBuses.
func New(region, account string, log *slog.Logger) *Server {
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{region: region, account: account, log: log, stop: stop}
	s.run = func(delivery func(context.Context)) { s.deliveries.Go(func() { delivery(ctx) }) }
	s.SetBuses(nil)
	s.service = awsjson.Service{
		Target: "AWSEvents", Version: "1.1",
		Operations: map[string]awsjson.Operation{"PutEvents": awsjson.Op(s.putEvents)},
	}
	return s
}

// SetBuses replaces all buses and their rules.
func (s *Server) SetBuses(buses []Bus) {
	byName := map[string]Bus{"default": {Name: "default"}}
	for _, b := range buses {
		byName[b.Name] = b
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buses = byName
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.service.ServeHTTP(w, r) }

// Events returns the last events, the oldest first.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Event(nil), s.events...)
}

// Close ends the deliveries that go on and waits for them.
func (s *Server) Close() error {
	s.stop()
	s.deliveries.Wait()
	return nil
}

// accept keeps an event and starts its deliveries. It reports whether there
// is such a bus.
func (s *Server) accept(e Event) (bool, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("encode the event: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bus, ok := s.buses[e.Bus]
	if !ok {
		return false, nil
	}
	s.events = append(s.events, e)
	if over := len(s.events) - keptEvents; over > 0 {
		s.events = append([]Event(nil), s.events[over:]...)
	}
	for _, rule := range bus.Rules {
		if rule.Pattern.Matches(body) {
			s.deliver(e, rule, body)
		}
	}
	return true, nil
}

func (s *Server) deliver(e Event, rule Rule, body []byte) {
	for _, target := range rule.Targets {
		text := body
		if target.Input != "" {
			text = []byte(target.Input)
		}
		s.run(func(ctx context.Context) {
			if err := target.try(ctx, text); err != nil {
				s.log.Error("event not delivered", "rule", rule.Name, "event", e.ID, "error", err)
			}
		})
	}
}

// try delivers, a few times if need be.
func (t Target) try(ctx context.Context, body []byte) error {
	for attempt := 1; ; attempt++ {
		err := t.Deliver(ctx, body)
		if err == nil || attempt == deliveryAttempts {
			return err
		}
		select {
		case <-time.After(deliveryWait):
		case <-ctx.Done():
			return err
		}
	}
}
