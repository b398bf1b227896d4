package cwsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

// pending holds requests that were accepted, whose connection was cut, and that are carried out later: what a server does that
// is slower than its callers' patience.
type pending struct {
	mu    sync.Mutex
	queue []*lateRequest
}

type lateRequest struct {
	request *http.Request
	due     time.Time // by the simulated clock
	after   int       // further requests to wait for
}

// postpone keeps a request until its time has come.
func (s *Simulator) postpone(r *http.Request, f Fault) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("postpone: %w", err)
	}
	late := r.Clone(context.WithoutCancel(r.Context()))
	late.Body = io.NopCloser(bytes.NewReader(body))
	due := s.now().Add(time.Duration(f.DelayMS) * time.Millisecond)
	s.late.mu.Lock()
	defer s.late.mu.Unlock()
	s.late.queue = append(s.late.queue, &lateRequest{request: late, due: due, after: f.AfterRequests})
	return nil
}

// settleDue carries out what is due now; a request that arrives counts for those that wait for requests.
func (s *Simulator) settleDue(arrived int) {
	now := s.now()
	s.late.mu.Lock()
	var due []*lateRequest
	rest := s.late.queue[:0]
	for _, l := range s.late.queue {
		if l.after > 0 {
			l.after -= arrived
		}
		if l.after > 0 || now.Before(l.due) {
			rest = append(rest, l)
			continue
		}
		due = append(due, l)
	}
	s.late.queue = rest
	s.late.mu.Unlock()
	for _, l := range due {
		s.respond(l.request) // nobody is there to hear the answer
	}
}

// Settle carries out at once what FaultCommitLater has put off, and returns how many requests that were.
func (s *Simulator) Settle() int {
	s.late.mu.Lock()
	queue := s.late.queue
	s.late.queue = nil
	s.late.mu.Unlock()
	for _, l := range queue {
		s.respond(l.request)
	}
	return len(queue)
}

// Change is an edit by somebody else, made without ConnectWise's rules: Members are put, or the record is deleted.
type Change struct {
	Table   string         `json:"table"`
	ID      int            `json:"id"`
	Delete  bool           `json:"delete,omitempty"`
	Members map[string]any `json:"members,omitempty"`
}

// Apply makes changes one after the other.
func (s *Simulator) Apply(changes ...Change) error {
	for _, c := range changes {
		if c.Delete {
			s.Delete(c.Table, c.ID)
			continue
		}
		members := map[string]any{}
		maps.Copy(members, c.Members)
		if c.ID != 0 {
			members["id"] = c.ID
		}
		if _, err := s.Put(c.Table, members); err != nil {
			return err
		}
	}
	return nil
}

// Touch gives records of a table one and the same lastUpdated, as an import does. Without ids it touches the first n.
func (s *Simulator) Touch(table string, at time.Time, n int, ids ...int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[table]
	if t == nil {
		return fmt.Errorf("touch: there is no table %q", table)
	}
	if len(ids) == 0 {
		for _, r := range t.rows[:min(n, len(t.rows))] {
			ids = append(ids, r.id)
		}
	}
	for _, id := range ids {
		if old := t.get(id); old != nil {
			r := old.clone()
			r.updated = stampOf(at)
			s.st.put(t, r)
			s.announce("updated", t, r, Member{Identifier: "demo"})
		}
	}
	return nil
}
