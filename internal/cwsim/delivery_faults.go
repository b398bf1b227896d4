package cwsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// DeliveryKind is what happens to a callback on its way.
type DeliveryKind string

// The kinds of delivery faults.
const (
	DeliveryLost   DeliveryKind = "lost"   // never posted
	DeliveryDouble DeliveryKind = "double" // posted twice
	DeliveryLate   DeliveryKind = "late"   // posted after DelayMS
	DeliveryHeld   DeliveryKind = "held"   // posted when ReleaseCallbacks is called, in any order
)

// DeliveryFault is a rule about callbacks. The first rule that hits decides.
type DeliveryFault struct {
	// Type and Action choose callbacks; empty means any.
	Type   string `json:"type,omitempty"`
	Action string `json:"action,omitempty"`
	// Nth hits only the nth callback that the rule sees, counted from 1; Times ends the rule after so many hits. 0 is no limit.
	Nth   int `json:"nth,omitempty"`
	Times int `json:"times,omitempty"`

	Kind    DeliveryKind `json:"kind"`
	DelayMS int          `json:"delayMs,omitempty"`

	seen, hits int
}

func (f *DeliveryFault) hit(kind, action string) bool {
	if f.Type != "" && !strings.EqualFold(f.Type, kind) || f.Action != "" && f.Action != action {
		return false
	}
	f.seen++
	if f.Nth > 0 && f.seen != f.Nth || f.Times > 0 && f.hits >= f.Times {
		return false
	}
	f.hits++
	return true
}

// SetDeliveryFaults replaces the rules about callbacks; counting starts anew.
func (s *Simulator) SetDeliveryFaults(rules ...DeliveryFault) error {
	fresh := make([]*DeliveryFault, len(rules))
	for i, f := range rules {
		if !slices.Contains([]DeliveryKind{DeliveryLost, DeliveryDouble, DeliveryLate, DeliveryHeld}, f.Kind) {
			return fmt.Errorf("delivery fault %q is not known", f.Kind)
		}
		f.seen, f.hits = 0, 0
		fresh[i] = &f
	}
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	s.sender.faults = fresh
	return nil
}

// dispatch sends a callback, or does what a rule says instead.
func (s *Simulator) dispatch(m message) {
	switch kind, delay := s.sender.decide(m); kind {
	case DeliveryLost:
	case DeliveryHeld:
		s.sender.hold(m)
	case DeliveryDouble:
		s.send(m, 0)
		s.send(m, 0)
	default:
		s.send(m, delay)
	}
}

func (s *sender) decide(m message) (DeliveryKind, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.hit(m.kind, m.action) {
			return f.Kind, time.Duration(f.DelayMS) * time.Millisecond
		}
	}
	return "", 0
}

func (s *sender) hold(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, m)
}

// HeldCallbacks returns how many callbacks wait to be released.
func (s *Simulator) HeldCallbacks() int {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	return len(s.sender.held)
}

// ReleaseCallbacks posts the callbacks that were held, one after the other in the order they arose in, or the other way round.
func (s *Simulator) ReleaseCallbacks(reversed bool) {
	s.sender.mu.Lock()
	held := s.sender.held
	s.sender.held = nil
	s.sender.mu.Unlock()
	if reversed {
		slices.Reverse(held)
	}
	s.sender.running.Go(func() {
		for _, m := range held {
			s.post(m)
		}
	})
}
