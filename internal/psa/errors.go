package psa

import (
	"errors"
	"fmt"
)

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

// OtherError means that ConnectWise was asked for one record and answered with
// another, as it may where the one is part of the other now.
type OtherError struct{ ID RecordID }

func (e *OtherError) Error() string { return fmt.Sprintf("the answer is record %d", e.ID) }
