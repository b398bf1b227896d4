package syncer_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
	"github.com/psabridge/psabridge/internal/syncer/syncertest"
)

// happenings and how often each happens.
func happenings() map[string]int {
	return map[string]int{
		"insert company": 2, "edit company": 3, "delete company": 2, "mark company": 1, "merge companies": 1, "link company": 2, "unlink company": 1,
		"insert child": 3, "edit child": 4, "move child": 2, "delete child": 3, "filter": 1, "types": 1,
		"deliver": 6, "lose": 1, "forge": 1, "start": 5, "cancel": 1, "decide": 1, "due": 1,
		"at once": 8, "to write": 8, "take": 14, "go": 16, "finish": 8, "fail": 3, "die": 3, "tick": 2, "pass": 3,
	}
}

// drawn is a schedule: what its seed makes of it.
func drawn(seed uint64) (steps []step) {
	rng := rand.New(rand.NewPCG(seed, 7))
	var names []string
	often := happenings()
	for _, name := range slices.Sorted(maps.Keys(often)) {
		names = append(names, slices.Repeat([]string{name}, often[name])...)
	}
	for range 20 + rng.IntN(40) {
		steps = append(steps, step{names[rng.IntN(len(names))], rng.IntN(1 << 16), rng.IntN(1 << 16), rng.IntN(1 << 16)})
	}
	return steps
}

