package billing_test

import (
	"fmt"
	"maps"
	"strconv"
	"sync"

	"github.com/psabridge/psabridge/internal/billing"
	"github.com/psabridge/psabridge/internal/cwsim"
)

// explored are the runs of one script under other and other answers, as a tree
// of what they asked. A run can depend on an answer only by asking for it, so
// answers that lead along the tree to an end give the run that ended there:
// it would be the same one again, request by request.
type explored struct {
	asked cwsim.Asked // without its answer
	next  map[string]*explored
	ended bool
	hit   bool
}

// find follows answers to the run that has them, nil if there was none yet.
func (e *explored) find(points map[string]string) *explored {
	for e != nil && !e.ended {
		e = e.next[replied(e.asked, points)]
	}
	return e
}

// replied is what answers say to a question.
func replied(q cwsim.Asked, points map[string]string) string {
	if q.Value != "" {
		return strconv.FormatBool(points[q.Point] == q.Value)
	}
	return points[q.Point]
}

// add keeps a run. Whatever was answered alike must be asked alike.
func (e *explored) add(w *world) (*explored, error) {
	for _, a := range w.asked() {
		q := cwsim.Asked{Point: a.Point, Value: a.Value}
		switch {
		case e.ended:
			return nil, fmt.Errorf("a run that answered alike had ended before it asked %+v", a)
		case e.next == nil:
			e.asked, e.next = q, map[string]*explored{}
		case e.asked != q:
			return nil, fmt.Errorf("a run that answered alike asked %+v where this one asked %+v", e.asked, q)
		}
		if e.next[a.Answer] == nil {
			e.next[a.Answer] = &explored{}
		}
		e = e.next[a.Answer]
	}
	if e.next != nil {
		return nil, fmt.Errorf("a run that answered alike asked %+v at the end", e.asked)
	}
	e.ended = true
	return e, nil
}

// asked is what the simulator was asked in the course of the run, and what the
// reference was.
func (w *world) asked() []cwsim.Asked { return append(w.sim.Asked(), w.replies...) }

// inForce says under which answers of the simulator's an answer holds.
func inForce() map[billing.Answer]cwsim.Asked {
	return map[billing.Answer]cwsim.Asked{
		billing.EndExclusive:   {Point: cwsim.CancelledDate, Value: "exclusive"},
		billing.BilledFixed:    {Point: cwsim.BilledLineEdit, Value: "nothing"},
		billing.BilledEndsOnly: {Point: cwsim.BilledLineEdit, Value: "endOnly"},
		billing.IncludedBilled: {Point: cwsim.LessIncluded, Value: "ignored"},
		billing.FlagOutweighs:  {Point: cwsim.ProrateCurrentPeriod, Value: "yes"},
		billing.OnlyAhead:      {Point: cwsim.InvoicedPeriod, Value: "beforeNextInvoice"},
	}
}

// complete gives the first answer to every point that has none.
func complete(points map[string]string) map[string]string {
	out := answers(0)
	maps.Copy(out, points)
	return out
}

// tally counts what became of combinations.
type tally struct {
	mu                  sync.Mutex // guards the sum of others
	covered, run, again int
	points              map[string]bool // those that some run asked for
}

func (t *tally) add(o *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.covered, t.run, t.again = t.covered+o.covered, t.run+o.run, t.again+o.again
	if t.points == nil {
		t.points = map[string]bool{}
	}
	maps.Copy(t.points, o.points)
}

// String says what was run, and which points made no difference to any run.
func (t *tally) String() string {
	var idle []string
	for _, p := range cwsim.FinancePoints() {
		if !t.points[p.Name] {
			idle = append(idle, p.Name)
		}
	}
	return fmt.Sprintf("%d differ in what is asked, %d were run twice; never asked for: %v", t.run, t.again, idle)
}

// checked is how many combinations are answered by a run of others for each
// that is run all the same, to see that it is that run.
const checked = 200

// one runs a script under a combination, unless that would be one of before.
func (t *tally) one(known *explored, points map[string]string, run func() *world) (*explored, error) {
	t.covered++
	at := known.find(points)
	switch {
	case at == nil:
		t.run++
	case t.covered%checked == 0:
		t.again++
	default:
		return at, nil
	}
	w := run()
	if w == nil {
		return nil, nil
	}
	for _, a := range w.asked() {
		if t.points == nil {
			t.points = map[string]bool{}
		}
		t.points[a.Point] = true
	}
	was := at
	at, err := known.add(w)
	if err == nil && was != nil && was != at {
		err = fmt.Errorf("under %v it is another run", points)
	}
	return at, err
}
