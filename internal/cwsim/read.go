package cwsim

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// bind prepares a list or count: the conditions of the request, those of the path, and those of the role.
func (c *call) bind(sw *Switches) (*query, error) {
	st := c.sim.st
	t := st.tables[c.route.table]
	q, err := st.query(t, c.params, sw)
	if err != nil {
		return nil, err
	}
	if c.route.parent != "" {
		if of := c.parents(t.entity); of.get(c.parent) == nil {
			return nil, notFound(of.entity, c.parent)
		}
		q.where = append(q.where, c.ofParent(t.entity))
		if t.below != nil && t.entity.index[c.route.parent] == t.parent {
			q.only(t.below[c.parent])
		}
	}
	if c.level == Mine {
		q.where = append(q.where, func(r *row) bool { return c.mine(t, r) })
	}
	return q, nil
}

// parents is the table of the records that the path's {parentId} names.
func (c *call) parents(e *entity) *table {
	_, f := e.field(c.route.parent)
	return c.sim.st.tables[f.ref.table]
}

func (c *call) ofParent(e *entity) predicate {
	i := e.index[c.route.parent]
	return func(r *row) bool { return r.ref(i) == c.parent }
}

// mine says whether the member manages the territory of the company that the record is or belongs to.
func (c *call) mine(t *table, r *row) bool {
	companies := c.sim.st.tables[Companies]
	switch t.entity.name {
	case Companies:
	case Contacts, TypeAssociations:
		r = companies.get(r.ref(t.entity.index["company"]))
	default:
		return true
	}
	return r != nil && r.ref(companies.entity.index["territoryManager"]) == c.member.id
}

func (c *call) list() (response, error) {
	s := c.sim
	s.mu.RLock()
	defer s.mu.RUnlock()
	q, err := c.bind(&s.sw)
	if err != nil {
		return response{}, err
	}
	forward, linked, err := c.forwardOnly()
	if err != nil {
		return response{}, err
	}
	if err := s.st.list(q, c.params, forward, &s.sw); err != nil {
		return response{}, err
	}
	if q.fields == nil && c.route.light != "" {
		if q.fields, err = s.st.project(q.table.entity, c.route.light); err != nil {
			return response{}, err
		}
	}
	page, total := q.rows()
	out := jsonResponse(http.StatusOK, s.page(c.base, q, page))
	if linked {
		out = out.with("Link", c.links(q, page, total))
	}
	return out, nil
}

// forwardOnly says whether the page is one of forward-only paging and whether the answer has a Link header.
func (c *call) forwardOnly() (forward, linked bool, err error) {
	if !strings.EqualFold(c.header.Get("pagination-type"), "forward-only") {
		return false, true, nil
	}
	switch how, off := c.sim.sw.NoForwardOnly[c.route.path]; {
	case !off:
		return true, true, nil
	case how == "refuse":
		return false, false, refuse(http.StatusBadRequest, "ConnectWiseApi", "Forward-only pagination is not supported by this endpoint.")
	default:
		return false, false, nil
	}
}

func (s *Simulator) page(base string, q *query, rows []*row) []byte {
	w := renderer{st: s.st, base: base}
	b := make([]byte, 0, 1024+len(rows)*512)
	b = append(b, '[')
	for _, r := range rows {
		b = append(w.record(b, q.table.entity, r, q.fields), ',')
	}
	return closeWith(b, ']')
}

// links builds the Link header. Its URLs name the host of the user interface, as the vendor's sample does: whoever follows
// them takes the page out of them and asks the host they already trust.
func (c *call) links(q *query, page []*row, total int) string {
	if q.forward {
		if total <= len(page) {
			return ""
		}
		return c.linkTo("next", "pageId", page[len(page)-1].id)
	}
	last := max(1, (total+q.size-1)/q.size)
	var out []string
	if q.page > 1 {
		out = append(out, c.linkTo("first", "page", 1), c.linkTo("prev", "page", min(q.page-1, last)))
	}
	if q.page < last {
		out = append(out, c.linkTo("next", "page", q.page+1), c.linkTo("last", "page", last))
	}
	return strings.Join(out, ", ")
}

func (c *call) linkTo(rel, param string, n int) string {
	params := url.Values{}
	maps.Copy(params, c.params)
	params.Set(param, strconv.Itoa(n))
	path := strings.Replace(c.route.template, "{parentId}", strconv.Itoa(c.parent), 1)
	base := strings.Replace(c.base, "//apis", "/apis", 1)
	return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, base, path, params.Encode(), rel)
}

func (c *call) count() (response, error) {
	s := c.sim
	s.mu.RLock()
	defer s.mu.RUnlock()
	q, err := c.bind(&s.sw)
	if err != nil {
		return response{}, err
	}
	return jsonValue(http.StatusOK, map[string]int{"count": q.count()}), nil
}

func (c *call) get() (response, error) {
	s := c.sim
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.st.tables[c.route.table]
	if target, ok := s.st.merged[c.id]; ok && c.route.table == Companies && s.sw.point(MergedCompany, "target") {
		c.id = target
	}
	r, err := c.find(t)
	if err != nil {
		return response{}, err
	}
	fields := c.params.Get("fields")
	if fields == "" {
		fields = c.route.light
	}
	p, err := s.st.project(t.entity, fields)
	if err != nil {
		return response{}, err
	}
	return jsonResponse(http.StatusOK, c.render(t, r, p)), nil
}

// find returns the record of the path, if it exists and the member may see it.
func (c *call) find(t *table) (*row, error) {
	r := t.get(c.id)
	if r == nil || c.route.parent != "" && !c.ofParent(t.entity)(r) {
		return nil, notFound(t.entity, c.id)
	}
	if c.level == Mine && !c.mine(t, r) {
		if c.route.verb == inquire {
			return nil, notFound(t.entity, c.id)
		}
		return nil, forbidden()
	}
	return r, nil
}

func (c *call) render(t *table, r *row, p *projection) []byte {
	w := renderer{st: c.sim.st, base: c.base}
	return w.record(make([]byte, 0, 4096), t.entity, r, p)
}
