package syncer_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/psabridge/psabridge/internal/cwsim"
	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// The schedules of TestAnyScheduleOnTheTable: seeds from one on, as many as
// there is time for. A single seed is tried with -tables.seed=N -tables.for=0.
var (
	tablesTime = flag.Duration("tables.for", 10*time.Second, "how long TestAnyScheduleOnTheTable tries schedules")
	tablesSeed = flag.Int("tables.seed", 1, "the first schedule of TestAnyScheduleOnTheTable")
)

const configurations = psa.DataType("configurations")

// step is one thing that happens; a, b and c choose what to.
type step struct {
	do      string
	a, b, c int
}

func (s step) String() string { return fmt.Sprintf("%s %d %d %d", s.do, s.a, s.b, s.c) }

// doings and how often each happens.
var doings = map[string]int{ //nolint:gochecknoglobals // a table
	"insert company": 2, "edit company": 3, "delete company": 2, "soft-delete company": 1, "merge companies": 1,
	"insert child": 3, "edit child": 2, "move child": 2, "delete child": 2,
	"filter": 1, "deliver": 6, "lose": 2, "forge": 1, "start": 5, "work": 14, "die": 3, "tick": 2, "pass": 2, "decide": 1,
}

func schedules() *rapid.Generator[[]step] {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(doings)) {
		names = append(names, slices.Repeat([]string{name}, doings[name])...)
	}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		n := rapid.IntRange(0, 1<<16)
		return step{rapid.SampledFrom(names).Draw(t, "do"), n.Draw(t, "a"), n.Draw(t, "b"), n.Draw(t, "c")}
	}), 15, 60)
}

// TestAnySchedule over HTTP and on a real table, where a call cannot be held
// back: fewer schedules, and coarser ones.
func TestAnyScheduleOnTheTable(t *testing.T) { //nolint:tparallel // as many, one by one, as there is time for
	t.Parallel()
	began, n := time.Now(), 0
	for seed := *tablesSeed; n == 0 || time.Since(began) < *tablesTime; seed++ {
		steps := schedules().Example(seed)
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newSchedule(t, steps, seed)
			for i, st := range steps {
				s.at = i
				s.take(st)
			}
			s.quiet()
			s.compare()
		})
		n++
		if !ok {
			break
		}
	}
	t.Logf("%d schedules in %s", n, time.Since(began).Round(time.Second))
}

// schedule is a world in which steps are taken.
type schedule struct {
	*world

	p         *process
	at        int
	companies []psa.RecordID // all that ever were
	children  []child
	pending   []syncer.Message // callbacks on their way
	statuses  [2]int64
	done      []string
}

type child struct {
	typ    psa.DataType
	entity string
	id     psa.RecordID
}

func newSchedule(t *testing.T, steps []step, seed int) *schedule {
	t.Helper()
	s := &schedule{world: newWorld(t, cwsim.Config{Seed: uint64(seed)})}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d, %d of %d steps:\n%s", seed, s.at+1, len(steps), strings.Join(s.done, "\n"))
		}
	})
	s.opt.Slice = time.Nanosecond // a page at a time
	s.p = s.process(&mortal{})
	points := map[string][]string{cwsim.MergedCompany: {"notFound", "softDeleted", "target"}, cwsim.MergedChildren: {"touched", "untouched"}}
	s.sim.SetSwitches(func(sw *cwsim.Switches) {
		sw.Points = map[string]string{}
		for name, answers := range points {
			sw.Points[name] = answers[seed%len(answers)]
		}
	})
	for i := range s.statuses {
		s.statuses[i] = int64(s.record(cwsim.CompanyStatuses, map[string]any{"name": fmt.Sprint("Status ", i)}))
	}
	for i := range 6 {
		s.insert(i)
		s.insertChild(i, i)
	}
	s.pending = nil
	return s
}

// take takes a step.
func (s *schedule) take(st step) {
	s.t.Helper()
	s.done = append(s.done, st.String())
	switch st.do {
	case "insert company":
		s.insert(st.a)
	case "edit company":
		s.edit(st)
	case "delete company":
		if id := s.companies[st.a%len(s.companies)]; s.sim.Delete(cwsim.Companies, int(id)) {
			s.tell(psa.Companies, id, false)
		}
	case "soft-delete company":
		if id := s.companies[st.a%len(s.companies)]; s.sim.Get(cwsim.Companies, int(id)) != nil {
			s.company(map[string]any{"id": int64(id), "deletedFlag": st.b%3 != 0})
			s.tell(psa.Companies, id, false)
		}
	case "merge companies":
		from, into := s.companies[st.a%len(s.companies)], s.companies[st.b%len(s.companies)]
		if from != into && s.sim.Merge(int(from), int(into)) {
			s.tell(psa.Companies, from, true)
		}
	case "insert child":
		s.insertChild(st.a, st.b)
	case "edit child", "move child", "delete child":
		s.changeChild(st)
	default:
		s.takeOurs(st)
	}
}

