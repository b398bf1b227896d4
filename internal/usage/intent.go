package usage

import (
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// StepKind says what is done to a line.
type StepKind string

// The kinds of steps.
const (
	StepUpdate StepKind = "update" // another quantity
	StepEnd    StepKind = "end"    // a last day
	StepVoid   StepKind = "void"   // one too many: zero, and ended
	StepCreate StepKind = "create" // a new line
)

// Reason says why.
type Reason string

// The reasons.
const (
	ReasonUsage     Reason = "usage"      // the product reports another count
	ReasonCorrected Reason = "corrected"  // somebody changed the quantity
	ReasonPeriod    Reason = "new_period" // a period opened
	ReasonFirst     Reason = "first"      // the series begins
	ReasonNothing   Reason = "no_usage"   // nothing is used any more
	ReasonOff       Reason = "mapping"    // the mapping was changed or switched off
	ReasonDoubled   Reason = "doubled"    // a line appeared twice
)

// Step is one change of one line: now -> then.
type Step struct {
	Kind StepKind `json:"kind"`
	// Line is 0 for a line that is to be made.
	Line psa.RecordID `json:"line,omitempty"`
	// Date is the line's effective date.
	Date Date `json:"date"`
	// Was and Then are quantities; of a new line Was is that of the line it
	// succeeds.
	Was  Decimal `json:"was"`
	Then Decimal `json:"then"`
	// EndWas and EndThen are last days.
	EndWas  Date `json:"endWas,omitempty"`
	EndThen Date `json:"endThen,omitempty"`
	// Shown is the effective date as ConnectWise shows it, where that is not
	// the one that was sent and is to be set right.
	Shown  Date   `json:"shown,omitempty"`
	Reason Reason `json:"reason"`
	// Effect on the price of a period.
	Effect Decimal `json:"effect"`
}

func (s Step) change() Change {
	var c Change
	if s.Was != s.Then {
		c.Quantity = &s.Then
	}
	if s.EndWas != s.EndThen {
		c.End = &s.EndThen
	}
	if s.Shown != "" {
		c.Start = &s.Date
	}
	return c
}

// Intent is stored before ConnectWise is told anything, and taken away when
// the outcome is known (spec 5.7). Ending the earlier line and making the next
// is one intent.
type Intent struct {
	Run   string    `json:"run"`
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Steps []Step    `json:"steps"`
	// Until is when nothing of it can be on its way from here any more;
	// ConnectWise may still commit it for a quiet time after that.
	Until time.Time `json:"until"`
	// Marker of the new line; "" if markers are turned off.
	Marker string `json:"marker,omitempty"`
	// Seen is the largest id of the agreement's additions before.
	Seen psa.RecordID `json:"seen,omitempty"`
}

func (in *Intent) create() *Step {
	for i := range in.Steps {
		if in.Steps[i].Kind == StepCreate {
			return &in.Steps[i]
		}
	}
	return nil
}

// settle looks what became of a pending intent. Steps that ConnectWise shows
// are recorded. While one may still be under way, wait is when to look again;
// after that the intent is let go, and a new line's marker kept among the lost.
func settle(s Series, listed []Addition, now time.Time, quiet time.Duration) (_ Series, done []Step, wait time.Time) {
	if s.Intent == nil {
		return s, nil, time.Time{}
	}
	s = s.clone()
	all := true
	for _, step := range s.Intent.Steps {
		if settleStep(&s, step, listed) {
			done = append(done, step)
		} else {
			all = false
		}
	}
	if again := s.Intent.Until.Add(quiet); !all && now.Before(again) {
		return s, nil, again
	}
	if m := s.Intent.Marker; m != "" && s.Intent.create() != nil && !hasSerial(listed, m) {
		s.Lost = append(s.Lost, m)
		s.Lost = s.Lost[max(0, len(s.Lost)-maxLost):]
	}
	s.Intent = nil
	return s, done, time.Time{}
}

// maxLost bounds the markers that are remembered; a server that commits as
// late as that many attempts later is not to be expected.
const maxLost = 20

// settleStep records a step that ConnectWise shows as done.
func settleStep(s *Series, step Step, listed []Addition) bool {
	if step.Kind == StepCreate {
		a, ok := found(*s, step, listed)
		if ok {
			s.record(step, a, s.Intent.At)
		}
		return ok
	}
	i := slices.IndexFunc(listed, func(a Addition) bool { return a.ID == step.Line })
	if i < 0 {
		return false
	}
	c, a := step.change(), listed[i]
	if !c.shownBy(a) {
		return false
	}
	s.record(step, a, s.Intent.At)
	return true
}

// shownBy reports whether an addition is as the change made it.
func (c Change) shownBy(a Addition) bool {
	return (c.Quantity == nil || a.Quantity == *c.Quantity) && (c.End == nil || a.End == *c.End) && (c.Start == nil || a.Start == *c.Start)
}

// found is the line that the intent made, by its marker; without markers by
// what it is, if it is newer than all that was there before.
func found(s Series, step Step, listed []Addition) (Addition, bool) {
	for _, a := range listed {
		switch {
		case a.Product != s.Key.Product || s.line(a.ID) != nil:
		case s.Intent.Marker != "" && a.Serial == s.Intent.Marker,
			s.Intent.Marker == "" && a.ID > s.Intent.Seen && near(a.Start, step.Date) && a.Quantity == step.Then:
			return a, true
		}
	}
	return Addition{}, false
}

// near allows for servers that show a date in their own zone.
func near(a, b Date) bool { n := a.DaysSince(b); return -1 <= n && n <= 1 }

func hasSerial(listed []Addition, serial string) bool {
	return slices.ContainsFunc(listed, func(a Addition) bool { return a.Serial == serial })
}

// record keeps what a step did.
func (s *Series) record(step Step, a Addition, at time.Time) {
	s.PostedAt = at
	if step.Kind == StepCreate {
		s.add(Line{ID: a.ID, Start: step.Date, Shown: a.Start, End: a.End, Quantity: step.Then, CreatedAt: at, PostedAt: at})
		return
	}
	l := s.line(step.Line)
	if l == nil { // a doubled line, which becomes ours by being recorded
		s.add(Line{ID: a.ID, Start: a.Start, Shown: a.Start, CreatedAt: at})
		l = s.line(a.ID)
	}
	l.Quantity, l.End, l.Start, l.Shown = step.Then, step.EndThen, step.Date, a.Start
	if step.Kind != StepEnd {
		l.PostedAt = at
	}
	l.Void = l.Void || step.Kind == StepVoid
}
