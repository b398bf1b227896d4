package setuptest

import (
	"errors"
	"sync"
)

// ErrDied stands for the death of the process at a remote call.
var ErrDied = errors.New("the process died here")

// Faults makes a process die at its nth remote call, before the call or after
// it was carried out, and from then on at every call. The zero value never
// does; one Faults is shared by all fakes of a process.
type Faults struct {
	mu    sync.Mutex
	calls int
	// At is the call, counted from 1; 0 is never. After says on which side.
	At    int
	After bool
	// Meanwhile, if set, runs once, just before call At, instead of the
	// death: what somebody else does at that moment.
	Meanwhile func()
}

// Calls counts what was asked for so far.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// around carries out call unless the process died before it.
func (f *Faults) around(call func() error) error {
	if f == nil {
		return call()
	}
	f.mu.Lock()
	f.calls++
	n := f.calls
	f.mu.Unlock()
	if f.Meanwhile != nil {
		if n == f.At {
			f.Meanwhile()
		}
		return call()
	}
	switch {
	case f.At == 0 || n < f.At:
		return call()
	case n == f.At && f.After:
		_ = call() // its answer is lost with the process
		return ErrDied
	default:
		return ErrDied
	}
}
