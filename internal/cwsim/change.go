package cwsim

import "net/http"

// replace is PUT: what the body leaves out becomes empty.
func (c *call) replace() (response, error) {
	s := c.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[c.route.table]
	old, err := c.find(t)
	if err != nil {
		return response{}, err
	}
	members, err := c.object(t.entity)
	if err != nil {
		return response{}, err
	}
	r := &row{id: old.id, entered: old.entered}
	for _, cell := range old.cells {
		if f := t.entity.fields[cell.field]; f.readOnly || f.postOnly {
			r.set(cell.field, cell.value)
		}
	}
	if err := c.assign(t.entity, r, members); err != nil {
		return response{}, err
	}
	return c.update(t, old, r)
}

// update validates and stores the new version of a record and answers with it.
func (c *call) update(t *table, old, r *row) (response, error) {
	if err := c.check(t, r); err != nil {
		return response{}, err
	}
	c.sim.st.numberItems(t, old, r)
	if t.entity.name == Additions {
		c.sim.st.raise(old, r)
	}
	c.save(t, r, "updated")
	return jsonResponse(http.StatusOK, c.render(t, t.get(r.id), nil)), nil
}

func (c *call) remove() (response, error) {
	s := c.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[c.route.table]
	old, err := c.find(t)
	if err != nil {
		return response{}, err
	}
	if t.entity.name == Companies && !s.sw.HardDelete {
		c.softDelete(t, old)
		return response{status: http.StatusNoContent}, nil
	}
	if t.entity.name == Additions && len(s.st.billed[c.id]) > 0 && s.sw.point(BilledLineDelete, "no") {
		return response{}, refuse(http.StatusConflict, "ConnectWiseApi", "An addition that has been billed cannot be deleted.")
	}
	s.st.remove(t, c.id)
	if t.entity.name == TypeAssociations {
		c.touchCompany(old)
	} else {
		s.announce("deleted", t, old, c.member)
	}
	return response{status: http.StatusNoContent}, nil
}

// softDelete marks a company as deleted; it stays in lists.
func (c *call) softDelete(t *table, old *row) {
	c.sim.announce("deleted", t, c.marked(t, old), c.member)
}

// marked stores a company with its deletedFlag set.
func (c *call) marked(t *table, old *row) *row {
	at, now := t.entity.index, stampOf(c.sim.nowLocked())
	r := old.clone()
	r.set(at["deletedFlag"], true)
	r.set(at["dateDeleted"], now)
	r.set(at["deletedBy"], c.member.Identifier)
	r.updated, r.by = now, c.member.Identifier
	c.sim.st.put(t, r)
	return r
}
