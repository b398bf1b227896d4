package billing_test

import (
	"fmt"
	"maps"
	"strconv"

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

// asked is what the reference knows from the start, and what the simulator was
// asked in the course of the run.
func (w *world) asked() []cwsim.Asked {
	points := w.sim.Switches().Points
	var out []cwsim.Asked
	for _, name := range []string{cwsim.CancelledDate, cwsim.BilledLineEdit, cwsim.LessIncluded, cwsim.InvoicedPeriod} {
		out = append(out, cwsim.Asked{Point: name, Answer: points[name]})
	}
	return append(out, w.sim.Asked()...)
}

// complete gives the first answer to every point that has none.
func complete(points map[string]string) map[string]string {
	out := answers(0)
	maps.Copy(out, points)
	return out
}

// tally counts what became of combinations.
type tally struct {
	covered, run, again int
}

func (t *tally) add(o tally) {
	t.covered, t.run, t.again = t.covered+o.covered, t.run+o.run, t.again+o.again
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
	was := at
	at, err := known.add(w)
	if err == nil && was != nil && was != at {
		err = fmt.Errorf("under %v it is another run", points)
	}
	return at, err
}