// newStage is what a schedule of a seed begins with.
func newStage(seed uint64) *stage {
	rng := rand.New(rand.NewPCG(seed, 8))
	s := &stage{table: syncertest.NewTable(), clock: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	s.table.OnWrite, s.table.OnAdvance = s.forward, s.progress
	s.slice = []time.Duration{time.Nanosecond, 200 * time.Millisecond, 15 * time.Second}[rng.IntN(3)]
	s.skewed = rng.IntN(4) == 0
	ahead := time.Duration(rng.IntN(1200)-600) * time.Second
	for i := range 2 {
		a := &msp{
			scope: psa.Scope{Account: psa.AccountID(fmt.Sprint("msp-", i)), Generation: 1},
			alive: map[recordOf][]lifetime{}, told: map[recordOf]bool{}, dirty: map[recordOf]bool{},
		}
		a.cw = syncertest.NewConnectWise(func() time.Time { return s.clock.Add(ahead) })
		a.cw.Merged = []syncertest.Merge{syncertest.MergedGone, syncertest.MergedSoftDeleted, syncertest.MergedTarget}[rng.IntN(3)]
		a.cw.Untouched = rng.IntN(2) == 0
		a.types = []psa.DataType{psa.Companies, psa.Contacts}
		for _, typ := range []psa.DataType{syncertest.Configurations, syncertest.Notes} {
			if i == 0 && rng.IntN(2) == 0 { // one account is enough for those
				a.types = append(a.types, typ)
			}
		}
		for n := range 1 + rng.IntN(3) {
			s.put(a, syncertest.Record{Type: psa.Companies, Status: int64(1 + n%2)})
			s.put(a, syncertest.Record{Type: a.types[1+rng.IntN(len(a.types)-1)], Company: psa.RecordID(1 + rng.IntN(n+1))})
		}
		a.pending = nil
		s.accounts = append(s.accounts, a)
	}
	s.clock = s.clock.Add(time.Hour)
	begins := rng.IntN(4) // else what is first is part of it
	for _, a := range s.accounts {
		switch begins {
		case 0, 1:
			s.sync(a, "")
		case 2:
			p := s.actor(0)
			p.begin(nil, func(ctx context.Context) error { return p.engine.StartInitial(ctx, a.scope, a.types, "tester") })
			p.finish(0)
			p.leave()
		}
	}
	return s
}

// put adds or changes a record.
func (s *stage) put(a *msp, r syncertest.Record) {
	a.made++
	r.Name = fmt.Sprint(a.scope.Account, " ", a.made)
	r.ID = a.cw.Put(r)
	k := recordOf{r.Type, r.ID}
	lives := a.alive[k]
	action := "updated"
	if n := len(lives); n == 0 || !lives[n-1].until.IsZero() {
		a.alive[k] = append(lives, lifetime{from: s.clock})
		action = "added"
	}
	delete(a.told, k)
	a.pending = append(a.pending, delivery{k, action})
}

// gone takes note that a record is not there any more.
func (s *stage) gone(a *msp, typ psa.DataType, id psa.RecordID, action string) {
	k := recordOf{typ, id}
	lives := a.alive[k]
	lives[len(lives)-1].until = s.clock
	a.pending = append(a.pending, delivery{k, action})
}

func signed(body []byte) string {
	key := sha256.Sum256([]byte(signingKey))
	h := hmac.New(sha256.New, key[:])
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// take takes a step.
func (s *stage) take(st step) {
	s.clock = s.clock.Add(11 * time.Millisecond)
	a := s.accounts[st.c%len(s.accounts)]
	switch st.do {
	case "take", "go", "to write", "finish", "fail", "die", "tick", "pass":
		s.move(st)
	case "at once":
		s.atOnce(a, st)
	case "deliver", "lose", "forge", "start", "cancel", "decide", "due", "filter", "types":
		s.ask(a, st)
	case "insert child", "edit child", "move child", "delete child":
		s.child(a, st)
	default:
		s.company(a, st)
	}
}

// one is a record of a list, if it has any.
func one(list []syncertest.Record, n int) (syncertest.Record, bool) {
	if len(list) == 0 {
		return syncertest.Record{}, false
	}
	return list[n%len(list)], true
}

func (s *stage) company(a *msp, st step) {
	r, ok := one(a.cw.All(psa.Companies), st.a)
	switch {
	case st.do == "insert company":
		r = syncertest.Record{Type: psa.Companies, Status: int64(1 + st.b%2)}
		if st.b%5 == 0 { // one that was there before comes back
			r.ID = psa.RecordID(1 + st.a%4)
		}
		s.put(a, r)
	case !ok:
	case st.do == "edit company":
		r.Status = int64(1 + st.b%2)
		s.put(a, r)
	case st.do == "mark company":
		r.Deleted = st.b%3 != 0
		s.put(a, r)
	case st.do == "delete company":
		a.cw.Delete(psa.Companies, r.ID)
		s.gone(a, psa.Companies, r.ID, "deleted")
	case st.do == "link company":
		a.cw.Link(r.ID, int64(1+st.b%2))
	case st.do == "unlink company":
		a.cw.Unlink(r.ID)
		a.dirty[recordOf{psa.Companies, r.ID}] = true
	case st.do == "merge companies":
		s.merge(a, r, st)
	}
}

func (s *stage) merge(a *msp, from syncertest.Record, st step) {
	into, _ := one(a.cw.All(psa.Companies), st.b)
	if a.cw.Untouched {
		for _, typ := range []psa.DataType{psa.Contacts, syncertest.Configurations, syncertest.Notes} { // on or off
			for _, r := range a.cw.All(typ) {
				if r.Company == from.ID {
					a.dirty[recordOf{typ, r.ID}] = true
				}
			}
		}
	}
	if !a.cw.Merge(from.ID, into.ID) {
		return
	}
	if a.cw.Merged == syncertest.MergedSoftDeleted {
		a.pending = append(a.pending, delivery{recordOf{psa.Companies, from.ID}, "updated"})
		return
	}
	s.gone(a, psa.Companies, from.ID, []string{"merged", "deleted"}[st.b%2])
}

func (s *stage) child(a *msp, st step) {
	typ := a.types[1+st.a%(len(a.types)-1)]
	company, _ := one(a.cw.All(psa.Companies), st.b)
	r, ok := one(a.cw.All(typ), st.a/8)
	switch {
	case st.do == "insert child":
		r = syncertest.Record{Type: typ, Company: company.ID}
		if st.b%5 == 0 {
			r.ID = psa.RecordID(1 + st.a/8%4)
		}
		if old, there := a.cw.Get(typ, r.ID); there {
			r.Company = old.Company
		}
		if r.Company != 0 || typ != syncertest.Notes {
			s.put(a, r)
		}
	case !ok:
	case st.do == "edit child":
		s.put(a, r)
	case st.do == "move child":
		if typ != syncertest.Notes { // which nobody can move
			r.Company = company.ID
			s.put(a, r)
		}
	default:
		a.cw.Delete(typ, r.ID)
		s.gone(a, typ, r.ID, "deleted")
	}
}

// ask is what people and ConnectWise ask of us.
func (s *stage) ask(a *msp, st step) {
	switch st.do {
	case "deliver", "lose":
		s.deliver(a, st)
	case "forge":
		d := delivery{recordOf{a.types[st.a%2], psa.RecordID(1 + st.b%8)}, []string{"updated", "deleted", "merged"}[st.a%3]}
		forged := func([]byte) string { return signed([]byte("another body")) }
		s.queue = append(s.queue, s.envelope(a, d, []func([]byte) string{nil, forged}[st.b%2]))
		s.queue[len(s.queue)-1].about = delivery{}
	case "start":
		mode := []syncer.Mode{"", syncer.Incremental, syncer.Full, syncer.Reconcile}[st.a%4]
		s.request(st, func(ctx context.Context, e *syncer.Engine) error {
			_, err := e.Start(ctx, a.scope, slices.Clone(a.types[st.b%len(a.types):]), mode, "tester")
			return err
		})
	case "due":
		s.request(st, func(ctx context.Context, e *syncer.Engine) error {
			return e.StartDue(ctx, a.scope, slices.Clone(a.types), s.clock, s.clock.Add(-time.Hour))
		})
	case "cancel":
		s.request(st, func(ctx context.Context, e *syncer.Engine) error {
			return e.Reset(ctx, a.scope, a.types[st.b%len(a.types)], "tester")
		})
	case "decide":
		s.request(st, func(ctx context.Context, e *syncer.Engine) error {
			return s.decide(ctx, e, a, st.a%2 == 0)
		})
	case "filter":
		s.choose(a, st)
	case "types":
		s.switchType(a, st)
	}
}

// atOnce changes a record, of which a callback tells at once, and is done.
func (s *stage) atOnce(a *msp, st step) {
	do := []string{"edit company", "delete company", "edit child", "move child", "delete child", "insert company"}[st.a%6]
	before := len(a.pending)
	s.clock = s.clock.Add(time.Second)
	s.take(step{do, st.b, st.b / 16, st.c})
	if len(a.pending) == before {
		return
	}
	d := a.pending[len(a.pending)-1]
	if t, _ := syncer.TypeNamed(d.typ); t.Callback == "" || len(s.actors) > 5 {
		return
	}
	a.pending = a.pending[:len(a.pending)-1]
	p := s.actor(0)
	p.handle(s.envelope(a, d, signed))
	p.finish(0)
	p.leave()
}

// choose chooses another filter. The process may die before it asks for runs.
func (s *stage) choose(a *msp, st step) {
	a.filter = filter.Filter{}
	switch st.a % 4 {
	case 0, 1:
		a.filter.Statuses = []int64{int64(1 + st.a%2)}
	case 2:
		a.filter.Types = []int64{int64(1 + st.b%2)}
	}
	a.choices++
	if st.b%3 > 0 {
		s.request(st, func(ctx context.Context, e *syncer.Engine) error {
			return e.Refilter(ctx, a.scope, slices.Clone(a.types), "tester")
		})
	}
}

// switchType turns a type on, whose first run is asked for, or off.
func (s *stage) switchType(a *msp, st step) {
	typ := []psa.DataType{syncertest.Configurations, syncertest.Notes}[st.a%2]
	if i := slices.Index(a.types, typ); i >= 0 {
		a.types = slices.Delete(slices.Clone(a.types), i, i+1)
		s.request(st, func(ctx context.Context, e *syncer.Engine) error { return e.Reset(ctx, a.scope, typ, "tester") })
		return
	}
	a.types = append(slices.Clone(a.types), typ)
	s.request(st, func(ctx context.Context, e *syncer.Engine) error {
		return e.StartInitial(ctx, a.scope, []psa.DataType{typ}, "tester")
	})
}

// deliver lets a callback arrive, perhaps not for the last time, or get lost.
func (s *stage) deliver(a *msp, st step) {
	if len(a.pending) == 0 {
		return
	}
	i := st.a % len(a.pending)
	d := a.pending[i]
	if st.b%4 > 0 || st.do == "lose" {
		a.pending = slices.Delete(a.pending, i, i+1)
	}
	if t, _ := syncer.TypeNamed(d.typ); st.do == "lose" || t.Callback == "" {
		return
	}
	s.queue = append(s.queue, s.envelope(a, d, []func([]byte) string{nil, signed}[st.b/4%2]))
}

// decide decides about all open proposals.
func (s *stage) decide(ctx context.Context, e *syncer.Engine, a *msp, confirm bool) error {
	store := s.table.Store(s.now, nil)
	for _, typ := range a.types {
		state, err := store.TypeState(context.Background(), a.scope, typ)
		if err != nil || state.Proposal == "" {
			continue
		}
		if err := e.DecideRemoval(ctx, a.scope, state.Proposal, confirm, "tester"); err != nil {
			return err
		}
	}
	return nil
}

// request has a process do what a person asks for, perhaps not to its end.
func (s *stage) request(st step, do func(ctx context.Context, e *syncer.Engine) error) {
	if len(s.actors) > 5 {
		return
	}
	p := s.actor(0)
	p.begin(nil, func(ctx context.Context) error { return do(ctx, p.engine) })
	switch {
	case !p.busy:
	case st.c%8 == 2:
		for range st.a % 7 {
			if p.busy {
				p.step(0, made)
			}
		}
	case st.c%8 != 3:
		p.finish(0)
	}
	if !p.busy {
		p.leave()
	}
}

// move lets time pass and workers work.
func (s *stage) move(st step) {
	switch st.do {
	case "pass":
		s.clock = s.clock.Add([]time.Duration{time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute}[st.a%5])
		return
	case "tick":
		s.queue = append(s.queue, queuedOn{Message: syncer.Message{Kind: syncer.KindTick}, at: s.clock})
		return
	case "take":
		s.receive(st)
		return
	}
	busy := s.working()
	if len(busy) == 0 {
		return
	}
	p := busy[st.a%len(busy)]
	switch st.do {
	case "go":
		for n := 0; n < 1+st.b%12 && p.busy; n++ {
			p.step(st.c+n, made)
		}
	case "to write":
		for p.busy && p.lane("write") < 0 && p.lane("advance") < 0 {
			p.step(st.c, made)
		}
	case "finish":
		p.finish(st.c)
	case "fail":
		p.step(st.c, []fate{failedBefore, failedAfter}[st.b%2])
	case "die":
		p.step(st.c, []fate{diedBefore, diedAfter}[st.b%2])
		p.kill()
	}
}

func (s *stage) working() (busy []*actor) {
	for _, p := range s.actors {
		if p.busy {
			busy = append(busy, p)
		}
	}
	return busy
}

// receive has a process take a message, perhaps not for the last time.
func (s *stage) receive(st step) {
	if len(s.queue) == 0 {
		return
	}
	i := st.a % len(s.queue)
	if s.queue[i].at.After(s.clock) && st.b%2 == 0 {
		return
	}
	p := s.idle(st)
	if p == nil {
		return
	}
	m := s.queue[i]
	if st.b%8 > 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	p.handle(m)
}

// idle is a process that has nothing to do, a new one if all have, nil if there
// are too many.
func (s *stage) idle(st step) *actor {
	for _, p := range s.actors {
		if !p.busy && st.b%3 > 0 {
			return p
		}
	}
	if len(s.actors) > 3 {
		return nil
	}
	skew := time.Duration(0)
	if s.skewed {
		skew = time.Duration(st.c%60-30) * time.Second
	}
	return s.actor(skew)
}
