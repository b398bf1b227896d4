package cwsim

import (
	"encoding/json"
	"net/http"
)

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
	at, now := t.entity.index, stampOf(c.sim.nowLocked())
	r := old.clone()
	r.set(at["deletedFlag"], true)
	r.set(at["dateDeleted"], now)
	r.set(at["deletedBy"], c.member.Identifier)
	r.updated, r.by = now, c.member.Identifier
	c.sim.st.put(t, r)
	c.sim.announce("deleted", t, r, c.member)
}

// merge moves what belongs to a company to another and removes the first: its id is gone afterwards.
func (c *call) merge() (response, error) {
	s := c.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[Companies]
	old, err := c.find(t)
	if err != nil {
		return response{}, err
	}
	target, contacts, err := c.mergeBody(t)
	if err != nil {
		return response{}, err
	}
	c.moveContacts(old.id, target, contacts == "Merge")
	s.st.remove(t, old.id)
	c.save(t, t.get(target).clone(), "updated")
	s.announce("deleted", t, old, c.member)
	return jsonValue(http.StatusOK, map[string]any{"success": true, "message": "The companies were merged."}), nil
}

func (c *call) mergeBody(t *table) (target int, contacts string, err error) {
	var body struct {
		ToCompanyID *int   `json:"toCompanyId"`
		Contacts    string `json:"contacts"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return 0, "", refuse(http.StatusBadRequest, "ConnectWiseApi", "The request body is not a valid JSON object.")
	}
	if body.ToCompanyID == nil {
		missing := validation{Code: "MissingRequiredField", Message: "The toCompanyId field is required.", Field: "toCompanyId"}
		return 0, "", invalid(t.entity, missing)
	}
	if *body.ToCompanyID == c.id || t.get(*body.ToCompanyID) == nil {
		return 0, "", notFound(t.entity, *body.ToCompanyID)
	}
	return *body.ToCompanyID, body.Contacts, nil
}

// moveContacts hands contacts over to another company, or removes them.
func (c *call) moveContacts(from, target int, keep bool) {
	t := c.sim.st.tables[Contacts]
	at := t.entity.index["company"]
	var moved []*row
	for _, r := range t.rows {
		if r.ref(at) == from {
			moved = append(moved, r)
		}
	}
	for _, r := range moved {
		if !keep {
			c.sim.st.remove(t, r.id)
			c.sim.announce("deleted", t, r, c.member)
			continue
		}
		r = r.clone()
		r.set(at, refID(target))
		c.save(t, r, "updated")
	}
}
