package cwsim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// newRand is a generator that a seed repeats. Each use has its own stream.
func newRand(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream))
}

// Credentials returns what a client of the first API member needs.
func (s *Simulator) Credentials() (companyID, publicKey, privateKey string) {
	return s.cfg.CompanyID, s.cfg.PublicKey, s.cfg.PrivateKey
}

// Put stores a record as if a person had edited it in ConnectWise: id, type and reference of the members that are given are
// changed, a null clears one, the others stay. Without an id a new record is made; it returns the id. Nothing is validated but
// types, and members that ConnectWise does not have are kept and shown, so that tests can store what real installations
// hold. lastUpdated becomes the clock's time, unless _info.lastUpdated is given.
func (s *Simulator) Put(entity string, members map[string]any) (int, error) {
	members, err := jsonClone(members)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[entity]
	if t == nil {
		return 0, fmt.Errorf("put: there is no table %q", entity)
	}
	n, _ := toFloat(members["id"])
	r, action := s.version(t, int(n))
	if err := s.st.fill(t.entity, r, members); err != nil {
		return 0, fmt.Errorf("put %s %d: %w", entity, r.id, err)
	}
	s.putTypes(t, r, members)
	s.announce(action, t, t.get(r.id), Member{Identifier: r.by})
	return r.id, nil
}

// putTypes stores a row; the types of a company are kept as associations.
func (s *Simulator) putTypes(t *table, r *row, members map[string]any) {
	if _, given := members["types"]; !given || t.entity.name != Companies {
		s.st.put(t, r)
		return
	}
	list, _ := r.get(t.entity.index["types"]).([]any)
	s.st.put(t, r)
	s.st.untype(r.id)
	c := &call{sim: s, member: Member{Identifier: r.by}}
	for _, v := range list {
		if id, ok := v.(refID); ok {
			c.associate(r.id, int(id))
		}
	}
}

// version starts the next version of a record, or a new one.
func (s *Simulator) version(t *table, id int) (r *row, action string) {
	now := stampOf(s.nowLocked())
	if old := t.get(id); old != nil {
		r = old.clone()
		r.updated, r.by = now, "demo"
		return r, "updated"
	}
	if id == 0 {
		id = t.next
	}
	return &row{id: id, updated: now, entered: now, by: "demo"}, "added"
}

// jsonClone brings values into the types that decoding JSON gives.
func jsonClone(members map[string]any) (map[string]any, error) {
	raw, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	return out, nil
}

// Delete removes a record for good and says whether it was there. What refers to it keeps its id.
func (s *Simulator) Delete(entity string, id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[entity]
	if t == nil {
		return false
	}
	old := t.get(id)
	if old == nil {
		return false
	}
	s.st.remove(t, id)
	s.announce("deleted", t, old, Member{Identifier: "demo"})
	return true
}

// Get returns a record as a GET without fields would, decoded as encoding/json does; nil if there is none.
func (s *Simulator) Get(entity string, id int) map[string]any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[entity]
	if r := t.get(id); r != nil {
		return s.decoded(t, r)
	}
	return nil
}

func (s *Simulator) decoded(t *table, r *row) map[string]any {
	w := renderer{st: s.st, base: "https://" + s.cfg.SiteHost + "/" + s.codebase + "/apis/3.0"}
	var out map[string]any
	if err := json.Unmarshal(w.record(nil, t.entity, r, nil), &out); err != nil {
		return map[string]any{"error": err.Error()}
	}
	return out
}

// Snapshot returns all records of a table at one moment, by ascending id, as Get does.
func (s *Simulator) Snapshot(entity string) []map[string]any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[entity]
	if t == nil {
		return nil
	}
	out := make([]map[string]any, len(t.rows))
	for i, r := range t.rows {
		out[i] = s.decoded(t, r)
	}
	return out
}

// IDs returns the ids of all records of a table, ascending.
func (s *Simulator) IDs(entity string) []int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[entity]
	if t == nil {
		return nil
	}
	out := make([]int, len(t.rows))
	for i, r := range t.rows {
		out[i] = r.id
	}
	return out
}

// Switches returns the switches in force.
func (s *Simulator) Switches() Switches {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sw := s.sw
	return sw.clone()
}

// SetSwitches changes the switches in force.
func (s *Simulator) SetSwitches(change func(*Switches)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.sw.clone()
	change(&next)
	s.sw = next
}

// Upgrade gives the installation another codebase, such as "v2026_2/". The old one's paths are answered with 404 from then on.
func (s *Simulator) Upgrade(codebase string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codebase = codebase
}

// SetRole gives the API member with this identifier another role; the empty identifier means the first member.
func (s *Simulator) SetRole(member string, role Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.members {
		if member == "" || s.members[i].Identifier == member {
			s.members[i].Role = role
			return nil
		}
	}
	return fmt.Errorf("set role: there is no member %q", member)
}

// SetMember adds an API member, or replaces the keys and role of the one with its identifier.
func (s *Simulator) SetMember(m Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.members {
		if s.members[i].Identifier == m.Identifier {
			m.id = s.members[i].id
			s.members[i] = m
			return
		}
	}
	m.id = len(s.members) + 1
	s.members = append(s.members, m)
}

// Advance moves the simulated clock.
func (s *Simulator) Advance(d time.Duration) {
	s.mu.Lock()
	s.ahead += d
	if !s.frozen.IsZero() {
		s.frozen = s.frozen.Add(d)
	}
	s.mu.Unlock()
	s.settleDue(0)
}

// SetClock stops the simulated clock at a moment; the zero time lets it run again.
func (s *Simulator) SetClock(t time.Time) {
	s.mu.Lock()
	s.frozen = t
	s.mu.Unlock()
	s.settleDue(0)
}
