package cwsim

import (
	"net/http"
	"strconv"
	"strings"
)

// endpoint is one row of the table of what the API offers. A further record type is a further row.
type endpoint struct {
	path    string // a {parentId} in it is matched against the field parent
	table   string
	cell    string
	setup   string // setup table, where cell is Table Setup
	parent  string
	methods string // l list, g get, c count, p create, u change, d delete
	light   string // fields of a light form
}

func endpoints() []endpoint {
	const maintenance = "Companies: Company Maintenance"
	return []endpoint{
		{path: "/company/companies", table: Companies, cell: maintenance, methods: "lgcpud"},
		{path: "/company/contacts", table: Contacts, cell: "Companies: Contacts", methods: "lgcpud"},
		{path: "/company/companies/types", table: CompanyTypes, cell: tableSetup, setup: "Company / Company Type", methods: "lgc"},
		{path: "/company/companies/statuses", table: CompanyStatuses, cell: tableSetup, setup: "Company / Company Status", methods: "lgc"},
		{path: "/company/companyTypeAssociations", table: TypeAssociations, cell: maintenance, methods: "lgcpd"},
		{path: "/company/companies/{parentId}/typeAssociations", table: TypeAssociations, cell: maintenance, parent: "company", methods: "lgcpd"},
		{path: "/system/locations", table: Locations, cell: tableSetup, setup: "My Company / Corporate Structure", methods: "lgc"},
		{path: "/system/info/locations", table: Locations, light: "id,name,structureLevel,_info", methods: "lgc"},
		{path: "/company/marketDescriptions", table: Markets, cell: tableSetup, setup: "Company / Market", methods: "lgc"},
		{path: "/company/contacts/types", table: ContactTypes, cell: tableSetup, setup: "Company / Contact Type", methods: "lgc"},
		{path: "/system/callbacks", table: Callbacks, methods: "lgcpud"},
	}
}

// route is one method of an endpoint.
type route struct {
	endpoint

	method   string
	template string
	segments []string
	verb     verb
	handle   func(*call) (response, error)
}

func routes() []route {
	var out []route
	for _, e := range append(endpoints(), furtherEndpoints()...) {
		for _, m := range e.methods {
			out = append(out, e.routes(m)...)
		}
	}
	out = append(out, furtherRoutes()...)
	out = append(
		out,
		newRoute(endpoint{}, http.MethodGet, "/system/info", inquire, (*call).systemInfo),
		newRoute(
			endpoint{table: Companies, cell: "Companies: Company Maintenance"},
			http.MethodPost, "/company/companies/{id}/merge", edit, (*call).merge,
		),
	)
	return out
}

func (e endpoint) routes(method rune) []route {
	switch method {
	case 'l':
		return []route{newRoute(e, http.MethodGet, e.path, inquire, (*call).list)}
	case 'g':
		return []route{newRoute(e, http.MethodGet, e.path+"/{id}", inquire, (*call).get)}
	case 'c':
		return []route{newRoute(e, http.MethodGet, e.path+"/count", inquire, (*call).count)}
	case 'p':
		return []route{newRoute(e, http.MethodPost, e.path, add, (*call).create)}
	case 'u':
		return []route{
			newRoute(e, http.MethodPatch, e.path+"/{id}", edit, (*call).patch),
			newRoute(e, http.MethodPut, e.path+"/{id}", edit, (*call).replace),
		}
	default:
		return []route{newRoute(e, http.MethodDelete, e.path+"/{id}", remove, (*call).remove)}
	}
}

func newRoute(e endpoint, method, path string, v verb, handle func(*call) (response, error)) route {
	return route{endpoint: e, method: method, template: path, segments: strings.Split(path, "/"), verb: v, handle: handle}
}

// needed is the cell a member needs. A company's types are part of the company: changing them is editing it.
func (r *route) needed(sw *Switches) need {
	if r.table == Callbacks && sw.CallbacksNeedTableSetup {
		return need{cell: tableSetup, table: "Integrator / Callbacks"}
	}
	return need{cell: r.cell, table: r.setup}
}

// match is a route with the ids of the path.
type match struct {
	route      *route
	id, parent int
}

// match finds the route, or why there is none.
func (s *Simulator) match(method, path string) (match, error) {
	segments := strings.Split(path, "/")
	known := false
	for i := range s.routes {
		m := match{route: &s.routes[i]}
		if !m.fits(segments) {
			continue
		}
		if m.route.method == method {
			return m, nil
		}
		known = true
	}
	if known {
		return match{}, refuse(http.StatusMethodNotAllowed, "ConnectWiseApi", "The requested resource does not support http method '%s'.", method)
	}
	return match{}, noEndpoint()
}

func (m *match) fits(segments []string) bool {
	if len(segments) != len(m.route.segments) {
		return false
	}
	for i, want := range m.route.segments {
		switch want {
		case "{id}", "{parentId}":
			n, err := strconv.ParseInt(segments[i], 10, 32)
			if err != nil {
				return false
			}
			if want == "{id}" {
				m.id = int(n)
			} else {
				m.parent = int(n)
			}
		case segments[i]:
		default:
			return false
		}
	}
	return true
}

// template names the endpoint of a request for counters: its path with placeholders for ids.
func (s *Simulator) template(r *http.Request) string {
	path := trimBase(r.URL.Path)
	if strings.HasPrefix(path, "/login/companyinfo/") {
		return "/login/companyinfo/{companyId}"
	}
	if m, err := s.match(r.Method, path); err == nil {
		return m.route.template
	}
	return path
}

// trimBase cuts the codebase and /apis/3.0 off a path.
func trimBase(path string) string {
	if _, rest, ok := strings.Cut(path, "apis/3.0/"); ok {
		return "/" + rest
	}
	return path
}
