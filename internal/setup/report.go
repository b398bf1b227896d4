package setup

import (
	"time"

	"github.com/psabridge/psabridge/internal/permission"
	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// CheckStatus is what a check found.
type CheckStatus string

// What a check can find. Pass is only said of what was seen to work.
const (
	Pass    CheckStatus = "pass"
	Fail    CheckStatus = "fail"
	Skipped CheckStatus = "skipped"
)

// The checks of the connection test, in order. Permission comes once for
// each data type.
const (
	CheckAddress     = "address"
	CheckReachable   = "reachable"
	CheckCompany     = "company"
	CheckSystemInfo  = "system_info"
	CheckCredentials = "credentials"
	CheckPermission  = "permission"
)

// Check is one named step of the connection test.
type Check struct {
	Name string
	// Type is the data type of a permission check, else "".
	Type   psa.DataType
	Status CheckStatus
	// Required checks must pass before anything is stored.
	Required bool
	// Detail says what was found, Remedy what to do about it.
	Detail, Remedy string
	// Code names the problem of a check that failed.
	Code problem.Code
	// Notices say what was changed in what the person entered.
	Notices []string
	// Visible is how many records the API member sees, for a permission
	// check that passed; Unproven is what the pass does not show.
	Visible  *int
	Unproven string
	// At is when it was found.
	At time.Time
}

// Report is a connection test's outcome.
type Report struct {
	// OK is set if all required checks passed.
	OK       bool
	Checks   []Check
	Endpoint *Endpoint
	// Rights is what is known of each right that the chosen features need;
	// empty if ConnectWise could not be asked. It decides nothing: what is
	// missing degrades by name.
	Rights []permission.Finding
}

// TestFailedError is returned where a test must pass first; nothing was
// stored. It is a problem.TestFailed and carries the report.
type TestFailedError struct{ Report Report }

func (e *TestFailedError) Error() string { return e.problem().Error() }

func (e *TestFailedError) Unwrap() error { return e.problem() }

func (e *TestFailedError) problem() *problem.Error {
	return problem.New(problem.TestFailed, "The connection test did not pass; nothing was stored.",
		"Do what the failed checks say, then try again.")
}
