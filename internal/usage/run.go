package usage

import (
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/psa"
)

// Mode of a run.
type Mode string

// The modes.
const (
	ModePost    Mode = "post"
	ModePreview Mode = "preview" // the same plan, and nobody is told
	// ModeEnd posts as if all mappings were switched off: every line of ours
	// ends with its open period. It is for who disconnects; the next posting, if
	// there is one, switches on again what is mapped.
	ModeEnd Mode = "end"
)

// State of a run.
type State string

// The states.
const (
	Running   State = "running"
	NeedsWord State = "needs_confirmation" // a guard stopped it; a person confirms or leaves it
	Done      State = "done"
	Failed    State = "failed"
	Replaced  State = "replaced" // a later run took its place before it was confirmed
)

// Active states have work or a decision before them.
func (s State) Active() bool { return s == Running || s == NeedsWord }

// Run is one posting of an account, or one preview. It is worked in slices:
// what it has done is in the series, and Cursor says how far it looked.
type Run struct {
	ID    string
	Scope psa.Scope
	Mode  Mode
	State State
	// Day is the account's date for which it was asked.
	Day     Date
	By      string
	AskedAt time.Time
	EndedAt time.Time
	// CheckedAt is when the guards looked last.
	CheckedAt time.Time
	Offences  []Offence
	Confirmed []Offence
	// ConfirmedBy is who.
	ConfirmedBy string
	// Cursor is the last agreement that was looked at; Again are those to be
	// looked at once more, at AgainAt, since an outcome is unknown.
	Cursor  psa.RecordID
	Again   []psa.RecordID
	AgainAt time.Time
	// DueAt is when there is work for a worker at the latest.
	DueAt   time.Time
	Counts  Counts
	Failure *Failure
	// Failures without progress in between.
	Failures int
	// Rev grows with each write; writes are conditional on it. Owner holds
	// the run until LeaseUntil.
	Rev        int64
	Owner      string
	LeaseUntil time.Time
}

// Counts of a run, over agreements and series.
type Counts struct {
	Agreements int `json:"agreements"`
	Series     int `json:"series"`
	Updated    int `json:"updated"`
	Created    int `json:"created"`
	Ended      int `json:"ended"`
	Voided     int `json:"voided"`
	Attention  int `json:"attention"`
}

func (c Counts) add(o Counts) Counts {
	return Counts{
		Agreements: c.Agreements + o.Agreements, Series: c.Series + o.Series, Updated: c.Updated + o.Updated, Created: c.Created + o.Created,
		Ended: c.Ended + o.Ended, Voided: c.Voided + o.Voided, Attention: c.Attention + o.Attention,
	}
}

func (c *Counts) step(k StepKind) {
	switch k {
	case StepUpdate:
		c.Updated++
	case StepCreate:
		c.Created++
	case StepEnd:
		c.Ended++
	case StepVoid:
		c.Voided++
	}
}

// Failure is the public half of what ended or delays a run.
type Failure struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
	Remedy  string       `json:"remedy"`
}

func failureOf(err error) *Failure {
	p := problem.From(err)
	return &Failure{Code: p.Code, Message: p.Message, Remedy: p.Remedy}
}

// Settings of an account's postings.
type Settings struct {
	// Zone is the account's IANA time zone.
	Zone string `json:"zone"`
	// At is the civil time after which a day is posted, in minutes; 0 is
	// 04:00.
	At int `json:"at,omitempty"`
	// Policy of new lines.
	Policy Policy `json:"policy,omitempty"`
	// NoMarkers leaves serial numbers alone.
	NoMarkers bool `json:"noMarkers,omitempty"`
	// ExclusiveEnds says that ConnectWise bills a line up to the day before its
	// cancelledDate; without it that is the last day that is billed. Lines that
	// were given an end before it was changed are shown as changed by people.
	ExclusiveEnds bool `json:"exclusiveEnds,omitempty"`
	// Arrears are the agreements that the admin confirmed to be billed in
	// arrears.
	Arrears []psa.RecordID `json:"arrears,omitempty"`
	// Paused holds all postings.
	Paused *Decision `json:"paused,omitempty"`
	// Rev grows with each write; writes are conditional on it.
	Rev int64 `json:"-"`
}

// Entry is one line of the history of postings.
type Entry struct {
	At  time.Time `json:"at"`
	Run string    `json:"run,omitempty"`
	// By is who: a person, or the schedule.
	By   string       `json:"by"`
	Key  SeriesKey    `json:"key"`
	Line psa.RecordID `json:"line,omitempty"`
	// Event is the kind of a step, or what a person decided.
	Event  string `json:"event"`
	Day    Date   `json:"day,omitempty"`
	Date   Date   `json:"date,omitempty"`
	Reason Reason `json:"reason,omitempty"`
	// Was and Then are quantities, EndWas and EndThen last days.
	Was     Decimal `json:"was"`
	Then    Decimal `json:"then"`
	EndWas  Date    `json:"endWas,omitempty"`
	EndThen Date    `json:"endThen,omitempty"`
	// Found is who had changed the line since, and to what.
	Found *Attention `json:"found,omitempty"`
	// Turn is a mapping that was changed, switched off or on.
	Turn *Turn `json:"turn,omitempty"`
}

// AgreementPlan is the part of a preview that is about one agreement.
type AgreementPlan struct {
	Agreement psa.RecordID `json:"agreement"`
	Name      string       `json:"name"`
	// Arrears proposes to mark the agreement so.
	ProposeArrears bool         `json:"proposeArrears,omitempty"`
	Series         []SeriesPlan `json:"series"`
}