// takeOurs takes a step of our side.
func (s *schedule) takeOurs(st step) {
	s.t.Helper()
	switch st.do {
	case "filter":
		s.filter = filter.Filter{}
		if st.a%3 > 0 {
			s.filter.Statuses = []int64{s.statuses[st.a%2]}
		}
		s.choices++
		if st.b%2 == 0 { // or the process died before it could ask
			s.check(s.p.engine.Refilter(context.Background(), s.scope, s.some(), "tester"))
		}
	case "deliver", "lose":
		s.deliver(st)
	case "forge":
		typ, id := s.some()[st.a%3], psa.RecordID(1+st.b%20)
		s.forged(typ, id)
	case "start":
		mode := []syncer.Mode{"", syncer.Incremental, syncer.Full, syncer.Reconcile}[st.a%4]
		_, err := s.p.engine.Start(context.Background(), s.scope, s.some()[st.b%3:], mode, "tester")
		s.check(err)
	case "work":
		for range 1 + st.a%4 {
			s.work(st)
		}
	case "die":
		s.p = s.process(&mortal{at: 1 + st.a%30, after: st.b%2 == 0})
	case "tick":
		s.check(s.p.handle(syncer.Message{Kind: syncer.KindTick}))
	case "pass":
		d := time.Duration(st.a%600) * time.Second
		s.later(d)
		s.sim.Advance(d)
	case "decide":
		s.decide(st.a%2 == 0)
	}
}

func (s *schedule) some() []psa.DataType {
	return []psa.DataType{psa.Companies, psa.Contacts, configurations}
}

