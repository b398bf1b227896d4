package cwsim

import (
	"encoding/json"
	"net/http"
)

// mergeBody says what happens to whom. Of the many choices that the vendor offers, those about records below the company are kept.
type mergeBody struct {
	ToCompanyID   *int   `json:"toCompanyId"`
	Contacts      string `json:"contacts"`
	Notes         string `json:"notes"`
	Activities    string `json:"activities"`
	Opportunities string `json:"opportunities"`
	Services      string `json:"services"`
	Projects      string `json:"projects"`
}

// discards says which tables lose the merged company's records instead of handing them over.
func (b mergeBody) discards() map[string]bool {
	return map[string]bool{
		Contacts: b.Contacts == "Discard", CompanyNotes: b.Notes == "Discard", Activities: b.Activities == "Discard",
		Opportunities: b.Opportunities == "Discard", Tickets: b.Services == "Discard", Projects: b.Projects == "Discard",
	}
}

// merge hands what belongs to a company over to another. What the first one's id answers afterwards is one of Points.
func (c *call) merge() (response, error) {
	s := c.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.st.tables[Companies]
	old, err := c.find(t)
	if err != nil {
		return response{}, err
	}
	body, err := c.mergeBody(t)
	if err != nil {
		return response{}, err
	}
	c.moveChildren(old.id, *body.ToCompanyID, body.discards())
	c.save(t, t.get(*body.ToCompanyID).clone(), "updated")
	c.leave(t, old, *body.ToCompanyID)
	return jsonValue(http.StatusOK, map[string]any{"success": true, "message": "The companies were merged."}), nil
}

func (c *call) mergeBody(t *table) (mergeBody, error) {
	var body mergeBody
	if err := json.Unmarshal(c.body, &body); err != nil {
		return body, refuse(http.StatusBadRequest, "ConnectWiseApi", "The request body is not a valid JSON object.")
	}
	if body.ToCompanyID == nil {
		missing := validation{Code: "MissingRequiredField", Message: "The toCompanyId field is required.", Field: "toCompanyId"}
		return body, invalid(t.entity, missing)
	}
	if *body.ToCompanyID == c.id || t.get(*body.ToCompanyID) == nil {
		return body, notFound(t.entity, *body.ToCompanyID)
	}
	return body, nil
}

// leave removes the merged company, or what is left of it.
func (c *call) leave(t *table, old *row, target int) {
	s := c.sim
	action := "deleted"
	if s.sw.point(MergedCallback, "merged") {
		action = "merged"
	}
	if s.sw.point(MergedCompany, "softDeleted") {
		s.st.untype(old.id)
		old = c.marked(t, t.get(old.id))
	} else {
		s.st.remove(t, old.id)
		s.st.merged[old.id] = target
	}
	if !s.sw.point(MergedCallback, "none") {
		s.announce(action, t, old, c.member)
	}
}

// moveChildren hands the records of one company over to another, or removes them.
func (c *call) moveChildren(from, target int, discard map[string]bool) {
	for _, t := range c.sim.st.tables {
		i, f := t.entity.field("company")
		if f == nil || f.ref.table != Companies || t.entity.name == TypeAssociations {
			continue
		}
		for _, r := range t.of(i, from) {
			c.move(t, r, i, target, discard[t.entity.name])
		}
	}
}

func (c *call) move(t *table, r *row, field, target int, discard bool) {
	s := c.sim
	if discard {
		s.st.remove(t, r.id)
		s.announce("deleted", t, r, c.member)
		return
	}
	moved := r.clone()
	moved.set(field, refID(target))
	if s.sw.point(MergedChildren, "untouched") {
		s.st.put(t, moved)
		return
	}
	c.save(t, moved, "updated")
}

// Merge merges one company into another, as the API's merge does with every choice left to its default. It says whether both were
// there.
func (s *Simulator) Merge(from, target int) bool {
	body, err := json.Marshal(map[string]int{"toCompanyId": target})
	if err != nil {
		return false
	}
	c := &call{sim: s, id: from, body: body, route: &route{verb: edit}, member: Member{Identifier: "demo"}, level: All}
	_, err = c.merge()
	return err == nil
}
