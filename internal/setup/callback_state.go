package setup

import (
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// CallbackState says how far registering callbacks with ConnectWise has come.
type CallbackState string

// The states; "" is never tried.
const (
	CallbacksRegistering CallbackState = "registering" // somebody does it, or died doing it
	CallbacksRegistered  CallbackState = "registered"
	CallbacksFailed      CallbackState = "failed"
)

// Callbacks is a connection's callback state, since At. Warning is set when
// something is not as it should be; Failures counts how often registering
// failed since it last succeeded.
type Callbacks struct {
	State    CallbackState
	At       time.Time
	Warning  *Warning
	Failures int
	// Types says how the callback of each enabled type stands that has one,
	// in the table's order, as far as it was looked at.
	Types []TypeCallback
}

// TypeCallback says how ConnectWise's calls for one data type stand.
type TypeCallback struct {
	Type  psa.DataType
	State TypeCallbackState
	// Since is when it was first found so.
	Since time.Time
	// RegisteredAt is when it was first active, zero if it never was.
	RegisteredAt time.Time
	// RepairedAt is when it was last put right after it had been active, zero
	// if it never was; Repairs counts how often.
	RepairedAt time.Time
	Repairs    int
}

// TypeCallbackState is how a look at ConnectWise finds a type's callback.
type TypeCallbackState string

// The states of a type's callback.
const (
	CallbackActive   TypeCallbackState = "active"
	CallbackMissing  TypeCallbackState = "missing"
	CallbackInactive TypeCallbackState = "inactive" // ConnectWise turns it off after days of failures
	CallbackChanged  TypeCallbackState = "changed"  // it is there, and not as it was registered
)

// Broken lists the types that ConnectWise does not call us for.
func (c Callbacks) Broken() []psa.DataType {
	var broken []psa.DataType
	for _, t := range c.Types {
		if t.State != CallbackActive {
			broken = append(broken, t.Type)
		}
	}
	return broken
}

// finding is what a look finds of one type.
type finding struct {
	typ   psa.DataType
	state TypeCallbackState
}

// seen is what is known after found was found at now. Types that are not found
// any more are forgotten.
func (c Callbacks) seen(found []finding, now time.Time) []TypeCallback {
	var out []TypeCallback
	for _, f := range found {
		i := slices.IndexFunc(c.Types, func(t TypeCallback) bool { return t.Type == f.typ })
		known := TypeCallback{Type: f.typ}
		if i >= 0 {
			known = c.Types[i]
		}
		out = append(out, known.seen(f.state, now))
	}
	return out
}

func (t TypeCallback) seen(state TypeCallbackState, now time.Time) TypeCallback {
	if t.State == state {
		return t
	}
	t.State, t.Since = state, now
	if state != CallbackActive {
		return t
	}
	if t.RegisteredAt.IsZero() {
		t.RegisteredAt = now
		return t
	}
	t.RepairedAt = now
	t.Repairs++
	return t
}

// repairedSince lists what was put right between before and c.
func (c Callbacks) repairedSince(before Callbacks) []TypeCallback {
	var out []TypeCallback
	for _, t := range c.Types {
		i := slices.IndexFunc(before.Types, func(b TypeCallback) bool { return b.Type == t.Type })
		if t.Repairs > 0 && (i < 0 || before.Types[i].Repairs < t.Repairs) {
			out = append(out, t)
		}
	}
	return out
}

// underWay reports whether somebody may be registering at now.
func (c Callbacks) underWay(now time.Time) bool {
	return c.State == CallbacksRegistering && now.Before(c.At.Add(registeringLife))
}

// worthATry reports whether registering is to be tried again at now: not what
// works, and ever more rarely what does not.
func (c Callbacks) worthATry(now time.Time) bool {
	switch c.State {
	case CallbacksRegistered:
		return false
	case CallbacksRegistering:
		return !c.underWay(now)
	case CallbacksFailed:
		wait := callbackRetry << min(max(c.Failures-1, 0), 10)
		return !now.Before(c.At.Add(min(wait, callbackRetryMax)))
	default:
		return true
	}
}