// check lets a process die, and nothing else go wrong.
func (s *schedule) check(err error) {
	s.t.Helper()
	if s.p.dead {
		s.later(2 * time.Minute)
		s.p = s.process(&mortal{})
		return
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *schedule) tell(typ psa.DataType, id psa.RecordID, merged bool) {
	s.pending = append(s.pending, syncer.Message{
		V: syncer.MessageVersion, Kind: syncer.KindRecord, Account: s.scope.Account, Generation: s.scope.Generation,
		Type: typ, ID: id, By: "callback", Merged: merged,
	})
}

// deliver lets a callback arrive, perhaps not for the last time, or get lost.
func (s *schedule) deliver(st step) {
	s.t.Helper()
	if len(s.pending) == 0 {
		return
	}
	i := st.a % len(s.pending)
	m := s.pending[i]
	if st.b%4 > 0 || st.do == "lose" {
		s.pending = slices.Delete(s.pending, i, i+1)
	}
	if st.do == "deliver" {
		s.forged(m.Type, m.ID)
	}
}

// forged is a callback about anything. During a first run they are parked.
func (s *schedule) forged(typ psa.DataType, id psa.RecordID) {
	s.t.Helper()
	if s.state(typ).Watermark.IsZero() {
		return
	}
	m := syncer.Message{
		V: syncer.MessageVersion, Kind: syncer.KindRecord, Account: s.scope.Account, Generation: s.scope.Generation,
		Type: typ, ID: id, By: "callback", AsOf: s.now(),
	}
	if err := s.p.handle(m); err != nil && !s.p.dead && !errors.Is(err, psa.ErrConflict) { // a control read that shows nothing
		s.t.Fatal(err)
	}
	s.check(nil)
}

// work does a message, perhaps not for the last time.
func (s *schedule) work(st step) {
	s.t.Helper()
	s.mu.Lock()
	n := len(s.queue)
	if n > 0 {
		i := st.b % n
		s.queue[0], s.queue[i] = s.queue[i], s.queue[0]
		s.queue[0].at = time.Time{}
	}
	s.mu.Unlock()
	m, ok := s.world.take(nil)
	if !ok {
		return
	}
	if err := s.p.handle(m); s.p.dead || st.c%5 == 0 {
		s.put(m)
	} else if err != nil {
		s.t.Fatalf("message %+v: %v", m, err)
	}
	s.check(nil)
}

func (s *schedule) insert(a int) {
	s.t.Helper()
	id := s.company(map[string]any{
		"name": fmt.Sprint("Company ", len(s.companies)), "identifier": fmt.Sprint("c", len(s.companies)), "status": ref(psa.RecordID(s.statuses[a%2])),
	})
	s.companies = append(s.companies, id)
	s.tell(psa.Companies, id, false)
}

func (s *schedule) edit(st step) {
	s.t.Helper()
	id := s.companies[st.a%len(s.companies)]
	if st.c%4 > 0 && s.sim.Get(cwsim.Companies, int(id)) == nil {
		return // else it comes back
	}
	s.company(map[string]any{
		"id": int64(id), "name": fmt.Sprint("Edited ", s.at), "identifier": fmt.Sprint("e", id), "status": ref(psa.RecordID(s.statuses[st.b%2])),
	})
	s.tell(psa.Companies, id, false)
}

func (s *schedule) insertChild(a, b int) {
	s.t.Helper()
	company := s.companies[a%len(s.companies)]
	members := map[string]any{"company": ref(company)}
	if s.sim.Get(cwsim.Companies, int(company)) == nil {
		delete(members, "company")
	}
	c := child{typ: psa.Contacts, entity: cwsim.Contacts}
	members["firstName"] = fmt.Sprint("Child ", len(s.children))
	if b%2 == 1 {
		c = child{typ: configurations, entity: cwsim.Configurations}
		delete(members, "firstName")
		members["name"] = fmt.Sprint("Child ", len(s.children))
	}
	c.id = s.record(c.entity, members)
	s.children = append(s.children, c)
	s.tell(c.typ, c.id, false)
}

func (s *schedule) changeChild(st step) {
	s.t.Helper()
	c := s.children[st.a%len(s.children)]
	if s.sim.Get(c.entity, int(c.id)) == nil {
		return
	}
	company := s.companies[st.b%len(s.companies)]
	switch {
	case st.do == "delete child":
		s.sim.Delete(c.entity, int(c.id))
	case st.do == "edit child":
		s.record(c.entity, map[string]any{"id": int64(c.id), editable(c.typ): fmt.Sprint("Edited ", s.at)})
	case s.sim.Get(cwsim.Companies, int(company)) != nil:
		s.record(c.entity, map[string]any{"id": int64(c.id), "company": ref(company)})
	}
	s.tell(c.typ, c.id, false)
}

// editable is the field that edits of a child change.
func editable(typ psa.DataType) string {
	if typ == psa.Contacts {
		return "title"
	}
	return "tagNumber"
}

// decide decides about the newest proposal.
func (s *schedule) decide(confirm bool) {
	s.t.Helper()
	for _, typ := range s.some() {
		if id := s.state(typ).Proposal; id != "" {
			s.check(s.p.engine.DecideRemoval(context.Background(), s.scope, id, confirm, "tester"))
		}
	}
}

// quiet lets everything end, and then an incremental and a full run.
func (s *schedule) quiet() {
	s.t.Helper()
	s.done = append(s.done, "quiet")
	s.p = s.settle(s.process(&mortal{}))
	for _, mode := range []syncer.Mode{"", syncer.Full} {
		s.later(time.Minute)
		s.sim.Advance(time.Minute)
		_, err := s.p.engine.Start(context.Background(), s.scope, s.some(), mode, "tester")
		s.check(err)
		s.settle(s.p)
		s.decide(true)
		s.settle(s.p)
	}
}

// compare compares the store with ConnectWise.
func (s *schedule) compare() {
	s.t.Helper()
	living := map[psa.RecordID]bool{}
	want := map[psa.RecordID]string{}
	for _, c := range s.sim.Snapshot(cwsim.Companies) {
		status, _ := c["status"].(map[string]any)
		deleted, _ := c["deletedFlag"].(bool)
		if !deleted && (s.filter.All() || slices.Contains(s.filter.Statuses, number(status["id"]))) {
			id := psa.RecordID(number(c["id"]))
			living[id], want[id] = true, fmt.Sprint(c["name"], " ", number(status["id"]))
		}
	}
	got := map[psa.RecordID]string{}
	for id, data := range s.stored(psa.Companies) {
		status, _ := field(s.t, data, "status").(map[string]any)
		got[id] = fmt.Sprint(field(s.t, data, "name"), " ", number(status["id"]))
	}
	s.same("companies", want, got)
	for typ, entity := range map[psa.DataType]string{psa.Contacts: cwsim.Contacts, configurations: cwsim.Configurations} {
		want, got := map[psa.RecordID]string{}, map[psa.RecordID]string{}
		for _, c := range s.sim.Snapshot(entity) {
			company, _ := c["company"].(map[string]any)
			if parent := psa.RecordID(number(company["id"])); living[parent] {
				want[psa.RecordID(number(c["id"]))] = fmt.Sprint(parent, c[editable(typ)])
			}
		}
		for id, data := range s.stored(typ) {
			company, _ := field(s.t, data, "company").(map[string]any)
			got[id] = fmt.Sprint(number(company["id"]), field(s.t, data, editable(typ)))
		}
		s.same(string(typ), want, got)
	}
	for _, run := range s.runs() {
		s.addsUp(run)
	}
}

func (s *schedule) same(what string, want, got map[psa.RecordID]string) {
	s.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-ConnectWise +stored):\n%s", what, diff)
	}
}

// addsUp checks that what a run read became exactly one thing each, but for
// what it removed since it did not read it.
func (s *schedule) addsUp(run syncer.Run) {
	s.t.Helper()
	c := run.Totals
	became := c.Created + c.Updated + c.Unchanged + c.Skipped + c.OutOfScope + c.Removed
	unread := became - c.Read
	if unread < 0 || unread > c.Missing && run.Mode != syncer.Removal || unread > 0 && !run.Mode.Enumerates() && run.Mode != syncer.Removal {
		s.t.Errorf("%s run of %s: counts %+v", run.Mode, run.Type, c)
	}
	if run.State == syncer.Failed {
		s.t.Errorf("%s run of %s failed: %+v", run.Mode, run.Type, run.Failure)
	}
}

// number is a JSON number of the simulator's or of a row's.
func number(v any) int64 {
	switch n := v.(type) {
	case float64:
		return int64(n)
	case json.Number:
		i, _ := n.Int64()
		return i
	case int:
		return int64(n)
	case int64:
		return n
	default:
		return 0
	}
}
