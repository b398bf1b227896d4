package cwsim

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Point is one thing that public material leaves open, with the answers that a client has to live with. The first value is
// the one in force unless Switches.Points says otherwise.
type Point struct {
	Name string `json:"name"`
	// Facts says which unconfirmed fact it belongs to, by the number in the collection of facts that the project works from.
	Facts    string   `json:"facts"`
	Question string   `json:"question"`
	Values   []string `json:"values"`
}

// Points about companies and callbacks.
const (
	MergedCompany    = "mergedCompany"
	MergedCallback   = "mergedCallback"
	MergedChildren   = "mergedChildren"
	CallbackKey      = "callbackKey"
	CallbackRetries  = "callbackRetries"
	CallbackEntity   = "callbackEntity"
	AdditionCallback = "additionCallback"
	CallbackKeyLife  = "callbackKeyLife"
)

// Points lists all of them. A test that must hold under every answer iterates over it.
func Points() []Point {
	return append(companyPoints(), financePoints()...)
}

func companyPoints() []Point {
	return []Point{
		{MergedCompany, "13.8", "What does the id of a merged company answer?", []string{"notFound", "softDeleted", "target"}},
		{MergedCallback, "13.8", "Which callback tells of a merge?", []string{"deleted", "merged", "none"}},
		{MergedChildren, "13.8", "Does lastUpdated of what moves to another company change?", []string{"touched", "untouched"}},
		{CallbackKey, "13.8", "Who may read the signing key?", []string{"anybody", "members"}},
		{CallbackKeyLife, "13.8", "How long does the id in key_url live?", []string{"long", "oneMessage"}},
		{CallbackRetries, "13.8", "Is a callback sent again after 5xx and time-outs?", []string{"no", "yes"}},
		{CallbackEntity, "13.8", "What is Entity when a record was not deleted?", []string{"text", "null"}},
		{AdditionCallback, "13.8", "Does the change of an addition tell of its agreement?", []string{"no", "yes"}},
	}
}

// check refuses points and values that do not exist.
func (sw *Switches) check() error {
	known := Points()
	for name, value := range sw.Points {
		i := slices.IndexFunc(known, func(p Point) bool { return p.Name == name })
		if i < 0 {
			return fmt.Errorf("switches: there is no point %q", name)
		}
		if !slices.Contains(known[i].Values, value) {
			return fmt.Errorf("switches: %s is not %q but one of %q", name, value, known[i].Values)
		}
	}
	return nil
}

// point says whether a value other than the first is in force. Ask it last: what is never asked makes no difference.
func (sw *Switches) point(name, value string) bool {
	is := sw.Points[name] == value
	sw.asked.note(Asked{Point: name, Value: value, Answer: strconv.FormatBool(is)})
	return is
}

// answer is the value in force, "" for the first.
func (sw *Switches) answer(name string) string {
	out := sw.Points[name]
	sw.asked.note(Asked{Point: name, Answer: out})
	return out
}

// Asked is a look at a point: whether Value is in force, or, with Value "", which one is. Between two installations that give
// the same answers to all that is asked there is no difference, whatever their other points are.
type Asked struct {
	Point  string `json:"point"`
	Value  string `json:"value"`
	Answer string `json:"answer"` // true or false, or the value
}

// questions are what was asked, each once, in the order in which it was first.
type questions struct {
	mu    sync.Mutex
	list  []Asked
	known map[Asked]bool
}

func (q *questions) note(a Asked) {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.known[a] {
		q.known[a] = true
		q.list = append(q.list, a)
	}
}

// Asked returns what was asked since New, if Config.Trace is set.
func (s *Simulator) Asked() []Asked {
	s.mu.RLock()
	defer s.mu.RUnlock()
	q := s.sw.asked
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.list)
}

// SetPoint changes one of Points; an unknown name or value is refused.
func (s *Simulator) SetPoint(name, value string) error {
	probe := Switches{Points: map[string]string{name: value}}
	if err := probe.check(); err != nil {
		return err
	}
	s.SetSwitches(func(sw *Switches) {
		if sw.Points == nil {
			sw.Points = map[string]string{}
		}
		sw.Points[name] = value
	})
	return nil
}
