package permission

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// State is how much is known of a right.
type State string

// The states (spec 2.3). Only Proven may be shown in green.
const (
	// Proven: a call that needs the right really succeeded.
	Proven State = "proven"
	// Missing: ConnectWise refused such a call with a 403.
	Missing State = "missing"
	// Likely: a write that cannot succeed was refused for its content, not
	// for the right.
	Likely State = "likely"
	// Unproven: no harmless call can show it.
	Unproven State = "unproven"
	// Failed: ConnectWise could not be asked; Code says why.
	Failed State = "failed"
)

// Finding is what is known of a right.
type Finding struct {
	Need

	State State
	// At is when this was found out; that of a Proven is the date of the
	// success.
	At time.Time
	// Detail says what was found, Remedy what to do about it, in words for
	// the person who set up the role.
	Detail, Remedy string
	// Code names the problem of a Missing or Failed.
	Code problem.Code
	// Visible is how many records the API member sees, where that was told.
	Visible *int
	// Open is what a Proven does not show.
	Open string
	// Trouble is the problem of a later look that failed, and so changed
	// nothing of what was known.
	Trouble problem.Code
}

// Observation is what became of one call.
type Observation struct {
	// At is when it was sent.
	At time.Time
	// Visible is how many records there are, nil if it was not told.
	Visible *int
	// Err is nil if ConnectWise did what it was asked to.
	Err error
}

// judge says what one probe shows of the right that it needs.
func judge(n Need, p Probe, o Observation) Finding {
	f := Finding{Need: n, At: o.At, Visible: o.Visible}
	write := p.Method != http.MethodGet
	code := problem.CodeOf(o.Err)
	switch {
	case o.Err == nil && write:
		// Nobody can create a record of nothing or change record 0: what
		// answers so is not to be believed.
		return f.failed(problem.New(problem.ConnectWiseGarbled, "The server says yes to a request that ConnectWise must refuse.",
			"Check that the server address leads to ConnectWise itself."))
	case code == problem.PermissionMissing:
		return f.missing()
	case n.unless && (o.Err == nil || allowed(p, o.Err)):
		return f.unproven("ConnectWise allows the call. Which right it asks for is not documented.")
	case o.Err == nil:
		return f.proven()
	case allowed(p, o.Err):
		return f.likely()
	default:
		return f.failed(problem.From(o.Err))
	}
}

// allowed reports whether a refusal shows that the right was there: record 0
// was looked for, or the content was looked at. Any other 404 proves nothing.
func allowed(p Probe, err error) bool {
	if errors.Is(err, psa.ErrNotFound) {
		return p.below()
	}
	return p.Method != http.MethodGet && problem.CodeOf(err) == problem.ConnectWiseInvalid
}

func (f Finding) proven() Finding {
	f.State, f.Detail = Proven, "ConnectWise allowed a call that needs this."
	if f.Level != Inquire {
		return f
	}
	f.Detail = "ConnectWise let the API member read this."
	f.Open = "Whether the level is All and nothing is hidden. Compare the number of records with ConnectWise."
	if f.Cell == tableSetup() {
		f.Open = "Whether the role has this, too: some installations let every API member read setup tables."
	}
	return f
}

func (f Finding) likely() Finding {
	f.State = Likely
	f.Detail = "ConnectWise looked at a request that cannot change anything, and did not refuse the right. Only a real change proves it."
	return f
}

func (f Finding) unproven(why string) Finding {
	f.State, f.Detail = Unproven, why
	return f
}

func (f Finding) missing() Finding {
	f.State, f.Code, f.Visible = Missing, problem.PermissionMissing, nil
	f.Detail, f.Remedy = "ConnectWise refused a call that needs this.", "In ConnectWise, open the API member's security role, "+f.steps()+"."
	return f
}

func (f Finding) steps() string {
	s := "set " + f.Cell.String() + ", " + string(f.Level) + " to All"
	if f.Table != "" {
		s += ", and if " + f.Permission + " is customised, allow " + f.Table
	}
	return s
}

func (f Finding) failed(p *problem.Error) Finding {
	f.State, f.Code, f.Visible = Failed, p.Code, nil
	f.Detail, f.Remedy = "This could not be asked. "+p.Message, p.Remedy
	return f
}

// strength orders what several calls of one right show: a refusal counts for
// most, a success for more than a failure elsewhere.
func (s State) strength() int {
	return slices.Index([]State{Unproven, Failed, Likely, Proven, Missing}, s)
}

// Observed is what a real call, made in the course of work, says about a
// right: a success turns it green, and a 403 red, at once. Other failures say
// nothing about it.
func Observed(known Finding, o Observation) Finding {
	f := Finding{Need: known.Need, At: o.At, Visible: o.Visible}
	switch {
	case o.Err == nil:
		f = f.proven()
	case problem.CodeOf(o.Err) == problem.PermissionMissing:
		f = f.missing()
	default:
		f = f.failed(problem.From(o.Err))
	}
	return Merge(known, f)
}

// Merge is what is known after a further look at the same right. A success
// stays until a refusal, a refusal until something better than a failure; what
// was seen before what is known changes nothing.
func Merge(known, seen Finding) Finding {
	switch {
	case known.State == "":
		return seen
	case seen.At.Before(known.At):
		return known
	case seen.State == Failed && known.State != Failed && known.State != Unproven:
		known.Trouble = seen.Code
		return known
	case known.State == Proven && (seen.State == Likely || seen.State == Unproven):
		known.Trouble = ""
		return known
	case seen.State == Unproven && known.State != Failed:
		known.Trouble = ""
		return known
	}
	return seen
}
