package psa

import "errors"

// Sentinel errors. Adapters wrap them; the core asks with errors.Is.
var (
	// ErrNotFound: the thing asked for does not exist here.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: a value that can never be accepted.
	ErrInvalid = errors.New("invalid")
	// ErrConflict: a conditional write found another state than expected.
	ErrConflict = errors.New("conflict")
	// ErrBusy: somebody else holds the lease or the slot now; try later.
	ErrBusy = errors.New("busy")
)
