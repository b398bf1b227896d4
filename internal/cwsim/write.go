package cwsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// object reads the body as one JSON object whose members the schema knows.
func (c *call) object(e *entity) (map[string]any, error) {
	var members map[string]any
	if err := json.Unmarshal(c.body, &members); err != nil || members == nil {
		return nil, refuse(http.StatusBadRequest, "ConnectWiseApi", "The request body is not a valid JSON object.")
	}
	return members, known(e, members, c.body, "")
}

// known refuses members that the schema does not have, as ConnectWise's reader does.
func known(e *entity, members map[string]any, body []byte, prefix string) error {
	for name, v := range members {
		_, f := e.field(name)
		if f == nil {
			at := bytes.Index(body, []byte(`"`+name+`"`)) + len(name) + 3
			return refuse(http.StatusBadRequest, "ConnectWiseApi",
				"Could not find member '%s' on object of type '%s'. Path '%s', line 1, position %d."+
					" Check your accept header and the version of the model.",
				name, e.label, prefix+name, at)
		}
		list, _ := v.([]any)
		for _, element := range list {
			m, ok := element.(map[string]any)
			if !ok || f.kind != kindObjects {
				continue
			}
			if err := known(f.sub, m, body, prefix+name+"/"); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign sets members of a body on a row, except what callers cannot set.
func (c *call) assign(e *entity, r *row, members map[string]any) error {
	accepted := make(map[string]any, len(members))
	for name, v := range members {
		_, f := e.field(name)
		if name == "id" || f.kind == kindInfo || f.readOnly || f.postOnly && c.route.verb != add {
			continue
		}
		if text, ok := v.(string); ok && f != nil && f.kind == kindDay {
			v = c.sim.sw.civil(text)
		}
		accepted[name] = v
	}
	if err := c.sim.st.fill(e, r, accepted); err != nil {
		return refuse(http.StatusBadRequest, "ConnectWiseApi", "Error converting value: %s.", err.Error())
	}
	return nil
}

func (c *call) create() (response, error) {
	s := c.sim
	t := s.st.tables[c.route.table]
	members, err := c.object(t.entity)
	if err != nil {
		return response{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.route.parent != "" {
		if of := c.parents(t.entity); of.get(c.parent) == nil {
			return response{}, notFound(of.entity, c.parent)
		}
		members[c.route.parent] = map[string]any{"id": float64(c.parent)}
	}
	r := &row{id: t.next}
	if err := c.assign(t.entity, r, members); err != nil {
		return response{}, err
	}
	if t.entity.name == Additions {
		s.st.defaultAddition(r)
	}
	if err := c.check(t, r); err != nil {
		return response{}, err
	}
	c.complete(t, r)
	c.save(t, r, "added")
	if t.entity.name == Additions {
		s.prorateAtOnce(r)
	}
	return jsonResponse(http.StatusCreated, c.render(t, t.get(r.id), nil)), nil
}

// check validates a whole record, also the parts that the request left alone: so does ConnectWise.
func (c *call) check(t *table, r *row) error {
	list := c.sim.st.validate(t, r)
	switch t.entity.name {
	case Callbacks:
		list = append(list, c.sim.st.checkCallback(t, r)...)
	case TypeAssociations:
		list = append(list, c.sim.st.checkAssociation(t, r)...)
	case Tickets:
		list = append(list, c.sim.st.checkStatus(t, r)...)
	case Additions:
		list = append(list, c.sim.st.checkAddition(r)...)
	}
	if len(list) > 0 {
		return invalid(t.entity, list...)
	}
	return nil
}

// complete sets what the server adds to a new record.
func (c *call) complete(t *table, r *row) {
	at := t.entity.index
	switch t.entity.name {
	case Companies:
		r.set(at["deletedFlag"], false)
		if r.get(at["status"]) == nil {
			r.set(at["status"], refID(1))
		}
	case Contacts:
		c.completeContact(t, r)
	case Callbacks:
		r.set(at["memberId"], c.member.id)
		if strings.EqualFold(r.str(at["level"]), "owner") {
			r.set(at["objectId"], 1)
		}
	}
	if _, f := t.entity.field("customFields"); f != nil && r.get(at["customFields"]) == nil {
		r.set(at["customFields"], []*row{})
	}
}

func (c *call) completeContact(t *table, r *row) {
	at := t.entity.index
	if ids, ok := r.get(at["typeIds"]).([]any); ok {
		types := make([]any, 0, len(ids))
		for _, id := range ids {
			if n, ok := id.(int); ok {
				types = append(types, refID(n))
			}
		}
		r.set(at["types"], types)
		r.unset(at["typeIds"])
	}
	if r.get(at["inactiveFlag"]) == nil {
		r.set(at["inactiveFlag"], false)
	}
	c.sim.st.numberItems(t, nil, r)
}

// numberItems gives new communication items an id and leaves one default of each kind: a new one takes the place of the old.
func (st *state) numberItems(t *table, old, r *row) {
	i, f := t.entity.field("communicationItems")
	if f == nil {
		return
	}
	items, _ := r.get(i).([]*row)
	if items == nil {
		return
	}
	def, of := f.sub.index["defaultFlag"], f.sub.index["communicationType"]
	was := map[int]bool{}
	if old != nil {
		before, _ := old.get(i).([]*row)
		for _, item := range before {
			was[item.id] = item.bool(def)
		}
	}
	fresh := map[string]bool{}
	for _, item := range items {
		if item.bool(def) && !was[item.id] {
			fresh[item.str(of)] = true
		}
	}
	out := slices.Clone(items)
	for n, item := range out {
		item = item.clone()
		if fresh[item.str(of)] && item.bool(def) && was[item.id] {
			item.set(def, false)
		}
		if item.id == 0 {
			item.id = r.id*100 + n + 1
		}
		out[n] = item
	}
	r.set(i, out)
}

// save stamps and stores a row and tells the callbacks.
func (c *call) save(t *table, r *row, action string) {
	st := c.sim.st
	r.updated, r.by = stampOf(c.sim.nowLocked()), c.member.Identifier
	var types []int
	if action == "added" {
		r.entered = r.updated
		types = typesOf(t, r)
	}
	st.put(t, r)
	for _, kind := range types {
		c.associate(r.id, kind)
	}
	if t.entity.name == TypeAssociations {
		c.touchCompany(r)
		return
	}
	c.sim.announce(action, t, t.get(r.id), c.member)
}

// typesOf are the types that a new company is created with.
func typesOf(t *table, r *row) []int {
	if t.entity.name != Companies {
		return nil
	}
	list, _ := r.get(t.entity.index["types"]).([]any)
	var out []int
	for _, v := range list {
		if id, ok := v.(refID); ok {
			out = append(out, int(id))
		}
	}
	return out
}

func (c *call) associate(company, kind int) {
	st := c.sim.st
	t := st.tables[TypeAssociations]
	r := &row{id: t.next, updated: stampOf(c.sim.nowLocked()), entered: stampOf(c.sim.nowLocked()), by: c.member.Identifier}
	r.set(t.entity.index["type"], refID(kind))
	r.set(t.entity.index["company"], refID(company))
	st.put(t, r)
}

// touchCompany passes a change of a type on to the company, if the switch says so.
func (c *call) touchCompany(assoc *row) {
	if !c.sim.sw.TypesTouchCompany {
		return
	}
	company, _ := c.sim.st.association(assoc)
	t := c.sim.st.tables[Companies]
	if r := t.get(company); r != nil {
		c.save(t, r.clone(), "updated")
	}
}
