// Package door is a function's only way out: every call of a hosted process
// to AWS, and where wanted to ConnectWise, passes through it. It refuses what
// the function's role does not allow, keeps a record of the calls, and can
// kill the caller at a chosen one.
package door

import (
	"fmt"
	"net/http"
	"sync"
)

// Phase says on which side of a call a crash happens.
type Phase int

const (
	// Before means that the service never hears of the call.
	Before Phase = iota
	// After means that the service has done its work, and the caller never
	// hears of it.
	After
)

func (p Phase) String() string {
	if p == After {
		return "after"
	}
	return "before"
}

// Crash kills a function's process at its Call-th call, counted from 1 and
// from the moment the crash was armed.
type Crash struct {
	Function string
	Call     int
	Phase    Phase
}

func (c Crash) String() string {
	return fmt.Sprintf("%s killed %s its call %d", c.Function, c.Phase, c.Call)
}

// Call is one remote call of a function.
type Call struct {
	Function  string
	Service   string // "dynamodb", "sqs", "secretsmanager", "events", "connectwise"
	Operation string // "PutItem", or method and path
	Denied    bool   // refused by the function's role
	Killed    bool   // a crash happened at this call
	Status    int    // of the service's answer; 0 if there was none
}

// Recorder keeps every function's calls in order, and at most one crash. It
// is safe for concurrent use.
type Recorder struct {
	mu    sync.Mutex
	calls []*Call
	crash *Crash
	seen  int // calls of the crash's function since it was armed
}

// Arm sets the next crash and forgets an earlier one that has not happened.
func (r *Recorder) Arm(c Crash) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.crash, r.seen = &c, 0
}

// Disarm forgets the crash, and says whether there still was one.
func (r *Recorder) Disarm() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	pending := r.crash != nil
	r.crash = nil
	return pending
}

// Calls returns the calls so far, of all functions.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Call, len(r.calls))
	for i, c := range r.calls {
		out[i] = *c
	}
	return out
}

// Reset forgets the calls so far.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = nil
}

// begin records a call and decides whether the caller must die at it.
func (r *Recorder) begin(c Call) *moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := &moment{recorder: r, call: &c}
	r.calls = append(r.calls, m.call)
	if r.crash == nil || r.crash.Function != c.Function {
		return m
	}
	if r.seen++; r.seen == r.crash.Call {
		m.kill, m.phase = true, r.crash.Phase
		m.call.Killed, r.crash = true, nil
	}
	return m
}

// moment is one call being made.
type moment struct {
	recorder *Recorder
	call     *Call
	kill     bool
	phase    Phase
}

// pass gets the answer and gives it to the caller, unless the caller dies
// before or after. Nothing is written before kill has returned, so that a
// killed process can never see the answer.
func (m *moment) pass(w http.ResponseWriter, kill func(), ask func() answer) {
	if m.kill && m.phase == Before {
		kill()
		hangUp(w)
		return
	}
	a := ask()
	m.recorder.end(m.call, a)
	if m.kill {
		kill()
		hangUp(w)
		return
	}
	a.write(w)
}

func (r *Recorder) end(c *Call, a answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.Status, c.Denied = a.status, a.denied
}
