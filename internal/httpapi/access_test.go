package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/psabridge/psabridge/internal/httpapi"
)

// operation of the document, with a path that can be called.
type operation struct {
	method, path, access string
}

// operations are all that the document knows, so that none is forgotten.
func operations(t *testing.T) []operation {
	t.Helper()
	raw, err := httpapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Access string `json:"x-access"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var out []operation
	for path, methods := range doc.Paths {
		path = strings.NewReplacer("{type}", "companies", "runs/{id}", "runs/"+runID(0), "jobs/{id}", "jobs/"+runID(0), "changes/{id}", "changes/"+runID(0),
			"{tenant}", "t1", "{company}", "7", "{agreement}", "70", "{product}", "700", "{decision}", "hold", "{id}", "42").Replace(path)
		for method, op := range methods {
			out = append(out, operation{strings.ToUpper(method), path, op.Access})
		}
	}
	if len(out) < 18 {
		t.Fatalf("only %d operations", len(out))
	}
	return out
}

func (o operation) body() string {
	switch {
	case strings.HasSuffix(o.path, "/disconnect"):
		return `{"keepData":true}`
	case strings.HasSuffix(o.path, "/removals"):
		return `{"confirm":false}`
	case strings.HasSuffix(o.path, "/pause"):
		return `{"sync":true}`
	case strings.HasSuffix(o.path, "/preview"), o.method == "PUT" && o.path == "/v1/filters":
		return `{"filter":{}}`
	}
	if o.method == "PUT" || strings.HasSuffix(o.path, "/test") {
		return connectionBody()
	}
	return ""
}

// A customer learns nothing: every address answers as one that does not
// exist, before anything else is looked at.
func TestCustomersSeeNothing(t *testing.T) {
	t.Parallel()
	s := connected(t)
	unknown := s.do(customer(), "GET", "/v1/nothing/here", "").want(404, "not_found")
	for _, op := range operations(t) {
		for _, body := range []string{op.body(), "{"} {
			got := s.do(customer(), op.method, op.path, body).want(404, "not_found")
			if got.body != unknown.body || strings.Join(got.header["Allow"], "") != "" {
				t.Errorf("%s %s differs from an unknown address: %s", op.method, op.path, got.body)
			}
		}
	}
	if got := s.do(admin(), "GET", "/v1/nothing/here", "").want(404, "not_found"); got.body != unknown.body {
		t.Errorf("a partner's unknown address differs: %s", got.body)
	}
	s.do(customer(), "DELETE", "/v1/me", "").want(404, "not_found")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, op := range operations(t) {
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			t.Parallel()
			s := connected(t)
			for name, tc := range map[string]struct {
				who   token
				reads int // status expected of reads; 0 is anything but 401 and 403
				alter int
			}{
				"member":       {member(), 0, 403},
				"admin":        {admin(), 0, 0},
				"both":         {token{"sub": "x", "account": "msp-1", "kind": "partner", "roles": "[member admin]"}, 0, 0},
				"support":      {person("msp-1", "support"), 403, 403},
				"no role":      {token{"sub": "x", "account": "msp-1", "kind": "partner"}, 403, 403},
				"unknown role": {person("msp-1", "owner"), 403, 403},
				"near a role":  {person("msp-1", "administrator"), 403, 403},
				"machine":      {token{"sub": "m", "account": "msp-1", "scope": "records.read"}, 403, 403},
			} {
				want := tc.reads
				switch op.access {
				case "read":
				case "change":
					want = tc.alter
				default: // a machine's
					want = 403
				}
				got := s.do(tc.who, op.method, op.path, op.body())
				if want == 403 {
					got.want(403, "forbidden")
				} else if got.status == 401 || got.status == 403 {
					t.Errorf("%s: %d %s", name, got.status, got.body)
				}
			}
			s.do(nil, op.method, op.path, op.body()).want(401, "unauthorized")
			for _, account := range []string{"", "a#b", "a b", strings.Repeat("x", 200)} {
				s.do(person(account, "admin"), op.method, op.path, op.body()).want(401, "unauthorized")
			}
			for _, kind := range []string{"customer", "Partner", "partner ", "[partner]"} {
				who := admin()
				who["kind"] = kind
				s.do(who, op.method, op.path, op.body()).want(404, "not_found")
			}
		})
	}
}

// Who is not connected is told so, whatever another account has.
func TestOtherAccountsSeeNothing(t *testing.T) {
	t.Parallel()
	s := connected(t)
	s.fill()
	other := person("msp-2", "admin")
	for _, op := range operations(t) {
		got := s.do(other, op.method, op.path, op.body())
		if strings.Contains(got.body, "msp-1") || strings.Contains(got.body, "Initech") {
			t.Errorf("%s %s shows another account's data: %s", op.method, op.path, got.body)
		}
		for _, connectedOnly := range []string{"/v1/runs", "/v1/records", "/v1/logs", "/v1/data-types/companies/reset"} {
			if strings.HasPrefix(op.path, connectedOnly) {
				got.want(409, "not_connected")
			}
		}
	}
	// With a connection of its own to the same ids, it finds its own.
	s2 := connected(t)
	s2.fill()
	body := strings.Replace(connectionBody(), "na.example", "eu.example", 1)
	s2.do(other, "PUT", "/v1/connection", body).want(200, "")
	s2.do(other, "POST", "/v1/connection/enable", "").want(200, "")
	for _, op := range operations(t) {
		if strings.Contains(op.path, runID(0)) && op.method == "GET" && !strings.HasSuffix(op.path, "/skips") || strings.HasSuffix(op.path, "/42") {
			s2.do(other, op.method, op.path, op.body()).want(404, "not_found")
		}
	}
	if got := s2.do(other, "GET", "/v1/runs/"+runID(0)+"/skips", "").want(200, ""); !strings.Contains(got.body, `"items":[]`) {
		t.Errorf("another account's skips: %s", got.body)
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var me httpapi.Me
	s.do(member(), http.MethodGet, "/v1/me", "").want(200, "").into(&me)
	if me.Account != "msp-1" || me.Name != "Pat" || len(me.Roles) != 1 || me.Roles[0] != "member" || me.Product != "Acme Shield" || me.Installation != "acme" {
		t.Errorf("%+v", me)
	}
}
