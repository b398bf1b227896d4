package cwsim

// AdditionsOf returns the additions of an agreement by ascending id, as Get does.
func (s *Simulator) AdditionsOf(agreement int) []map[string]any {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[Additions]
	out := []map[string]any{}
	for _, r := range t.of(t.entity.index["agreement"], agreement) {
		out = append(out, s.decoded(t, r))
	}
	return out
}

// Line is an addition, as far as it says what is billed. Days are written as 2026-01-31; Last "" is open.
type Line struct {
	ID, Product int
	Quantity    float64
	First, Last string
	Serial      string
}

// Lines returns the additions of an agreement by ascending id: what AdditionsOf does, for tests that look often.
func (s *Simulator) Lines(agreement int) []Line {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[Additions]
	at := t.entity.index
	var out []Line
	for _, r := range t.of(at["agreement"], agreement) {
		l := Line{ID: r.id, Product: r.ref(at["product"]), Quantity: r.number(at["quantity"]), Serial: r.str(at["serialNumber"])}
		if d, ok := r.get(at["effectiveDate"]).(stamp); ok {
			l.First = d.day()
		}
		if d, ok := r.get(at["cancelledDate"]).(stamp); ok {
			l.Last = d.day()
		}
		out = append(out, l)
	}
	return out
}

// Version says how far an agreement and its additions have come: as long as it is equal, and so are the switches, reading them
// gives what it gave.
type Version struct {
	Additions        int // writes to its additions
	others           int
	agreement, payer *row // which never change once stored
	status           any
}

// Version of an agreement today.
func (s *Simulator) Version(agreement int) Version {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v := Version{Additions: s.st.tables[Additions].under[agreement]}
	for name, t := range s.st.tables {
		if name != Additions && name != Agreements && name != Invoices {
			v.others += t.writes
		}
	}
	if r := s.st.tables[Agreements].get(agreement); r != nil {
		v.agreement, v.payer, v.status = r, s.st.terms(r).payer, s.st.status(r)
	}
	return v
}
